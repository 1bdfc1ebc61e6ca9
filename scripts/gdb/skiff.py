# Commands for gdb on a skiff process or core file:  gdb -x scripts/gdb/skiff.py -p PID
#   skiff-tasks [TID]    every task (or one): state, system call in flight, what it sleeps on, and
#                        the kernel stack of its coroutine (walked by frame pointers)
# It reads memory only, so it works on a core as well.
import gdb

REG_SLOTS = 6  # r15 r14 r13 r12 rbx rbp, then the return address: coro_switch_stacks in arch-um/coro.c


def u64(addr):
    return int.from_bytes(gdb.selected_inferior().read_memory(addr, 8).tobytes(), "little")


def entries(head, type_name, member):
    """The structs linked by a list_head."""
    struct = gdb.lookup_type(type_name)
    offset = next(f.bitpos // 8 for f in struct.fields() if f.name == member)
    node = head["next"]
    while int(node) != int(head.address):
        yield gdb.Value(int(node) - offset).cast(struct.pointer()).dereference()
        node = node.dereference()["next"]


def describe(pc):
    block = gdb.block_for_pc(pc)
    while block and not block.function:
        block = block.superblock
    sal = gdb.find_pc_line(pc - 1)
    where = "%s:%d" % (sal.symtab.filename, sal.line) if sal.symtab else "?"
    return "%s at %s" % (block.function if block else "?", where)


def walk(sp):
    """Return addresses of a switched-out coroutine, innermost first."""
    rbp, pc = u64(sp + 8 * (REG_SLOTS - 1)), u64(sp + 8 * REG_SLOTS)
    for _ in range(40):
        yield pc
        if rbp == 0:
            return
        try:
            rbp, pc = u64(rbp), u64(rbp + 8)
        except gdb.MemoryError:
            return
        if pc == 0:
            return


def show(task):
    call = int(task["event"]["nr"])
    state = str(task["state"]).replace("TASK_", "").lower()
    print("%6d %-16s pid %-6d %-15s call %-4d %s" % (
        int(task["tid"]), task["comm"].string(errors="replace"), int(task["tg"]["pid"]), state, call,
        task["wchan"].string() if int(task["wchan"]) else ""))
    coro = task["coro"]
    if int(coro) == 0:
        return
    running = gdb.parse_and_eval("'kernel/sched.c'::running")
    if int(running) == int(coro):
        print("         (this is the coroutine that runs: see bt)")
        return
    for pc in walk(int(coro["os"]["sp"])):
        print("         " + describe(pc))


class SkiffTasks(gdb.Command):
    """skiff-tasks [TID]: guest tasks with their kernel stacks."""

    def __init__(self):
        super().__init__("skiff-tasks", gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        want = int(arg, 0) if arg.strip() else None
        for group in entries(gdb.parse_and_eval("all_tgroups"), "struct tgroup", "all_link"):
            found = False
            for task in entries(group["tasks"], "struct task", "tg_link"):
                found = True
                if want is None or int(task["tid"]) == want:
                    show(task)
            if not found and want is None:
                print("%6d (zombie, status %d)" % (int(group["pid"]), int(group["exit_status"])))


SkiffTasks()
