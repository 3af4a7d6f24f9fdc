#!/bin/bash
# One duel on a real wire: `ha vrrp run` against another VRRP implementation.
#
#   duel.sh HA_BINARY PEER VERSION FAMILY INTERVAL_MS [PASSWORD [AUTH_TYPE]]
#   PEER: keepalived | frr     VERSION: 2 | 3     FAMILY: 4 | 6     AUTH_TYPE: PASS | AH
#
# Two hosts on a bridge, each in a network namespace of its own. Steps: the higher priority wins,
# both ways; the backup takes over when the master stops (priority 0) and when it dies; the
# returning higher priority preempts. A step waits for its event; what the protocol allows it is
# judged afterwards, by the time stamps of the capture, so that a machine that is slow to look does
# not matter. What it is slow to run is measured beside the duel, and granted. At the end tshark
# must find every advert of ours well formed, and the peer's log must hold no complaint.
# Prints one line per step; exits 1 at the first that fails.
set -u
ha=$1 peer=$2 version=$3 family=$4 interval=$5 password=${6:-} auth_type=${7:-PASS}
here=$(cd "$(dirname "$0")" && pwd)
tag=hd$$
us=$tag-us them=$tag-them wire=$tag-wire
dir=$(mktemp -d "${TMPDIR:-/tmp}/ha-duel.XXXXXX")
vrid=51 our_pid='' late_pid='' soon=${HA_DUEL_SOON_MS:-20000} slack=${HA_DUEL_SLACK_MS:-30}
if [ "$family" = 4 ]; then
    our_address=10.9.0.2 their_address=10.9.0.1 length=24 vips=(10.9.0.100/24)
else
    our_address=fd00:9::2 their_address=fd00:9::1 length=64 vips=(fe80::51/64 fd00:9::100/64)
fi
vip=${vips[-1]%/*}

fail() {
    echo "FAIL $*"
    echo "--- our events";      tail -n 20 "$dir/ours.jsonl" 2>/dev/null
    echo "--- our log";         tail -n 20 "$dir/ours.log" 2>/dev/null
    echo "--- the peer's log";  tail -n 30 "$dir/peer.log" 2>/dev/null
    echo "--- the wire";        tshark -r "$dir/wire.pcap" -Y vrrp 2>/dev/null | tail -n 20
    exit 1
}
ok() { echo "ok   $*"; }
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# wait_for WHAT COMMAND...: until COMMAND succeeds.
wait_for() {
    local what=$1 start; shift
    start=$(now_ms)
    until "$@"; do
        [ $(($(now_ms) - start)) -lt "$soon" ] || fail "$what: not within $soon ms"
        read -rt 0.02 <>"$dir/never" || :
    done
    ok "$what"
}

# What is judged by the capture afterwards: the side that takes over, from when on, what the
# protocol allows since the other side's last advert, in milliseconds.
steps=()
# takes_over SIDE MILLISECONDS WHAT COMMAND...: wait for COMMAND; the wire is asked later.
takes_over() {
    local side=$1 limit=$2 what=$3; shift 3
    steps+=("$side $mark $limit $what")
    wait_for "$what" "$@"
}
# From here on: what is about to be done to a side has its consequences after this.
from_now() { mark=$(now_ms); }

# How much later than asked for a process runs again, in milliseconds, each with its moment.
watch_lateness() {
    local before after
    while :; do
        before=${EPOCHREALTIME/./}
        read -rt 0.005 <>"$dir/never" || :
        after=${EPOCHREALTIME/./}
        [ $((after - before)) -lt 10000 ] || echo "$((before / 1000)) $((after / 1000))"
    done >"$dir/late"
}
# The longest of these between two moments.
lateness() {
    awk -v from="$1" -v to="$2" '$2 >= from && $1 <= to && $2 - $1 > most { most = $2 - $1 }
        END { printf "%.0f\n", most }' "$dir/late"
}

# holds_still MILLISECONDS WHAT COMMAND...: COMMAND succeeds all the time.
holds_still() {
    local limit=$1 what=$2 start; shift 2
    start=$(now_ms)
    while [ $(($(now_ms) - start)) -lt "$limit" ]; do
        "$@" || fail "$what: not for $limit ms"
        read -rt 0.05 <>"$dir/never" || :
    done
    ok "$what"
}

build() {
    mkfifo "$dir/never"
    for n in "$us" "$them" "$wire"; do ip netns add "$n"; ip -n "$n" link set lo up; done
    ip -n "$wire" link add bridge0 type bridge mcast_snooping 0
    ip -n "$wire" link set bridge0 up
    local n
    for n in us them; do
        ip -n "$wire" link add "port-$n" type veth peer name eth0 netns "$tag-$n"
        ip -n "$wire" link set "port-$n" master bridge0 up
        ip -n "$tag-$n" link set eth0 up
    done
    ip -n "$us" addr add $our_address/$length dev eth0 nodad 2>/dev/null ||
        ip -n "$us" addr add $our_address/$length dev eth0
    ip -n "$them" addr add $their_address/$length dev eth0 nodad 2>/dev/null ||
        ip -n "$them" addr add $their_address/$length dev eth0
    [ "$family" = 4 ] || wait_for "link-local addresses are ready" settled
    ip netns exec "$wire" tcpdump -U -nni bridge0 -w "$dir/wire.pcap" 'ip proto 112 or ip proto 51 or ip6 proto 112' \
        2>"$dir/tcpdump.log" &
    disown
    wait_for "the capture runs" grep -q 'listening on' "$dir/tcpdump.log"
    watch_lateness &
    late_pid=$!
    disown
}
settled() {
    [ -n "$(ip -n "$us" -6 addr show dev eth0 scope link)" ] &&
        [ -z "$(ip -n "$us" -6 addr show dev eth0 tentative)" ] &&
        [ -z "$(ip -n "$them" -6 addr show dev eth0 tentative)" ]
}
clean() {
    [ -z "$our_pid" ] || kill -KILL "$our_pid" 2>/dev/null
    [ -z "$late_pid" ] || kill -KILL "$late_pid" 2>/dev/null
    peer_kill
    local n pids
    for n in "$us" "$them" "$wire"; do
        pids=$(ip netns pids "$n" 2>/dev/null)
        [ -z "$pids" ] || kill -KILL $pids 2>/dev/null
        ip netns del "$n" 2>/dev/null
    done
    rm -rf "$dir"
}

start_us() {
    local args=(vrrp run -i eth0 --vrid $vrid --priority "$1" --version "$version"
        --advert "${interval}ms" --json) v
    for v in "${vips[@]}"; do args+=(--vip "$v"); done
    [ -z "$password" ] || args+=(--auth-pass "$password" --auth-type "${auth_type,,}")
    ip netns exec "$us" "$ha" "${args[@]}" >>"$dir/ours.jsonl" 2>>"$dir/ours.log" &
    our_pid=$!
}
stop_us() { kill -"$1" "$our_pid"; wait "$our_pid" 2>/dev/null; our_pid=''; }
we_hold() { ip -n "$us" -o addr show dev eth0 | grep -qF " $vip/"; }
we_do_not_hold() { ! we_hold; }
we_are() { [ "$(jq -r 'select(.type == "vrrp.transition").data.to' "$dir/ours.jsonl" | tail -n 1)" = "$1" ]; }
we_stay_backup() { we_are backup && we_do_not_hold; }

# shellcheck source=/dev/null
. "$here/peer-$peer.sh"

# The protocol's limits in milliseconds: skew and master-down interval of a priority.
skew() {
    if [ "$version" = 2 ]; then echo $(((256 - $1) * 1000 / 256))
    else echo $(((256 - $1) * interval / 256)); fi
}
down() { echo $((3 * interval + $(skew "$1"))); }

# Every advert on the wire: milliseconds, side, priority.
wire_as_told() {
    tshark -r "$dir/wire.pcap" -Y vrrp -T fields -e frame.time_epoch -e eth.src -e vrrp.prio \
        2>/dev/null | awk -v us="$(ip -n "$us" -j link show dev eth0 | jq -r '.[0].address')" \
        '{ printf "%.0f %s %s\n", $1 * 1000, $2 == us ? "us" : "them", $3 }'
}
# captured_since MOMENT SIDE: there is an advert of that side.
captured_since() {
    wire_as_told >"$dir/told"
    awk -v mark="$1" -v side="$2" '$2 == side && $1 >= mark { found = 1 } END { exit !found }' \
        "$dir/told"
}
# Each takeover came within what the protocol allows since the last advert of the other side, and
# not before the machine let it.
check_takeovers() {
    local step side mark limit what last first late took
    for step in "${steps[@]}"; do
        read -r side mark limit what <<<"$step"
        read -r last first < <(awk -v side="$side" -v mark="$mark" '
            $2 != side && !first { last = $1 }
            $2 == side && $1 >= mark && !first { first = $1 }
            END { printf "%.0f %.0f\n", last, first }' "$dir/told")
        [ "$first" != 0 ] || fail "$what: never on the wire"
        took=$((first - last)) late=$(lateness "$last" "$first")
        [ "$side" = them ] || [ $took -ge $((limit - 1)) ] ||
            fail "$what: $took ms after the last advert, $limit is the least"
        [ $took -le $((limit + slack + 2 * late)) ] ||
            fail "$what: $took ms after the last advert, $limit allowed (the machine was late by $late)"
        ok "$what: $took ms after the last advert, $limit allowed"
    done
}

check_wire() {
    local bad ours
    ours=$(ip -n "$us" -j addr show dev eth0 2>/dev/null | jq -r '.[0].addr_info[].local' | paste -sd'|')
    tshark -r "$dir/wire.pcap" -o ip.check_checksum:TRUE -Y vrrp -T fields -E separator=' ' \
        -e frame.number -e ip.src -e ipv6.src -e vrrp.checksum.status -e _ws.expert.message \
        -e _ws.malformed -e ip.ttl -e ipv6.hlim >"$dir/decoded" 2>"$dir/tshark.log"
    [ -s "$dir/decoded" ] || fail "tshark decoded nothing: $(cat "$dir/tshark.log")"
    grep -qE "($ours)" "$dir/decoded" || fail "no advert of ours on the wire"
    # Fields: number, source, checksum status (1 = good), [complaints], TTL 255.
    bad=$(grep -E " ($ours) " "$dir/decoded" | grep -vE '^[0-9]+ +[^ ]+ +1 +255 *$')
    [ -z "$bad" ] || fail "tshark complains about adverts of ours:
$bad"
    if [ "$auth_type" = AH ]; then
        bad=$(tshark -r "$dir/wire.pcap" -Y 'vrrp and not ah' 2>/dev/null)
        [ -z "$bad" ] || fail "adverts without an authentication header:
$bad"
        # Whatever was stopped and started: our numbers only rise. (keepalived begins at 1 again.)
        bad=$(tshark -r "$dir/wire.pcap" -Y "ah and ip.src == $our_address" -T fields \
            -e ah.sequence 2>/dev/null | awk '$1 <= last { print } { last = $1 }')
        [ -z "$bad" ] || fail "sequence numbers that do not rise:
$bad"
    fi
    ok "tshark finds every advert of ours good ($(grep -cE " ($ours) " "$dir/decoded") of $(wc -l <"$dir/decoded"))"
}

trap clean EXIT
trap 'exit 130' INT TERM HUP
build

peer_start 120
wait_for "the peer alone becomes master" peer_is_master
start_us 100
wait_for "we hear it and are backup" we_are backup
holds_still $((4 * interval)) "we stay backup below a higher priority" we_stay_backup
from_now; peer_stop
takes_over us "$(skew 100)" "we take over when the peer stops" we_hold
from_now; peer_start 120
wait_for "the higher peer preempts us" peer_is_master
wait_for "we step down for it" we_stay_backup
from_now; peer_kill
takes_over us "$(down 100)" "we take over when the peer dies" we_hold
stop_us TERM
we_hold && fail "we stopped and left the address behind"
ok "stopped, we hold nothing"

peer_start 100
wait_for "the lower peer alone becomes master" peer_is_master
start_us 150
wait_for "we preempt the lower peer" we_hold
wait_for "the peer steps down for us" peer_is_backup
from_now; stop_us TERM
takes_over them $(($(skew 100) + $(peer_delay))) "the peer takes over when we stop" peer_is_master
start_us 150
wait_for "returning, we preempt again" we_hold
wait_for "the peer steps down again" peer_is_backup
from_now; stop_us KILL
takes_over them $(($(down 100) + $(peer_delay))) "the peer takes over when we die" peer_is_master
wait_for "the last takeover is captured" captured_since "$mark" them
check_takeovers
check_wire
complaints=$(peer_complaints)
[ -z "$complaints" ] || fail "the peer complains:
$complaints"
ok "the peer has no complaint"
grep -qE 'address_list_differs|"vrrp.dropped"' "$dir/ours.jsonl" && fail "we complain about the peer"
ok "we have no complaint about the peer"
