#!/usr/bin/env bash
# The upgrade of three nodes with real servers around them while mail flows, killed ten times, at full length:
#   eng/mail-flow.sh [MESSAGES] [SEED]      messages counted by id, default 20000; seed, default 1
# Installs the servers it needs (Debian), prints what became of every message, and fails when one is lost or doubled.
set -euo pipefail
cd "$(dirname "$0")/.."
eng/install-servers.sh
dotnet build tests/Ksmg.Sdk.Tests -c Release -v quiet
CI=true KSMG_MESSAGES=${1:-20000} KSMG_SEED=${2:-1} dotnet test tests/Ksmg.Sdk.Tests -c Release --no-build \
  --filter "FullyQualifiedName~RealMailFlowTests" --logger "console;verbosity=detailed"
