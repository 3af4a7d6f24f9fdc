#!/bin/bash
# Real clients while servers come and go: nobody who is connected to another server notices, and the
# service is never empty.   changes.sh HA_BINARY
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/network.sh"
network
state=$dir/state conf=$dir/lb.conf events=$dir/events vip="10.1.0.100 80"
mkfifo "$dir/in"
configure() { # configure WEIGHT NUMBER...: these servers
    local weight=$1 number; shift
    {
        printf 'virtual_server 10.1.0.100 80 {\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n'
        printf '    sorry_server 10.2.0.14 80\n'
        for number; do
            printf '    real_server 10.2.0.1%s 80 {\n        weight %s\n        TCP_CHECK {\n        }\n    }\n' \
                "$number" "$weight"
        done
        printf '}\n'
    } >"$dir/new"
    mv "$dir/new" "$conf"
}
line() { # line NUMBER up|down: what a check tells
    printf '{"v":1,"type":"check.transition","time":"","data":{"check":"10.2.0.1%s:80","kind":"tcp","from":"unknown","to":"%s","reason":"told"}}\n' "$1" "$2"
}
# heard: everything told so far has been acted on
asks=0
heard() {
    asks=$((asks + 1))
    # The answer is given before the turn, the next one after it.
    echo "{\"control\":\"ping\",\"id\":$asks}" >&4
    for _ in $(seq 400); do
        grep -q "\"pong\".*\"id\":$asks}" "$events" && break
        read -rt 0.02 <>"$dir/never" || :
    done
    grep -q "\"pong\".*\"id\":$asks}" "$events" || { tail -n 5 "$events" "$dir/err"; fail "no answer to $asks"; }
}
turn() { line "$@" >&4; heard; heard; }
configure 1 1 2 3
"$ha" ipvs apply --follow "$conf" --json --state-dir "$state" --interval 200ms \
    <"$dir/in" >"$events" 2>"$dir/err" &
keeper=$!
exec 4>"$dir/in"
heard

# A long download and open connections, while another server leaves.
served "everybody serves" "s1=2 s2=2 s3=2" hold 6 $vip
asked load $vip
loading=$said
others=()
for number in 1 2 3; do [ "s$number" = "$loading" ] || others+=($number); done
leaves=${others[0]}
rest=$(printf '%s\n' "$loading" "s${others[1]}" | sort)
turn "$leaves" down
ipvsadm -Sn | grep -q -- "-r 10.2.0.1$leaves:80" && fail "s$leaves is still there"
served "who leaves gets nothing new" "$(sed 's/$/=3/' <<<"$rest" | xargs)" get 6 $vip
asked close "s$leaves"
served "connections to the others go on" "$(sed 's/$/=2/' <<<"$rest" | xargs)" speak
asked loaded
[ "$said" = "$loading 600000 $(md5sum <"$dir/long" | cut -d' ' -f1)" ] || fail "the download: $said"
echo "ok   so does a long download: $said"
asked close
turn "$leaves" up
served "it is back" "s1=2 s2=2 s3=2" get 6 $vip

# The sorry server, in and out.
turn 1 down; turn 2 down; turn 3 down
served "the sorry server serves" "s4=3" get 3 $vip
turn 2 up
served "the first that is back serves alone" "s2=3" get 3 $vip
turn 1 up; turn 3 up
served "all are back" "s1=2 s2=2 s3=2" get 6 $vip

# A storm of verdicts and reloads. The kernel's own list is read each 5 ms: somebody with a weight
# is always in it. A client asks meanwhile, and is always answered.
/usr/bin/python3 "$here/table.py" serves "$dir/poll.stop" >"$dir/polled" &
poll=$!
(while [ ! -e "$dir/poll.stop" ]; do
    configure $((RANDOM % 9 + 1)) $(shuf -e 1 2 3 | head -n $((RANDOM % 3 + 1)))
    kill -HUP $keeper
    read -rt 0.3 <>"$dir/never" || :
done) &
reloads=$!
RANDOM=4
for round in $(seq 20); do
    for _ in $(seq 10); do
        line $((RANDOM % 3 + 1)) "$([ $((RANDOM % 2)) = 0 ] && echo up || echo down)"
    done >&4
    heard
    asked get 2 $vip
    [[ $said != *none* ]] || { cat "$dir/polled"; fail "round $round: a client was not served: $said"; }
done
touch "$dir/poll.stop"
wait $poll || { cat "$dir/polled"; fail "the service was empty"; }
wait $reloads
echo "ok   never empty in a storm of 200 verdicts: $(cat "$dir/polled")"
[ "$(grep -c '"cause":"reload"' "$events")" -ge 5 ] || fail "too few reloads: $(grep -c reload "$events")"
jq -es 'all(.[]; .type != "ipvs.repaired" and .type != "error" or (.data.message // "" | contains("no real server")))' "$events" >/dev/null ||
    fail "$(grep -e repaired -e '"error"' "$events" | head -n 3)"
echo "ok   nothing of it was taken for drift"
configure 1 1 2 3
kill -HUP $keeper
for number in 1 2 3; do line $number up >&4; done
heard; heard
until_asked "s1=2 s2=2 s3=2" get 6 $vip
echo "ok   after the storm all serve"
exec 4>&-
wait $keeper || { cat "$dir/err"; fail "it ended with $?"; }
recorded events "$events"
