#!/usr/bin/env bash
# Plays random upgrades: COUNT runs (default 10000) from seed SEED on (default: KSMG_SEED, else a fresh one). Explores fleets in larger worlds
# (KSMG_EXPLORE) than the suite does.
# Says first how to play the same runs again; ends at the first failure with the smallest case that still fails, and the command that
# plays it again. Reads as many bent files, lines and answers of each kind, which must be read or refused as promised (GeneratedInputTests), and puts as
# many ZIPs together, which other readers read beside us (ZipStructureTests).
#
#   eng/soak.sh --minutes MINUTES [SEED]
# plays runs, fleets and upgrades over sockets in one process for so long, and fails when memory, files, threads or connections grow (SoakTests).
set -euo pipefail
cd "$(dirname "$0")/.."

what=runs
if [ "${1:-}" = --minutes ]; then
    what=minutes
    shift
    [ $# -gt 0 ] || set -- missing
fi

count="${1:-10000}"
seed="${2:-${KSMG_SEED:-$((RANDOM << 15 | RANDOM))}}"
for number in "$count" "$seed"; do
    if [ $# -gt 2 ] || ! [[ "$number" =~ ^(0|[1-9][0-9]{0,9})$ ]] || ((number + count > 2147483647)); then
        echo "usage: eng/soak.sh [COUNT] [SEED], or eng/soak.sh --minutes MINUTES [SEED]: whole numbers, together below 2147483648; not '$*'" >&2
        exit 2
    fi
done

if [ "$what" = minutes ]; then
    echo "To begin with the same runs again: eng/soak.sh --minutes $count $seed"
    export KSMG_SOAK_MINUTES="$count" KSMG_SEED="$seed"
    filter="FullyQualifiedName~SoakTests.Accelerated"
else
    echo "To play the same runs again: eng/soak.sh $count $seed"
    export KSMG_RUNS="$count" KSMG_INPUTS="$count" KSMG_SEED="$seed" KSMG_EXPLORE=large
    filter="FullyQualifiedName~RandomRunTests.Random|FullyQualifiedName~FleetExplorationTests.Nothing|FullyQualifiedName~GeneratedInputTests|FullyQualifiedName~ZipStructureTests"
fi

exec dotnet test tests/Ksmg.Sdk.Tests -c Release --logger "console;verbosity=detailed" --filter "$filter"
