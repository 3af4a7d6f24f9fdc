#!/bin/bash
# Services and destinations one by one, and connections, as ipvsadm sees them.   entry.sh HA_BINARY
. "$(dirname "$0")/common.sh"
table() { ipvsadm -Sn >"$dir/now"; same "$1" "$dir/expected" "$dir/now"; }
# line WHAT EXPECTED-LINE PATTERN: the one line of the table that has the pattern
line() {
    ipvsadm -Sn | grep -e "$3" >"$dir/now"
    echo "$2" >"$dir/expected"
    same "$1" "$dir/expected" "$dir/now"
}

# Whatever ipvsadm saves, its own options add.
fill || fail "ipvsadm cannot make the table"
ipvsadm -Sn >"$dir/expected"
ipvsadm -C
while read -r command options; do
    # shellcheck disable=SC2086
    "$ha" ipvs add $options >"$dir/out" 2>"$dir/err" || { cat "$dir/err"; fail "$command $options"; }
done <"$dir/expected"
table "every line of the table is added with the options of ipvsadm"

ends "a service that is there" 5 "$ha" ipvs add -t 10.9.0.9:80 -s rr
says "it says so" "it is there already" "$dir/err"
ends "its destination" 0 "$ha" ipvs add -t 10.9.0.9:80 -r 10.9.0.19 -m -w 5 -x 1000 -y 500
says "it says what it did" "add destination 10.9.0.19:80 of tcp 10.9.0.9:80: nat, weight 5" "$dir/out"
ipvsadm -Ln --thresholds | grep -q '10.9.0.19:80 *1000 *500' || fail "no thresholds"
echo "ok   thresholds too"
ends "as data" 0 "$ha" ipvs add -t 10.9.0.9:80 -r 10.9.0.20:80 --gatewaying --json
[ "$(jq -r '.changes[0].change' "$dir/out")" = add_destination ] || fail "no document"
echo "ok   one document"

# What is not named stays.
ends "a weight alone" 0 "$ha" ipvs edit -t 10.9.0.9:80 -r 10.9.0.19:80 -w 7
line "the rest stays" "-a -t 10.9.0.9:80 -r 10.9.0.19:80 -m -w 7" 10.9.0.19:80
ipvsadm -Ln --thresholds | grep -q '10.9.0.19:80 *1000 *500' || fail "the thresholds are gone"
echo "ok   so do thresholds"
ends "the same again" 0 "$ha" ipvs edit -t 10.9.0.9:80 -r 10.9.0.19:80 -w 7
[ ! -s "$dir/out" ] || fail "something was done: $(cat "$dir/out")"
echo "ok   nothing is done"
ends "a tunnel's type" 0 "$ha" ipvs edit -t 10.9.0.100:80 -r 10.9.0.13:80 --tun-csum
line "its port stays" \
    "-a -t 10.9.0.100:80 -r 10.9.0.13:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum" 10.9.0.13
ends "a longer memory" 0 "$ha" ipvs edit -t 10.9.0.100:80 --persistent 400
line "mask and scheduler stay" "-A -t 10.9.0.100:80 -s wrr -p 400 -M 255.255.255.0" 'A -t 10.9.0.100:80'
ends "none at all" 0 "$ha" ipvs edit -t 10.9.0.100:80 --no-persistent -s wlc
line "it is gone" "-A -t 10.9.0.100:80 -s wlc" 'A -t 10.9.0.100:80'
ends "no packets one by one" 0 "$ha" ipvs edit -u 10.9.0.100:5060 --no-ops -b sh-port
line "they are gone" "-A -u 10.9.0.100:5060 -s sh -p 60 -M 255.255.0.0 --pe sip -b sh-port" 'A -u 10.9.0.100:5060'
ends "a service that is not there" 5 "$ha" ipvs edit -t 10.9.0.8:80 -s rr
says "it says what to do" "ha ipvs add" "$dir/err"
ends "a destination that is not there" 5 "$ha" ipvs edit -t 10.9.0.9:80 -r 10.9.0.21 -w 1

ends "a destination goes" 0 "$ha" ipvs del -t 10.9.0.9:80 -r 10.9.0.19
ends "a service goes" 0 "$ha" ipvs del -f 7 -6
ipvsadm -Sn | grep -e '10.9.0.19:80' -e '-f 7 -6' && fail "they are still there"
echo "ok   they are gone"
ends "twice" 5 "$ha" ipvs del -f 7 -6
says "it says so" "there is no such service" "$dir/err"
for wrong in "-t 10.9.0.1" "-t 10.9.0.1:80 -f 7" "-t 10.9.0.1:80 -w 1" "-s rr" \
    "-t 10.9.0.1:80 -r 10.0.0.1 -s rr" "-t 10.9.0.1:80 -M 255.0.0.0" \
    "-t 10.9.0.1:80 -r 10.0.0.1 -m --tun-type gre" "-t 10.9.0.1:0" "-t 10.9.0.1:80 -p 0"; do
    # shellcheck disable=SC2086
    ends "not used: $wrong" 2 "$ha" ipvs add $wrong
done

# One service of a whole table.
ipvsadm -C
cat >"$dir/table" <<'TABLE'
-A -t 10.9.0.1:80 -s rr
-a -t 10.9.0.1:80 -r 10.9.0.11:80 -g -w 1
-A -t 10.9.0.2:80 -s rr
-a -t 10.9.0.2:80 -r 10.9.0.12:80 -g -w 1
-A -f 7 -6 -s rr
TABLE
ipvsadm -A -t 10.9.0.3:80 -s rr
ends "two services only" 0 "$ha" ipvs apply "$dir/table" --only tcp/10.9.0.2:80 --only fwmark/7/ipv6
cat >"$dir/expected" <<'TABLE'
-A -t 10.9.0.2:80 -s rr
-a -t 10.9.0.2:80 -r 10.9.0.12:80 -g -w 1
-A -t 10.9.0.3:80 -s rr
-A -f 7 -6 -s rr
TABLE
table "nothing else is touched"
ends "it is so" 0 "$ha" ipvs diff --prune "$dir/table" --only tcp/10.9.0.2:80
ends "another one is not" 1 "$ha" ipvs diff "$dir/table" --only "tcp 10.9.0.1:80"
ends "one that the file does not have" 3 "$ha" ipvs diff "$dir/table" --only tcp/10.9.0.3:80
says "it says which" "tcp 10.9.0.3:80" "$dir/err"
ends "it goes when asked for" 0 "$ha" ipvs apply --prune "$dir/table" --only tcp/10.9.0.3:80
[ "$(cat "$dir/out")" = "delete service tcp 10.9.0.3:80" ] || fail "$(cat "$dir/out")"
echo "ok   and nothing else"
ends "no service" 2 "$ha" ipvs diff "$dir/table" --only 10.9.0.2:80

# Connections as ipvsadm lists them, templates and both families too.
ipvsadm -C
ip addr add 10.9.0.100/32 dev lo
ip -6 addr add 2001:db8::100/128 dev lo
# UDP: what nobody answers is remembered for minutes, a TCP connection for ten seconds.
ipvsadm -A -u 10.9.0.100:80 -s rr -p 300
ipvsadm -a -u 10.9.0.100:80 -r 127.0.0.1:80 -m -w 1
ipvsadm -A -u '[2001:db8::100]:80' -s rr
ipvsadm -a -u '[2001:db8::100]:80' -r '[::1]:80' -m -w 1
for _ in 1 2 3; do echo hello >/dev/udp/10.9.0.100/80; done
echo hello >/dev/udp/2001:db8::100/80
# Between two looks a second may pass, and the time left with it.
for _ in $(seq 20); do
    ipvsadm -Lcn | tail -n +2 | sed 's/ *$//' >"$dir/theirs"
    "$ha" ipvs show --connections | sed 's/ *$//' >"$dir/ours"
    cmp -s "$dir/theirs" "$dir/ours" && break
done
same "connections" "$dir/theirs" "$dir/ours"
[ "$(grep -c '10.9.0.100:80' "$dir/ours")" -ge 4 ] || fail "too few: $(cat "$dir/ours")"
grep -q '2001:db8::100' "$dir/ours" || fail "no IPv6"
ends "without any privilege, as data" 0 setpriv --bounding-set -net_admin "$ha" ipvs show --connections --json
recorded ipvs-connections "$dir/out"
jq -e '[.connections[] | select(.client.port == 0 and .service.address == "10.9.0.100")] | length == 1' \
    "$dir/out" >/dev/null || fail "no template"
echo "ok   the template of a persistent client"
