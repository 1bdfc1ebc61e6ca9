"""The kernel's log: sk-dmesg."""
import gdb

from .memory import Command, static, text


class Dmesg(Command):
    """sk-dmesg: the kernel's log ring, as dmesg(1) prints it in the guest."""

    def run(self, words):
        ring = static("kernel/dmesg.c", "ring")
        size = ring.type.range()[1] + 1
        after = int(static("kernel/dmesg.c", "next_seq"))
        for seq in range(max(0, after - size), after):
            record = ring[seq % size]
            if int(record["text"]):
                us = int(record["ts_ns"]) // 1000
                print("<%d>[%5d.%06d] %s" % (
                    int(record["prio"]), us // 1000000, us % 1000000, text(record["text"])))


Dmesg("sk-dmesg")
