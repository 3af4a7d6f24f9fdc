#!/bin/bash
# What others do to a table that is kept is undone within a second, and nothing else is written: a
# netlink monitor sees every request.   drift.sh HA_BINARY
. "$(dirname "$0")/common.sh"
here=$(cd "$(dirname "$0")" && pwd)
mkfifo "$dir/never" "$dir/in"
events=$dir/events written=$dir/written
for number in $(seq 10); do
    printf 'virtual_server 10.9.%s.100 80 {\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n' "$number"
    for server in $(seq 20); do
        printf '    real_server 10.9.%s.%s 80 {\n        TCP_CHECK {\n        }\n    }\n' "$number" "$server"
    done
    printf '}\n'
done >"$dir/lb.conf"
modprobe ip_vs_rr && modprobe ip_vs_wlc && modprobe nlmon && ip link add nlmon0 type nlmon &&
    ip link set nlmon0 up || fail "no netlink monitor"
/usr/bin/python3 "$here/monitor.py" nlmon0 >"$written" 2>"$dir/monitor.err" &
monitor=$!
# until_grep COUNT PATTERN FILE: so many lines have it
until_grep() {
    for _ in $(seq 400); do
        [ "$(grep -c -- "$2" "$3")" -ge "$1" ] && return
        read -rt 0.02 <>"$dir/never" || :
    done
    tail -n 5 "$3" "$dir"/*.err; fail "not $1 times $2"
}
until_grep 1 ready "$written"
"$ha" ipvs apply --follow "$dir/lb.conf" --json --state-dir "$dir/state" <"$dir/in" >"$events" 2>"$dir/ha.err" &
keeper=$!
exec 4>"$dir/in"
until_grep 1 '"ready"' "$events"
marks=0 asks=0
# writes WHAT: what was written since the last time, ends with a mark of our own and is as on stdin
writes() {
    marks=$((marks + 1))
    ipvsadm -Z
    until_grep $marks '^zero' "$written"
    awk -v mark=$marks '$1 == "zero" { zeros++; next } zeros == mark - 1 && $1 != "ready"' "$written" |
        sort | uniq -c | sed 's/^ *//' >"$dir/writes"
    sed 's/^[^0-9]/1 &/' | sort -k 2 >"$dir/expected"
    sort -k 2 -o "$dir/writes" "$dir/writes"
    same "$1" "$dir/expected" "$dir/writes"
}
# destinations WORD NUMBER...: such a write for each destination of these services
destinations() {
    local word=$1 number server; shift
    for number; do
        for server in $(seq 20); do echo "$word tcp 10.9.$number.100:80 10.9.$number.$server:80 weight 1"; done
    done
}
services() { local word=$1 number; shift; for number; do echo "$word tcp 10.9.$number.100:80"; done; }
turns() { # so many looks at the table
    for _ in $(seq "$1"); do
        asks=$((asks + 1))
        echo "{\"control\":\"ping\",\"id\":$asks}" >&4
        until_grep $asks '"pong"' "$events"
    done
}
writes "each entry is written once at the start" \
    < <(services add_service {1..10}; destinations add_destination {1..10})
turns 5
writes "nothing is written while all is right" </dev/null

# Without the keeper's standard input, whose end it would hold open.
coproc REPAIRED { exec /usr/bin/python3 "$here/table.py" repaired 2>"$dir/table.err" 4>&-; }
repairs=0
# drift WHAT COUNT COMMAND...: undone within a second, as so many repairs
drift() {
    local what=$1 took late; repairs=$((repairs + $2)); shift 2
    echo "$*" >&"${REPAIRED[1]}"
    read -rt 60 took late <&"${REPAIRED[0]}" || { cat "$dir/table.err"; fail "$what: no answer"; }
    [ "$took" -le $((1000 + 2 * late)) ] || fail "$what: only after $took ms, this host being $late ms late"
    until_grep 1 "\"repairs\":$repairs}" "$events"
    echo "ok   $what is undone after $took ms"
}
one="-t 10.9.3.100:80 -r 10.9.3.7:80" what="tcp 10.9.3.100:80 10.9.3.7:80"
drift "another weight" 1 ipvsadm -e $one -m -w 9
writes "one write of ours for one of theirs" <<WRITES
set_destination $what weight 9
set_destination $what weight 1
WRITES
drift "a server that was removed" 1 ipvsadm -d $one
writes "it alone is added" <<WRITES
delete_destination $what
add_destination $what weight 1
WRITES
drift "a server that nobody wants" 1 ipvsadm -a -t 10.9.3.100:80 -r 10.9.3.77:80 -m
writes "it alone is deleted" <<WRITES
add_destination tcp 10.9.3.100:80 10.9.3.77:80 weight 1
delete_destination tcp 10.9.3.100:80 10.9.3.77:80
WRITES
drift "another scheduler" 1 ipvsadm -E -t 10.9.5.100:80 -s wlc
writes "the service alone is set" <<<"2 set_service tcp 10.9.5.100:80"
drift "a service that was removed" 21 ipvsadm -D -t 10.9.4.100:80
writes "it and its servers are added" \
    < <(services delete_service 4; services add_service 4; destinations add_destination 4)
drift "an empty table" 210 ipvsadm -C
writes "everything is added once" \
    < <(echo flush; services add_service {1..10}; destinations add_destination {1..10})

# What a check tells is one write too.
line() { printf '{"v":1,"type":"check.transition","time":"","data":{"check":"10.9.2.5:80","kind":"tcp","from":"unknown","to":"%s","reason":"told"}}\n' "$1" >&4; }
line down; turns 2
writes "a server that is down is deleted" <<<"delete_destination tcp 10.9.2.100:80 10.9.2.5:80"
line up; turns 2
writes "one that is up is added" <<<"add_destination tcp 10.9.2.100:80 10.9.2.5:80 weight 1"
exec 4>&-
wait $keeper || { cat "$dir/ha.err"; fail "it ended with $?"; }
writes "the end writes nothing" </dev/null
recorded events "$events"
kill $monitor
