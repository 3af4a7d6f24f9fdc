#!/bin/bash
# Who is chosen: each scheduler, persistence, marks, packets one by one, thresholds, weight 0.
#   schedulers.sh HA_BINARY
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/network.sh"
network

# What the kernel lacks is told, and counted at the end.
lacking=0
has() { # has SCHEDULER
    modprobe "ip_vs_$1" 2>/dev/null && return
    echo "MISSING: scheduler $1: this kernel has no ip_vs_$1"
    lacking=$((lacking + 1))
    return 1
}
# Each service has servers that nobody was connected to: what lingers counts as connected.
port=8000
# weighed SCHEDULER WEIGHT1 WEIGHT2 WEIGHT3 [OPTION]...: one service anew
weighed() {
    local scheduler=$1 weights=("${@:2:3}") number
    {
        echo "-A -t 10.1.0.100:80 -s $scheduler ${*:5}"
        port=$((port + 1))
        for number in 1 2 3; do
            echo "-a -t 10.1.0.100:80 -r 10.2.0.1$number:$port -m -w ${weights[number - 1]}"
        done
    } >"$dir/table"
    anew "$scheduler" <"$dir/table"
}
# anew WHAT: the table is that on stdin, and nothing is left of what was
anew() {
    ipvsadm -C
    "$ha" ipvs apply - >/dev/null || fail "$1: no table"
}
vip="10.1.0.100 80"
if has rr; then
    weighed rr 1 5 0
    served "rr: one after the other, whatever they weigh, and nobody of weight 0" "s1=6 s2=6" get 12 $vip
fi
if has wrr; then
    weighed wrr 3 2 1
    served "wrr: as often as they weigh" "s1=6 s2=4 s3=2" get 12 $vip
fi
if has lc; then
    weighed lc 1 1 1
    served "lc: who has fewest" "s1=4 s2=4 s3=4" hold 12 $vip
    asked close s1
    served "lc: who lost four gets four" "s1=4" hold 4 $vip
    asked close
fi
if has wlc; then
    weighed wlc 3 2 1
    served "wlc: who has fewest for its weight" "s1=6 s2=4 s3=2" hold 12 $vip
    asked close
fi
if has sed; then
    weighed sed 3 2 1
    served "sed: the shortest delay" "s1=6 s2=4 s3=2" hold 12 $vip
    asked close
fi
if has nq; then
    weighed nq 100 1 1
    served "nq: nobody waits while one is idle" "s1=1 s2=1 s3=1" hold 3 $vip
    served "nq: then the shortest delay" "s1=9" hold 9 $vip
    asked close
fi
if has fo; then
    weighed fo 1 3 2
    served "fo: the highest weight alone" "s2=6" get 6 $vip
    ends "it is overruled" 0 "$ha" ipvs edit -t 10.1.0.100:80 -r 10.2.0.12:$port -w 0
    served "fo: the next one" "s3=6" get 6 $vip
fi
if has ovf; then
    weighed ovf 2 3 1
    served "ovf: the highest weight until it has more than that, then the next" "s1=3 s2=4 s3=2" hold 9 $vip
    asked close
fi
for scheduler in sh mh; do
    if has $scheduler; then
        weighed $scheduler 1 1 1
        asked sources 30 $vip 10.1.0.
        [ "$said" = "same 3" ] || fail "$scheduler: $said"
        echo "ok   $scheduler: by the client's address, to each server some"
    fi
done
# By the address that is asked: two of them, which a mark joins.
marked() { # marked SCHEDULER
    {
        echo "-A -f 7 -s $1"
        for number in 1 2 3; do echo "-a -f 7 -r 10.2.0.1$number:0 -m -w 1"; done
    } | anew "$1"
}
modprobe sch_ingress && modprobe cls_matchall && modprobe act_skbedit || fail "nothing sets marks"
for number in $(seq 1 30); do echo "addr add 10.1.9.$number/32 dev lo"; done | ip -batch -
tc qdisc add dev near ingress && tc filter add dev near parent ffff: matchall action skbedit mark 7 ||
    fail "no mark is set"
ip -n clients route add 10.1.9.0/24 via 10.1.0.1
marked rr
served "a mark: other addresses and ports are one service" "s1=1 s2=1 s3=1" get 3 10.1.9.1 80
served "a mark: another port" "s1=2 s2=2 s3=2" get 6 10.1.9.2 8080
served "a mark: datagrams" "s1=2 s2=2 s3=2" udp 6 10.1.9.3 53
for scheduler in dh lblc lblcr; do
    if has $scheduler; then
        marked $scheduler
        asked targets 30 80 10.1.9.
        [ "$said" = "same 3" ] || fail "$scheduler: $said"
        echo "ok   $scheduler: by the address that is asked, to each server some"
    fi
done
tc qdisc del dev near ingress
if has twos; then
    weighed twos 1 1 1
    asked hold 12 $vip
    [ "$(wc -w <<<"$said")" = 3 ] || fail "twos: $said"
    echo "ok   twos: the less loaded of two: $said"
    asked close
fi

# The same client meets the same server, by its address or by its network.
weighed rr 1 1 1 -p 300
asked sources 3 $vip 10.1.0.
[ "$said" = "same 3" ] || fail "persistence: $said"
[ "$(ipvsadm -Lnc | grep -c '10.1.0.[234]:0 ')" = 3 ] || fail "no templates: $(ipvsadm -Lnc)"
echo "ok   each client keeps its server"
weighed rr 1 1 1 -p 300 -M 255.255.255.0
asked get 1 $vip 10.1.0.2
first=${said%=1}
served "the other hosts of a network" "$first=3" get 3 $vip 10.1.0.9
asked get 1 $vip 10.1.1.2
second=${said%=1}
[ "$first" != "$second" ] || fail "another network meets the same server, $first"
served "another network" "$second=2" get 2 $vip 10.1.1.9
served "the first again" "$first=2" get 2 $vip 10.1.0.30

# Datagrams from one port are one connection, or each for itself.
datagrams() { # datagrams [OPTION]...
    {
        echo "-A -u 10.1.0.100:53 -s rr $*"
        for number in 1 2 3; do echo "-a -u 10.1.0.100:53 -r 10.2.0.1$number:53 -m -w 1"; done
    } | anew datagrams
}
datagrams
asked stream 9 10.1.0.100 53
[[ $said = s?=9 ]] || fail "from one port: $said"
echo "ok   from one port: one server"
datagrams -o
served "packet by packet: each in its turn" "s1=3 s2=3 s3=3" stream 9 10.1.0.100 53

# Thresholds and weight 0: who is full or drained gets nothing new, and loses nothing.
ends "connections are forgotten after two seconds" 0 "$ha" ipvs timeouts --udp 2
datagrams
ends "an upper threshold" 0 "$ha" ipvs edit -u 10.1.0.100:53 -r 10.2.0.11:53 -x 2 -y 1
asked udp 12 10.1.0.100 53
[[ $said = "s1=2 "* ]] || fail "an upper threshold: $said"
echo "ok   it is full with two: $said"
until_asked "s1=1 s2=1 s3=1" udp 3 10.1.0.100 53
echo "ok   below the lower one it is back"
weighed rr 1 1 1
served "everybody" "s1=2 s2=2 s3=2" hold 6 $vip
ends "drained" 0 "$ha" ipvs drain 10.2.0.12 --state-dir "$dir/state"
served "nothing new" "s1=3 s3=3" hold 6 $vip
served "connections stay" "s1=5 s2=2 s3=5" speak
ends "back" 0 "$ha" ipvs undrain 10.2.0.12 --state-dir "$dir/state"
served "new ones again" "s1=2 s2=2 s3=2" hold 6 $vip
asked close
echo "ok   $lacking schedulers are not in this kernel"
