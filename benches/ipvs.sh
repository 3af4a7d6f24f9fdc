#!/bin/bash
# What it costs to make a table of IPVS, beside ipvsadm, in one run.
#
#   benches/ipvs.sh [HA_BINARY]        needs root, ipvsadm, and what tests/vm/boot needs
#
# On a kernel of its own: 10,000 destinations in 100 services. Prints one line per figure: what,
# ha, ipvsadm, ratio; medians of ROUNDS (default 5) wall times, the start of the process included.
# A kernel that runs as a process is slower than one on hardware, for both; the ratio is what
# counts. Figures of a busy machine mean nothing: run it alone.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
if [ "${1:-}" != inside ]; then
    ha=$(realpath -- "${1:-target/release/ha}") || exit 2
    exec "$here/tests/vm/boot" --timeout 280 -- bash "$here/benches/ipvs.sh" inside "$ha" "${ROUNDS:-5}"
fi
ha=$2 rounds=$3
dir=$(mktemp -d)
modprobe ip_vs && modprobe ip_vs_wrr || exit 1
for service in $(seq 100); do
    echo "-A -t 10.8.$service.1:80 -s wrr"
    for server in $(seq 100); do echo "-a -t 10.8.$service.1:80 -r 10.7.$service.$server:80 -g -w 1"; done
done >"$dir/table"
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
# timed COMMAND...: its wall time in milliseconds, into $dir/times
timed() {
    local begin=$EPOCHREALTIME
    "$@" <"$dir/table" >"$dir/out" || { echo "failed: $*" >&2; exit 1; }
    echo "$begin $EPOCHREALTIME" | awk '{ printf "%.1f\n", ($2 - $1) * 1000 }' >>"$dir/times"
}
# figure BEFORE COMMAND...: the median; BEFORE is run before each round
figure() {
    local before=$1; shift
    : >"$dir/times"
    for _ in $(seq "$rounds"); do $before; timed "$@"; done
    median <"$dir/times"
}
row() { printf '%-44s %10s %10s %8s\n' "$@"; }
against() { awk -v a="$2" -v b="$3" -v what="$1" 'BEGIN { printf "%-44s %8.1fms %8.1fms %7.1fx\n", what, a, b, b / a }'; }
row "" ha ipvsadm ratio
theirs=$(figure "ipvsadm -C" ipvsadm -R)
against "10,000 destinations into an empty table" "$(figure "ipvsadm -C" "$ha" ipvs apply -)" "$theirs"
ipvsadm -C && ipvsadm -R <"$dir/table"
against "the same table again (ipvsadm: as above)" "$(figure true "$ha" ipvs apply -)" "$theirs"
against "show the table" "$(figure true "$ha" ipvs show)" "$(figure true ipvsadm -Ln)"
