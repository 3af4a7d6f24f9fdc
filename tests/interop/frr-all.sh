#!/bin/bash
# All duels against FRR, inside one kernel that has macvlan (tests/vm/boot).
#
#   frr-all.sh HA_BINARY
here=$(cd "$(dirname "$0")" && pwd)
for m in veth bridge macvlan ipv6; do modprobe $m; done
export HA_DUEL_SLACK_MS=1500
failed=0
for duel in '2 4 1000' '3 4 1000' '3 6 1000' '3 4 200'; do
    echo "== frr: version, family, interval in ms: $duel"
    # shellcheck disable=SC2086
    bash "$here/duel.sh" "$1" frr $duel || failed=1
done
exit $failed
