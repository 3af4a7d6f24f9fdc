#!/bin/bash
# How fast a capture is read, beside tshark and tcpdump, on the same file of a million packets.
#
#   benches/sniff.sh [HA_BINARY [PACKETS]]        needs tshark, tcpdump, python3, GNU time
#
# Prints one line per program: seconds, packets a second, greatest resident memory. Then what is
# held: decoding with verdict and state at least 30 times as fast as tshark, lines for people no
# slower than `tcpdump -v`, at most 32 MiB. Exits 1 when something is not held. Figures of a busy
# machine mean nothing: run it alone.
set -u
ha=$(realpath -- "${1:-target/release/ha}") packets=${2:-1000000}
dir=$(mktemp -d "${TMPDIR:-/tmp}/ha-bench.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP

# Adverts of ten virtual routers, versions 2 and 3, over IPv4, with two addresses each, and a
# gratuitous ARP now and then.
python3 - "$dir/long.pcap" "$packets" <<'PYTHON'
import struct, sys
path, count = sys.argv[1], int(sys.argv[2])
def add(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
def advert(vrid):
    source, group = bytes([192, 0, 2, vrid]), bytes([224, 0, 0, 18])
    addresses = bytes([192, 0, 2, 100 + vrid, 192, 0, 2, 200])
    if vrid % 2:
        message = bytes([0x31, vrid, 200, 2, 0, 100, 0, 0]) + addresses
        pseudo = source + group + bytes([0, 112, 0, len(message)])
        total = add(pseudo + message)
    else:
        message = bytes([0x21, vrid, 200, 2, 0, 1, 0, 0]) + addresses + bytes(8)
        total = add(message)
    message = message[:6] + struct.pack(">H", total) + message[8:]
    header = struct.pack(">BBHHHBBH", 0x45, 0xc0, 20 + len(message), 1, 0, 255, 112, 0)
    header += source + group
    header = header[:10] + struct.pack(">H", add(header)) + header[12:]
    mac = bytes([2, 0, 0, 0, 0, vrid])
    return bytes([1, 0, 0x5e, 0, 0, 18]) + mac + b"\x08\x00" + header + message
def announcement(vrid):
    mac, address = bytes([2, 0, 0, 0, 0, vrid]), bytes([192, 0, 2, 100 + vrid])
    body = bytes([0, 1, 8, 0, 6, 4, 0, 1]) + mac + address + b"\xff" * 6 + address
    return b"\xff" * 6 + mac + b"\x08\x06" + body
frames = [advert(vrid) for vrid in range(1, 11)]
arps = [announcement(vrid) for vrid in range(1, 11)]
with open(path, "wb") as out:
    out.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
    for n in range(count):
        frame = arps[n // 100 % 10] if n % 100 == 99 else frames[n % 10]
        nanos = 1_700_000_000_000_000_000 + n * 100_000_000 + n * 7919 % 900_000
        out.write(struct.pack("<IIII", nanos // 10**9, nanos % 10**9, len(frame), len(frame)))
        out.write(frame)
PYTHON

# timed NAME COMMAND...: the best of three, into seconds_NAME and memory_NAME (KiB).
timed() {
    local name=$1 best='' most=0 run seconds memory; shift
    for run in 1 2 3; do
        /usr/bin/time -o "$dir/time" -f '%e %U %S %M' "$@" >/dev/null 2>&1
        read -r seconds _ _ memory <"$dir/time"
        if [ -z "$best" ] || awk "BEGIN { exit !($seconds < $best) }"; then best=$seconds; fi
        [ "$memory" -gt "$most" ] && most=$memory
        # One run of a slow one is enough.
        awk "BEGIN { exit !($seconds > 10) }" && break
    done
    printf '%-34s %9.2f s %12.0f/s %8.1f MiB\n' "$name" "$best" \
        "$(awk "BEGIN { print $packets / ($best > 0 ? $best : 0.01) }")" \
        "$(awk "BEGIN { print $most / 1024 }")"
    printf -v "seconds_${name//[^a-z]/_}" %s "$best"
    printf -v "memory_${name//[^a-z]/_}" %s "$most"
}
timed 'ha summary' "$ha" sniff -r "$dir/long.pcap" --summary
timed 'ha lines' "$ha" sniff -r "$dir/long.pcap"
timed 'ha json' "$ha" sniff -r "$dir/long.pcap" --json
timed 'tcpdump' tcpdump -nn -v -r "$dir/long.pcap"
timed 'tshark' tshark -n -r "$dir/long.pcap"
# Every field, for the eye only: a tenth of the packets is enough.
seconds=$( { TIMEFORMAT=%R; time tshark -n -V -c $((packets / 10)) -r "$dir/long.pcap" >/dev/null 2>&1; } 2>&1)
printf '%-34s %9.2f s for a tenth of them\n' 'tshark -V' "$seconds"

missed=0
held() {
    if awk "BEGIN { exit !($2) }"; then echo "held      $1"; else echo "NOT held  $1"; missed=1; fi
}
held "verdict and state: $(awk "BEGIN { printf \"%.0f\", $seconds_tshark / $seconds_ha_summary }") x tshark, at least 30" \
    "$seconds_tshark >= 30 * $seconds_ha_summary"
held "lines: no slower than tcpdump -v" "$seconds_ha_lines <= $seconds_tcpdump"
held "at most 32 MiB" "$memory_ha_summary <= 32768 && $memory_ha_lines <= 32768"
exit $missed
