#!/bin/bash
# A server is taken out while clients are connected; the table is watched meanwhile.   drain.sh HA_BINARY
. "$(dirname "$0")/common.sh"
mkfifo "$dir/never"
state=$dir/state
ip addr add 10.9.0.100/32 dev lo
cat >"$dir/nginx.conf" <<CONF
pid $dir/nginx.pid;
error_log $dir/nginx.log;
events { }
http { access_log off; keepalive_timeout 100; server { listen 127.0.0.1:8080; return 200 "here\n"; } }
CONF
mkdir -p /var/log/nginx /var/lib/nginx
nginx -c "$dir/nginx.conf" || fail "nginx does not start"
# until WHAT COMMAND...: it succeeds within some seconds
until_true() {
    local what=$1; shift
    for _ in $(seq 200); do
        "$@" >/dev/null 2>&1 && { echo "ok   $what"; return; }
        read -rt 0.05 <>"$dir/never" || :
    done
    tail -n 20 "$dir"/*.out "$dir"/err; fail "$what"
}
told() { until_true "$1" jq -es "any(.[]; $2)" "$3"; }
active() { [ "$(ipvsadm -Ln | awk '/127.0.0.1:8080/ { print $5 }')" = "$1" ]; }
ipvsadm -A -t 10.9.0.100:80 -s rr
ipvsadm -a -t 10.9.0.100:80 -r 127.0.0.1:8080 -m -w 3
"$ha" ipvs watch --interval 100ms --counters --json >"$dir/watch.out" 2>"$dir/err" &
watch=$!
told "the watch has begun" '.type == "ready"' "$dir/watch.out"
exec 5<>/dev/tcp/10.9.0.100/80
until_true "a client is connected" active 1
told "traffic is told of" '.type == "ipvs.traffic" and .data.service == "tcp 10.9.0.100:80" and .data.connections >= 1' "$dir/watch.out"

ends "a server that nobody has" 1 "$ha" ipvs drain 10.9.0.77 --state-dir "$state"
says "it says what to do" "--absent" "$dir/err"
ends "the deadline comes first" 6 "$ha" ipvs drain 127.0.0.1:8080 --deadline 300ms --interval 50ms --json --state-dir "$state"
recorded events "$dir/out"
told "one connection is left" '.type == "ipvs.drained" and .data.connections == 1' "$dir/out"
ipvsadm -Sn | grep -q -- '-r 127.0.0.1:8080 -m -w 0' || fail "it has its weight"
echo "ok   it stays drained"
told "the watch saw it" '.type == "ipvs.watched" and .data.changes[0].change == "edit_destination" and .data.changes[0].to.weight == 0' "$dir/watch.out"
echo "127.0.0.1:8080 everywhere" >"$dir/expected"
ends "it is listed" 0 "$ha" ipvs drain --state-dir "$state"
same "by its name" "$dir/expected" "$dir/out"
ipvsadm -Sn | sed 's/-w 0/-w 3/' >"$dir/table"
ends "a table with its weight is applied" 0 "$ha" ipvs apply "$dir/table" --state-dir "$state"
[ ! -s "$dir/out" ] || fail "it got its weight back: $(cat "$dir/out")"
echo "ok   it gets no weight by that"

# The connection goes on, and the wait ends with it.
"$ha" ipvs drain 127.0.0.1 --deadline 60s --interval 50ms --json --state-dir "$state" >"$dir/drain.out" 2>"$dir/err" &
drain=$!
told "the wait has begun" '.type == "ipvs.draining" and .data.connections == 1' "$dir/drain.out"
printf 'GET / HTTP/1.0\r\n\r\n' >&5
read -r status <&5
[[ $status == *200* ]] || fail "the client got: $status"
echo "ok   its connection is served to its end"
exec 5>&-
wait $drain || fail "drain ended with $?: $(cat "$dir/drain.out" "$dir/err")"
told "the last connection has ended" '.type == "ipvs.drained" and .data.connections == 0' "$dir/drain.out"
active 0 || fail "$(ipvsadm -Ln)"

# Both wishes have to be taken back.
ends "undrain one" 0 "$ha" ipvs undrain 127.0.0.1:8080 --state-dir "$state"
[ ! -s "$dir/out" ] || fail "it has its weight although another wish stands"
echo "ok   the other wish stands"
ends "undrain the other" 0 "$ha" ipvs undrain 127.0.0.1 --state-dir "$state"
ends "its weight comes with an apply" 0 "$ha" ipvs apply "$dir/table" --state-dir "$state"
ipvsadm -Sn | grep -q -- '-r 127.0.0.1:8080 -m -w 3' || fail "no weight"
ends "for one service" 0 "$ha" ipvs drain 127.0.0.1 --service tcp/10.9.0.100:80 --state-dir "$state"
ends "and back" 0 "$ha" ipvs undrain 127.0.0.1 --service tcp/10.9.0.100:80 --state-dir "$state"
ipvsadm -Sn | grep -q -- '-r 127.0.0.1:8080 -m -w 3' || fail "the weight from before is lost"
echo "ok   the weight from before is back"
"$ha" ipvs drain 127.0.0.1:8080 --state-dir "$state" >/dev/null || fail "drain once more"
recorded ipvs-drained "$state/ipvs.drained"
"$ha" ipvs undrain 127.0.0.1:8080 --state-dir "$state" --json >"$dir/out" || fail "undrain once more"
recorded ipvs-changes "$dir/out"
ends "in advance" 0 "$ha" ipvs drain 10.9.0.77 --absent --state-dir "$state"
echo '-a -t 10.9.0.100:80 -r 10.9.0.77:80 -m -w 5' >>"$dir/table"
ends "it comes" 0 "$ha" ipvs apply "$dir/table" --state-dir "$state"
ipvsadm -Sn | grep -q -- '-r 10.9.0.77:80 -m -w 0' || fail "it came with a weight"
echo "ok   it comes without a weight"
echo '{' >"$state/ipvs.drained"
ends "a damaged list" 3 "$ha" ipvs apply "$dir/table" --state-dir "$state"
says "it is named" "$state/ipvs.drained" "$dir/err"
kill $watch
recorded events "$dir/watch.out"
recorded events "$dir/drain.out"
kill "$(cat "$dir/nginx.pid")"
ends "a few looks" 0 "$ha" ipvs watch --interval 10ms --count 3
