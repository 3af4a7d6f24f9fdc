#!/bin/bash
# keepalived and `ha ipvs apply --follow` go through the same states side by side, each in a network
# namespace for itself, and have the same table in each.   states.sh HA_BINARY
. "$(dirname "$0")/common.sh"
mkfifo "$dir/never" "$dir/in"
mkdir "$dir/up"
for space in theirs ours; do
    ip netns add $space && ip -n $space link set lo up || fail "no network namespace"
done
server() { # server NUMBER WEIGHT [WORD]...
    local number=$1 weight=$2; shift 2
    printf '    real_server 10.0.0.%s 80 {\n        weight %s\n' "$number" "$weight"
    for word; do printf '        %s\n' "$word"; done
    printf '        MISC_CHECK {\n            misc_path "/usr/bin/test -e %s/up/%s"\n        }\n    }\n' \
        "$dir" "$number"
}
configure() { # the servers are on stdin
    {
        printf 'global_defs {\n    script_user root\n}\nvirtual_server 192.0.2.10 80 {\n'
        printf '    %s\n' "lb_algo wrr" "lb_kind NAT" "protocol TCP" "delay_loop 1" "warmup 1" \
            "quorum 2" "hysteresis 1" "sorry_server 10.0.0.9 80"
        cat
        printf '}\n'
    } >"$dir/lb.conf"
}
turn() { # turn SERVER up|down
    if [ "$2" = up ]; then touch "$dir/up/$1"; else rm "$dir/up/$1"; fi
    printf '{"v":1,"type":"check.transition","time":"","data":{"check":"a script","kind":"script","server":"10.0.0.%s:80","from":"unknown","to":"%s","reason":"told"}}\n' "$1" "$2" >&4
}
reload() { kill -HUP $theirs; kill -HUP $ours; }
# both WHAT: the destinations of each table, once they are as on stdin
both() {
    { echo "-A -t 192.0.2.10:80 -s wrr"; sed 's/^/-a -t 192.0.2.10:80 -r 10.0.0./'; } >"$dir/expected"
    for space in theirs ours; do
        for _ in $(seq 300); do
            ip netns exec $space ipvsadm -Sn >"$dir/$space"
            cmp -s "$dir/expected" "$dir/$space" && break
            read -rt 0.1 <>"$dir/never" || :
        done
        same "$1: $space" "$dir/expected" "$dir/$space"
    done
}
touch "$dir"/up/{1,2,3,4}
{ server 1 1; server 2 2 inhibit_on_failure; server 3 1; } | configure
ip netns exec theirs keepalived -C -n -l -f "$dir/lb.conf" -p "$dir/pid" -c "$dir/checkers" >"$dir/log" 2>&1 &
theirs=$!
ip netns exec ours "$ha" ipvs apply --follow "$dir/lb.conf" --interval 100ms --state-dir "$dir/state" \
    <"$dir/in" >"$dir/events" 2>"$dir/err" &
ours=$!
exec 4>"$dir/in"
both "all up" <<'TABLE'
1:80 -m -w 1
2:80 -m -w 2
3:80 -m -w 1
TABLE
turn 1 down
both "one down" <<'TABLE'
2:80 -m -w 2
3:80 -m -w 1
TABLE
turn 2 down
both "one inhibited, weight 1 of 1 is enough" <<'TABLE'
2:80 -m -w 0
3:80 -m -w 1
TABLE
turn 3 down
both "quorum lost, the sorry server serves" <<'TABLE'
2:80 -m -w 0
9:80 -m -w 1
TABLE
turn 2 up
read -rt 3 <>"$dir/never" || :
both "weight 2 of 3 is not enough" <<'TABLE'
2:80 -m -w 0
9:80 -m -w 1
TABLE
turn 1 up
both "quorum gained" <<'TABLE'
1:80 -m -w 1
2:80 -m -w 2
TABLE
{ server 1 5; server 2 3 inhibit_on_failure; server 3 1; } | configure
reload
both "weights changed by a reload, who is down stays so" <<'TABLE'
1:80 -m -w 5
2:80 -m -w 3
TABLE
{ server 1 5; server 2 3 inhibit_on_failure; server 3 1; server 4 7; } | configure
reload
both "a server added by a reload" <<'TABLE'
1:80 -m -w 5
2:80 -m -w 3
4:80 -m -w 7
TABLE
{ server 2 3 inhibit_on_failure; server 3 1; server 4 7; } | configure
reload
both "a server removed by a reload" <<'TABLE'
2:80 -m -w 3
4:80 -m -w 7
TABLE
turn 3 up
both "all up again" <<'TABLE'
2:80 -m -w 3
3:80 -m -w 1
4:80 -m -w 7
TABLE
exec 4>&-
wait $ours || { cat "$dir/err"; fail "it ended with $?"; }
kill $theirs; wait $theirs
echo "ok   both end"
