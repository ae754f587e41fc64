#!/usr/bin/env bash
# Plays random upgrades: COUNT runs (default 10000) from seed SEED on (default: KSMG_SEED, else 1).
# Ends at the first failure with the smallest case that still fails, and the command that plays it again.
set -euo pipefail
cd "$(dirname "$0")/.."
export KSMG_RUNS="${1:-10000}" KSMG_SEED="${2:-${KSMG_SEED:-1}}"
exec dotnet test tests/Ksmg.Sdk.Tests -c Release --filter FullyQualifiedName~RandomRunTests.Random --logger "console;verbosity=detailed"
