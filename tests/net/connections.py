"""Many TCP connections at once:  connections.py serve PORT N | connect HOST PORT N | loopback N

All N are open together before the first is used; then each carries a message of its own there
and back. The connecting side closes first.
"""
import multiprocessing, resource, socket, sys


def limit(n):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    want = n + 100
    if hard != resource.RLIM_INFINITY and hard < want:
        hard = want
    resource.setrlimit(resource.RLIMIT_NOFILE, (want, hard))


def message(i):
    return b"%08d" % i * 8


def receive(s, n):
    data = b""
    while len(data) < n:
        got = s.recv(n - len(data))
        if not got:
            raise EOFError("ended early")
        data += got
    return data


def serve(port, n, ready):
    limit(n)
    listener = socket.create_server(("", port), backlog=4096)
    ready()
    conns = []
    while len(conns) < n:
        conns.append(listener.accept()[0])
    for s in conns:
        s.sendall(receive(s, 64))
    for s in conns:
        assert s.recv(1) == b""
        s.close()


def connect(host, port, n):
    limit(n)
    conns = [socket.create_connection((host, port), timeout=100) for _ in range(n)]
    for i, s in enumerate(conns):
        s.sendall(message(i))
    for i, s in enumerate(conns):
        assert receive(s, 64) == message(i)
    for s in conns:
        s.close()
    print(n, "connections")


def loopback(n):
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(target=serve, args=(7100, n, lambda: there.send(1)))
    child.start()
    here.recv()
    connect("127.0.0.1", 7100, n)
    child.join()
    assert child.exitcode == 0


mode, args = sys.argv[1], sys.argv[2:]
if mode == "serve":
    serve(int(args[0]), int(args[1]), lambda: print("up", flush=True))
elif mode == "connect":
    connect(args[0], int(args[1]), int(args[2]))
else:
    loopback(int(args[0]))
