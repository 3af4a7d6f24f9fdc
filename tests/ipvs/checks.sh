#!/bin/bash
# Real servers are checked, and the table follows: ha check run | ha ipvs apply --follow.
#                                                                       checks.sh HA_BINARY
# Turns are far apart, so that who is slow to count has not missed one. Four web servers in network namespaces: one answers 500, one says something else, one is killed,
# one hangs. Each goes after exactly the configured tries, by its own count, and comes back.
. "$(dirname "$0")/common.sh"
mkfifo "$dir/never"
conf=$dir/lb.conf events=$dir/events
command -v nginx >/dev/null || { echo "SKIP nginx is not installed"; exit 0; }
ip addr add 10.9.0.100/32 dev lo
serve() { # serve NUMBER: nginx in the namespace sNUMBER
    mkdir -p "$dir/s$1"
    cat >"$dir/s$1/conf" <<CONF
daemon off; worker_processes 1; pid $dir/s$1/pid; error_log $dir/s$1/error;
events { worker_connections 64; }
http {
    log_format short '\$msec \$status'; access_log $dir/s$1/log short;
    client_body_temp_path $dir/s$1; proxy_temp_path $dir/s$1; fastcgi_temp_path $dir/s$1;
    uwsgi_temp_path $dir/s$1; scgi_temp_path $dir/s$1;
    server {
        listen 80; default_type text/plain;
        location / { if (-e $dir/s$1/broken) { return 500; } root $dir/s$1/www; }
    }
}
CONF
    ip netns exec "s$1" nginx -c "$dir/s$1/conf" 2>>"$dir/s$1/error" &
}
pause() { read -rt "$1" <>"$dir/never" || :; }
# told WHAT FILTER: an event for which the filter of jq is true; its time is in $time
told() {
    for _ in $(seq 600); do
        time=$(jq -rs "map(select($2)) | last | .time // empty" "$events" 2>/dev/null)
        [ -z "$time" ] || { echo "ok   $1"; return; }
        pause 0.05
    done
    cat "$events" "$dir/err"; fail "$1"
}
# turned WHAT NUMBER up|down: the last thing that was told of a server, after the mark
turned() {
    told "$1" "select(.time > \"$mark\") | .type == \"ipvs.server\" and .data.server == \"10.9.$2.2:80\" and .data.up == ($3)"
}
mark() { mark=$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ); }
# there WHAT NUMBER...: these servers are in the table, once they are
there() {
    local what=$1; shift
    for number in "$@"; do echo "10.9.$number.2:80"; done >"$dir/expected"
    for _ in $(seq 200); do
        ipvsadm -Sn | sed -n 's/^-a .* -r \([^ ]*\) .*/\1/p' | sort >"$dir/now"
        cmp -s "$dir/expected" "$dir/now" && { echo "ok   $what"; return; }
        pause 0.05
    done
    cat "$events"; same "$what" "$dir/expected" "$dir/now"
}
seconds() { date -d "$1" +%s.%N; }
# answers NUMBER STATUS FROM TO: how often nginx answered so between two moments
answers() {
    awk -v status="$2" -v from="$(seconds "$3")" -v to="$(seconds "$4")" \
        '$2 == status && $1 >= from && $1 <= to + 0.2' "$dir/s$1/log" | wc -l
}
counter() { # counter NUMBER NAME: of TCP in the namespace
    ip netns exec "s$1" awk -v name="$2" '$1 == "Tcp:" && !n { for (i = 2; i <= NF; i++) if ($i == name) n = i; next }
        $1 == "Tcp:" { print $n }' /proc/net/snmp
}
is() { [ "$2" = "$3" ] || { tail -n 20 "$events"; fail "$1: $2, not $3"; }; echo "ok   $1: $3"; }

{
    printf 'virtual_server 10.9.0.100 80 {\n delay_loop 8\n lvs_sched rr\n lvs_method NAT\n protocol TCP\n'
    printf ' retry 2\n delay_before_retry 0.5\n connect_timeout 1\n warmup 0.5\n'
    for number in 1 2 3 4; do
        printf ' real_server 10.9.%s.2 80 {\n  HTTP_GET {\n   retry 2\n   delay_before_retry 0.5\n   url {\n    path /\n    regex "ready"\n   }\n  }\n }\n' $number
        ip netns add "s$number"
        ip link add "v$number" type veth peer name eth0 netns "s$number"
        ip addr add "10.9.$number.1/24" dev "v$number"; ip link set "v$number" up
        ip -n "s$number" addr add "10.9.$number.2/24" dev eth0
        ip -n "s$number" link set eth0 up; ip -n "s$number" link set lo up
        mkdir -p "$dir/s$number/www"; echo ready >"$dir/s$number/www/index.html"
        serve $number
    done
    printf '}\n'
} >"$conf"
chmod -R a+rX "$dir"
for number in 1 2 3 4; do
    for _ in $(seq 200); do "$ha" check tcp "10.9.$number.2:80" >/dev/null 2>&1 && break; pause 0.05; done
done

"$ha" check run -f "$conf" --json 2>>"$dir/err" |
    "$ha" ipvs apply --follow "$conf" --json --state-dir "$dir/state" >"$events" 2>>"$dir/err" &
told "it is ready" '.type == "ready"'
there "all serve" 1 2 3 4
pause 4
is "nobody was told to be down" "$(jq -s 'map(select(.type == "ipvs.server" and (.data.up | not))) | length' "$events")" 0

mark; broken=$mark; touch "$dir/s1/broken"
turned "who answers 500 is down" 1 false
there "and out" 2 3 4
is "after three tries" "$(answers 1 500 "$broken" "$time")" 3
mark; rm "$dir/s1/broken"
turned "it is back after one good answer" 1 true
is "after one" "$(answers 1 200 "$mark" "$time")" 1
there "and serves" 1 2 3 4

mark; changed=$mark; echo maintenance >"$dir/s2/www/index.html"
turned "whose body is another is down" 2 false
there "and out" 1 3 4
is "after three tries" "$(answers 2 200 "$changed" "$time")" 3
mark; echo ready >"$dir/s2/www/index.html"
turned "it is back" 2 true
there "and serves" 1 2 3 4

mark; before=$(counter 3 OutRsts); kill "$(cat "$dir/s3/pid")"
turned "who was killed is down" 3 false
is "after three tries" "$(($(counter 3 OutRsts) - before))" 3
there "and out" 1 2 4
mark; serve 3
turned "it is back" 3 true
there "and serves" 1 2 3 4

mark; pids=$(ip netns pids s4); before=$(counter 4 PassiveOpens); kill -STOP $pids
turned "who hangs is down" 4 false
is "after three tries" "$(($(counter 4 PassiveOpens) - before))" 3
there "and out" 1 2 3
mark; kill -CONT $pids
turned "it is back" 4 true
there "and serves" 1 2 3 4
is "nobody else was touched" "$(jq -s 'map(select(.type == "ipvs.server" and (.data.up | not))) | length' "$events")" 4
kill $(jobs -p) 2>/dev/null
echo "checks.sh: all is as it should be"
