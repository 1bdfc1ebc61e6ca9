"""Tasks and processes: sk-ps, sk-task."""
import gdb

from . import files
from .memory import Command, entries, text

GUEST_CALL, GUEST_TRAP = 0, 1
SIGNALS = ("? HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT "
           "STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS").split()


def groups():
    return entries(gdb.parse_and_eval("all_tgroups"), "struct tgroup", "all_link")


def of_group(group):
    return entries(group["tasks"], "struct task", "tg_link")


def everyone():
    for group in groups():
        yield from of_group(group)


def find(word):
    tid = int(gdb.parse_and_eval(word))
    for task in everyone():
        if int(task["tid"]) == tid:
            return task
    raise gdb.GdbError("no task %d" % tid)


def call_name(number):
    if number >= 480:
        return "call %d" % number
    name = gdb.parse_and_eval("syscall_table[%d].name" % number)
    return text(name) or "call %d" % number


def call_of(task):
    """What the task is doing in the kernel, or did last."""
    name = call_name(int(task["event"]["nr"]))
    kind = int(task["event"]["kind"])
    if int(task["coro"]) == 0:
        return "last %s" % name
    if kind not in (GUEST_CALL, GUEST_TRAP):
        return "in %s" % str(task["event"]["kind"]).replace("GUEST_", "").lower()
    args = ", ".join("%#x" % int(task["event"]["args"][i]) for i in range(6))
    return "in %s(%s)" % (name, args)


def state(task):
    return str(task["state"]).replace("TASK_", "").lower()


def line(task):
    wchan = text(task["wchan"])
    return "%s %s%s" % (state(task), call_of(task), ", sleeps in %s" % wchan if wchan else "")


def sigset(mask):
    names = [SIGNALS[n] if n < len(SIGNALS) else "RT%d" % n for n in range(1, 65) if mask >> (n - 1) & 1]
    return "[%s]" % " ".join(names)


class Ps(Command):
    """sk-ps: every process as a tree, its threads, their state, call, and what they sleep on."""

    def run(self, words):
        self.seen = set()
        print("%7s %7s  %s" % ("PID", "TID", "NAME, STATE"))
        for group in groups():
            if int(group["parent"]) == 0:
                self.show(group, 0)
        for group in groups():  # whose parent is not among them
            if int(group.address) not in self.seen:
                self.show(group, 0)

    def show(self, group, depth):
        if int(group.address) in self.seen:
            return
        self.seen.add(int(group.address))
        pid, indent = int(group["pid"]), "  " * depth
        if str(group["state"]) == "TG_ZOMBIE":
            print("%7d %7s  %s%s zombie, status %#x" % (
                pid, "-", indent, text(group["exit_comm"]), int(group["exit_status"])))
        for task in of_group(group):
            print("%7d %7d  %s%s %s" % (pid, int(task["tid"]), indent, text(task["comm"]), line(task)))
        for child in entries(group["children"], "struct tgroup", "sibling"):
            self.show(child, depth + 1)


class Task(Command):
    """sk-task PID: identity, credentials, signals and descriptors of a task."""

    def run(self, words):
        if len(words) != 1:
            raise gdb.GdbError("usage: sk-task PID")
        task = find(words[0])
        group = task["tg"].dereference()
        print("task %d of process %d: %s" % (int(task["tid"]), int(group["pid"]), text(task["comm"])))
        print("  %s" % line(task))
        parent = int(group["parent"]["pid"]) if int(group["parent"]) else 0
        print("  parent %d, process group %d, session %d, %d threads" % (
            parent, int(group["pgid"]), int(group["sid"]), int(group["nr_tasks"])))
        self.cred(task)
        print("  signals: pending %s, of the process %s, blocked %s" % (
            sigset(int(task["pending"]["set"])), sigset(int(group["pending"]["set"])),
            sigset(int(task["blocked"]))))
        self.actions(task)
        if int(task["fs"]):
            print("  cwd %s, root %s, umask %03o" % (
                files.path_name(task["fs"]["cwd"]), files.path_name(task["fs"]["root"]),
                int(task["fs"]["umask"])))
        if int(task["files"]):
            files.show_table(task["files"].dereference())

    def cred(self, task):
        if int(task["cred"]) == 0:
            return
        cred = task["cred"].dereference()
        ids = lambda kind: "/".join(str(int(cred[p + kind])) for p in ("", "e", "s", "fs"))  # noqa: E731
        print("  uid %s, gid %s, capabilities %#x" % (ids("uid"), ids("gid"), int(cred["cap_effective"])))

    def actions(self, task):
        if int(task["sighand"]) == 0:
            return
        actions = task["sighand"]["action"]
        for n in range(64):
            handler = int(actions[n]["handler"])
            if handler == 0:
                continue
            name = SIGNALS[n + 1] if n + 1 < len(SIGNALS) else "RT%d" % (n + 1)
            print("    %-7s %s" % (name, "ignored" if handler == 1 else "handler %#x" % handler))


Ps("sk-ps")
Task("sk-task")
