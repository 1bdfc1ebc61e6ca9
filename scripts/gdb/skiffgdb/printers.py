"""Pretty printers: lists, dentries, paths, tasks, processes, guest addresses. And sk-str."""
import gdb
import gdb.printing

from . import files, tasks
from .memory import Command, text


class List:
    """A list_head: how many are linked. ("sk-list HEAD TYPE MEMBER" would need the type.)"""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        node, start, n = self.value["next"], int(self.value.address or 0), 0
        if int(node) == 0:
            return "list (not initialised)"
        while int(node) != start and n < 100000:
            node = node.dereference()["next"]
            n += 1
        return "list of %d" % n if n else "empty list"


class Dentry:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        return "dentry %s%s" % (
            files.dentry_path(self.value.address) if self.value.address else
            files.dentry_name(self.value), "" if int(self.value["inode"]) else " (negative)")


class Path:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        return "path %s" % files.path_name(self.value)


class File:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        return "file %s" % files.describe(self.value)


class Task:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        return "task %d (%s) %s" % (
            int(self.value["tid"]), text(self.value["comm"]), tasks.line(self.value))


class Group:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        return "process %d, %s, %d threads" % (
            int(self.value["pid"]), str(self.value["state"]).replace("TG_", "").lower(),
            int(self.value["nr_tasks"]))


class GuestAddress:
    """A uaddr_t: in hex, with the string there if the memory of current can be read."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        address = int(self.value)
        try:
            current = gdb.parse_and_eval("current")
            found = guest_string(current.dereference(), address) if int(current) else None
        except (gdb.error, OSError, ValueError, OverflowError):
            found = None
        return "%#x%s" % (address, ' "%s"' % found if found else "")


def guest_memory(task, address, size):
    pid = int(task["guest"]["proc"]["pid"])
    with open("/proc/%d/mem" % pid, "rb", 0) as memory:
        memory.seek(address)
        return memory.read(size)


def guest_string(task, address, limit=200):
    """The text at address in a guest process; None if there is no plain text."""
    size = min(limit, 4096 - address % 4096)
    raw = guest_memory(task, address, size).split(b"\0", 1)[0]
    return raw.decode("ascii") if raw and all(32 <= c < 127 for c in raw) else None


class Str(Command):
    """sk-str ADDRESS [TASK]: a string in the memory of a guest process (default: current's)."""

    def run(self, words):
        if not words:
            raise gdb.GdbError("usage: sk-str ADDRESS [TASK]")
        task = tasks.find(words[1]) if len(words) > 1 else gdb.parse_and_eval("*current")
        address = int(gdb.parse_and_eval(words[0]))
        raw = guest_memory(task, address, min(4096, 8192 - address % 4096)).split(b"\0", 1)[0]
        print(repr(raw)[1:])


def collection():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("skiff")
    for name, printer in (("list_head", List), ("dentry", Dentry), ("path", Path), ("file", File),
                          ("task", Task), ("tgroup", Group), ("uaddr_t", GuestAddress)):
        printers.add_printer(name, "^%s$" % name, printer)
    return printers


gdb.printing.register_pretty_printer(gdb.current_objfile(), collection(), replace=True)
Str("sk-str", gdb.COMMAND_DATA)
