"""Sockets: sk-net."""
import ipaddress

import gdb

from . import files
from .memory import Command

FAMILIES = {1: "unix", 2: "inet", 10: "inet6", 16: "netlink", 17: "packet"}
TYPES = {1: "stream", 2: "dgram", 3: "raw", 5: "seqpacket"}


def unix_name(unix):
    if int(unix["addr"]) == 0:
        return ""
    addr = unix["addr"]
    raw = bytes(int(addr["un"]["sun_path"][i]) & 255 for i in range(max(int(addr["len"]) - 2, 0)))
    return " " + raw.replace(b"\0", b"@", 1).rstrip(b"\0").decode(errors="replace")


def endpoint(addr, port):
    raw = bytes(int(addr["b"][i]) for i in range(16))
    address = ipaddress.IPv6Address(raw)
    if address.ipv4_mapped:
        text = str(address.ipv4_mapped)
    elif int(addr["q"][0]) or int(addr["q"][1]):
        text = "[%s]" % address
    else:
        text = "*"
    return "%s:%s" % (text, int(port) or "*")


def queued(head):
    count, link = 0, head["next"]
    while int(link) != int(head.address):
        count, link = count + 1, link["next"]
    return count


def inet_name(sock):
    inet = sock.address.cast(gdb.lookup_type("struct inet_sock").pointer()).dereference()
    proto, t = inet["proto"]["name"].string(), inet["tuple"]
    line = " %s %s -> %s" % (proto, endpoint(t["laddr"], t["lport"]), endpoint(t["raddr"], t["rport"]))
    if proto != "TCP":
        return line + " queued %d" % queued(inet["rxq"])
    tcp = inet.address.cast(gdb.lookup_type("struct tcp_sock").pointer()).dereference()
    line += " " + str(tcp["state"]).replace("TCP_", "")
    return line + " unsent %d unacked %d unread %d" % (
        (int(tcp["write_seq"]) - int(tcp["snd_nxt"])) & 0xffffffff,
        (int(tcp["snd_nxt"]) - int(tcp["snd_una"])) & 0xffffffff,
        (int(tcp["rcv_nxt"]) - int(tcp["copied_seq"])) & 0xffffffff)


def describe(sock):
    family = FAMILIES.get(int(sock["family"]), str(int(sock["family"])))
    line = "%s %s socket:[%d] %s" % (
        family, TYPES.get(int(sock["type"]), str(int(sock["type"]))), int(sock["ino"]),
        str(sock["state"]).replace("SOCK_", "").lower())
    if int(sock["shutdown"]):
        line += " shutdown %d" % int(sock["shutdown"])
    if int(sock["err"]):
        line += " error %d" % int(sock["err"])
    if family in ("inet", "inet6"):
        line += inet_name(sock)
    if family == "unix":
        unix = sock.address.cast(
            gdb.lookup_type("struct unix_sock").pointer()).dereference()
        line += unix_name(unix)
        line += " queued %d (%d bytes)" % (int(unix["nr_queued"]), int(unix["queued_len"]))
        if int(unix["peer"]):
            line += " peer socket:[%d]" % int(unix["peer"]["sk"]["ino"])
    return line


class Net(Command):
    """sk-net: every socket that a descriptor refers to, with who has it."""

    def run(self, words):
        from . import tasks
        ops = int(gdb.parse_and_eval("&sock_file_ops"))
        owners, socks = {}, {}
        pointer = gdb.lookup_type("struct sock").pointer()
        for task in tasks.everyone():
            if int(task["files"]) == 0:
                continue
            for fd, file, _ in files.in_table(task["files"].dereference()):
                if int(file["ops"]) != ops:
                    continue
                key = int(file["priv"])
                socks[key] = file["priv"].cast(pointer).dereference()
                owners.setdefault(key, []).append("%d:%d" % (int(task["tid"]), fd))
        for key, sock in socks.items():
            print("%#x %s  %s" % (key, describe(sock), " ".join(owners[key])))
        print("%d sockets" % len(socks))


Net("sk-net")
