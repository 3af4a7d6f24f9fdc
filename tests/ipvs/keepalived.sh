#!/bin/bash
# What keepalived makes of a configuration, `ha ipvs apply` makes too: with --follow always, for it
# knows who has to prove that it lives, and without where nobody has to. Each configuration begins
# with the table as `ipvsadm -Sn` prints it, and has a network namespace for itself.
#   keepalived.sh HA_BINARY [CONFIGURATION]...
. "$(dirname "$0")/common.sh"
here=$(cd "$(dirname "$0")" && pwd)
export ha dir
export -f fail same ends
# Loaded one after the other: many at a time wait for each other.
for module in rr wrr lc wlc lblc lblcr sh mh dh fo ovf sed nq; do
    modprobe "ip_vs_$module" || fail "no ip_vs_$module"
done
modprobe ip_vs_pe_sip
mkfifo "$dir/never"

# -l -n: in the foreground, so that it is a child to wait for; -C: checkers alone.
starts() {
    keepalived -C -n -l -f "$file" -p "$dir/pid" -c "$dir/checkers" >>"$dir/log" 2>&1 &
    pid=$!
}
compare() {
    local file=$1 name pid expected
    name=$(basename "$file" .conf)
    dir=$dir/$name
    mkdir "$dir"
    ip link set lo up
    sed -n 's/^# //p' "$file" >"$dir/expected"
    starts
    for _ in $(seq 600); do
        ipvsadm -Sn >"$dir/theirs"
        cmp -s "$dir/expected" "$dir/theirs" && break
        # Of several that start at the same moment some find that they run already, and end.
        kill -0 $pid 2>>"$dir/log" || starts
        read -rt 0.1 <>"$dir/../never" || :
    done
    cmp -s "$dir/expected" "$dir/theirs" || tail -n 20 "$dir/log"
    same "$name: keepalived" "$dir/expected" "$dir/theirs" || return 1
    kill $pid; wait $pid
    ipvsadm -C
    ends "$name: follow" 0 "$ha" ipvs apply --follow "$file" --state-dir "$dir/state"
    ipvsadm -Sn >"$dir/ours"
    same "$name: the same table" "$dir/theirs" "$dir/ours"
    grep -q alpha "$file" && return
    ends "$name: apply" 0 "$ha" ipvs diff --prune "$file" --state-dir "$dir/state"
    ipvsadm -C
    "$ha" config show --json "$file" 2>/dev/null |
        "$ha" ipvs apply - --state-dir "$dir/state" >"$dir/out" || fail "$name: from the model"
    ipvsadm -Sn >"$dir/ours"
    same "$name: the same from the model" "$dir/theirs" "$dir/ours"
}
export -f compare starts
[ $# -gt 1 ] && shift || set -- "$here"/configurations/*.conf
printf '%s\n' "$@" |
    xargs -P 6 -I {} unshare -n bash -c 'compare {}' || fail "not every table is the same"
echo "ok   $# configurations"
