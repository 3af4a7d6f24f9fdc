"""Both ends of real traffic, for the scripts beside it.

  peers.py ask           clients: one command a line on stdin, one line of answer each
  peers.py answer NAME   a server: its name to every datagram, from the address that was asked

Commands; SOURCE is the address to ask from, answers are how often each server was met (s1=4 s2=4),
with none=N for what was not answered:
  get N HOST PORT [SOURCE]     N requests, each in a connection of its own
  hold N HOST PORT [SOURCE]    the same, and the connections stay open
  speak                        another request in each connection that is open
  close [NAME]                 close what is open, all or to one server
  sources N HOST PORT PREFIX   a request from each of N addresses, twice: who is met by the same
                               server each time, and how many servers that makes
  targets N PORT PREFIX        the same, of N addresses that are asked
  udp N HOST PORT [SOURCE]     N datagrams, each from a port of its own
  stream N HOST PORT           N datagrams from one port
  load HOST PORT               begin a long download
  loaded                       wait for its end: server, bytes and MD5
"""

import collections
import hashlib
import select
import socket
import sys
import threading

PATIENCE = 5
held = []
loads = []


def connect(host, port, source=None):
    bound = (source, 0) if source else None
    return socket.create_connection((host, int(port)), PATIENCE, bound)


def request(connection, path="/"):
    """Ask once more; the name that is answered."""
    try:
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
        answer = b""
        while not answer.endswith(b"\n") or b"\r\n\r\n" not in answer[:-2]:
            more = connection.recv(4096)
            if not more:
                return "none"
            answer += more
        return answer.rsplit(b"\r\n\r\n", 1)[1].decode().strip()
    except OSError:
        return "none"


def summed(names):
    counts = collections.Counter(names)
    return " ".join(f"{name}={counts[name]}" for name in sorted(counts))


def open_one(host, port, source=None):
    try:
        connection = connect(host, port, source)
    except OSError:
        return None, "none"
    return connection, request(connection)


def get(count, host, port, source=None):
    names = []
    for _ in range(int(count)):
        connection, name = open_one(host, port, source)
        if connection:
            connection.close()
        names.append(name)
    return summed(names)


def hold(count, host, port, source=None):
    names = []
    for _ in range(int(count)):
        connection, name = open_one(host, port, source)
        if connection:
            held.append((connection, name))
        names.append(name)
    return summed(names)


def speak():
    return summed(request(connection) for connection, _ in held)


def close(name=None):
    gone = [one for one in held if name in (None, one[1])]
    for one in gone:
        one[0].close()
        held.remove(one)
    return str(len(gone))


def faithful(places, once):
    """Who is met at each of `places`, asked twice, and how many servers that makes."""
    names = set()
    for place in places:
        first, second = once(place), once(place)
        if first != second:
            return f"{place} meets {first} and {second}"
        names.add(first)
    return f"same {len(names)}"


def sources(count, host, port, prefix):
    places = (f"{prefix}{number}" for number in range(2, 2 + int(count)))
    return faithful(places, lambda source: get(1, host, port, source))


def targets(count, port, prefix):
    places = (f"{prefix}{number}" for number in range(1, 1 + int(count)))
    return faithful(places, lambda host: get(1, host, port))


def datagram(sender, host, port):
    try:
        sender.settimeout(PATIENCE)
        sender.sendto(b"?", (host, int(port)))
        return sender.recv(100).decode()
    except OSError:
        return "none"


def udp_socket(host, source=None):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sender = socket.socket(family, socket.SOCK_DGRAM)
    if source:
        sender.bind((source, 0))
    return sender


def udp(count, host, port, source=None):
    names = []
    for _ in range(int(count)):
        with udp_socket(host, source) as sender:
            names.append(datagram(sender, host, port))
    return summed(names)


def stream(count, host, port):
    with udp_socket(host) as sender:
        return summed([datagram(sender, host, port) for _ in range(int(count))])


def load(host, port):
    connection = connect(host, port)
    name = request(connection)
    outcome = {}

    def run():
        connection.settimeout(60)
        connection.sendall(b"GET /long HTTP/1.0\r\n\r\n")
        content = b""
        while more := connection.recv(65536):
            content += more
        body = content.split(b"\r\n\r\n", 1)[1]
        outcome["is"] = f"{name} {len(body)} {hashlib.md5(body).hexdigest()}"

    thread = threading.Thread(target=run)
    thread.start()
    loads.append((thread, outcome))
    return name


def loaded():
    thread, outcome = loads.pop()
    thread.join()
    return outcome.get("is", "broken")


def ask():
    known = [get, hold, speak, close, sources, targets, udp, stream, load, loaded]
    commands = {command.__name__: command for command in known}
    for line in sys.stdin:
        word, *arguments = line.split()
        print(commands[word](*arguments), flush=True)


def addresses():
    """Every address of this host, IPv6 ones as they are bound."""
    import subprocess

    told = subprocess.run(["ip", "-o", "addr"], capture_output=True, text=True, check=True).stdout
    for line in told.splitlines():
        words = line.split()
        address = words[3].split("/")[0]
        if not address.startswith("fe80"):
            yield address


def answer(name):
    listeners = []
    for address in addresses():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_DGRAM)
        listener.bind((address, 53))
        listeners.append(listener)
    while True:
        for listener in select.select(listeners, [], [])[0]:
            _, who = listener.recvfrom(100)
            listener.sendto(name.encode(), who)


if sys.argv[1] == "ask":
    ask()
else:
    answer(sys.argv[2])
