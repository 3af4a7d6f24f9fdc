# What the scripts beside it share. Sourced with the path of the binary as first argument.
set -u
ha=$1
dir=$(mktemp -d)
modprobe ip_vs
fail() { echo "FAIL $*"; exit 1; }
# same WHAT EXPECTED-FILE FOUND-FILE
same() { diff -u "$2" "$3" || fail "$1"; echo "ok   $1"; }
# ends WHAT STATUS COMMAND...: its output is in $dir/out and $dir/err
ends() {
    local what=$1 status=$2 got; shift 2
    "$@" >"$dir/out" 2>"$dir/err" </dev/null
    got=$?
    [ $got = "$status" ] || { cat "$dir/out" "$dir/err"; fail "$what: status $got"; }
    echo "ok   $what"
}
# says WHAT TEXT FILE
says() { grep -qF -- "$2" "$3" || { cat "$3"; fail "$1"; }; echo "ok   $1"; }
# recorded NAME FILE: JSON that was really written; who started this holds it against the schema of
# that name, `events` against those of event lines
recorded() { [ -z "${HA_VM_OUT:-}" ] || cat "$2" >>"$HA_VM_OUT/$1"; }
# Every kind of service and destination that ipvsadm 1.31 can save.
fill() {
    ipvsadm -R <<'TABLE'
-A -t 10.9.0.100:0 -s rr -p 360
-A -t 10.9.0.100:80 -s wrr -p 300 -M 255.255.255.0
-a -t 10.9.0.100:80 -r 10.9.0.11:8080 -m -w 3
-a -t 10.9.0.100:80 -r 10.9.0.12:80 -g -w 0
-a -t 10.9.0.100:80 -r 10.9.0.13:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
-a -t 10.9.0.100:80 -r 10.9.0.14:80 -i -w 1 --tun-type gre --tun-csum
-a -t 10.9.0.100:80 -r 10.9.0.15:80 -i -w 1 --tun-type ipip
-a -t 10.9.0.100:80 -r 10.9.0.16:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum
-a -t 10.9.0.100:80 -r 10.9.0.17:80 -i -w 2147483647 --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 10.9.0.100:80 -r 10.9.0.18:80 -i -w 1 --tun-type gre --tun-nocsum
-A -t 10.9.0.9:80 -s lc
-A -u 10.9.0.100:53 -s rr -o
-A -u 10.9.0.100:5060 -s sh -p 60 -M 255.255.0.0 --pe sip -o -b sh-fallback,sh-port
-A --sctp-service 10.9.0.100:99 -s rr
-A -t [2001:db8::100]:443 -s mh -p 60 -M 64 -b mh-fallback,mh-port
-a -t [2001:db8::100]:443 -r 10.9.0.11:443 -i -w 1 --tun-type ipip
-a -t [2001:db8::100]:443 -r [2001:db8::11]:443 -m -w 1
-A -f 7 -s sh -b sh-port
-a -f 7 -r 10.9.0.11:0 -g -w 1
-A -f 7 -6 -s wlc
-A -f 8 -s rr -b flag-1,flag-3
-A -f 9 -s rr -p 360
TABLE
}
