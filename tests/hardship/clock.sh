#!/bin/bash
# Somebody sets the clock of the host, an hour ahead and an hour back, while a pair of routers runs
# on it. Nobody may notice. For a kernel of its own (tests/vm/boot): the clock is the machine's.
#
#   clock.sh HA_BINARY
#
# Prints one line per step; exits 1 at the first that fails.
set -u
ha=$1
dir=$(mktemp -d)
for m in veth bridge; do modprobe $m; done
fail() {
    echo "FAIL $*"
    tail -n 20 "$dir"/*.jsonl "$dir"/*.log "$dir/heard"
    exit 1
}
# Since boot, in hundredths of a second: nobody sets that.
uptime() { local up; read -r up _ </proc/uptime; echo "${up/./}"; }
# wait_for WHAT COMMAND...
wait_for() {
    local what=$1 end; shift
    end=$(($(uptime) + 6000))
    until "$@"; do
        [ "$(uptime)" -lt "$end" ] || fail "$what: not within a minute"
        read -rt 0.05 <>"$dir/never" || :
    done
    echo "ok   $what"
}
mkfifo "$dir/never"
ip netns add hub
ip -n hub link add br0 type bridge mcast_snooping 0
ip -n hub link set br0 up
for n in 1 2; do
    ip netns add host$n
    ip -n hub link add port$n type veth peer name lan0 netns host$n
    ip -n hub link set port$n master br0 up
    ip -n host$n link set lan0 up
    ip -n host$n addr add 10.9.0.$n/24 dev lan0
done
start() {
    ip netns exec host"$1" "$ha" --json vrrp run -i lan0 --vrid 51 --priority "$2" --advert 1s \
        --vip 10.9.0.100/24 >"$dir/$1.jsonl" 2>"$dir/$1.log" &
}
told() { grep -c "$2" "$dir/$1.jsonl"; }
is_told() { [[ $(<"$dir/$1.jsonl") == *"$2"* ]]; }
# How many adverts were heard. Like the rest of what is asked again and again it starts no
# process: that is slow here, and what is measured would wait for it.
adverts() { local lines; mapfile -t lines <"$dir/heard"; echo "${#lines[@]}"; }
ip netns exec hub tcpdump -lnni br0 'ip proto 112' 2>/dev/null |
    while read -r _ _ source _; do echo "$(uptime) $source"; done >"$dir/heard" &
start 1 150
wait_for "the first is master" is_told 1 '"to":"master"'
start 2 100
wait_for "the second hears it" is_told 2 vrrp.master_seen
more() { [ "$(adverts)" -ge $((seen + 5)) ]; }
seen=0
wait_for "five adverts" more
begin=$(adverts)
for jump in '+1 hour' '-1 hour' '-1 hour' '+1 hour'; do
    seen=$(adverts)
    date -s "$jump" >"$dir/date" || fail "the clock cannot be set"
    wait_for "five adverts after $jump" more
done
[ "$(told 1 vrrp.transition) $(told 2 vrrp.transition)" = "2 1" ] || fail "somebody noticed"
echo "ok   no transition"
# The kernel here is a process among others, so what was sent in time may be heard late. One that
# is missing makes a second: in one gap, and in the time that so many adverts took.
tail -n +"$begin" "$dir/heard" | awk '
    $2 != "10.9.0.1" { print "FAIL an advert of " $2; bad = 1 }
    !first { first = $1 }
    last && $1 - last > most { most = $1 - last }
    { last = $1; intervals = NR - 1 }
    END {
        late = last - first - intervals * 100
        print "ok   the longest time between two adverts: " most * 10 " ms"
        print "ok   " intervals " intervals took " late * 10 " ms more than as many seconds"
        exit bad || most >= 190 || late >= 90 || late <= -90
    }
' || fail "an advert is missing"
