#!/usr/bin/env bash
# Packs what is shipped into a folder of its own, and runs tests/Ksmg.Sdk.PackageTests, which sees nothing but those packages.
# Usage: eng/test-packages.sh [folder for the test results]
set -euo pipefail
cd "$(dirname "$0")/.."

results="${1:-$PWD/artifacts/test-results}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# A version nobody has cached, so that an older package of the same name cannot be tested by mistake.
version="0.1.0-test.$(date -u +%Y%m%d%H%M%S)"
export KSMG_PACKAGES="$work/packages" KSMG_TOOL="$work/tool" KSMG_VERSION="$version"

for project in Ksmg.Sdk Ksmg.Sdk.Infrastructure Ksmg.Simulator Ksmg.Cli; do
    dotnet pack "src/$project" -c Release -o "$KSMG_PACKAGES" -p:Version="$version" -v quiet
done

# From the folder alone plus the machine's default source; a configuration of its own keeps the repository's out of it.
(cd "$work" && dotnet tool install Ksmg.Cli --tool-path "$KSMG_TOOL" --version "$version" --add-source "$KSMG_PACKAGES")

# Our own packages land in a folder that is thrown away; everything else is taken from the machine's package folder.
machine="$(dotnet nuget locals global-packages --list | sed 's/^global-packages: *//')"
NUGET_PACKAGES="$work/restored" dotnet test tests/Ksmg.Sdk.PackageTests -c Release \
    -p:KsmgVersion="$version" -p:KsmgPackages="$KSMG_PACKAGES" -p:RestoreFallbackFolders="${machine%/}" \
    -p:BaseIntermediateOutputPath="$work/obj/" -p:OutputPath="$work/bin/" \
    --logger "trx;LogFileName=packages.trx" --results-directory "$results" \
    --blame-hang --blame-hang-timeout 5m --blame-hang-dump-type none
