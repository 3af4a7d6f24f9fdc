#!/bin/bash
# Stands in for a child process of the supervisor. What it was told goes to the file "log" beside
# it; files named after a part make it misbehave:
#   PART.exit  end at once with the code in the file     PART.hang   answer no ping
#   PART.once  as PART.exit, but only the first time      PART.stuck  ignore the end of input
here=${0%/*}
part=$1
say() {
    printf '{"v":1,"type":"%s","time":"2026-01-02T03:04:05.000006Z","data":%s}\n' "$1" "$2"
}
note() { echo "$part $*" >>"$here/log"; }

note "start${NOTIFY_SOCKET:+ with NOTIFY_SOCKET}"
if [[ -e $here/$part.once ]]; then
    code=$(<"$here/$part.once")
    rm "$here/$part.once"
    exit "$code"
fi
[[ -e $here/$part.exit ]] && exit "$(<"$here/$part.exit")"
while read -r line; do
    note "<- $line"
    id=${line##*\"id\":}
    id=${id%\}}
    case $line in
        *'"control":"plan"'*)
            say ready '{}'
            if [[ $part == check ]]; then
                say check.transition '{"check":"nginx","kind":"script","from":"unknown","to":"down","reason":"exit status 1"}'
            fi
            ;;
        *'"control":"ping"'*) [[ -e $here/$part.hang ]] || say pong "{\"id\":$id}" ;;
        *'"control":"status"'*)
            if [[ $part == vrrp ]]; then
                say vrrp.status "{\"id\":$id,\"instances\":[$(<"$here/instance.json")]}"
            else
                say "$part.status" "{\"id\":$id}"
            fi
            ;;
    esac
done
note end
if [[ $part == vrrp ]]; then
    say vrrp.transition '{"instance":"VI_1","from":"master","to":"stopped","reason":"stop","priority":100}'
fi
if [[ -e $here/$part.stuck ]]; then
    exec sleep 1000
fi
