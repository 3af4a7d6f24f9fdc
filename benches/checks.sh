#!/bin/bash
# What checks cost, beside keepalived with the same file, in one run.
#
#   benches/checks.sh [--vm] [HA_BINARY]        needs root, nginx, openssl, jq, python3
#
# In a network namespace of its own nginx answers at one address for each check. CHECKS (default
# 5,000) TCP, then HTTP checks each second, for SECONDS_EACH (default 15) after a warm-up: processor
# time a check, checks a second, memory a check (growth from 100 checks), and beside it the floor: a
# bare loop of connect and close. Then a fifth as many HTTPS checks every 2 s, with the share of
# resumed sessions by nginx's own log. keepalived takes a kernel with IPVS: where there is none,
# --vm has the same done on one of its own (tests/vm/boot) with 400 checks; that kernel runs as a
# process, so the ratio counts there and not the figures. Figures of a busy machine mean nothing:
# run it alone.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
if [ "${1:-}" != inside ]; then
    vm=; [ "${1:-}" != --vm ] || { vm=1; shift; }
    ha=$(realpath -- "${1:-target/release/ha}") || exit 2
    for tool in nginx openssl jq python3; do
        command -v $tool >/dev/null || { echo "checks.sh: $tool is not installed" >&2; exit 4; }
    done
    set -- "$here/benches/checks.sh" inside "$ha"
    [ -z "$vm" ] || exec "$here/tests/vm/boot" --timeout 280 -- \
        env CHECKS="${CHECKS:-400}" SECONDS_EACH="${SECONDS_EACH:-10}" bash "$@"
    exec unshare -n -m -p -f --mount-proc -- bash "$@"
fi
ha=$2 checks=${CHECKS:-5000} seconds=${SECONDS_EACH:-15}
unset SECONDS_EACH
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$dir"' EXIT
ulimit -n 65536 2>/dev/null || :
modprobe ip_vs 2>/dev/null
ip link set lo up
# So that a connection's own end does not use up all ports.
sysctl -qw net.ipv4.ip_local_port_range="30000 65000" net.ipv4.tcp_max_tw_buckets=262144
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/key" \
    -out "$dir/cert" -days 2 -subj /CN=bench 2>/dev/null
mkdir -p "$dir/www"; echo ready >"$dir/www/index.html"; chmod -R a+rX "$dir"
cat >"$dir/nginx" <<CONF
daemon off; worker_processes 1; pid $dir/pid; error_log $dir/error crit; worker_rlimit_nofile 65536;
events { worker_connections 32768; }
http {
    log_format tls '\$ssl_session_reused';
    client_body_temp_path $dir; proxy_temp_path $dir; fastcgi_temp_path $dir;
    uwsgi_temp_path $dir; scgi_temp_path $dir;
    ssl_certificate $dir/cert; ssl_certificate_key $dir/key;
    ssl_session_cache shared:all:10m; ssl_session_tickets on;
    server { listen 127.0.0.1:80 backlog=16384; access_log off; root $dir/www; }
    server { listen 127.0.0.1:443 ssl backlog=16384; access_log $dir/tls tls; root $dir/www; }
}
CONF
nginx -c "$dir/nginx" & server=$!
# Every address of 127.0.0.0/8 is this host's: one real server each.
sed -i 's/127.0.0.1:/0.0.0.0:/' "$dir/nginx"
kill $server; wait $server 2>/dev/null
nginx -c "$dir/nginx" &

# configuration KIND COUNT DELAY: so many real servers, a hundred in a service
configuration() {
    awk -v kind="$1" -v count="$2" -v delay="$3" 'BEGIN {
        port = kind == "SSL_GET" ? 443 : 80
        for (i = 0; i < count; i++) {
            if (i % 100 == 0) {
                if (i) print "}"
                printf "virtual_server 10.0.%d.1 %d {\n delay_loop %s\n lvs_sched rr\n", i / 100, port, delay
                printf " lvs_method NAT\n protocol TCP\n warmup %s\n connect_timeout 5\n", delay
            }
            printf " real_server 127.1.%d.%d %d {\n  %s {\n", i / 250, i % 250 + 1, port, kind
            if (kind != "TCP_CHECK") printf "   url {\n    path /\n    status_code 200\n   }\n"
            print "  }\n }"
        }
        print "}"
    }'
}
# processor PID: time that its threads have been on a processor, in microseconds
processor() { cat "/proc/$1/task/"*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum / 1000 }'; }
memory() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"; }
accepted() { awk '$1 == "Tcp:" && !n { for (i = 2; i <= NF; i++) if ($i == "PassiveOpens") n = i; next } $1 == "Tcp:" { print $n }' /proc/net/snmp; }

# measure NAME PID: its cost a check and its checks a second, into $cost and $rate
measure() {
    sleep 4
    local before after from to start end
    start=$(date +%s%N) from=$(accepted) before=$(processor "$1")
    sleep "$seconds"
    end=$(date +%s%N) to=$(accepted) after=$(processor "$1")
    cost=$(awk -v t="$((after - before))" -v n="$((to - from))" 'BEGIN { printf "%.1f", n ? t / n : 0 }')
    rate=$(awk -v n="$((to - from))" -v t="$((end - start))" 'BEGIN { printf "%.0f", n * 1e9 / t }')
}
started() { # started CONFIGURATION: ha with it, its pid in $pid
    "$ha" check run -f "$1" --json >"$dir/events" 2>"$dir/ha.log" & pid=$!
}
stopped() { kill "$1"; wait "$1" 2>/dev/null; }
keeps() { # keeps CONFIGURATION: keepalived with it, the pid of its checkers in $pid
    keepalived -C -n -l -f "$1" -p "$dir/k.pid" -c "$dir/kc.pid" >"$dir/k.log" 2>&1 & parent=$!
    for _ in $(seq 50); do [ -s "$dir/kc.pid" ] && break; sleep 0.1; done
    sleep 1
    pid=$(cat "$dir/kc.pid" 2>/dev/null)
    [ -n "$pid" ] && [ -e "/proc/$pid/task" ] || pid=
}
row() { printf '%-26s %12s %12s %8s\n' "$@"; }
row "" ha keepalived ratio
for kind in TCP_CHECK HTTP_GET; do
    configuration $kind 100 1 >"$dir/few"; configuration $kind "$checks" 1 >"$dir/many"
    started "$dir/few"; sleep 5; small=$(memory "$pid"); stopped "$pid"
    started "$dir/many"; measure "$pid"; ours=$cost held=$rate; large=$(memory "$pid"); stopped "$pid"
    down=$(jq -s 'map(select(.data.to == "down")) | length' "$dir/events")
    keeps "$dir/many"
    [ -z "$pid" ] || measure "$pid" 2>/dev/null
    if [ -e "/proc/${pid:-none}" ]; then theirs=$cost their_rate=$rate; else theirs="no IPVS" their_rate=-; fi
    kill $parent 2>/dev/null; wait $parent 2>/dev/null
    row "$kind us a check" "$ours" "$theirs" "$(awk -v a="$ours" -v b="$theirs" 'BEGIN { if (b + 0 > 0) printf "%.2f", a / b; else print "-" }')"
    row "$kind a second" "$held" "$their_rate" -
    row "$kind bytes a check" "$(((large - small) * 1024 / (checks - 100)))" - -
    [ "$down" = 0 ] || echo "checks.sh: $down checks were down" >&2
done
floor=$(python3 - <<'PY'
import ctypes, os, socket, struct, time
libc = ctypes.CDLL(None)
to = struct.pack('=HH4s8x', socket.AF_INET, socket.htons(80), socket.inet_aton('127.1.1.1'))
count = 20000
t = time.process_time()
for _ in range(count):
    fd = libc.socket(2, 1, 0); libc.connect(fd, to, 16); libc.close(fd)
print('%.1f' % ((time.process_time() - t) / count * 1e6))
PY
)
row "connect and close, us" "$floor" - -
configuration SSL_GET $((checks / 5)) 2 >"$dir/tls.conf"
started "$dir/tls.conf"; measure "$pid"; stopped "$pid"
row "SSL_GET us a check" "$cost" - -
row "SSL_GET a second" "$rate" - -
row "SSL_GET resumed" "$(awk '$1 == "r" { n++ } END { printf "%.1f%%", NR ? 100 * n / NR : 0 }' "$dir/tls")" - -
