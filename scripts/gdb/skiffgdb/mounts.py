"""The mount tree: sk-mounts."""
import gdb

from . import files
from .memory import Command, entries, text

FLAGS = ((1, "ro"), (2, "nosuid"), (4, "nodev"), (8, "noexec"), (16, "noatime"))


def show(mount, depth):
    sb, flags = mount["sb"], int(mount["flags"])
    where = "/" if int(mount["parent"]) == 0 else files.path_name({
        "dentry": mount["mountpoint"], "mnt": mount["parent"]})
    names = [name for bit, name in FLAGS if flags & bit]
    print("%4d %s%s on %s type %s (%s) dev %d:%d" % (
        int(mount["id"]), "  " * depth, text(sb["source"]), where, text(sb["type"]["name"]),
        ",".join(names) or "rw", int(sb["dev"]) >> 8 & 0xfff, int(sb["dev"]) & 0xff))
    for child in entries(mount["children"], "struct mount", "child_link"):
        show(child, depth + 1)


class Mounts(Command):
    """sk-mounts: the mount tree."""

    def run(self, words):
        for mount in entries(gdb.parse_and_eval("all_mounts"), "struct mount", "link"):
            if int(mount["parent"]) == 0:
                show(mount, 0)


Mounts("sk-mounts")
