#!/bin/bash
# The table as ipvsadm shows and saves it.   show.sh HA_BINARY
. "$(dirname "$0")/common.sh"
ends "an empty table" 0 "$ha" ipvs show
fill || fail "ipvsadm cannot make the table"
# The first line tells the kernel's version; the padding at the ends of lines says nothing.
trimmed() { tail -n +2 | sed 's/ *$//'; }
ipvsadm -Ln | trimmed >"$dir/theirs"
"$ha" ipvs show | sed 's/ *$//' >"$dir/ours"
same "the table" "$dir/theirs" "$dir/ours"
for columns in stats rate; do
    ipvsadm -Ln --$columns | trimmed >"$dir/theirs"
    "$ha" ipvs show --$columns | sed 's/ *$//' >"$dir/ours"
    same "--$columns" "$dir/theirs" "$dir/ours"
done
ipvsadm -Sn >"$dir/theirs"
"$ha" ipvs export >"$dir/ours"
same "what is saved" "$dir/theirs" "$dir/ours"

# Traffic shows in the counters of both.
ipvsadm -C
ip addr add 10.9.0.100/32 dev lo
ipvsadm -A -t 10.9.0.100:80 -s rr
ipvsadm -a -t 10.9.0.100:80 -r 127.0.0.1:80 -m -w 1
for _ in 1 2 3; do (exec 3<>/dev/tcp/10.9.0.100/80) 2>/dev/null; done
counted() { ipvsadm -Ln --stats --exact | awk '$1 == "TCP" { print $3, $4 }' >"$dir/theirs"; }
# This kernel adds them up every two seconds.
mkfifo "$dir/never"
for _ in $(seq 200); do
    counted
    [ "$(cut -d' ' -f1 "$dir/theirs")" -ge 3 ] && break
    read -rt 0.05 <>"$dir/never" || :
done
"$ha" ipvs show --json |
    jq -r '.services[0].statistics.total | "\(.connections) \(.packets_in)"' >"$dir/ours"
same "counters" "$dir/theirs" "$dir/ours"
[ "$(cut -d' ' -f1 "$dir/ours")" -ge 3 ] || fail "no connection was counted: $(cat "$dir/ours")"
ends "zero" 0 "$ha" ipvs zero
[ "$(ipvsadm -Ln --stats --exact | awk '$1 == "TCP" { print $3 }')" = 0 ] || fail "they are not 0"
echo "ok   counters begin at zero"
