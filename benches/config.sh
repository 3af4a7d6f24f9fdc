#!/bin/bash
# What reading a configuration costs, beside `keepalived -t`, in one run.
#
#   benches/config.sh [HA_BINARY]        needs keepalived, GNU time, and an interface eth0 or $IF
#
# Prints one line per figure: what, ha, keepalived, ratio. The two take turns, and the figure is
# the median of their wall times, the start of the process included and nothing else; memory is
# taken in a run of its own. Then how the cost of `ha` grows, where keepalived would take too long. Figures of a
# busy machine mean nothing: run it alone.
set -u
ha=$(realpath -- "${1:-target/release/ha}")
interface=${IF:-eth0}
dir=$(mktemp -d "${TMPDIR:-/tmp}/ha-bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
row() { printf '%-46s %12s %12s %8s\n' "$@"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a > 0) printf "%.1f", b / a; else print "-" }'; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# servers SERVICES EACH: so many virtual servers with so many real servers each.
servers() {
    awk -v services="$1" -v each="$2" 'BEGIN {
        for (i = 0; i < services; i++) {
            printf "virtual_server 10.%d.%d.1 80 {\n    delay_loop 10\n    lb_algo wrr\n", i / 256, i % 256
            printf "    lb_kind DR\n    protocol TCP\n"
            for (j = 0; j < each; j++) {
                n = i * each + j
                printf "    real_server 172.%d.%d.%d 80 {\n", 16 + n / 65536, n / 256 % 256, n % 256
                printf "        weight 1\n        TCP_CHECK {\n            connect_timeout 3\n        }\n    }\n"
            }
            print "}"
        }
    }'
}
# scripts COUNT: so many scripts, each a file of its own, tracked by one instance.
scripts() {
    local i
    mkdir -p "$dir/scripts"
    for ((i = 0; i < $1; i++)); do printf '#!/bin/sh\nexit 0\n' >"$dir/scripts/check_$i"; done
    chmod 755 "$dir/scripts"/*
    awk -v count="$1" -v dir="$dir/scripts" -v interface="$interface" 'BEGIN {
        print "global_defs {\n    script_user root\n}"
        for (i = 0; i < count; i++)
            printf "vrrp_script check_%d {\n    script \"%s/check_%d\"\n    interval 2\n    weight 1\n}\n", i, dir, i
        printf "vrrp_instance VI {\n    interface %s\n    virtual_router_id 51\n", interface
        print "    virtual_ipaddress {\n        10.0.0.1/24\n    }\n    track_script {"
        for (i = 0; i < count; i++) printf "        check_%d\n", i
        print "    }\n}"
    }'
}
# instances INTERFACES: the ~SEQ example of keepalived.conf(5), 8128 instances per interface.
instances() {
    cat <<'CONF'
$VI4= \
    track_file offset_instance_4.${IF}.${NUM}.${ID} { \
        file "${_PWD}/679/track_files/4.${IF}.${NUM}.${ID}" \
        weight -100 \
    } \
    vrrp_instance vrrp4.${IF}.${NUM}.${ID} { \
        interface bond${IF}.${NUM} \
        use_vmac vrrp4.${IF}.${NUM}.${ID} \
        virtual_router_id ${ID} \
        priority 130 \
        virtual_ipaddress { \
            10.${IF}.${NUM}.${ID}/24 \
        } \
        track_file { \
            offset_instance_4.${IF}.${NUM}.${ID} \
        } \
    }

CONF
    echo "~SEQ(IF,0,$(($1 - 1))) ~SEQ(NUM,0,31) ~SEQ(ID,1,254) \$VI4"
}

# wall COMMAND...: wall time in ms.
wall() {
    local from=${EPOCHREALTIME/./}
    "$@" >/dev/null 2>&1
    awk -v us=$((${EPOCHREALTIME/./} - from)) 'BEGIN { printf "%.1f\n", us / 1000 }'
}
# memory COMMAND...: most memory in MiB.
memory() { /usr/bin/time -f %M "$@" 2>&1 >/dev/null | tail -n 1 | awk '{ printf "%.1f\n", $1 / 1024 }'; }
# both RUNS WHAT FILE: the two in turns; sets nothing, prints two lines.
both() {
    local i a b
    : >"$dir/ours"; : >"$dir/theirs"
    for ((i = 0; i < $1; i++)); do
        wall "$ha" config check "$3" >>"$dir/ours"
        wall keepalived -t -f "$3" >>"$dir/theirs"
    done
    a=$(median <"$dir/ours"); b=$(median <"$dir/theirs")
    row "$2, ms" "$a" "$b" "$(ratio "$a" "$b")"
    a=$(memory "$ha" config check "$3"); b=$(memory keepalived -t -f "$3")
    row "$2, MiB" "$a" "$b" "$(ratio "$a" "$b")"
}

row figure ha keepalived ratio
: >"$dir/empty.conf"
both 21 "an empty file" "$dir/empty.conf"
servers 1000 50 >"$dir/many.conf"
both 11 "50000 real servers in 1000 services" "$dir/many.conf"
servers 1 50000 >"$dir/one.conf"
both "${SLOW_RUNS:-3}" "50000 real servers in one service" "$dir/one.conf"
scripts 2000 >"$dir/scripts.conf"
both 11 "2000 tracked scripts" "$dir/scripts.conf"
instances 8 >"$dir/instances.conf"
time=$(for i in 1 2 3; do wall "$ha" config check "$dir/instances.conf"; done | median)
row "65024 instances of ~SEQ, ms" "$time" - -
row "65024 instances of ~SEQ, MiB" "$(memory "$ha" config check "$dir/instances.conf")" - -

echo
echo "Growth: real servers, ms in services of 50, ms in one service, ratio per doubling"
before_many='' before_one=''
for count in 1000 2000 4000 8000 16000 32000 64000 100000; do
    servers $((count / 50)) 50 >"$dir/many.conf"; servers 1 "$count" >"$dir/one.conf"
    many=$(for i in 1 2 3 4 5; do wall "$ha" config check "$dir/many.conf"; done | median)
    one=$(for i in 1 2 3 4 5; do wall "$ha" config check "$dir/one.conf"; done | median)
    printf '%7d %10s %10s %8s %8s\n' "$count" "$many" "$one" \
        "$(ratio "${before_many:-0}" "$many")" "$(ratio "${before_one:-0}" "$one")"
    before_many=$many before_one=$one
done
