"""A bad wire between two network devices:  wire.py DEV DEV [loss=P] [dup=P] [reorder=P] [corrupt=P]
[delay=MS] [jitter=MS], P in percent. Frames go across with their offload headers, so segments to
be cut and checksums to be filled in pass as they are. A frame whose checksum is not filled in yet
is never corrupted: the damage could not be noticed. Says "up" and runs until its stdin ends.
"""
import heapq, random, select, socket, struct, sys, time

SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 263, 15, 23
HEADER = 10
wire = {k: 0.0 for k in ("loss", "dup", "reorder", "corrupt", "delay", "jitter")}
for arg in sys.argv[3:]:
    key, value = arg.split("=")
    wire[key] += float(value)
rng = random.Random(4)


def chance(key):
    return rng.random() * 100 < wire[key]


def open_device(name):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    for opt in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        s.setsockopt(socket.SOL_SOCKET, opt, 8 << 20)
    s.bind((name, 3))
    s.setblocking(False)
    return s


def flip_a_bit(frame):
    at = rng.randrange(HEADER, len(frame))
    return frame[:at] + bytes([frame[at] ^ 1 << rng.randrange(8)]) + frame[at + 1:]


ends = [open_device(name) for name in sys.argv[1:3]]
queue, serial, counts = [], 0, {k: 0 for k in ("frames", *wire)}


def take(frame, to):
    global serial
    counts["frames"] += 1
    if chance("loss"):
        counts["loss"] += 1
        return
    if not frame[0] & 1 and chance("corrupt"):
        counts["corrupt"] += 1
        frame = flip_a_bit(frame)
    copies = 1
    if chance("dup"):
        counts["dup"] += 1
        copies = 2
    for _ in range(copies):
        due = time.monotonic() + (wire["delay"] + rng.random() * wire["jitter"]) / 1000
        if chance("reorder"):
            counts["reorder"] += 1
            due += 0.003
        serial += 1
        heapq.heappush(queue, (due, serial, frame, to))


def deliver():
    now = time.monotonic()
    while queue and queue[0][0] <= now:
        _, _, frame, to = heapq.heappop(queue)
        try:
            to.send(frame)
        except OSError:
            counts["loss"] += 1  # full, or a header that corruption made impossible


print("up", flush=True)
while True:
    wait = max(0, queue[0][0] - time.monotonic()) if queue else None
    ready = select.select([0, *ends], [], [], wait)[0]
    if 0 in ready:
        break
    for s in ready:
        for _ in range(64):
            try:
                take(s.recv(70000), ends[1] if s is ends[0] else ends[0])
            except BlockingIOError:
                break
            except OSError:
                break
    deliver()
print(counts, file=sys.stderr)
