#!/bin/bash
# What keepalived makes of a configuration whose servers are all up, `ha ipvs apply` makes too.
#   keepalived.sh HA_BINARY
. "$(dirname "$0")/common.sh"
here=$(dirname "$0")
mkfifo "$dir/never"
for file in "$here"/configurations/*.conf; do
    name=$(basename "$file")
    ipvsadm -C
    # -l -n: in the foreground, so that it is a child to wait for; -C: checkers alone.
    keepalived -C -n -l -f "$file" -p "$dir/pid" -c "$dir/checkers" >"$dir/log" 2>&1 &
    pid=$!
    expected=$(grep -c '^# ' "$file")
    for _ in $(seq 200); do
        [ "$(ipvsadm -Sn | grep -c .)" -ge "$expected" ] && break
        read -rt 0.05 <>"$dir/never" || :
    done
    ipvsadm -Sn >"$dir/theirs"
    kill $pid; wait $pid
    sed -n 's/^# //p' "$file" >"$dir/expected"
    same "$name: keepalived" "$dir/expected" "$dir/theirs"
    ipvsadm -C
    ends "$name: apply" 0 "$ha" ipvs apply "$file"
    ipvsadm -Sn >"$dir/ours"
    same "$name: the same table" "$dir/theirs" "$dir/ours"
    ipvsadm -C
    "$ha" config show --json "$file" 2>/dev/null | "$ha" ipvs apply - >"$dir/out" ||
        fail "$name: from the model"
    ipvsadm -Sn >"$dir/ours"
    same "$name: the same from the model" "$dir/theirs" "$dir/ours"
done
