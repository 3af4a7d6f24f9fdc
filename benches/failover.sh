#!/usr/bin/env bash
# Outage that a client of the virtual address sees, ha beside keepalived, in one run.
#
#   benches/failover.sh [--rounds N] [--advert TIME]... [--fault FAULT]...
#
# Defaults: 15 rounds of kill, link and term at adverts of 1s, 100ms and 10ms (version 2 at whole
# seconds, version 3 below). Two hosts in network namespaces, a client that asks every
# millisecond; each figure is a median. ALLOWED is what is left of three intervals and the skew
# since the last advert (kill, link), or the skew (term); OVER is outage minus that. For term
# there is a third row: ha stops and keepalived takes over.
#
# HA names the program (default target/release/ha, built when it is missing). Needs jq,
# keepalived, and root or user namespaces. The whole takes about 25 minutes; keep the machine
# quiet meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=15 adverts=() faults=()
while [ $# -gt 0 ]; do
    case $1 in
        --rounds) rounds=$2; shift 2 ;;
        --advert) adverts+=("$2"); shift 2 ;;
        --fault) faults+=("$2"); shift 2 ;;
        -h | --help) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "failover.sh: unknown argument '$1'; see --help" >&2; exit 2 ;;
    esac
done
[ ${#adverts[@]} -gt 0 ] || adverts=(1s 100ms 10ms)
[ ${#faults[@]} -gt 0 ] || faults=(kill link term)
for tool in jq keepalived; do
    command -v $tool >/dev/null || { echo "failover.sh: $tool is not installed" >&2; exit 4; }
done
HA=${HA:-target/release/ha}
[ -x "$HA" ] || cargo build --release --locked

# median FIELD of the outcomes on stdin, in microseconds
median() { jq -s "map(.data | $1) | sort | .[(length - 1) / 2 | floor]"; }

row='%-7s %-6s %-14s %11s %11s %11s %11s %9s %6s\n'
milliseconds() { awk -v us="$1" 'BEGIN { printf "%.1f ms", us / 1000 }'; }

# measure ADVERT FAULT DAEMONS: one row; leaves the median outage in $outage
measure() {
    local lines allowed longest over moved
    lines=$("$HA" lab --json --daemon "$3" --advert "$1" --fault "$2" --rounds "$rounds" |
        jq -c 'select(.type == "lab.outcome")') || true
    if [ "$(grep -c . <<<"$lines")" -ne "$rounds" ]; then
        echo "failover.sh: $3, $2 at $1: not all rounds were finished" >&2
        exit 1
    fi
    outage=$(median .outage_us <<<"$lines")
    allowed=$(median .outage_allowed_us <<<"$lines")
    over=$(median '.outage_us - .outage_allowed_us' <<<"$lines")
    longest=$(jq -s 'map(.data.outage_us) | max' <<<"$lines")
    moved=$(jq -s 'map(select(.data.successor == .data.expected)) | length' <<<"$lines")
    ratio=-
    [ -z "$reference" ] || ratio=$(awk -v a="$outage" -v b="$reference" 'BEGIN { printf "%.3f", a / b }')
    # shellcheck disable=SC2059
    printf "$row" "$1" "$2" "$3" "$(milliseconds "$outage")" "$(milliseconds "$allowed")" \
        "$(milliseconds "$over")" "$(milliseconds "$longest")" "$moved/$rounds" "$ratio"
}

# shellcheck disable=SC2059
printf "$row" ADVERT FAULT DAEMONS OUTAGE ALLOWED OVER LONGEST MOVED RATIO
for advert in "${adverts[@]}"; do
    for fault in "${faults[@]}"; do
        reference=''
        measure "$advert" "$fault" keepalived
        reference=$outage
        measure "$advert" "$fault" ha
        [ "$fault" != term ] || measure "$advert" "$fault" ha,keepalived
    done
done
echo
echo "Medians of $rounds rounds. RATIO: outage beside keepalived's."
