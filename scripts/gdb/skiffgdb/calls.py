"""System calls: sk-syscalls."""
import gdb

from .memory import Command, text


class Syscalls(Command):
    """sk-syscalls [time]: how often each call was made, failed, and how long it took.

    "sk-syscalls time" makes a live kernel measure time from now on (as --call-times does)."""

    def run(self, words):
        if words == ["time"]:
            gdb.execute("set var syscall_timing = 1")
            print("measuring")
            return
        stats, table = gdb.parse_and_eval("syscall_stats"), gdb.parse_and_eval("syscall_table")
        timed = bool(gdb.parse_and_eval("syscall_timing"))
        rows = []
        for nr in range(stats.type.range()[1] + 1):
            calls = int(stats[nr]["calls"])
            if calls:
                rows.append((calls, int(stats[nr]["errors"]), int(stats[nr]["time_ns"]),
                             text(table[nr]["name"]) or str(nr)))
        print("%10s %8s %12s %10s  %s" % ("calls", "errors", "time us", "us/call", "call"))
        for calls, errors, ns, name in sorted(rows, reverse=True):
            print("%10d %8d %12d %10.1f  %s" % (calls, errors, ns // 1000, ns / 1000 / calls, name))
        if not timed:
            print('time is not measured: --call-times, or "sk-syscalls time"')


Syscalls("sk-syscalls")
