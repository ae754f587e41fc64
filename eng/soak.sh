#!/usr/bin/env bash
# Plays random upgrades: COUNT runs (default 10000) from seed SEED on (default: KSMG_SEED, else a fresh one). Explores fleets in larger worlds
# (KSMG_EXPLORE) than the suite does.
# Says first how to play the same runs again; ends at the first failure with the smallest case that still fails, and the command that
# plays it again. Reads as many bent files, lines and answers of each kind, which must be read or refused as promised (GeneratedInputTests).
set -euo pipefail
cd "$(dirname "$0")/.."
count="${1:-10000}"
seed="${2:-${KSMG_SEED:-$((RANDOM << 15 | RANDOM))}}"
for number in "$count" "$seed"; do
    if ! [[ "$number" =~ ^(0|[1-9][0-9]{0,9})$ ]] || ((number + count > 2147483647)); then
        echo "usage: eng/soak.sh [COUNT] [SEED]: whole numbers, together below 2147483648; not '$number'" >&2
        exit 2
    fi
done

echo "To play the same runs again: eng/soak.sh $count $seed"
export KSMG_RUNS="$count" KSMG_INPUTS="$count" KSMG_SEED="$seed" KSMG_EXPLORE=large
exec dotnet test tests/Ksmg.Sdk.Tests -c Release --logger "console;verbosity=detailed" \
    --filter "FullyQualifiedName~RandomRunTests.Random|FullyQualifiedName~FleetExplorationTests.Nothing|FullyQualifiedName~GeneratedInputTests"
