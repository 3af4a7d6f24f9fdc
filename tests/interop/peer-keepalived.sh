# The peer is Debian's keepalived. Sourced by duel.sh.

peer_start() {
    local v
    {
        echo "global_defs { router_id peer"
        [ "$version" = 2 ] || echo "vrrp_version 3"
        echo "}"
        echo "vrrp_instance V { state BACKUP"
        echo "interface eth0"
        echo "virtual_router_id $vrid"
        echo "priority $1"
        echo "advert_int $(printf '%d.%02d' $((interval / 1000)) $((interval % 1000 / 10)))"
        [ -z "$password" ] || printf 'authentication {\nauth_type %s\nauth_pass %s\n}\n' "$auth_type" "$password"
        echo "virtual_ipaddress {"
        for v in "${vips[@]}"; do echo "$v"; done
        echo "}"
        echo "}"
    } >"$dir/peer.conf"
    ip netns exec "$them" keepalived -n -l -D -G -f "$dir/peer.conf" -p "$dir/ka.pid" \
        -r "$dir/ka-vrrp.pid" -c "$dir/ka-check.pid" >>"$dir/peer.log" 2>&1 &
    peer_pid=$!
}
peer_stop() { kill -TERM "$peer_pid"; wait "$peer_pid" 2>/dev/null; peer_pid=''; }
# A dead host: its processes are gone and so are its addresses.
peer_kill() {
    [ -n "${peer_pid:-}" ] || return 0
    local child
    child=$(cat "$dir/ka-vrrp.pid" 2>/dev/null)
    # The child first: it would say farewell when its parent dies.
    kill -KILL $child "$peer_pid" 2>/dev/null
    wait "$peer_pid" 2>/dev/null
    peer_pid=''
    rm -f "$dir"/ka*.pid
    for v in "${vips[@]}"; do ip -n "$them" addr del "$v" dev eth0 2>/dev/null; done
}
peer_is_master() { ip -n "$them" -o addr show dev eth0 | grep -qF " $vip/"; }
peer_is_backup() { ! peer_is_master; }
peer_delay() { echo 0; }
peer_complaints() {
    grep -iE 'bogus|invalid|mismatch|incorrect|wrong|discard|differ|unexpected|error|cant|expected' \
        "$dir/peer.log" | grep -vE 'lower priority .* discarding|forcing new election|No such process'
}
