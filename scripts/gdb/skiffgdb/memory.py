"""Reading the kernel's data structures: lists, hash tables, strings, symbols of one file."""
import functools

import gdb


@functools.lru_cache(maxsize=None)
def offset_of(type_name, member):
    for field in gdb.lookup_type(type_name).fields():
        if field.name == member:
            return field.bitpos // 8
    raise gdb.GdbError("no %s in %s" % (member, type_name))


def container(address, type_name, member):
    pointer = gdb.lookup_type(type_name).pointer()
    return gdb.Value(int(address) - offset_of(type_name, member)).cast(pointer).dereference()


def entries(head, type_name, member):
    """The structs linked by a list_head; a damaged list ends the walk with an error."""
    start, node, seen = int(head.address), head["next"], 0
    while int(node) != start:
        yield container(node, type_name, member)
        node = node.dereference()["next"]
        seen += 1
        if seen > 1000000 or int(node) == 0:
            raise gdb.GdbError("the list at %#x does not end" % start)


def static(file, name):
    """A variable of one source file, whatever its linkage."""
    try:
        return gdb.parse_and_eval("'%s'::%s" % (file, name))
    except gdb.error:
        return gdb.parse_and_eval(name)


def text(value, length=None):
    """A char array or pointer as str; NULL is the empty string."""
    if value.type.strip_typedefs().code == gdb.TYPE_CODE_PTR and int(value) == 0:
        return ""
    try:
        return value.string(errors="replace") if length is None else value.string(
            errors="replace", length=length)
    except gdb.error as error:
        return "<%s>" % error


def u64(address):
    raw = gdb.selected_inferior().read_memory(address, 8)
    return int.from_bytes(bytes(raw), "little")


class Command(gdb.Command):
    """A sk-* command: the doc string is its help, run(words) its work."""

    def __init__(self, name, kind=gdb.COMMAND_STATUS):
        super().__init__(name, kind)

    def invoke(self, arg, from_tty):
        self.run(arg.split())

    def run(self, words):
        raise NotImplementedError
