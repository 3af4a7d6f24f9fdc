"""The kernel's own list of the load balancer (/proc/net/ip_vs), read each few milliseconds.

  table.py serves FILE   until FILE exists: whether somebody with a weight is always in it
  table.py repaired      for each command on stdin, which changes the table: it is run, and answered
                         is how many milliseconds after its end the table is as it was before, and
                         how late this process itself was meanwhile
"""

import os
import subprocess
import sys
import time

EACH = 0.005


class Naps:
    """A nap after each look, and the most that one of them was too long."""

    def __init__(self):
        self.latest = 0.0

    def nap(self):
        due = time.monotonic() + EACH
        time.sleep(EACH)
        self.latest = max(self.latest, time.monotonic() - due)


def entries():
    """What is in the table, without the numbers of connections."""
    with open("/proc/net/ip_vs", encoding="ascii") as table:
        lines = [line.split() for line in table.read().splitlines()[3:]]
    service, found = None, []
    for words in lines:
        if words[0] == "->":
            found.append((service, *words[1:4]))
        else:
            service = " ".join(words)
            found.append((service,))
    return sorted(found)


def serves(stop):
    looks, empty, sets, naps = 0, 0, set(), Naps()
    while not os.path.exists(stop):
        serving = tuple(one[1] for one in entries() if len(one) > 1 and int(one[3]) > 0)
        looks += 1
        empty += not serving
        sets.add(serving)
        naps.nap()
    late = f"at most {naps.latest * 1000:.0f} ms late"
    print(f"{looks} looks, {empty} of them empty, {len(sets)} sets of servers, {late}")
    return empty or looks < 100 or len(sets) < 4


def repaired():
    for command in sys.stdin:
        before = entries()
        subprocess.run(command.split(), check=True)
        ended, naps = time.monotonic(), Naps()
        while entries() != before and time.monotonic() < ended + 30:
            naps.nap()
        took = time.monotonic() - ended
        print(f"{took * 1000:.0f} {naps.latest * 1000:.0f}", flush=True)


if sys.argv[1] == "serves":
    sys.exit(1 if serves(sys.argv[2]) else 0)
repaired()
