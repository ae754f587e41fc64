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
export KSMG_PROJECT_URL=https://example.org/ksmg KSMG_COPY="$work/copy"

# As who publishes them does.
publish=(-c Release -p:ContinuousIntegrationBuild=true -p:ProjectUrl="$KSMG_PROJECT_URL" -p:Version="$version" -p:RunAnalyzers=false -v quiet)
# The tool for this machine, and the portable one: those of other platforms need runtimes that are not fetched for a test.
KSMG_PLATFORM="$(dotnet --info | sed -n 's/^ *RID: *//p')"
export KSMG_PLATFORM
dotnet tool restore

# From copies: what is built here is neither run nor written by the other tests, which may go on beside.
copy() {
    mkdir "$1"
    git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$1"
    echo "gitdir: $(git rev-parse --absolute-git-dir)" > "$1/.git"
}

copy "$work/source"
dotnet pack "$work/source/eng/packages.slnf" -o "$KSMG_PACKAGES" "${publish[@]}" -p:Sbom=true -p:ToolPlatforms="$KSMG_PLATFORM"

# The same sources in another place, given to the compiler in the opposite order: has to be the same to the byte.
copy "$KSMG_COPY"
dotnet build "$KSMG_COPY/eng/packages.slnf" "${publish[@]}" -p:CustomAfterMicrosoftCommonTargets="$PWD/eng/reverse-order.targets"

# From the folder alone plus the machine's default source; a configuration of its own keeps the repository's out of it.
(cd "$work" && dotnet tool install Ksmg.Cli --tool-path "$KSMG_TOOL" --version "$version" --add-source "$KSMG_PACKAGES")

# Our own packages land in a folder that is thrown away; everything else is taken from the machine's package folder.
machine="$(dotnet nuget locals global-packages --list | sed 's/^global-packages: *//')"
export KSMG_FALLBACK="${machine%/}"
NUGET_PACKAGES="$work/restored" dotnet test tests/Ksmg.Sdk.PackageTests -c Release \
    -p:KsmgVersion="$version" -p:LowestVersions=true -p:KsmgPackages="$KSMG_PACKAGES" -p:RestoreFallbackFolders="$KSMG_FALLBACK" \
    -p:BaseIntermediateOutputPath="$work/obj/" -p:OutputPath="$work/bin/" \
    --logger "trx;LogFileName=packages.trx" --results-directory "$results" \
    --blame-hang --blame-hang-timeout 5m --blame-hang-dump-type none
