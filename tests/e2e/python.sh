# python3: subprocess, threading, multiprocessing, asyncio, signal, tempfile, sockets, os, mmap.
. "${E2E:-$(dirname "$0")}/lib.sh"

need python python3 || done_testing
SK_TIMEOUT=120

guest_script python <<'EOF'
PATH=/usr/bin:/bin:/usr/sbin:/sbin
cat >t.py <<'X'
import asyncio, concurrent.futures, contextlib, errno, fcntl, io, mmap, multiprocessing, os, pathlib, \
    pty, queue, resource, select, selectors, shutil, signal, socket, stat, struct, subprocess, sys, \
    tempfile, termios, threading, time, traceback

tests = []
def test(f):
    tests.append(f)
    return f

@test
def subprocess_run():
    r = subprocess.run(["sh", "-c", "cat; echo err >&2; exit 3"], input=b"in", capture_output=True)
    assert (r.returncode, r.stdout, r.stderr) == (3, b"in", b"err\n"), r

@test
def subprocess_pipeline():
    a = subprocess.Popen(["seq", "10000"], stdout=subprocess.PIPE)
    b = subprocess.Popen(["wc", "-l"], stdin=a.stdout, stdout=subprocess.PIPE)
    a.stdout.close()
    assert b.communicate()[0].split() == [b"10000"]
    assert a.wait() == 0

@test
def subprocess_big_communicate():
    data = os.urandom(1 << 20)
    p = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert p.communicate(data)[0] == data

@test
def subprocess_timeout_and_kill():
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(["sleep", "100"], timeout=0.05)
        assert False
    p = subprocess.Popen(["sleep", "100"], start_new_session=True)
    assert os.getsid(p.pid) == p.pid
    p.terminate()
    assert p.wait() == -signal.SIGTERM

@test
def subprocess_preexec_cwd_env():
    r = subprocess.run(["sh", "-c", "pwd; echo $K; umask"], cwd="/", env={"K": "v"},
        preexec_fn=lambda: os.umask(0o27), capture_output=True, text=True)
    assert r.stdout.split() == ["/", "v", "0027"], r

@test
def subprocess_not_found():
    try:
        subprocess.run(["/no/such/program"])
        assert False
    except FileNotFoundError:
        pass

@test
def threads():
    q, out, lock = queue.Queue(), [], threading.Lock()
    def work():
        while (v := q.get()) is not None:
            with lock:
                out.append(v * v)
    ts = [threading.Thread(target=work) for _ in range(8)]
    for t in ts: t.start()
    for i in range(500): q.put(i)
    for t in ts: q.put(None)
    for t in ts: t.join()
    assert sorted(out) == [i * i for i in range(500)]

@test
def thread_event_timeout():
    e = threading.Event()
    assert not e.wait(0.02)
    threading.Timer(0.01, e.set).start()
    assert e.wait(20)

@test
def thread_pool():
    with concurrent.futures.ThreadPoolExecutor(4) as ex:
        assert list(ex.map(lambda x: x + 1, range(100))) == list(range(1, 101))

@test
def multiprocessing_pool():
    with multiprocessing.Pool(3) as p:
        assert p.map(abs, range(-50, 0)) == list(range(50, 0, -1))

def mp_child(q, lock, value):
    with lock:
        value.value += 1
    q.put(os.getpid())

@test
def multiprocessing_primitives():
    q, lock, value = multiprocessing.Queue(), multiprocessing.Lock(), multiprocessing.Value("i", 0)
    ps = [multiprocessing.Process(target=mp_child, args=(q, lock, value)) for _ in range(4)]
    for p in ps: p.start()
    got = {q.get(timeout=20) for _ in ps}
    for p in ps:
        p.join()
        assert p.exitcode == 0
    assert got == {p.pid for p in ps} and value.value == 4

@test
def multiprocessing_spawn_and_pipe():
    ctx = multiprocessing.get_context("spawn")
    a, b = ctx.Pipe()
    p = ctx.Process(target=os._exit, args=(7,))
    p.start(); p.join()
    assert p.exitcode == 7
    a.send({"k": [1, 2]}); assert b.recv() == {"k": [1, 2]}

@test
def shared_memory():
    from multiprocessing import shared_memory
    s = shared_memory.SharedMemory(create=True, size=10000)
    try:
        o = shared_memory.SharedMemory(name=s.name)
        s.buf[:5] = b"hello"
        assert bytes(o.buf[:5]) == b"hello"
        o.close()
    finally:
        s.close(); s.unlink()

@test
def asyncio_basics():
    async def main():
        q = asyncio.Queue()
        async def producer():
            for i in range(100):
                await q.put(i)
                if i % 10 == 0: await asyncio.sleep(0)
        t = asyncio.create_task(producer())
        got = [await q.get() for _ in range(100)]
        await t
        assert got == list(range(100))
        p = await asyncio.create_subprocess_exec("sh", "-c", "read x; echo $x; exit 4",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        out, _ = await p.communicate(b"line\n")
        assert (out, p.returncode) == (b"line\n", 4)
        try:
            await asyncio.wait_for(asyncio.sleep(100), 0.02)
            assert False
        except asyncio.TimeoutError:
            pass
        loop, got = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, got.set)
        os.kill(os.getpid(), signal.SIGUSR1)
        await asyncio.wait_for(got.wait(), 20)
        loop.remove_signal_handler(signal.SIGUSR1)
    asyncio.run(main())

@test
def asyncio_unix_server():
    async def main():
        async def handle(r, w):
            w.write((await r.readline()).upper())
            await w.drain(); w.close()
        server = await asyncio.start_unix_server(handle, "srv.sock")
        async def client(i):
            r, w = await asyncio.open_unix_connection("srv.sock")
            w.write(b"hello %d\n" % i)
            assert await r.readline() == b"HELLO %d\n" % i
            w.close()
        await asyncio.gather(*(client(i) for i in range(20)))
        server.close(); await server.wait_closed()
    asyncio.run(main())

@test
def signals():
    seen = []
    signal.signal(signal.SIGUSR1, lambda s, f: seen.append(s))
    os.kill(os.getpid(), signal.SIGUSR1)
    assert seen == [signal.SIGUSR1]
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    signal.signal(signal.SIGALRM, lambda s, f: seen.append(s))
    while len(seen) < 2: signal.pause()
    assert seen[1] == signal.SIGALRM
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    os.kill(os.getpid(), signal.SIGUSR2)
    assert signal.sigpending() == {signal.SIGUSR2}
    assert signal.sigwaitinfo({signal.SIGUSR2}).si_pid == os.getpid()
    assert signal.sigtimedwait({signal.SIGUSR2}, 0.01) is None
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR2})

@test
def keyboard_interrupt():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(20)
        assert False
    except KeyboardInterrupt:
        pass

@test
def tempfiles():
    with tempfile.TemporaryDirectory() as d, tempfile.NamedTemporaryFile(dir=d) as f:
        f.write(b"x" * 100000); f.flush()
        assert os.stat(f.name).st_size == 100000
    assert not os.path.exists(d)
    with tempfile.TemporaryFile() as f:
        f.write(b"abc"); f.seek(1)
        assert f.read() == b"bc"
    with tempfile.SpooledTemporaryFile(10) as f:
        f.write(b"y" * 100); f.seek(0)
        assert len(f.read()) == 100

@test
def socketpairs():
    a, b = socket.socketpair()
    with a, b:
        a.sendall(b"hello"); assert b.recv(10) == b"hello"
        b.settimeout(0.02)
        try:
            b.recv(1); assert False
        except socket.timeout:
            pass
        a.shutdown(socket.SHUT_WR); assert b.recv(1) == b""
    a, b = socket.socketpair(type=socket.SOCK_DGRAM)
    r, w = os.pipe()
    socket.send_fds(a, [b"fd"], [w])
    msg, fds, *_ = socket.recv_fds(b, 10, 4)
    os.write(fds[0], b"via"); assert os.read(r, 10) == b"via"
    for fd in (r, w, fds[0]): os.close(fd)
    a.close(); b.close()

@test
def unix_sockets():
    l = socket.socket(socket.AF_UNIX); l.bind("u.sock"); l.listen()
    def serve():
        c, _ = l.accept()
        with c:
            while d := c.recv(65536): c.sendall(d)
    t = threading.Thread(target=serve); t.start()
    c = socket.socket(socket.AF_UNIX); c.connect("u.sock")
    data = os.urandom(1 << 20)
    w = threading.Thread(target=lambda: (c.sendall(data), c.shutdown(socket.SHUT_WR))); w.start()
    got = b"".join(iter(lambda: c.recv(65536), b""))
    t.join(); w.join(); c.close(); l.close()
    assert got == data

@test
def select_and_friends():
    r, w = os.pipe()
    for cls in (selectors.SelectSelector, selectors.PollSelector, selectors.EpollSelector):
        with cls() as s:
            s.register(r, selectors.EVENT_READ)
            assert s.select(0) == []
            os.write(w, b"x")
            assert len(s.select(5)) == 1
            os.read(r, 1)
    os.close(r); os.close(w)

@test
def mapped_files():
    with open("map", "wb+") as f:
        f.truncate(3 * 4096)
        with mmap.mmap(f.fileno(), 0) as m:
            m[4096:4101] = b"hello"; m.flush()
        f.seek(4096); assert f.read(5) == b"hello"
    m = mmap.mmap(-1, 4096)
    pid = os.fork()
    if pid == 0:
        m[:2] = b"hi"; os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0 and m[:2] == b"hi"

@test
def forks_and_waits():
    pids = []
    for i in range(20):
        pid = os.fork()
        if pid == 0: os._exit(i)
        pids.append(pid)
    got = {}
    while len(got) < 20:
        pid, st = os.wait()
        got[pid] = os.waitstatus_to_exitcode(st)
    assert got == dict(zip(pids, range(20)))

@test
def ptys():
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp("sh", ["sh", "-c", "tty >/dev/null && stty size && read x && echo got:$x"])
    fcntl.ioctl(fd, termios.TIOCGWINSZ, b"\0" * 8)
    os.write(fd, b"word\n")
    out = b""
    with contextlib.suppress(OSError):
        while d := os.read(fd, 1000): out += d
    os.waitpid(pid, 0); os.close(fd)
    assert b"got:word" in out, out

@test
def file_locks():
    with open("lk", "w") as f:
        fcntl.lockf(f, fcntl.LOCK_EX)
        pid = os.fork()
        if pid == 0:
            try:
                fcntl.lockf(open("lk", "w"), fcntl.LOCK_EX | fcntl.LOCK_NB); os._exit(1)
            except BlockingIOError:
                os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0

@test
def files_and_dirs():
    p = pathlib.Path("tree/a/b"); p.mkdir(parents=True)
    (p / "f").write_text("text"); os.link(p / "f", "tree/l"); os.symlink("a", "tree/s")
    assert pathlib.Path("tree/s/b/f").read_text() == "text" and os.stat("tree/l").st_nlink == 2
    assert sorted(os.listdir("tree")) == ["a", "l", "s"]
    assert [e.name for e in os.scandir("tree") if e.is_symlink()] == ["s"]
    os.utime("tree/l", ns=(1, 2)); assert os.stat(p / "f").st_mtime_ns == 2
    os.rename("tree/l", "tree/m"); os.replace("tree/m", p / "f")
    shutil.copytree("tree", "tree2", symlinks=True); shutil.rmtree("tree"); shutil.rmtree("tree2")
    fd = os.open("sp", os.O_RDWR | os.O_CREAT); os.pwrite(fd, b"z", 1 << 20)
    assert os.pread(fd, 1, 5) == b"\0" and os.lseek(fd, 0, os.SEEK_END) == (1 << 20) + 1
    os.posix_fallocate(fd, 0, 4096); os.fsync(fd); os.close(fd)

@test
def limits_and_usage():
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0
    u = resource.getrusage(resource.RUSAGE_SELF)
    assert u.ru_utime + u.ru_stime > 0 and u.ru_maxrss > 0
    assert os.cpu_count() >= 1 and len(os.sched_getaffinity(0)) >= 1 and os.uname().machine == "x86_64"

@test
def clocks():
    a = time.monotonic(); time.sleep(0.01)
    assert time.monotonic() - a >= 0.01
    assert abs(time.time() - time.clock_gettime(time.CLOCK_REALTIME)) < 5 and time.process_time() > 0

@test
def memfd_eventfd():
    fd = os.memfd_create("m"); os.write(fd, b"mem"); assert os.pread(fd, 9, 0) == b"mem"; os.close(fd)
    if hasattr(os, "eventfd"):
        e = os.eventfd(1); os.eventfd_write(e, 4); assert os.eventfd_read(e) == 5; os.close(e)

if __name__ == "__main__":
    for f in tests:
        try:
            f()
            print("ok", f.__name__, flush=True)
        except BaseException:
            print("not ok", f.__name__, flush=True)
            for l in traceback.format_exc().splitlines(): print("  #", l, flush=True)
    sys.exit(0)
X
python3 t.py
is "python ends well" 0 $?
is "one-liner" "4" "$(python3 -c 'print(2 + 2)')"
is "exit status" "9" "$(python3 -c 'import sys; sys.exit(9)'; echo $?)"
is "stdin program" "x" "$(echo 'print("x")' | python3 -)"
is "uncaught exception" "1" "$(python3 -c 'raise ValueError' 2>/dev/null; echo $?)"
EOF
done_testing
