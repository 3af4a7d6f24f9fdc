"""Every write to the kernel's load balancer, one line each, as a netlink monitor (nlmon) sees it: what
is asked for, whoever asks.   monitor.py DEVICE

  set_destination tcp 10.9.0.100:80 10.9.0.12:80 weight 2

What it could not keep up with is a line too (lost 3).
"""

import socket
import struct
import sys

WRITES = {
    1: "add_service", 2: "set_service", 3: "delete_service", 5: "add_destination",
    6: "set_destination", 7: "delete_destination", 9: "add_daemon", 10: "delete_daemon",
    12: "set_timeouts", 14: "set_info", 16: "zero", 17: "flush",
}
GENERIC = 16
CONTROL = 16
ASK_FAMILY = 3
FAMILY_ID, FAMILY_NAME = 1, 2
# Not all of these have a name in this module.
SOL_PACKET, PACKET_STATISTICS, SO_RCVBUFFORCE = 263, 6, 33
# Whole tables come by here, several times a second.
BUFFER = 64 << 20
PROTOCOLS = {6: "tcp", 17: "udp", 132: "sctp"}


def attributes(octets):
    """Number and content of each."""
    found = {}
    while len(octets) >= 4:
        length, number = struct.unpack_from("=HH", octets)
        if length < 4:
            break
        found[number & 0x3FFF] = octets[4:length]
        octets = octets[(length + 3) & ~3:]
    return found


def family(name):
    """The number by which the kernel knows a family of generic netlink."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, GENERIC) as kernel:
        text = name.encode() + b"\0"
        text = struct.pack("=HH", 4 + len(text), FAMILY_NAME) + text.ljust((len(text) + 3) & ~3, b"\0")
        head = struct.pack("=IHHIIBBH", 20 + len(text), CONTROL, 1, 1, 0, ASK_FAMILY, 1, 0)
        kernel.send(head + text)
        answer = kernel.recv(65536)
    return struct.unpack("=H", attributes(answer[20:])[FAMILY_ID])[0]


def address(kind, octets):
    return socket.inet_ntop(kind, octets[: 4 if kind == socket.AF_INET else 16])


def told(command, found):
    words = [WRITES[command]]
    kind = socket.AF_INET
    if 1 in found:
        service = attributes(found[1])
        kind = struct.unpack("=H", service[1])[0] if 1 in service else kind
        if 5 in service:
            words.append(f"fwmark {struct.unpack('=I', service[5])[0]}")
        elif 3 in service:
            protocol = PROTOCOLS[struct.unpack("=H", service[2])[0]]
            port = struct.unpack("!H", service[4])[0]
            words.append(f"{protocol} {address(kind, service[3])}:{port}")
    if 2 in found:
        destination = attributes(found[2])
        kind = struct.unpack("=H", destination[11])[0] if 11 in destination else kind
        port = struct.unpack("!H", destination[2])[0]
        words.append(f"{address(kind, destination[1])}:{port}")
        if 4 in destination and not WRITES[command].startswith("delete"):
            words.append(f"weight {struct.unpack('=I', destination[4])[0]}")
    return " ".join(words)


def main(device):
    wanted = family("IPVS")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as tap:
        tap.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        tap.bind((device, 0))
        print("ready", flush=True)
        while True:
            octets = tap.recv(1 << 16)
            _, lost = struct.unpack("=II", tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
            if lost:
                print(f"lost {lost}", flush=True)
            while len(octets) >= 20:
                length, kind, flags = struct.unpack_from("=IHH", octets)
                if length < 16:
                    break
                command = octets[16]
                # Requests only: the kernel's answers come by here too.
                if kind == wanted and flags & 1 and command in WRITES:
                    print(told(command, attributes(octets[20:length])), flush=True)
                octets = octets[(length + 3) & ~3:]


main(sys.argv[1])
