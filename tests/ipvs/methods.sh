#!/bin/bash
# Requests and datagrams reach servers by every method, in either family and across them, through a
# table that `ha ipvs apply` made of a keepalived.conf.   methods.sh HA_BINARY
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/network.sh"
for module in ipip ip_gre ip6_tunnel ip6_gre sit fou fou6; do
    modprobe $module || fail "no $module"
done
tunnels="tunl0 gre0 sit0 ip6tnl0 ip6gre0"
network

service() { # service ADDRESS METHOD PORT SERVER-PREFIX: one for requests, one for datagrams
    local protocol port number
    for protocol in TCP UDP; do
        [ $protocol = TCP ] && port=80 || port=53
        printf 'virtual_server %s %s {\n    protocol %s\n    lb_algo rr\n    lb_kind %s\n' \
            "$1" $port $protocol "$2"
        [ $protocol = TCP ] && port=$3
        for number in 1 2 3; do printf '    real_server %s%s %s {\n    }\n' "$4" $number $port; done
        printf '}\n'
    done
}
{
    service 10.1.0.100 NAT 8080 10.2.0.1
    service 10.2.0.100 DR 80 10.2.0.1
    service 10.2.0.101 "TUN type ipip" 80 10.2.0.1
    service 10.2.0.102 "TUN type gre" 80 10.2.0.1
    service 10.2.0.103 "TUN type gue port 6080" 80 10.2.0.1
    service 10.2.0.107 "TUN type gue port 6080 csum" 80 10.2.0.1
    service 10.2.0.108 "TUN type gue port 6080 remcsum" 80 10.2.0.1
    service 10.2.0.104 "TUN type ipip" 80 fd00:2::1
    service 10.2.0.105 "TUN type gre" 80 fd00:2::1
    service 10.2.0.106 "TUN type gue port 6080" 80 fd00:2::1
    service fd00:1::100 NAT 8080 fd00:2::1
    service fd00:2::100 DR 80 fd00:2::1
    service fd00:2::101 "TUN type ipip" 80 fd00:2::1
    service fd00:2::102 "TUN type gre" 80 fd00:2::1
    service fd00:2::103 "TUN type gue port 6080" 80 fd00:2::1
    service fd00:2::104 "TUN type ipip" 80 10.2.0.1
    service fd00:2::105 "TUN type gre" 80 10.2.0.1
    service fd00:2::106 "TUN type gue port 6080" 80 10.2.0.1
} >"$dir/lb.conf"
ends "the table" 0 "$ha" ipvs apply --prune "$dir/lb.conf"
[ "$(ipvsadm -Sn | grep -c '^-A')" = 36 ] || fail "$(ipvsadm -Sn)"
each="s1=4 s2=4 s3=4"
reaches() { # reaches WHAT ADDRESS
    served "$1: requests" "$each" get 12 "$2" 80
    served "$1: datagrams" "$each" udp 12 "$2" 53
}
reaches "NAT" 10.1.0.100
reaches "direct routing" 10.2.0.100
reaches "ipip" 10.2.0.101
reaches "gre" 10.2.0.102
reaches "gue" 10.2.0.103
reaches "gue, with a checksum" 10.2.0.107
reaches "gue, with the checksum of the inner packet" 10.2.0.108
reaches "IPv6, NAT" fd00:1::100
reaches "IPv6, direct routing" fd00:2::100
reaches "IPv6, ipip" fd00:2::101
reaches "IPv6, gre" fd00:2::102
reaches "IPv6, gue" fd00:2::103
reaches "IPv4 to servers by IPv6, ipip" 10.2.0.104
reaches "IPv4 to servers by IPv6, gre" 10.2.0.105
reaches "IPv4 to servers by IPv6, gue" 10.2.0.106
reaches "IPv6 to servers by IPv4, ipip" fd00:2::104
reaches "IPv6 to servers by IPv4, gre" fd00:2::105
reaches "IPv6 to servers by IPv4, gue" fd00:2::106

# The kernel counts the same: twelve connections to each service, four of them to each server.
counts() { ipvsadm -Ln --stats --exact | awk 'NR > 3 { print $1 == "->" ? "server " $3 : "service " $3 }' | sort | uniq -c; }
counted() { [ "$(counts | awk '{ printf "%s %s %s;", $1, $2, $3 }')" = "108 server 4;36 service 12;" ]; }
for _ in $(seq 100); do
    counted && break
    read -rt 0.1 <>"$dir/never" || :
done
counted || { ipvsadm -Ln --stats --exact; fail "the kernel counts otherwise"; }
echo "ok   the kernel counts the same"
"$ha" ipvs show --json >"$dir/show"
[ "$(jq '[.services[].destinations[].statistics.total.connections] | add' "$dir/show")" = 432 ] ||
    fail "ha counts otherwise"
echo "ok   so does ha"
ends "nothing to do" 0 "$ha" ipvs diff --prune "$dir/lb.conf"
