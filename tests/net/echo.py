"""echo.py serve PORT: sends back what comes, until stdin ends.  echo.py HOST PORT BYTES: sends that
many random bytes and says whether the same came back, all of them, with an end after them.
"""
import os, random, socket, sys, threading


def echo(s):
    with s:
        while data := s.recv(65536):
            s.sendall(data)


def serve(port):
    listener = socket.create_server(("", port), backlog=64)
    print("up", flush=True)
    while True:
        threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()


if sys.argv[1] == "serve":
    threading.Thread(target=serve, args=(int(sys.argv[2]),), daemon=True).start()
    sys.stdin.read()
    sys.stdout.flush()
    os._exit(0)
data = random.Random(5).randbytes(int(sys.argv[3]))
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=60)


def send():
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)


threading.Thread(target=send, daemon=True).start()
got = bytearray()
while more := s.recv(65536):
    got += more
print("the same" if got == data else "%d of %d bytes, different" % (len(got), len(data)))
