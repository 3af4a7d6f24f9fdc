#!/bin/bash
# The daemon with a load balancer, beside keepalived where both have something to say: hooks, pipes,
# crashes, reloads, the stop.   supervisor.sh HA_BINARY
. "$(dirname "$0")/common.sh"
mkfifo "$dir/never"
state=$dir/state conf=$dir/lb.conf events=$dir/events
modprobe dummy
for module in rr wrr; do modprobe "ip_vs_$module"; done
for space in theirs ours; do
    ip netns add $space && ip -n $space link set lo up || fail "no network namespace"
    ip -n $space link add dummy0 type dummy
    ip -n $space addr add 10.9.0.1/24 dev dummy0
    ip -n $space link set dummy0 up multicast on
    for number in 11 12 13; do ip -n $space addr add 10.9.0.$number/32 dev lo; done
    ip -n $space addr add 10.9.0.100/32 dev lo
done
ours() { ip netns exec ours "$@"; }
# A page at each address that is up.
serve() { # serve SPACE NUMBER
    mkdir -p "$dir/log"
    cat >"$dir/nginx-$1-$2.conf" <<NGINX
daemon off;
pid $dir/nginx-$1-$2.pid;
error_log $dir/log/nginx-$1-$2;
events { }
http { access_log off; server { listen 10.9.0.$2:80; return 200 "$2\n"; } }
NGINX
    ip netns exec "$1" nginx -c "$dir/nginx-$1-$2.conf" >"$dir/log/out" 2>&1 &
    eval "server_$1_$2=$!"
}
mkdir -p /var/log/nginx /var/lib/nginx
# A server that a reload adds is asked at once: it has to listen by then.
listens() { ip netns exec "$1" bash -c ": <>/dev/tcp/10.9.0.$2/80" 2>>"$dir/log/out"; }
up() {
    for space in theirs ours; do serve $space "$1"; done
    for space in theirs ours; do
        for _ in $(seq 300); do
            listens $space "$1" && break
            read -rt 0.1 <>"$dir/never" || :
        done
    done
}
down() {
    local name
    for space in theirs ours; do
        name=server_${space}_$1
        kill "${!name}"; wait "${!name}" 2>/dev/null
    done
}
# shown WHAT [SPACE]...: the destinations of the table, once they are as on stdin
shown() {
    local what=$1; shift
    { echo "-A -t 10.9.0.100:80 -s rr"; sed 's/^/-a -t 10.9.0.100:80 -r 10.9.0./'; } >"$dir/expected"
    for space in "${@:-ours}"; do
        for _ in $(seq 300); do
            ip netns exec "$space" ipvsadm -Sn >"$dir/now"
            cmp -s "$dir/expected" "$dir/now" && break
            read -rt 0.1 <>"$dir/never" || :
        done
        cmp -s "$dir/expected" "$dir/now" || tail -n 20 "$events" "$dir/err"
        same "$what: $space" "$dir/expected" "$dir/now"
    done
}
# told WHAT FILTER: an event for which the filter of jq is true
told() {
    for _ in $(seq 300); do
        jq -es "any(.[]; $2)" "$events" >"$dir/out" 2>&1 && { echo "ok   $1"; return; }
        read -rt 0.1 <>"$dir/never" || :
    done
    cat "$events" "$dir/err"; fail "$1"
}
# awaits WHAT COMMAND...: once it succeeds
awaits() {
    local what=$1; shift
    for _ in $(seq 300); do
        "$@" >"$dir/out" 2>&1 && { echo "ok   $what"; return; }
        read -rt 0.1 <>"$dir/never" || :
    done
    cat "$dir/out"; fail "$what"
}
child() { # child PART: its process id
    ours "$ha" status --json --state-dir "$state" | jq -r ".parts[] | select(.name == \"$1\") | .pid"
}
restarted() { # restarted PART PID: another process is ready
    ours "$ha" status --json --state-dir "$state" |
        jq -e ".parts[] | select(.name == \"$1\") | .state == \"ready\" and .pid != $2"
}
# reads SPACE: what is written to its pipe, until all has ended. keepalived makes another pipe at a
# reload.
reads() {
    until [ -e "$dir/ended" ]; do
        [ ! -p "$dir/fifo-$1" ] || cat "$dir/fifo-$1" >>"$dir/lines-$1"
        read -rt 0.02 <>"$dir/never" || :
    done
}
cat >"$dir/hook" <<HOOK
#!/bin/sh
echo "\$(ip netns identify \$\$) \$*" >>$dir/hooks
HOOK
chmod 755 "$dir/hook"
configure() { # configure SPACE [LINE OF global_defs]...: servers NUMBER:WEIGHT are in $servers
    local space=$1; shift
    {
        printf 'global_defs {\n    script_user root\n    lvs_notify_fifo %s/fifo-%s\n' "$dir" "$space"
        printf '    %s\n' "$@"
        printf '}\nvirtual_server 10.9.0.100 80 {\n'
        printf '    %s\n' "lb_algo rr" "lb_kind NAT" "protocol TCP" "delay_loop 1" "warmup 0" "retry 1" \
            "delay_before_retry 1" "omega" "quorum_up \"$dir/hook quorum up\"" \
            "quorum_down \"$dir/hook quorum down\"" "sorry_server 10.9.0.99 80"
        for server in $servers; do
            printf '    real_server 10.9.0.%s 80 {\n        weight %s\n' "${server%:*}" "${server#*:}"
            printf '        %s\n' "notify_up \"$dir/hook ${server%:*} up\"" \
                "notify_down \"$dir/hook ${server%:*} down\"" 'TCP_CHECK {' '    connect_timeout 1' '}'
            printf '    }\n'
        done
        printf '}\n'
    } >"$dir/$space.conf"
}
servers="11:1 12:2"
both() { for space in theirs ours; do configure $space "$@"; done; }
both
up 11; up 12
ip netns exec theirs keepalived -C -n -l -f "$dir/theirs.conf" -p "$dir/pid" -c "$dir/checkers" >"$dir/log/keepalived" 2>&1 &
theirs=$!
: >"$events"
ip netns exec ours "$ha" run -f "$dir/ours.conf" --state-dir "$state" --json >"$events" 2>"$dir/err" &
ours=$!
told "the table is kept" '.type == "supervisor.child" and .data.child == "ipvs" and .data.state == "ready"'
for space in theirs ours; do
    awaits "a pipe: $space" test -p "$dir/fifo-$space"
done
reads theirs & read_theirs=$!
reads ours & read_ours=$!
shown "both serve" theirs ours <<'TABLE'
11:80 -m -w 1
12:80 -m -w 2
TABLE
told "one is up" '.type == "check.transition" and .data.to == "up"'
down 11
shown "who is killed goes out" theirs ours <<'TABLE'
12:80 -m -w 2
TABLE
ours "$ha" status --state-dir "$state" >"$dir/out"
says "status says why" "10.9.0.11:80  down   1       tcp 10.9.0.11:80: " "$dir/out"
up 11
shown "who is back comes in" theirs ours <<'TABLE'
11:80 -m -w 1
12:80 -m -w 2
TABLE

# The checks are killed while one is down: the table stays, and nobody comes back unasked.
down 12
shown "one down" theirs ours <<'TABLE'
11:80 -m -w 1
TABLE
(while [ -e "$dir/never" ]; do
    ours ipvsadm -Sn | grep -q -- '-a -t 10.9.0.100:80 -r 10.9.0.11:80 .* -w 1' || date >>"$dir/empty"
done) &
looks=$!
before=$(grep -c '"ipvs.changed"' "$events")
probe=$(child probe); kill -9 "$probe"
awaits "the checks are run again" restarted probe "$probe"
read -rt 3 <>"$dir/never" || :
[ "$(grep -c '"ipvs.changed"' "$events")" = "$before" ] || fail "the table was changed: $(tail -n 5 "$events")"
echo "ok   a crash of the checks changes nothing"

# The table's process is killed; another server goes down before there is a successor.
servers="11:1 12:2 13:3"
configure ours; configure theirs; up 13
kill -HUP $ours; kill -HUP $theirs
shown "a reload adds a server" theirs ours <<'TABLE'
11:80 -m -w 1
13:80 -m -w 3
TABLE
table=$(child ipvs)
kill -STOP "$table"
down 13
told "it is known to be down" '.type == "check.transition" and .data.to == "down" and .data.check == "10.9.0.13:80"'
kill -9 "$table"
awaits "the table is kept again" restarted ipvs "$table"
shown "who went down meanwhile is out, who was down stays out" theirs ours <<'TABLE'
11:80 -m -w 1
TABLE
kill $looks; wait $looks 2>/dev/null
[ ! -e "$dir/empty" ] || fail "nobody served at times: $(wc -l <"$dir/empty")"
echo "ok   the service was never empty"
up 12; up 13
shown "all are back" theirs ours <<'TABLE'
11:80 -m -w 1
12:80 -m -w 2
13:80 -m -w 3
TABLE
servers="11:1 13:3"
configure ours; configure theirs
kill -HUP $ours; kill -HUP $theirs
shown "a reload removes a server" theirs ours <<'TABLE'
11:80 -m -w 1
13:80 -m -w 3
TABLE
down 11; down 13
shown "the sorry server serves" theirs ours <<'TABLE'
99:80 -m -w 1
TABLE
up 11
shown "and goes" theirs ours <<'TABLE'
11:80 -m -w 1
TABLE
kill -TERM $ours; wait $ours || { cat "$dir/err"; fail "it ended with $?"; }
kill -TERM $theirs; wait $theirs
for space in theirs ours; do
    [ -z "$(ip netns exec $space ipvsadm -Sn)" ] || fail "$space: something is left: $(ip netns exec $space ipvsadm -Sn)"
done
echo "ok   the end takes the table away"
# Each server and the quorum have an order of their own.
for about in 11 12 13 quorum; do
    for space in theirs ours; do
        sed -n "s/^$space $about //p" "$dir/hooks" >"$dir/hooks-$space"
    done
    same "hooks of $about are those of keepalived" "$dir/hooks-theirs" "$dir/hooks-ours"
done
: >"$dir/ended"
while kill -0 $read_theirs 2>>"$dir/log/out" || kill -0 $read_ours 2>>"$dir/log/out"; do
    # Who waits for a writer that will not come sees one come and go.
    for space in theirs ours; do [ ! -p "$dir/fifo-$space" ] || : <>"$dir/fifo-$space"; done
    read -rt 0.1 <>"$dir/never" || :
done
for about in '10.9.0.11\]' '10.9.0.12\]' '10.9.0.13\]' 'VS '; do
    for space in theirs ours; do
        tr -d '\0' <"$dir/lines-$space" | grep "$about" >"$dir/pipe-$space"
    done
    same "lines of $about are those of keepalived" "$dir/pipe-theirs" "$dir/pipe-ours"
done
[ ! -e "$dir/fifo-ours" ] || fail "the pipe is left"
echo "ok   the pipe goes with who made it"

# The drop-in, with lvs_flush_on_stop and with -I.
ln -s "$ha" "$dir/keepalived"
servers="11:1"
ours ipvsadm -A -t 10.9.0.7:80 -s rr
configure ours "lvs_flush_on_stop"
serves() { ours ipvsadm -Sn | grep -q -- '-r 10.9.0.11:80'; }
dropin() {
    ip netns exec ours "$dir/keepalived" -C -n -l -f "$dir/ours.conf" -p "$dir/pid" -c "$dir/checkers" \
        --state-dir "$state" "$@" >"$dir/log/dropin" 2>&1 &
    ours=$!
    awaits "the drop-in serves" serves
}
dropin
awaits "its checkers have a pid file" test -s "$dir/checkers"
kill -TERM $ours; wait $ours || { cat "$dir/log/dropin"; fail "the drop-in ended with $?"; }
[ -z "$(ours ipvsadm -Sn)" ] || fail "lvs_flush_on_stop left: $(ours ipvsadm -Sn)"
echo "ok   lvs_flush_on_stop empties the table"
configure ours
dropin -I
kill -TERM $ours; wait $ours || fail "the drop-in ended with $?"
serves || fail "-I took the table away"
echo "ok   -I leaves the table"
ours ipvsadm -C

# A virtual router beside it: the sync daemon follows it, ha_suspend waits for its address.
ours ip addr del 10.9.0.100/32 dev lo
configure ours "lvs_sync_daemon dummy0 VI_1" "vrrp_notify_fifo $dir/fifo-vrrp"
sed -i 's/^    lb_algo rr/    ha_suspend\n    lb_algo rr/' "$dir/ours.conf"
cat >>"$dir/ours.conf" <<'CONF'
vrrp_instance VI_1 {
    interface dummy0
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress {
        10.9.0.100/32 dev lo
    }
}
CONF
: >"$events"
down 11
ip netns exec ours "$ha" run -f "$dir/ours.conf" --state-dir "$state" --json >"$events" 2>"$dir/err" &
ours=$!
told "without the address checks count for nothing" '.type == "ipvs.suspended" and .data.suspended'
told "it is master" '.type == "vrrp.transition" and .data.to == "master"'
sync() { ours ipvsadm -L --daemon | grep -q "$1 sync daemon (mcast=dummy0, syncid=51"; }
awaits "the sync daemon tells" sync master
told "with the address they count" '.type == "ipvs.suspended" and (.data.suspended | not)'
shown "and a server that is down goes out" <<'TABLE'
99:80 -m -w 1
TABLE
ends "demoted" 0 ours "$ha" ctl maintenance on VI_1 --state-dir "$state"
awaits "the sync daemon listens" sync backup
kill -TERM $ours; wait $ours || { cat "$dir/err"; fail "it ended with $?"; }
[ -z "$(ours ipvsadm -L --daemon)" ] || fail "a sync daemon is left"
echo "ok   the end takes the sync daemon away"
