#!/usr/bin/python3
"""An interactive session in a machine, driven through a pty: editing, control characters, job
control, window size, vi, less. Usage: interactive.py SKIFF [OPTION...]; prints ok / not ok lines.
Every step waits for output that only the right behaviour produces; nothing sleeps."""
import fcntl, os, pty, re, select, signal, struct, sys, termios, time

LIMIT = 15
failed = False


class Session:
    def __init__(self, argv, rows=24, cols=80):
        self.buf = b""
        self.log = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.execvp(argv[0], argv)
        self.resize(rows, cols)

    def resize(self, rows, cols):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def send(self, text):
        os.write(self.fd, text.encode())

    def fill(self, deadline):
        r, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
        if not r:
            raise TimeoutError
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        if not data:
            raise EOFError
        self.buf += data
        self.log += data

    def expect(self, pattern):
        """Waits for pattern in the output not yet consumed; consumes through it."""
        deadline = time.monotonic() + LIMIT
        while True:
            m = re.search(pattern.encode(), self.buf, re.S)
            if m:
                self.buf = self.buf[m.end():]
                return m
            self.fill(deadline)

    def wait(self):
        try:
            while True:
                self.fill(time.monotonic() + LIMIT)
        except EOFError:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def step(name, f):
    global failed
    if failed:
        print("not ok %s\n  # not tried: an earlier step failed" % name)
        return
    try:
        why = f()
        if why not in (None, True):
            raise AssertionError(why)
        print("ok", name, flush=True)
    except (TimeoutError, EOFError, AssertionError, OSError) as e:
        failed = True
        print("not ok %s\n  # %s: %s" % (name, type(e).__name__, e), flush=True)
        for line in s.log[-1500:].decode(errors="replace").splitlines():
            print("  #", repr(line))


native = sys.argv[1] == "native"
argv = ["env", "-i", "PATH=/usr/bin:/bin", "TERM=xterm", "PS1=P> ", "HISTFILE=/dev/null", "HOME=/tmp",
        "bash", "--norc", "--noprofile", "-i"]
if not native:
    argv = sys.argv[1:] + ["--"] + argv
s = Session(argv)
old = termios.tcgetattr(s.fd)


def run(command, pattern):
    s.send(command + "\r")
    s.expect(r"\n")
    m = s.expect(pattern)
    s.expect(r"P> ")
    return m


def start(command):
    """Runs a command that reads the terminal: it has canonical mode again when this returns."""
    s.send("echo re''ady; " + command + "\r")
    s.expect("\r\nready\r\n")


def prompt():
    s.expect(r"P> ")
    s.send("bind 'set enable-bracketed-paste off'; cd; cd $(mktemp -d)\r")
    s.expect(r"P> ")


step("a prompt", prompt)
step("a command", lambda: run("echo a$((1+1))b", "a2b\r\n") and None)
step("it is a terminal", lambda: run("tty && echo yes$((1))", r"/dev/\S+\r\nyes1") and None)
step("the window size", lambda: run("stty size", r"24 80\r\n") and None)


def erase():
    s.send("echo worX\x7fld!\r")
    s.expect("\r\nworld!\r\n")
    s.expect("P> ")


step("erase while editing", erase)


def editing():
    s.send("cho start\x01e\x05 end\r")  # Ctrl-A, Ctrl-E
    s.expect("\r\nstart end\r\n")
    s.expect("P> ")
    s.send("\x1b[A\r")  # up
    s.expect("\r\nstart end\r\n")
    s.expect("P> ")
    s.send("echo junk\x15echo clean\r")  # Ctrl-U
    s.expect("\r\nclean\r\n")
    s.expect("P> ")
    s.send("ech\t x\r")  # completion
    s.expect("\r\nx\r\n")
    s.expect("P> ")


step("line editing, history, completion", editing)


def canonical():
    start("cat")
    s.send("hellp\x7fo\r")
    s.expect("\r\nhello\r\n")
    s.send("drop this\x15kept\r")
    s.expect("\r\nkept\r\n")
    s.send("two words\x17one\r")
    s.expect("\r\ntwo one\r\n")
    s.send("\x04")
    s.expect("P> ")


step("canonical mode: erase, kill, word erase, end of file", canonical)


def noecho():
    start("read -s -p 'Pass: ' x; echo got:$x:")
    s.expect("Pass: ")
    s.send("secret\r")
    m = s.expect("(.*?)got:secret:")
    s.expect("P> ")
    if b"secret" in m.group(1):
        return "the input was echoed"


step("no echo", noecho)


def interrupt():
    start("cat; echo st=$?")
    s.send("x\r")
    s.expect("x\r\nx\r\n")
    s.send("\x03")
    s.expect(r"\^C")
    s.expect("P> ")
    run("echo $?", "130\r\n")
    s.send("half a line")
    s.expect("half a line")
    s.send("\x03\r")  # readline may notice the signal only at the next key
    s.expect("P> ")
    start("bash -c 'trap \"echo trapped\" INT; cat; echo after$((1))'")
    s.send("y\r")
    s.expect("y\r\ny\r\n")
    s.send("\x03")
    s.expect("trapped\r\n")
    s.expect("after1\r\n")
    s.expect("P> ")


step("Ctrl-C", interrupt)


def quit_():
    start("cat")
    s.send("x\r")
    s.expect("x\r\nx\r\n")
    s.send("\x1c")
    s.expect("Quit")
    s.expect("P> ")


step("Ctrl-\\", quit_)


def suspend():
    start("cat")
    s.send("x\r")
    s.expect("x\r\nx\r\n")
    s.send("\x1a")
    s.expect("Stopped")
    s.expect("P> ")
    run("jobs", r"Stopped\s+cat\r\n")
    s.send("fg\r")
    s.expect("fg\r\ncat\r\n")
    s.send("again\r")
    s.expect("again\r\nagain\r\n")
    s.send("\x1a")
    s.expect("Stopped")
    s.expect("P> ")
    s.send("bg; echo $((6*7))\r")
    s.expect("42\r\n")
    s.send("\r")
    s.expect("Stopped")  # tty input for a background job
    s.expect("P> ")
    run("kill -9 %1; while kill -0 $! 2>/dev/null; do :; done; echo go''ne", "gone\r\n")


step("Ctrl-Z, jobs, fg, bg, SIGTTIN", suspend)


def pipeline():
    start("cat | cat")
    s.send("x\r")
    s.expect("x\r\nx\r\n")
    s.send("\x1a")
    s.expect("Stopped")
    s.expect("P> ")
    s.send("fg\r")
    s.expect("cat \\| cat\r\n")
    s.send("y\r")
    s.expect("y\r\ny\r\n")
    s.send("\x03")
    s.expect("P> ")
    run("echo st=$?", "st=130")


step("a pipeline stops, continues and ends together", pipeline)


def typeahead():
    start("cat >/dev/null; echo after")
    s.send("line\r\x04")
    s.expect("\r\nafter\r\n")
    s.expect("P> ")
    s.send("sleep 0.2; echo one\recho two\r")
    s.expect("\r\none\r\n")
    s.expect("\r\ntwo\r\n")
    s.expect("P> ")


step("type-ahead", typeahead)


def resize():
    start("bash -c 'sleep 1000 & trap \"kill $!; stty size; exit\" WINCH; echo g''o; wait'")
    s.expect("go\r\n")
    s.resize(40, 132)
    s.expect("40 132\r\n")
    s.expect("P> ")
    run("stty size; echo $COLUMNS", "40 132\r\n132\r\n")


step("resize", resize)


def vi():
    s.send("vi -u NONE text\r")
    s.expect("text")
    s.send("ihello vi\rsecond line\x1b")
    s.expect("second line")
    s.send("kIsay \x1b:wq\r")
    s.expect("written")
    s.expect("P> ")
    run("cat text", "say hello vi\r\nsecond line\r\n")
    s.send("vi -u NONE text\r")
    s.expect("second line")
    s.send("\x1a")
    s.expect("Stopped")
    s.expect("P> ")
    s.send("fg\r")
    s.expect("second line")
    s.send(":q!\r")
    s.expect("P> ")


step("vi", vi)


def less():
    start("seq 1000 | less -X")
    s.expect("20\r\n")
    s.send("G")
    s.expect("1000\r\n.*END")
    s.send("/333\r")
    s.send("g/^777\r")
    s.expect("777")
    s.send("q")
    s.expect("P> ")


step("less", less)


def script_and_colours():
    run("printf '\\033[31mred\\033[0m\\n'", "\x1b\\[31mred")
    run("stty -echo; stty echo; stty -a | grep -o icanon", "icanon")
    run("reset -Q 2>/dev/null; tput cols 2>/dev/null || echo 132", "132")


step("terminal settings", script_and_colours)


def leave():
    s.send("exit 7\r")
    status = s.wait()
    if status != 7:
        return "exit status %d" % status


step("exit status", leave)

# The user's terminal is left as it was found. (The pty has gone with its last user if native.)
sys.exit(0)
