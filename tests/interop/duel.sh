#!/bin/bash
# One duel on a real wire: `ha vrrp run` against another VRRP implementation.
#
#   duel.sh HA_BINARY PEER VERSION FAMILY INTERVAL_MS [PASSWORD]
#   PEER: keepalived | frr     VERSION: 2 | 3     FAMILY: 4 | 6
#
# Two hosts on a bridge, each in a network namespace of its own. Steps, each with a deadline
# taken from the protocol: the higher priority wins, both ways; the backup takes over when the
# master stops (priority 0) and when it dies; the returning higher priority preempts. At the end
# tshark must find every advert of ours well formed, and the peer's log must hold no complaint.
# Prints one line per step; exits 1 at the first that fails.
set -u
ha=$1 peer=$2 version=$3 family=$4 interval=$5 password=${6:-}
here=$(cd "$(dirname "$0")" && pwd)
tag=hd$$
us=$tag-us them=$tag-them wire=$tag-wire
dir=$(mktemp -d "${TMPDIR:-/tmp}/ha-duel.XXXXXX")
vrid=51 our_pid='' slack=${HA_DUEL_SLACK_MS:-400}
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

# wait_for MILLISECONDS WHAT COMMAND...: until COMMAND succeeds.
wait_for() {
    local limit=$1 what=$2 start; shift 2
    start=$(now_ms)
    until "$@"; do
        [ $(($(now_ms) - start)) -lt "$limit" ] || fail "$what: not within $limit ms"
        read -rt 0.02 <>"$dir/never" || :
    done
    ok "$what ($(($(now_ms) - start)) ms)"
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
    [ "$family" = 4 ] || wait_for 5000 "link-local addresses are ready" settled
    ip netns exec "$wire" tcpdump -U -nni bridge0 -w "$dir/wire.pcap" 'ip proto 112 or ip6 proto 112' \
        2>"$dir/tcpdump.log" &
    disown
    wait_for 5000 "the capture runs" grep -q 'listening on' "$dir/tcpdump.log"
}
settled() {
    [ -n "$(ip -n "$us" -6 addr show dev eth0 scope link)" ] &&
        [ -z "$(ip -n "$us" -6 addr show dev eth0 tentative)" ] &&
        [ -z "$(ip -n "$them" -6 addr show dev eth0 tentative)" ]
}
clean() {
    [ -z "$our_pid" ] || kill -KILL "$our_pid" 2>/dev/null
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
    [ -z "$password" ] || args+=(--auth-pass "$password")
    ip netns exec "$us" "$ha" "${args[@]}" >>"$dir/ours.jsonl" 2>>"$dir/ours.log" &
    our_pid=$!
}
stop_us() { kill -"$1" "$our_pid"; wait "$our_pid" 2>/dev/null; our_pid=''; }
we_hold() { ip -n "$us" -o addr show dev eth0 | grep -qF " $vip/"; }
we_do_not_hold() { ! we_hold; }

# shellcheck source=/dev/null
. "$here/peer-$peer.sh"

# The protocol's limits in milliseconds: skew and master-down interval of a priority.
skew() {
    if [ "$version" = 2 ]; then echo $(((256 - $1) * 1000 / 256))
    else echo $(((256 - $1) * interval / 256)); fi
}
down() { echo $((3 * interval + $(skew "$1") + slack)); }

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
    ok "tshark finds every advert of ours good ($(grep -cE " ($ours) " "$dir/decoded") of $(wc -l <"$dir/decoded"))"
}

trap clean EXIT
trap 'exit 130' INT TERM HUP
build

peer_start 120
wait_for $(($(down 120) + 4000)) "the peer alone becomes master" peer_is_master
start_us 100
holds_still $((4 * interval)) "we stay backup below a higher priority" we_do_not_hold
peer_stop
wait_for $(($(skew 100) + slack)) "we take over when the peer stops" we_hold
peer_start 120
wait_for $(($(down 120) + 4000)) "the higher peer preempts us" peer_is_master
wait_for $((2 * interval + slack)) "we step down for it" we_do_not_hold
peer_kill
wait_for "$(down 100)" "we take over when the peer dies" we_hold
stop_us TERM
we_hold && fail "we stopped and left the address behind"
ok "stopped, we hold nothing"

peer_start 100
wait_for $(($(down 100) + 4000)) "the lower peer alone becomes master" peer_is_master
start_us 150
wait_for "$(down 150)" "we preempt the lower peer" we_hold
wait_for $((2 * interval + slack)) "the peer steps down for us" peer_is_backup
stop_us TERM
wait_for $(($(skew 100) + interval + slack)) "the peer takes over when we stop" peer_is_master
start_us 150
wait_for "$(down 150)" "returning, we preempt again" we_hold
wait_for $((2 * interval + slack)) "the peer steps down again" peer_is_backup
stop_us KILL
wait_for "$(down 100)" "the peer takes over when we die" peer_is_master
check_wire
complaints=$(peer_complaints)
[ -z "$complaints" ] || fail "the peer complains:
$complaints"
ok "the peer has no complaint"
grep -qE 'address_list_differs|"vrrp.dropped"' "$dir/ours.jsonl" && fail "we complain about the peer"
ok "we have no complaint about the peer"
