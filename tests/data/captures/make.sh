#!/bin/bash
# Makes the captures of this folder again: keepalived and FRR in network namespaces of our own,
# tcpdump at the far end of a veth. Needs root, keepalived, frr and tcpdump; takes a minute.
# Tests read the committed files; times and identifiers differ between two runs.
set -eu
out=${1:-$(dirname "$0")}
prefix=hawire-$$
work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for ns in "$prefix-a" "$prefix-b"; do ip netns del "$ns" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT

ip netns add "$prefix-a"
ip netns add "$prefix-b"
ip link add eth0 netns "$prefix-a" address 02:00:00:00:00:01 type veth \
    peer name eth0 netns "$prefix-b" address 02:00:00:00:00:02
for ns in a b; do
    ip -n "$prefix-$ns" link set lo up
    ip netns exec "$prefix-$ns" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.eth0.accept_dad=0
    ip -n "$prefix-$ns" link set eth0 up
done
ip -n "$prefix-a" addr add 192.0.2.1/24 dev eth0
ip -n "$prefix-b" addr add 192.0.2.2/24 dev eth0
sleep 2

# capture NAMESPACE INTERFACE FILE: VRRP, AH, ARP and neighbour advertisements that arrive there.
capture() {
    ip netns exec "$prefix-$1" tcpdump -q -U -Q in -i "$2" -w "$out/$3" \
        'ip proto 112 or ip proto 51 or arp or ip6 proto 112 or (icmp6 and ip6[40] == 136)' 2>"$work/tcpdump" &
    tcpdump=$!
    pids+=("$tcpdump")
    until grep -q 'listening on' "$work/tcpdump"; do sleep 0.1; done
}

finish_capture() {
    sleep 1
    kill "$tcpdump"
    wait "$tcpdump" || true
}

# keepalived CONFIG SECONDS: run it, then stop it as an operator would.
run_keepalived() {
    ip netns exec "$prefix-a" keepalived -n -P -f "$1" \
        -p "$work/ka.pid" -r "$work/vrrp.pid" >"$work/keepalived.log" 2>&1 &
    keepalived=$!
    pids+=("$keepalived")
    sleep "$2"
    kill "$keepalived"
    wait "$keepalived" || true
}

cat >"$work/v2.conf" <<'CONF'
global_defs { vrrp_garp_master_repeat 2
              vrrp_garp_master_delay 0 }
vrrp_instance PLAIN { interface eth0
  virtual_router_id 51
  priority 254
  advert_int 1
  state MASTER
  virtual_ipaddress { 192.0.2.51/24
                      192.0.2.52/24 } }
vrrp_instance PASS { interface eth0
  virtual_router_id 52
  priority 254
  advert_int 2
  state MASTER
  authentication { auth_type PASS
                   auth_pass secret }
  virtual_ipaddress { 192.0.2.53/24 } }
vrrp_instance AH { interface eth0
  virtual_router_id 53
  priority 254
  advert_int 1
  authentication { auth_type AH
                   auth_pass secret }
  virtual_ipaddress { 192.0.2.54/24 } }
CONF
capture b eth0 keepalived-v2.pcap
run_keepalived "$work/v2.conf" 7
finish_capture

cat >"$work/v3.conf" <<'CONF'
global_defs { vrrp_version 3
              vrrp_garp_master_repeat 2
              vrrp_garp_master_delay 0 }
vrrp_instance FOUR { interface eth0
  virtual_router_id 61
  priority 254
  advert_int 0.5
  state MASTER
  virtual_ipaddress { 192.0.2.61/24
                      192.0.2.62/24 } }
vrrp_instance SIX { interface eth0
  virtual_router_id 61
  priority 254
  advert_int 1
  state MASTER
  virtual_ipaddress { fe80::61/64
                      2001:db8::61/64 } }
vrrp_instance UNICAST { interface eth0
  virtual_router_id 63
  priority 254
  advert_int 1
  state MASTER
  unicast_src_ip 192.0.2.1
  unicast_peer { 192.0.2.2 }
  virtual_ipaddress { 192.0.2.63/24 } }
CONF
capture b eth0 keepalived-v3.pcap
run_keepalived "$work/v3.conf" 6
finish_capture

# FRR wants, for each virtual router and family, an interface with the virtual MAC whose link is
# the router's interface. That is meant to be a macvlan; one end of a veth does as well, and its
# peer then is both the router's interface and the place where the adverts arrive.
router() {
    ip -n "$prefix-a" link add "$1" address "$2" type veth peer name "$3" address "$4"
    ip netns exec "$prefix-a" sysctl -qw "net.ipv6.conf.$1.accept_dad=0" "net.ipv6.conf.$3.accept_dad=0"
    ip -n "$prefix-a" addr add "$5" dev "$1"
    ip -n "$prefix-a" link set "$3" up
    ip -n "$prefix-a" link set "$1" up
}
router v4-5 00:00:5e:00:01:05 eth4 02:00:00:00:00:04 198.51.100.71/24
router v6-5 00:00:5e:00:02:05 eth6 02:00:00:00:00:06 2001:db8::71/64
ip -n "$prefix-a" addr add 198.51.100.1/24 dev eth4
cat >"$work/frr.conf" <<'CONF'
interface eth4
 vrrp 5 version 3
 vrrp 5 priority 200
 vrrp 5 advertisement-interval 1000
 vrrp 5 ip 198.51.100.71
interface eth6
 vrrp 5 version 3
 vrrp 5 priority 200
 vrrp 5 advertisement-interval 500
 vrrp 5 ipv6 2001:db8::71
CONF
mkdir "$work/frr"
chmod 755 "$work"
chown frr:frr "$work/frr"
sleep 2
# On `any`, so that the capture has the cooked link header.
capture a any frr-v3.pcap
for daemon in zebra vrrpd; do
    ip netns exec "$prefix-a" /usr/lib/frr/$daemon -f "$work/frr.conf" -i "$work/frr/$daemon.pid" \
        -z "$work/frr/zserv" --vty_socket "$work/frr" >"$work/frr/$daemon.log" 2>&1 &
    pids+=("$!")
    sleep 1
done
sleep 6
kill "${pids[-1]}"
wait "${pids[-1]}" || true
finish_capture
