"""Kernel stacks of tasks: sk-bt, sk-in.

A coroutine that sleeps has its callee-saved registers on its stack (coro_switch_stacks in
arch-um/coro.c). An unwinder tells gdb that the innermost frame was called from there, so that gdb
unwinds the coroutine by its debug information. No register is written: it works on a core too.
"""
import re

import gdb
from gdb.unwinder import Unwinder, register_unwinder

from . import tasks
from .memory import Command, text, u64

SAVED = ("r15", "r14", "r13", "r12", "rbx", "rbp")  # upwards from the saved stack pointer


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class CoroUnwinder(Unwinder):
    """While it has a stack pointer: the caller of the innermost frame is the sleeping coroutine."""

    def __init__(self):
        super().__init__("skiff-coroutine")
        self.sp = None
        self.top = None

    def __call__(self, pending):
        if self.sp is None:
            return None
        sp, pc = pending.read_register("rsp"), pending.read_register("rip")
        if (int(sp), int(pc)) != self.top:
            return None
        word = gdb.lookup_type("unsigned long")
        info = pending.create_unwind_info(FrameId(gdb.Value(self.sp).cast(sp.type), pc))
        for i, name in enumerate(SAVED):
            info.add_saved_register(name, gdb.Value(u64(self.sp + 8 * i)).cast(word))
        info.add_saved_register("rip", gdb.Value(u64(self.sp + 8 * len(SAVED))).cast(pc.type))
        info.add_saved_register("rsp", gdb.Value(self.sp + 8 * (len(SAVED) + 1)).cast(sp.type))
        return info


unwinder = CoroUnwinder()
register_unwinder(None, unwinder, replace=True)


class OnStack:
    """with OnStack(task): gdb's frames 1, 2, ... are those of the task's kernel stack."""

    def __init__(self, task):
        self.sp = int(task["coro"]["os"]["sp"])

    def __enter__(self):
        gdb.newest_frame().select()
        frame = gdb.newest_frame()
        unwinder.top = (int(frame.read_register("rsp")), int(frame.read_register("rip")))
        unwinder.sp = self.sp
        gdb.invalidate_cached_frames()
        frame = gdb.newest_frame()
        while frame.type() == gdb.INLINE_FRAME:
            frame = frame.older()
        self.first = frame.older()  # the "caller" of the innermost real frame
        self.first.select()
        return self

    def __exit__(self, *unused):
        unwinder.sp = unwinder.top = None
        gdb.invalidate_cached_frames()
        gdb.newest_frame().select()


def is_running(task):
    running = gdb.parse_and_eval("'kernel/sched.c'::running")
    return int(running) == int(task["coro"])


def backtrace(task):
    print("%d %s: %s" % (int(task["tid"]), text(task["comm"]), tasks.line(task)))
    if int(task["coro"]) == 0:
        print("  (in the guest: no kernel stack)")
    elif is_running(task):
        gdb.execute("backtrace")
    else:
        with OnStack(task) as stack:
            lines = gdb.execute("backtrace", to_string=True)
            print(lines[re.search(r"^#%d " % stack.first.level(), lines, re.M).start():], end="")


class Bt(Command):
    """sk-bt TASK|all: the kernel stack of a task that sleeps in a call (or of every one)."""

    def run(self, words):
        if len(words) != 1:
            raise gdb.GdbError("usage: sk-bt TASK|all")
        for task in list(tasks.everyone()) if words[0] == "all" else [tasks.find(words[0])]:
            backtrace(task)


class In(Command):
    """sk-in TASK COMMAND...: a gdb command on the task's kernel stack (frame numbers as in sk-bt)."""

    def invoke(self, arg, from_tty):
        word, _, command = arg.strip().partition(" ")
        if not command:
            raise gdb.GdbError("usage: sk-in TASK COMMAND")
        task = tasks.find(word)
        if int(task["coro"]) == 0:
            raise gdb.GdbError("task %s is in the guest and has no kernel stack" % word)
        if is_running(task):
            gdb.execute(command)
            return
        with OnStack(task):
            gdb.execute(command)


Bt("sk-bt", gdb.COMMAND_STACK)
In("sk-in", gdb.COMMAND_STACK)
