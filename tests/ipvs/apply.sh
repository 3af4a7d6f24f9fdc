#!/bin/bash
# A desired table from every format becomes the table.   apply.sh HA_BINARY
. "$(dirname "$0")/common.sh"
fill || fail "ipvsadm cannot make the table"
ipvsadm -a -t 10.9.0.9:80 -r 10.9.0.19:80 -m -w 5 -x 1000 -y 500
ipvsadm -Sn >"$dir/saved"
ipvsadm -Ln --thresholds >"$dir/thresholds"
"$ha" ipvs export >"$dir/export"
"$ha" ipvs export --json >"$dir/export.json"
"$ha" ipvs show --json >"$dir/show.json"
recorded ipvs-table "$dir/export.json"
recorded ipvs-table "$dir/show.json"
is_whole() {
    ipvsadm -Sn >"$dir/now"
    same "$1: as it was" "$dir/saved" "$dir/now"
    ipvsadm -Ln --thresholds >"$dir/now"
    same "$1: thresholds too" "$dir/thresholds" "$dir/now"
    ends "$1: a second time" 0 "$ha" ipvs apply --prune "$dir/$1"
    [ ! -s "$dir/out" ] || fail "$1: something was done twice: $(cat "$dir/out")"
}
for file in export export.json show.json; do
    ipvsadm -C
    ends "$file into an empty table" 0 "$ha" ipvs apply "$dir/$file"
    is_whole $file
done

# Drift of every kind is found, told, and repaired; what is right is left alone.
drift() {
    ipvsadm -E -t 10.9.0.100:80 -s wlc
    ipvsadm -e -t 10.9.0.100:80 -r 10.9.0.11:8080 -m -w 9
    ipvsadm -d -t 10.9.0.100:80 -r 10.9.0.12:80
    ipvsadm -a -t 10.9.0.100:80 -r 10.9.0.99:80 -g
    ipvsadm -D -f 8
    ipvsadm -A -t 10.9.0.200:80 -s rr
}
drift
ends "drift is a no" 1 "$ha" ipvs diff --prune "$dir/export"
cat >"$dir/expected" <<'TEXT'
edit service tcp 10.9.0.100:80: wrr persistent 300 mask 255.255.255.0 (was wlc)
add destination 10.9.0.12:80 of tcp 10.9.0.100:80: direct routing, weight 0
edit destination 10.9.0.11:8080 of tcp 10.9.0.100:80: nat, weight 3 (was nat, weight 9)
delete destination 10.9.0.99:80 of tcp 10.9.0.100:80
add service fwmark 8: rr (flag-1,flag-3)
delete service tcp 10.9.0.200:80
TEXT
same "each difference is named" "$dir/expected" "$dir/out"
"$ha" ipvs diff --json --prune "$dir/export" >"$dir/diff.json"
recorded ipvs-changes "$dir/diff.json"
ends "a dry run" 0 "$ha" ipvs apply --dry-run --prune "$dir/export"
same "it says the same" "$dir/expected" "$dir/out"
ends "a dry run does nothing" 1 "$ha" ipvs diff --prune "$dir/export"
ends "apply" 0 "$ha" ipvs apply "$dir/export"
ipvsadm -Ln | grep -q '10.9.0.200:80' || fail "a service of somebody else is gone"
echo "ok   a service of somebody else stays"
"$ha" ipvs apply --prune - <"$dir/export.json" >"$dir/out" || fail "from standard input"
echo "ok   from standard input"
is_whole export

# What is refused is named, and the rest is done.
ipvsadm -C
cat >"$dir/bad" <<'TABLE'
-A -t 10.9.0.1:80 -s nosuch
-a -t 10.9.0.1:80 -r 10.9.0.11:80 -m
-A -t 10.9.0.2:80 -s rr
-a -t 10.9.0.2:80 -r 10.9.0.11:80 -m
TABLE
ends "a scheduler that nobody knows" 1 "$ha" ipvs apply "$dir/bad"
says "it is named" "cannot add tcp 10.9.0.1:80: the kernel has no scheduler nosuch" "$dir/err"
ipvsadm -Sn | grep -q -- '-a -t 10.9.0.2:80 -r 10.9.0.11:80 -m' || fail "the rest is not done"
echo "ok   the rest is done"
[ "$(grep -c . "$dir/err")" = 1 ] || fail "what follows from it is told too: $(cat "$dir/err")"
echo "ok   what follows from it is not told again"

# A server whose place cannot be taken stays.
ipvsadm -C
ipvsadm -A -t 10.9.0.3:80 -s rr
ipvsadm -a -t 10.9.0.3:80 -r 10.9.0.11:80 -g
ipvsadm -a -t 10.9.0.3:80 -r 10.9.0.12:80 -g
jq -n '{services: [{protocol: "tcp", address: "10.9.0.3", port: 80, scheduler: "nosuch",
    destinations: [{address: "10.9.0.13", port: 80, forwarding: "direct_routing"}]}]}' >"$dir/bad"
ends "the scheduler is refused" 1 "$ha" ipvs apply "$dir/bad"
says "who was to go is named" "not done, for what was to come to its service was refused" "$dir/err"
[ "$(ipvsadm -Sn | grep -c -- '-r 10.9.0.1[12]:80 -g -w 1')" = 2 ] || fail "a server is gone"
echo "ok   who was to go stays"

# Refusals in numbers.
{
    echo "-A -t 10.9.0.4:80 -s nosuch"
    for server in $(seq 600); do echo "-a -t 10.9.0.4:80 -r 10.6.$((server / 250)).$((server % 250)):80 -g"; done
    echo "-A -t 10.9.0.5:80 -s rr"
} >"$dir/bad"
ends "600 refusals" 1 "$ha" ipvs apply "$dir/bad"
ipvsadm -Sn | grep -q -- '-A -t 10.9.0.5:80' || fail "what comes after them is not done"
echo "ok   what comes after them is done"
ends "nothing to keep" 3 "$ha" ipvs apply --prune /dev/null
says "it says what to do" "ha ipvs flush" "$dir/err"
ends "nothing at all" 3 "$ha" ipvs diff /dev/null
ends "flush" 0 "$ha" ipvs flush
[ -z "$(ipvsadm -Sn)" ] || fail "the table is not empty"
echo "ok   the table is empty"
ends "without the right to it" 4 setpriv --bounding-set -net_admin "$ha" ipvs flush
says "it says which" "CAP_NET_ADMIN" "$dir/err"

# Many at once.
for service in $(seq 40); do
    echo "-A -t 10.8.$service.1:80 -s wrr"
    for server in $(seq 50); do echo "-a -t 10.8.$service.1:80 -r 10.7.$service.$server:80 -g -w 1"; done
done >"$dir/many"
ends "2,000 destinations" 0 "$ha" ipvs apply "$dir/many"
ipvsadm -Sn | sort >"$dir/theirs"
sort "$dir/many" >"$dir/ours"
same "all are there" "$dir/ours" "$dir/theirs"

# As the README says it.
ipvsadm -C
cat >"$dir/keepalived.conf" <<'CONF'
virtual_server 192.0.2.10 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 10.0.0.1 80 {
    }
}
CONF
ipvsadm -A -t 192.0.2.9:80 -s rr
"$ha" ipvs show --json |
    jq -r '.services[] | select(.destinations == []) | "\(.address):\(.port)"' >"$dir/out"
says "services without a server" "192.0.2.9:80" "$dir/out"
ends "a configuration" 1 "$ha" ipvs diff "$dir/keepalived.conf"
ends "a dry run of it" 0 "$ha" ipvs apply --dry-run "$dir/keepalived.conf"
"$ha" config show --json "$dir/keepalived.conf" 2>"$dir/err" | "$ha" ipvs apply - >"$dir/out" ||
    fail "from the model"
ends "it is so" 0 "$ha" ipvs diff "$dir/keepalived.conf"
ipvsadm -Sn | sed 's/10.0.0.1/10.0.0.2/' | "$ha" ipvs apply --prune - >"$dir/out" ||
    fail "from ipvsadm"
ends "somebody changed the table" 1 "$ha" ipvs diff "$dir/keepalived.conf"
