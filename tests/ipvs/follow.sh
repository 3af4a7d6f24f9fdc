#!/bin/bash
# The table follows checks, configuration and operators, and is repaired.   follow.sh HA_BINARY
. "$(dirname "$0")/common.sh"
mkfifo "$dir/never" "$dir/in"
state=$dir/state conf=$dir/lb.conf events=$dir/events
: >"$events"
cat >"$conf" <<'CONF'
virtual_server 10.9.0.100 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    quorum 2
    hysteresis 1
    sorry_server 10.9.0.99 80
    real_server 10.9.0.11 80 {
        weight 1
        notify_down /bin/true
        TCP_CHECK {
        }
    }
    real_server 10.9.0.12 80 {
        weight 2
        inhibit_on_failure
        TCP_CHECK {
        }
    }
    real_server 10.9.0.13 80 {
        weight 1
        alpha
        TCP_CHECK {
        }
    }
}
CONF
# shown WHAT: the table, once it is as on stdin
shown() {
    cat >"$dir/expected"
    for _ in $(seq 200); do
        ipvsadm -Sn >"$dir/now"
        cmp -s "$dir/expected" "$dir/now" && { echo "ok   $1"; return; }
        read -rt 0.05 <>"$dir/never" || :
    done
    tail -n 5 "$events" "$dir/err"
    same "$1" "$dir/expected" "$dir/now"
}
# told WHAT FILTER: an event for which the filter of jq is true
told() {
    for _ in $(seq 200); do
        jq -es "any(.[]; $2)" "$events" >"$dir/out" 2>&1 && { echo "ok   $1"; return; }
        read -rt 0.05 <>"$dir/never" || :
    done
    cat "$events" "$dir/err"; fail "$1"
}
turn() { # turn SERVER up|down
    printf '{"v":1,"type":"check.transition","time":"","data":{"check":"10.9.0.%s:80","kind":"tcp","from":"unknown","to":"%s","reason":"told"}}\n' "$1" "$2" >&4
}
follow() {
    recorded events "$events"
    : >"$events"
    "$ha" ipvs apply --follow "$conf" --json --state-dir "$state" --interval 100ms "$@" \
        <"$dir/in" >"$events" 2>"$dir/err" &
    pid=$!
    exec 4>"$dir/in"
    told "it is ready" '.type == "ready"'
}
ends_well() {
    exec 4>&-
    wait $pid || { cat "$dir/err"; fail "it ended with $?"; }
    pid=
}

ipvsadm -A -t 10.9.0.7:80 -s rr
follow
# From the first table on, whenever one looks somebody serves.
(while [ -e "$dir/in" ]; do
    ipvsadm -Sn | grep -q -- '-a -t 10.9.0.100:80 .* -w [1-9]' || date >>"$dir/empty"
done) &
looks=$!
shown "who is up from the start serves, and who has to prove it does not" <<'TABLE'
-A -t 10.9.0.7:80 -s rr
-A -t 10.9.0.100:80 -s rr
-a -t 10.9.0.100:80 -r 10.9.0.11:80 -m -w 1
-a -t 10.9.0.100:80 -r 10.9.0.12:80 -m -w 2
TABLE
ipvsadm -D -t 10.9.0.7:80
turn 13 up; turn 11 down
shown "one comes, one goes" <<'TABLE'
-A -t 10.9.0.100:80 -s rr
-a -t 10.9.0.100:80 -r 10.9.0.12:80 -m -w 2
-a -t 10.9.0.100:80 -r 10.9.0.13:80 -m -w 1
TABLE
told "a hook is named" '.type == "ipvs.server" and .data.server == "10.9.0.11:80" and .data.hook == "notify_down"'
turn 12 down; turn 13 down
shown "without a quorum the sorry server serves; who is inhibited stays" <<'TABLE'
-A -t 10.9.0.100:80 -s rr
-a -t 10.9.0.100:80 -r 10.9.0.12:80 -m -w 0
-a -t 10.9.0.100:80 -r 10.9.0.99:80 -m -w 1
TABLE
turn 12 up
told "two is not three" '.type == "ipvs.server" and .data.server == "10.9.0.12:80" and .data.up'
turn 11 up
shown "with weight three it is back" <<'TABLE'
-A -t 10.9.0.100:80 -s rr
-a -t 10.9.0.100:80 -r 10.9.0.11:80 -m -w 1
-a -t 10.9.0.100:80 -r 10.9.0.12:80 -m -w 2
TABLE
told "it is told" '.type == "ipvs.quorum" and .data.up and .data.threshold == 3'
cp "$dir/expected" "$dir/right"
kill $looks; wait $looks 2>/dev/null
[ ! -e "$dir/empty" ] || fail "nobody served at times: $(wc -l <"$dir/empty")"
echo "ok   the service was never empty"

# Drift of every kind is repaired within a second and counted, and services of others stay.
jq -es 'all(.[]; .type != "ipvs.repaired")' "$events" >/dev/null || fail "a repair before any drift"
ipvsadm -A -t 10.9.0.7:80 -s rr
repaired() { # repaired WHAT COUNT
    shown "$1" <"$dir/with7"
    told "$2 repairs so far" ".type == \"ipvs.repaired\" and .data.repairs == $2"
}
{ echo "-A -t 10.9.0.7:80 -s rr"; cat "$dir/right"; } >"$dir/with7"
ipvsadm -d -t 10.9.0.100:80 -r 10.9.0.11:80
repaired "a server that was removed" 1
ipvsadm -e -t 10.9.0.100:80 -r 10.9.0.12:80 -m -w 9
repaired "a weight" 2
ipvsadm -E -t 10.9.0.100:80 -s wlc
repaired "a scheduler" 3
ipvsadm -a -t 10.9.0.100:80 -r 10.9.0.55:80 -m
repaired "a server that nobody wants" 4
ipvsadm -D -t 10.9.0.100:80
repaired "the service as a whole" 7
says "only what was wrong is written" '"change":"edit_destination"' <(jq -c \
    'select(.type == "ipvs.repaired" and .data.repairs == 2) | .data.changes[] | select(.destination == "10.9.0.12:80")' "$events")
[ "$(jq -s '[.[] | select(.type == "ipvs.repaired" and .data.repairs == 2) | .data.changes | length] | add' "$events")" = 1 ] ||
    fail "more was written"

# A reload changes what is different, and forgets nothing.
turn 11 down
told "it is down" '.type == "ipvs.changed" and .data.cause == "check" and .data.changes[0].change == "delete_destination" and .data.changes[0].destination == "10.9.0.11:80"'
sed -i -e 's/weight 2/weight 4/' -e 's/10.9.0.13 80/10.9.0.14 80/' "$conf"
kill -HUP $pid
shown "a weight, a new server that has to prove itself, and one that is down as before" <<'TABLE'
-A -t 10.9.0.7:80 -s rr
-A -t 10.9.0.100:80 -s rr
-a -t 10.9.0.100:80 -r 10.9.0.12:80 -m -w 4
TABLE
told "the reason is the reload" '.type == "ipvs.changed" and .data.cause == "reload"'
echo 'virtual_server 10.9.0.100 {{' >"$dir/broken"
cp "$conf" "$dir/good"; cp "$dir/broken" "$conf"
kill -HUP $pid
told "a broken file is refused" '.type == "error" and (.data.message | contains("error"))'
cp "$dir/good" "$conf"
echo '{"v":1,"type":"check.transition","time":"","data":{"check":"10.9.0.77:80","kind":"tcp","from":"up","to":"down","reason":""}}' >&4
told "a check of nobody" '.type == "error" and (.data.message | contains("10.9.0.77:80"))'
echo '{"control":"reload","plan":{}}' >&4
told "a plan without a service" '.type == "error" and (.data.message | contains("it has no service"))'
echo 'garbage' >&4
echo '{"control":"status","id":7}' >&4
told "how it stands" '.type == "ipvs.status" and .data.id == 7 and .data.repairs == 7 and (.data.pools[0].servers | length) == 3'
echo '{"v":1,"type":"check.result","time":"","data":{"check":"10.9.0.12:80","kind":"tcp","status":"up","weight":6,"reason":""}}' >&4
shown "a check sets a weight" <<'TABLE'
-A -t 10.9.0.7:80 -s rr
-A -t 10.9.0.100:80 -s rr
-a -t 10.9.0.100:80 -r 10.9.0.12:80 -m -w 6
TABLE

# A drained server stays so, whatever else happens, and nobody takes it for drift.
turn 11 up
told "it is up again" '.type == "ipvs.changed" and .data.changes[0].change == "add_destination" and .data.changes[0].destination == "10.9.0.11:80"'
ends "drain" 0 "$ha" ipvs drain 10.9.0.12:80 --state-dir "$state"
drained() {
    shown "$1" <<'TABLE'
-A -t 10.9.0.7:80 -s rr
-A -t 10.9.0.100:80 -s rr
-a -t 10.9.0.100:80 -r 10.9.0.11:80 -m -w 1
-a -t 10.9.0.100:80 -r 10.9.0.12:80 -m -w 0
TABLE
}
drained "it gets no new connections"
kill -HUP $pid
echo '{"control":"status","id":8}' >&4
told "it is known as drained" '.type == "ipvs.status" and .data.id == 8 and any(.data.pools[].servers[]; .drained and .weight == 0)'
drained "a reload leaves it so"
ends "who is drained" 0 "$ha" ipvs drain --state-dir "$state"
[ "$(cat "$dir/out")" = "10.9.0.12:80 everywhere" ] || fail "$(cat "$dir/out")"
echo "ok   it is listed"
[ "$(jq -s 'map(select(.type == "ipvs.repaired") | .data.repairs) | max' "$events")" = 7 ] ||
    fail "draining counts as drift: $(grep repaired "$events")"
echo "ok   that is no drift"
ends_well
drained "the end leaves the table"
ipvsadm -C
sed -i -e 's/alpha//' -e 's/hysteresis 1/hysteresis 0/' "$conf"
follow
shown "a restart knows it" <<'TABLE'
-A -t 10.9.0.100:80 -s rr
-a -t 10.9.0.100:80 -r 10.9.0.11:80 -m -w 1
-a -t 10.9.0.100:80 -r 10.9.0.12:80 -m -w 0
-a -t 10.9.0.100:80 -r 10.9.0.14:80 -m -w 1
TABLE
turn 12 down
told "it dies meanwhile" '.type == "ipvs.server" and .data.server == "10.9.0.12:80" and .data.up == false'
ends "undrain" 0 "$ha" ipvs undrain 10.9.0.12:80 --state-dir "$state"
[ ! -s "$dir/out" ] || fail "a server that is down got a weight: $(cat "$dir/out")"
says "who keeps the table decides" "gives it its weight, if it lives" "$dir/err"
echo '{"control":"status","id":9}' >&4
told "nothing was repaired for it" '.type == "ipvs.status" and .data.id == 9 and .data.repairs == 0 and all(.data.pools[].servers[]; .drained | not)'
cp "$dir/expected" "$dir/right"
shown "it stays inhibited" <"$dir/right"
turn 12 up
shown "it is back" <<'TABLE'
-A -t 10.9.0.100:80 -s rr
-a -t 10.9.0.100:80 -r 10.9.0.11:80 -m -w 1
-a -t 10.9.0.100:80 -r 10.9.0.12:80 -m -w 4
-a -t 10.9.0.100:80 -r 10.9.0.14:80 -m -w 1
TABLE
ends "twice" 1 "$ha" ipvs undrain 10.9.0.12:80 --state-dir "$state"
ends_well

# A list that cannot be read is told of once, and what is known stays; lvs_flush takes what is not
# ours, and leaves what is.
ends "drain again" 0 "$ha" ipvs drain 10.9.0.12:80 --state-dir "$state"
ipvsadm -A -t 10.9.0.7:80 -s rr
sed -i '1i global_defs {\n    lvs_flush\n}' "$conf"
follow
shown "whatever else there was is gone" <<'TABLE'
-A -t 10.9.0.100:80 -s rr
-a -t 10.9.0.100:80 -r 10.9.0.11:80 -m -w 1
-a -t 10.9.0.100:80 -r 10.9.0.12:80 -m -w 0
-a -t 10.9.0.100:80 -r 10.9.0.14:80 -m -w 1
TABLE
jq -es 'all(.[]; .data.changes // [] | all(.[]; .service != "tcp 10.9.0.100:80"))' "$events" >"$dir/out" ||
    fail "what was right was written: $(cat "$events")"
echo "ok   what was right was not written"
echo '{' >"$state/ipvs.drained"
told "it cannot be read" '.type == "error" and (.data.message | contains("ipvs.drained"))'
ipvsadm -d -t 10.9.0.100:80 -r 10.9.0.11:80
told "drift is repaired all the same" '.type == "ipvs.repaired" and .data.repairs == 1'
[ "$(grep -c '"error"' "$events")" = 1 ] || fail "it is told again: $(cat "$events")"
ipvsadm -Sn | grep -q -- '-r 10.9.0.12:80 -m -w 0' || fail "it is not drained any more"
echo "ok   who is drained stays so"
rm "$state/ipvs.drained"
ends_well
ipvsadm -A -t 10.9.0.7:80 -s rr
sed -i 1,3d "$conf"

# Who dies while it is drained gets no weight either when nobody keeps the table any more.
follow
ends "drain before the end" 0 "$ha" ipvs drain 10.9.0.12:80 --state-dir "$state"
told "it is taken over" '.type == "ipvs.weight" and .data.server == "10.9.0.12:80" and .data.to == 0'
turn 12 down
told "it dies" '.type == "ipvs.server" and .data.server == "10.9.0.12:80" and .data.up == false'
kill -9 $pid; wait $pid 2>/dev/null
exec 4>&-
ends "undrain after that" 0 "$ha" ipvs undrain 10.9.0.12:80 --state-dir "$state"
[ ! -s "$dir/out" ] || fail "a server that is down got a weight: $(cat "$dir/out")"
says "it is told who has none" "10.9.0.12:80 of tcp 10.9.0.100:80 stays at weight 0" "$dir/err"

# The end with --release; a scheduler that nobody knows is told once.
follow --release
ends_well
echo "-A -t 10.9.0.7:80 -s rr" | shown "what was put there is gone, what others put there stays"

# A table is held too; without a file the plan comes first.
echo "-A -t 10.9.0.8:80 -s nosuch" >"$dir/table"
conf=$dir/table follow --release
told "what the kernel refuses" '.type == "ipvs.changed" and (.data.refused[0] | contains("no scheduler nosuch"))'
read -rt 1 <>"$dir/never" || :
[ "$(grep -c nosuch "$events")" = 1 ] || fail "it is told again: $(cat "$events")"
echo "ok   it is told once"
ends_well
"$ha" config show --json "$dir/lb.conf" 2>"$dir/err" | jq -c '{control: "plan", plan: .balancer}' >"$dir/plan"
"$ha" ipvs apply --follow --json --state-dir "$state" <"$dir/plan" >"$events" 2>"$dir/err" || fail "no plan"
ipvsadm -Sn | grep -q -- '-r 10.9.0.12:80 -m -w 4' || fail "the plan is not carried out"
echo "ok   a plan on standard input"
ends "no plan at all" 3 "$ha" ipvs apply --follow
ends "stdin is taken" 2 "$ha" ipvs apply --follow -

# A refused plan sets no timeouts, one that is taken does.
plan() { # plan FILTER: that plan with a change
    jq -c ".control = \"reload\" | .plan |= ($1)" "$dir/plan" >&4
}
follow
plan '.table.timeouts = {tcp_s: 905} | .pools[0].services[0].addresses.count = 4294967295'
told "a range that does not exist" '.type == "error" and (.data.message | contains("there are no 4294967295 addresses"))'
ipvsadm -L --timeout | grep -q 905 && fail "a plan that was refused set timeouts"
echo "ok   its timeouts are not set"
plan '.table.timeouts = {tcp_s: 905}'
until_set() { for _ in $(seq 200); do ipvsadm -L --timeout | grep -q ": 905 " && return; read -rt 0.05 <>"$dir/never" || :; done; fail "$(ipvsadm -L --timeout)"; }
until_set
echo "ok   those of a good one are"

# A host whose addresses cannot be asked for keeps those that are known, says so once, and goes on
# keeping the table: here because no file can be opened any more.
files=0
while [ -e /proc/$pid/fd/$files ]; do files=$((files + 1)); done
prlimit --pid $pid --nofile=$files:1024
plan '.pools[0].suspend_without_address = true'
blind='.type == "error" and (.data.message | contains("open files") and (contains("ipvs.drained") | not))'
told "addresses cannot be asked for" "$blind"
repairs=$(jq -s 'map(select(.type == "ipvs.repaired") | .data.repairs) | max // 0' "$events")
ipvsadm -d -t 10.9.0.100:80 -r 10.9.0.11:80
told "drift is repaired without them" ".type == \"ipvs.repaired\" and .data.repairs == $((repairs + 1))"
[ "$(jq -s "map(select($blind)) | length" "$events")" = 1 ] || fail "it is told again: $(cat "$events")"
echo "ok   it is told once"
prlimit --pid $pid --nofile=1024:1024
told "then it is seen that the address is elsewhere" '.type == "ipvs.suspended" and .data.suspended'
ip addr add 10.9.0.100/32 dev lo
told "and that it is back" '.type == "ipvs.suspended" and (.data.suspended | not)'
ends_well

# With a real check in front.
ipvsadm -C
cat >"$dir/lb.conf" <<'CONF'
virtual_server 10.9.0.100 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 127.0.0.1 8080 {
        alpha
        TCP_CHECK {
        }
    }
}
CONF
recorded events "$events"
: >"$events"
{ "$ha" check tcp 127.0.0.1:8080 --watch --interval 100ms --json & echo $! >"$dir/check"; wait; } |
    "$ha" ipvs apply --follow "$dir/lb.conf" --json --state-dir "$state" >"$events" 2>"$dir/err" &
pipeline=$!
told "nobody listens" '.type == "ipvs.server" and .data.up == false'
echo "-A -t 10.9.0.100:80 -s rr" | shown "nobody serves"
cat >"$dir/nginx.conf" <<NGINX
daemon off;
pid $dir/nginx.pid;
error_log $dir/nginx.log;
events { }
http { access_log off; server { listen 127.0.0.1:8080; return 200 "here\n"; } }
NGINX
mkdir -p /var/log/nginx /var/lib/nginx
nginx -c "$dir/nginx.conf" >"$dir/http" 2>&1 &
server=$!
shown "the server that listens serves" <<'TABLE'
-A -t 10.9.0.100:80 -s rr
-a -t 10.9.0.100:80 -r 127.0.0.1:8080 -m -w 1
TABLE
kill $server; wait $server 2>/dev/null
echo "-A -t 10.9.0.100:80 -s rr" | shown "the server that ended does not"
kill "$(cat "$dir/check")"; wait $pipeline || fail "the pipeline ended with $?"
echo "ok   the end of the check is the end of the pipeline"
recorded events "$events"
