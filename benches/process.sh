#!/bin/bash
# What the processes cost and how punctual they are, beside keepalived, in one run.
#
#   benches/process.sh [HA_BINARY]        needs root, keepalived, nginx, tcpdump, tshark, jq
#
# Prints one line per figure: what, ha, keepalived, ratio. Figures of a busy machine mean
# nothing: run it alone.
set -u
ha=$(realpath -- "${1:-target/release/ha}")
tag=hb$$ us=hb$$-us them=hb$$-them
dir=$(mktemp -d "${TMPDIR:-/tmp}/ha-bench.XXXXXX")
mkfifo "$dir/never"
pause() { read -rt "$1" <>"$dir/never" || :; }
clean() {
    local n pids
    for n in "$us" "$them"; do
        pids=$(ip netns pids "$n" 2>/dev/null)
        [ -z "$pids" ] || kill -KILL $pids 2>/dev/null
        ip netns del "$n" 2>/dev/null
    done
    rm -rf "$dir"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP
row() { printf '%-44s %12s %12s %8s\n' "$@"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else print "-" }'; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# wall RUNS COMMAND...: median wall time in ms, the shell's own fork included.
wall() {
    local runs=$1 i a b; shift
    for ((i = 0; i < runs; i++)); do
        a=${EPOCHREALTIME/./}; "$@" >/dev/null 2>&1; b=${EPOCHREALTIME/./}
        echo $((b - a))
    done | median | awk '{ printf "%.2f", $1 / 1000 }'
}
# pss PID...: MiB of all the processes and their descendants together.
tree() { local p; for p in "$@"; do echo "$p"; tree $(cat /proc/"$p"/task/*/children 2>/dev/null); done; }
pss() { for p in $(tree "$@"); do grep ^Pss: "/proc/$p/smaps_rollup"; done | awk '{ s += $2 } END { printf "%.1f", s / 1024 }'; }
cpu_ns() { for p in $(tree "$@"); do cat /proc/"$p"/task/*/schedstat; done | awk '{ s += $1 } END { print s }'; }

ip netns add "$us"; ip netns add "$them"
ip -n "$us" link set lo up; ip -n "$them" link set lo up
ip -n "$us" link add eth0 type veth peer name eth0 netns "$them"
ip -n "$us" addr add 10.9.0.2/24 dev eth0; ip -n "$us" link set eth0 up
ip -n "$them" addr add 10.9.0.1/24 dev eth0; ip -n "$them" link set eth0 up
IN="ip netns exec $us"
cat >"$dir/one.conf" <<CONF
vrrp_instance V {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 100
  advert_int 1
  virtual_ipaddress { 10.9.0.100/24 }
}
CONF
sed 's/advert_int 1/advert_int 0.1\n  version 3/' "$dir/one.conf" >"$dir/fast.conf"
: >"$dir/empty.conf"
keepalived_in() { ip netns exec "$1" keepalived -n -G -f "$2" -p "$dir/k.pid" -r "$dir/r.pid" -c "$dir/c.pid" >/dev/null 2>&1 & }

row figure ha keepalived ratio
a=$(wall 51 "$ha" config check "$dir/empty.conf"); b=$(wall 51 keepalived -t -f "$dir/empty.conf")
row "check an empty configuration, ms" "$a" "$b" "$(ratio "$a" "$b")"
printf 'pid %s/n.pid; error_log /dev/null; events {} http { access_log off; server { listen 127.0.0.1:8089; } }' "$dir" >"$dir/nginx.conf"
$IN nginx -c "$dir/nginx.conf"
a=$(wall 51 $IN "$ha" check tcp 127.0.0.1:8089); b=$(wall 51 $IN /bin/true)
row "ha check tcp, ms (beside: /bin/true)" "$a" "$b" "$(ratio "$a" "$b")"

# Idle cost with one instance, as master.
$IN "$ha" run -f "$dir/one.conf" --state-dir "$dir/state" >/dev/null 2>&1 & ours=$!
pause 5
a=$(pss $ours); x=$(cpu_ns $ours); pause 30; y=$(cpu_ns $ours)
cpu_a=$(awk -v d=$((y - x)) 'BEGIN { printf "%.3f", d / 30e9 * 100 }')
kill -TERM $ours; wait $ours 2>/dev/null
keepalived_in "$us" "$dir/one.conf"; theirs=$!
pause 5
b=$(pss $theirs); x=$(cpu_ns $theirs); pause 30; y=$(cpu_ns $theirs)
cpu_b=$(awk -v d=$((y - x)) 'BEGIN { printf "%.3f", d / 30e9 * 100 }')
kill -TERM $theirs; wait $theirs 2>/dev/null
row "all processes together, PSS in MiB" "$a" "$b" "$(ratio "$a" "$b")"
row "idle, % of one core" "$cpu_a" "$cpu_b" "$(ratio "$cpu_a" "$cpu_b")"

# Interval: adverts of 100 ms for 30 s, kernel time stamps of a capture at the other end.
interval_error() {
    tshark -r "$1" -Y 'vrrp && ip.src == 10.9.0.2 && vrrp.prio != 0' -T fields -e frame.time_epoch 2>/dev/null |
        awk '{ t[NR] = $1 } END { n = NR - 10; e = (t[NR] - t[10]) / n - 0.1; for (i = 11; i <= NR; i++) { d = t[i] - t[i-1] - 0.1; if (d < 0) d = -d; s += d }
               printf "%.4f %.4f", e * 1000, s / n * 1000 }'
}
capture() { ip netns exec "$them" tcpdump -U -nni eth0 -w "$1" 'ip proto 112 or arp' 2>/dev/null & dump=$!; pause 1; }
capture "$dir/a.pcap"
$IN "$ha" run -f "$dir/fast.conf" --state-dir "$dir/state" >/dev/null 2>&1 & ours=$!
pause 30; kill -TERM $ours; wait $ours 2>/dev/null; kill $dump; wait $dump 2>/dev/null
capture "$dir/b.pcap"
keepalived_in "$us" "$dir/fast.conf"; theirs=$!
pause 30; kill -TERM $theirs; wait $theirs 2>/dev/null; kill $dump; wait $dump 2>/dev/null
read -r drift_a jitter_a <<<"$(interval_error "$dir/a.pcap")"
read -r drift_b jitter_b <<<"$(interval_error "$dir/b.pcap")"
row "advert interval 100 ms: mean error, ms" "$drift_a" "$drift_b" "$(ratio "${drift_a#-}" "${drift_b#-}")"
row "advert interval 100 ms: mean deviation, ms" "$jitter_a" "$jitter_b" "$(ratio "$jitter_a" "$jitter_b")"

# Takeover: a peer of priority 200 is killed; our first advert is due after three intervals and the
# skew time of priority 100 (156 * 100 ms / 256), the first gratuitous ARP right after it. Killed and
# not stopped, because a peer that hears the advert on the same machine takes the processor from
# whoever sent it, which no peer on another machine does.
takeover() { # COMMAND that starts the backup in the namespace, sets $started
    local i
    capture "$dir/t.pcap"
    "$@"
    for ((i = 0; i < 15; i++)); do
        ip netns exec "$them" "$ha" vrrp run -i eth0 --vrid 51 --priority 200 --version 3 --advert 100ms \
            --vip 10.9.0.100/24 >/dev/null 2>&1 & peer=$!
        pause 1.5; kill -KILL $peer; wait $peer 2>/dev/null; pause 0.8
    done
    kill $dump; wait $dump 2>/dev/null
    tshark -r "$dir/t.pcap" -T fields -E separator=, -e frame.time_epoch -e ip.src -e vrrp.prio -e arp.src.proto_ipv4 -e eth.src 2>/dev/null |
        awk -F, '$2 == "10.9.0.1" { last = $1; next }
                 last && $2 == "10.9.0.2" && $1 - last > 0.3 { print "late", ($1 - last) * 1000 - 300 - 156 * 100 / 256; first = $1; last = 0; arp = 1; next }
                 arp && $4 == "10.9.0.100" { print "arp", ($1 - first) * 1000; arp = 0 }' >"$dir/t.out"
    late=$(awk '$1 == "late" { print $2 }' "$dir/t.out" | median); arp=$(awk '$1 == "arp" { print $2 }' "$dir/t.out" | median)
}
start_ours() { $IN "$ha" run -f "$dir/fast.conf" --state-dir "$dir/state" >/dev/null 2>&1 & started=$!; pause 1; }
start_theirs() { keepalived_in "$us" "$dir/fast.conf"; started=$!; pause 1; }
takeover start_ours; late_a=$late arp_a=$arp; kill -TERM $started; wait $started 2>/dev/null
takeover start_theirs; late_b=$late arp_b=$arp; kill -TERM $started; wait $started 2>/dev/null
row "first advert after its due time, ms" "$late_a" "$late_b" "$(ratio "$late_a" "$late_b")"
row "first gratuitous ARP after the advert, ms" "$arp_a" "$arp_b" "$(ratio "$arp_a" "$arp_b")"
