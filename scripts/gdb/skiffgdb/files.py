"""Open files and paths: sk-files."""
import gdb

from .memory import Command, text


def dentry_name(dentry):
    return text(dentry["name"], int(dentry["name_len"]))


def path_name(path, limit=100):
    """The absolute path of a struct path in the machine's tree, as d_path() has it."""
    if int(path["dentry"]) == 0:
        return "-"
    dentry, mount, parts = path["dentry"], path["mnt"], []
    deleted = int(dentry["parent"]) != int(dentry) and not bool(dentry["hashed"])
    for _ in range(limit):
        if int(mount) and int(dentry) == int(mount["root"]):
            if int(mount["parent"]) == 0:
                break
            dentry, mount = mount["mountpoint"], mount["parent"]
            continue
        if int(dentry["parent"]) == int(dentry):
            if not parts and not int(mount):
                return dentry_name(dentry)
            if dentry_name(dentry) not in ("", "/"):
                return dentry_name(dentry)
            break
        parts.append(dentry_name(dentry))
        dentry = dentry["parent"]
    return "/" + "/".join(reversed(parts)) + (" (deleted)" if deleted else "")


def dentry_path(dentry, limit=100):
    """Within its filesystem."""
    parts, at = [], dentry
    while int(at["parent"]) != int(at) and len(parts) < limit:
        parts.append(dentry_name(at))
        at = at["parent"]
    if not parts:
        return dentry_name(dentry) or "/"
    return "/" + "/".join(reversed(parts))


def ops_name(file):
    """The name of the file's operations says what kind of file it is."""
    symbol = gdb.execute("info symbol %d" % int(file["ops"]), to_string=True).split()
    return symbol[0] if symbol and symbol[0] != "No" else "?"


def access(flags):
    return ("r", "w", "rw", "-")[flags & 3]


def describe(file):
    return "%-2s flags %#o pos %d %s [%s]" % (
        access(int(file["flags"])), int(file["flags"]), int(file["pos"]), path_name(file["path"]),
        ops_name(file))


def in_table(table):
    for fd in range(int(table["nr"])):
        slot = table["slots"][fd]
        if int(slot["file"]):
            yield fd, slot["file"].dereference(), bool(slot["cloexec"])


def show_table(table):
    print("  descriptors (of %d users):" % int(table["refs"]))
    for fd, file, cloexec in in_table(table):
        print("  %5d %s%s" % (fd, describe(file), " cloexec" if cloexec else ""))


class Files(Command):
    """sk-files: every open file (description) of the machine, with who has it."""

    def run(self, words):
        from . import tasks
        owners, found = {}, {}
        for task in tasks.everyone():
            if int(task["files"]) == 0:
                continue
            for fd, file, _ in in_table(task["files"].dereference()):
                key = int(file.address)
                found[key] = file
                owners.setdefault(key, []).append("%d:%d" % (int(task["tid"]), fd))
        for key, file in found.items():
            print("%#x refs %d %s  %s" % (key, int(file["refs"]), describe(file), " ".join(owners[key])))
        print("%d open files" % len(found))


Files("sk-files", gdb.COMMAND_DATA)
