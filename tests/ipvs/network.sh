# Clients and servers around this host, for scripts that send real traffic. Sourced after common.sh.
#
#   clients 10.1.0.0/16 ---- this host ---- 10.2.0.0/24 servers s1 … s4 (nginx, and UDP)
#                                 \________ 10.2.0.2    the clients once more, beside the servers
#
# fd00:1::/64 and fd00:2::/64 likewise. What is answered through this host (NAT) is asked from the
# first network; what servers answer themselves (direct routing, tunnels) from the second.
servers="s1 s2 s3 s4"
lives4="10.2.0.100 10.2.0.101 10.2.0.102 10.2.0.103 10.2.0.104 10.2.0.105 10.2.0.106 10.2.0.107 10.2.0.108"
lives6="fd00:2::100 fd00:2::101 fd00:2::102 fd00:2::103 fd00:2::104 fd00:2::105 fd00:2::106"

# The addresses that are balanced: this host answers for them, and sends nothing of its own from
# them, for to the servers they are their own.
balanced() {
    echo "addr add 10.1.0.100/32 dev lo"
    echo "addr add fd00:1::100/128 dev near nodad preferred_lft 0"
    local address
    for address in $lives4; do echo "addr add $address/32 dev br0"; done
    for address in $lives6; do echo "addr add $address/128 dev br0 nodad preferred_lft 0"; done
}
# The first part: the clients' network, and the bridge to which everybody is plugged.
wires() {
    echo "link add br0 type bridge"
    echo "link set br0 up"
    echo "addr add 10.2.0.1/24 dev br0"
    echo "addr add fd00:2::1/64 dev br0 nodad"
    echo "link add near type veth peer name eth0 netns clients"
    echo "link set near up"
    echo "addr add 10.1.0.1/16 dev near"
    echo "addr add fd00:1::1/64 dev near nodad"
    local name
    for name in $servers; do
        echo "link add $name type veth peer name eth0 netns $name"
        echo "link set $name master br0 up"
    done
    echo "link add beside type veth peer name eth1 netns clients"
    echo "link set beside master br0 up"
}
clients() {
    local number
    echo "link set lo up"
    echo "link set eth0 up"
    echo "link set eth1 up"
    for number in $(seq 2 40); do
        echo "addr add 10.1.0.$number/16 dev eth0"
        echo "addr add 10.1.1.$number/16 dev eth0"
    done
    echo "addr add fd00:1::2/64 dev eth0 nodad"
    echo "addr add 10.2.0.2/24 dev eth1"
    echo "addr add fd00:2::2/64 dev eth1 nodad"
}
# A server: every packet that comes in a tunnel is taken out of it.
server() { # server NUMBER
    local address device
    echo "link set lo up"
    echo "link set eth0 up"
    echo "addr add 10.2.0.1$1/24 dev eth0"
    echo "addr add fd00:2::1$1/64 dev eth0 nodad"
    echo "route add default via 10.2.0.1"
    echo "route add default via fd00:2::1"
    for address in $lives4; do echo "addr add $address/32 dev lo"; done
    for address in $lives6; do echo "addr add $address/128 dev lo nodad"; done
    for device in ${tunnels:-}; do echo "link set $device up"; done
    if [ -n "${tunnels:-}" ]; then
        echo "fou add port 6080 gue"
        echo "fou add port 6080 gue -6"
    fi
}
# Of which address a host on this wire may say that it has it: in IPv4 any, unless told otherwise.
quiet() { printf 'net.ipv4.conf.all.arp_ignore=1\nnet.ipv4.conf.all.arp_announce=2\nnet.ipv4.conf.all.rp_filter=0\n'; }

web() { # web NAME: nginx that says its name, or slowly a lot
    cat >"$dir/$1.conf" <<NGINX
daemon off;
user root;
worker_processes 1;
pid $dir/$1.pid;
error_log $dir/$1.log;
events { worker_connections 256; }
http {
    access_log off;
    keepalive_timeout 600;
    keepalive_requests 100000;
    server {
$(for port in 80 $(seq 8001 8040) 8080; do echo "        listen [::]:$port ipv6only=off;"; done)
        location / { return 200 "$1\n"; }
        location /long { root $dir; limit_rate 200k; }
    }
}
NGINX
    ip netns exec "$1" nginx -c "$dir/$1.conf" >"$dir/$1.out" 2>&1 &
}

network() {
    local name number=0
    mkdir -p /var/log/nginx /var/lib/nginx
    head -c 600000 /dev/urandom >"$dir/long"
    sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 \
        net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.all.send_redirects=0
    for name in clients $servers; do ip netns add $name || fail "no network namespace"; done
    { wires; balanced; } | ip -batch - || fail "the network is not built"
    clients | ip -n clients -batch - || fail "the clients have no network"
    for name in $servers; do
        number=$((number + 1))
        quiet | ip netns exec $name sysctl -qp - || fail "$name: no settings"
        server $number | ip -n $name -batch - || fail "$name has no network"
        # Usually it takes IPv6 in IPv6 only.
        [ -z "${tunnels:-}" ] || ip -6 -n $name tunnel change ip6tnl0 mode any || fail "$name: no tunnel"
        web $name
        ip netns exec $name /usr/bin/python3 "$here/peers.py" answer $name >"$dir/$name.udp" 2>&1 &
    done
    coproc ASKED { ip netns exec clients /usr/bin/python3 "$here/peers.py" ask 2>"$dir/clients.err"; }
    for number in 1 2 3 4; do
        for address in 10.2.0.1$number fd00:2::1$number; do
            until_asked "s$number=1" get 1 $address 80
            until_asked "s$number=1" udp 1 $address 53
        done
    done
    echo "ok   clients reach the servers"
}
# asked COMMAND...: what the clients say of it, in $said
asked() {
    echo "$*" >&"${ASKED[1]}"
    IFS= read -rt 60 said <&"${ASKED[0]}" || { cat "$dir/clients.err"; fail "no answer: $*"; }
}
# until_asked ANSWER COMMAND...: asked again until that is the answer
until_asked() {
    local wanted=$1; shift
    for _ in $(seq 200); do
        asked "$@"
        [ "$said" = "$wanted" ] && return
        read -rt 0.05 <>"$dir/never" || :
    done
    fail "$*: $said, not $wanted"
}
# served WHAT ANSWER COMMAND...
served() {
    local what=$1 wanted=$2; shift 2
    asked "$@"
    [ "$said" = "$wanted" ] || { ipvsadm -Ln --stats; ipvsadm -Lnc; fail "$what: $said, not $wanted"; }
    echo "ok   $what: $said"
}
here=$(cd "$(dirname "$0")" && pwd)
mkfifo "$dir/never"
