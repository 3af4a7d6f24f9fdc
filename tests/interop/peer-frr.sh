# The peer is FRR's vrrpd. Sourced by duel.sh. Needs macvlan in the kernel.
#
# vrrpd announces what a macvlan with the virtual MAC carries; it raises and lowers that device
# instead of adding addresses, so the daemon itself is asked for its state.

frr=/usr/lib/frr
# start_daemon NAME: a daemon of FRR keeps a folder named by its PID in /var/tmp/frr,
# leaves it behind, and complains when a later process of that PID finds it. So each gets a /var/tmp
# of its own: `ip netns exec` gives it a mount namespace, with which the folder goes.
start_daemon() {
    local name=$1
    ip netns exec "$them" sh -c 'mount -t tmpfs tmpfs /var/tmp && mkdir -m 777 /var/tmp/frr && exec "$@"' \
        "$name" "$frr/$name" -d -f "$dir/frr/$name.conf" -i "$dir/frr/$name.pid" \
        -z "$dir/frr/zserv.api" --vty_socket "$dir/frr" 2>>"$dir/peer.log"
}
peer_network() {
    [ -z "${peer_ready:-}" ] || return 0
    local mac v
    mac=$(printf '00:00:5e:00:0%d:%02x' $((family == 4 ? 1 : 2)) $vrid)
    ip -n "$them" link add virt0 link eth0 type macvlan mode bridge
    ip -n "$them" link set virt0 address "$mac"
    for v in "${vips[@]}"; do ip -n "$them" addr add "$v" dev virt0 nodad 2>/dev/null ||
        ip -n "$them" addr add "${v%/*}/32" dev virt0; done
    ip -n "$them" link set virt0 up
    mkdir -p "$dir/frr" /var/run/frr
    : >"$dir/frr/zebra.conf"
    chown -R frr:frr "$dir/frr" /var/run/frr; chmod 755 "$dir"
    start_daemon zebra
    peer_ready=1
}
peer_start() {
    local v
    peer_network
    {
        echo "log file $dir/frr/vrrpd.log"
        echo "interface eth0"
        echo " vrrp $vrid version $version"
        echo " vrrp $vrid priority $1"
        echo " vrrp $vrid advertisement-interval $interval"
        for v in "${vips[@]}"; do echo " vrrp $vrid $([ "$family" = 4 ] && echo ip || echo ipv6) ${v%/*}"; done
    } >"$dir/frr/vrrpd.conf"
    : >>"$dir/frr/vrrpd.log"; chown frr:frr "$dir/frr"/*
    start_daemon vrrpd
}
peer_end() {
    local pid
    pid=$(cat "$dir/frr/vrrpd.pid" 2>/dev/null) || return 0
    kill -"$1" "$pid" 2>/dev/null
    wait_gone "$pid"
    rm -f "$dir/frr/vrrpd.pid"
    cat "$dir/frr/vrrpd.log" >>"$dir/peer.log" 2>/dev/null; : >"$dir/frr/vrrpd.log"
}
wait_gone() { while kill -0 "$1" 2>/dev/null; do read -rt 0.02 <>"$dir/never" || :; done; }
peer_stop() { peer_end TERM; }
peer_kill() { peer_end KILL; }
peer_state() {
    ip netns exec "$them" vtysh --vty_socket "$dir/frr" -c "show vrrp $vrid json" 2>/dev/null |
        jq -r "(if type == \"array\" then .[0] else . end) | .v$family.status"
}
peer_is_master() { [ "$(peer_state)" = Master ]; }
peer_is_backup() { [ "$(peer_state)" = Backup ]; }
# Over IPv6 vrrpd cannot send the first advert of a mastership: it raises the device for it, and the
# device has no link-local address yet. The next one is an interval later.
peer_delay() { if [ "$family" = 6 ]; then echo "$interval"; else echo 0; fi; }
peer_complaints() {
    cat "$dir/frr/vrrpd.log" >>"$dir/peer.log"
    grep -iE 'discard|mismatch|invalid|incorrect|bad |fail|drop' "$dir/peer.log" |
        grep -vE 'Netlink|MPLS|disregarding|find address to bind'
}
