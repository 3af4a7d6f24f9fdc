#!/bin/bash
# A duel inside another kernel that has macvlan (tests/vm/boot), for machines whose own has not.
#
#   elsewhere.sh HA_BINARY PEER VERSION FAMILY INTERVAL_MS [PASSWORD]
#
# Time goes by fits and starts in there, so adverts are 200 ms apart at least and the protocol's
# limits are judged less strictly than on the machine itself.
here=$(cd "$(dirname "$0")" && pwd)
for m in veth bridge macvlan ipv6; do modprobe $m; done
export HA_DUEL_SLACK_MS=1500 HA_DUEL_SOON_MS=60000
interval=$5
[ "$interval" -ge 200 ] || interval=200
exec bash "$here/duel.sh" "$1" "$2" "$3" "$4" "$interval" "${@:6}"
