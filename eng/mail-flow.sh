#!/usr/bin/env bash
# The upgrade of three nodes with real servers around them while mail flows, killed ten times, at full length:
#   eng/mail-flow.sh [MESSAGES] [SEED] [SERVERS]
#     MESSAGES  counted by id, default 20000
#     SEED      default 1
#     SERVERS   how HAProxy knows the nodes, default checked; disabled (in its configuration, then set to work), agent (an agent alone says
#               that they are up), or all, one after the other
# Installs the servers it needs (Debian), prints what became of every message, and fails when one is lost or doubled.
set -euo pipefail
cd "$(dirname "$0")/.."
servers=${3:-checked}
[ "$servers" != all ] || servers="checked disabled agent"
eng/install-servers.sh
dotnet build tests/Ksmg.Sdk.Tests -c Release -v quiet
for kind in $servers; do
  CI=true KSMG_MESSAGES=${1:-20000} KSMG_SEED=${2:-1} KSMG_SERVERS=$kind dotnet test tests/Ksmg.Sdk.Tests -c Release --no-build \
    --filter "FullyQualifiedName~RealMailFlowTests" --logger "console;verbosity=detailed"
done
