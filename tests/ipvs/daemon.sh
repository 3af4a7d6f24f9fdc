#!/bin/bash
# Timeouts and synchronisation daemons, as ipvsadm shows them.   daemon.sh HA_BINARY
. "$(dirname "$0")/common.sh"
ends "timeouts" 0 "$ha" ipvs timeouts --tcp 901 --udp 302
says "they are told" "tcp 901 s, tcp after FIN 120 s, udp 302 s" "$dir/out"
ipvsadm -L --timeout >"$dir/theirs"
says "ipvsadm agrees" "901 120 302" "$dir/theirs"
ends "no daemon yet" 0 "$ha" ipvs sync
says "it says so" "no sync daemon runs" "$dir/out"
modprobe dummy
ip link add dummy0 type dummy && ip addr add 10.9.0.1/24 dev dummy0 && ip link set dummy0 up multicast on
ends "a master" 0 "$ha" ipvs sync start master -i dummy0 --sync-id 5 --longest-message 1400 \
    --group 224.0.0.90 --port 8849 --ttl 2
ends "a backup" 0 "$ha" ipvs sync start backup -i dummy0 --sync-id 6
cp "$dir/out" "$dir/ours"
ipvsadm -L --daemon >"$dir/theirs"
says "ipvsadm sees the master" \
    "master sync daemon (mcast=dummy0, syncid=5, maxlen=1400, group=224.0.0.90, port=8849, ttl=2)" \
    "$dir/theirs"
says "ipvsadm sees the backup" "backup sync daemon (mcast=dummy0, syncid=6" "$dir/theirs"
says "so do we" \
    "master on dummy0, id 5, messages of 1400 bytes, group 224.0.0.90, port 8849, ttl 2" "$dir/ours"
ends "a second master" 5 "$ha" ipvs sync start master -i dummy0
says "it says what to do" "stop it first" "$dir/err"
ends "as data" 0 "$ha" ipvs sync --json
recorded ipvs-sync "$dir/out"
ends "timeouts as data" 0 "$ha" ipvs timeouts --json
recorded ipvs-timeouts "$dir/out"
ends "stop" 0 "$ha" ipvs sync stop master
ends "stop" 0 "$ha" ipvs sync stop backup
[ -z "$(ipvsadm -L --daemon)" ] || fail "they run on"
echo "ok   none is left"
ends "a timeout that is too long" 2 "$ha" ipvs timeouts --tcp 2678401
