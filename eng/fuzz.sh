#!/usr/bin/env bash
# Lets AFL++ look for inputs that are read otherwise than promised: eng/fuzz.sh MINUTES [KIND…]; the kinds stand in OutsideInputs, all without any.
# It follows which branches of our assemblies an input takes (SharpFuzz), so that it reaches what no random bending does. Needs afl-fuzz (Debian: afl++).
# What it finds is shown with its message and belongs, shortened, into tests/Ksmg.Sdk.Tests/Inputs/Kept/KIND, where the suite reads it each time.
set -euo pipefail
cd "$(dirname "$0")/.."

minutes="${1:-}"
shift || true
if ! [[ "$minutes" =~ ^[1-9][0-9]{0,4}$ ]]; then
    echo "usage: eng/fuzz.sh MINUTES [KIND…]" >&2
    exit 2
fi
command -v afl-fuzz >/dev/null || { echo "afl-fuzz is not there: install AFL++ (Debian: apt-get install afl++)" >&2; exit 2; }

out=$PWD/artifacts/fuzz
mkdir -p "$out"
dotnet tool restore >/dev/null
dotnet build tests/Ksmg.Sdk.Fuzz -c Release -p:RunAnalyzers=false -v quiet -nologo
plain=tests/Ksmg.Sdk.Fuzz/bin/Release/net10.0
bin=$out/bin
rm -rf "$bin"
cp -r $plain "$bin"
for assembly in Ksmg.Sdk Ksmg.Sdk.Dialects Ksmg.Sdk.Infrastructure ksmg; do
    dotnet sharpfuzz "$bin/$assembly.dll"
done

known=$(dotnet $plain/Ksmg.Sdk.Fuzz.dll kinds)
for kind in "$@"; do
    grep -qx -- "$kind" <<< "$known" || { echo "there is no kind '$kind'; the kinds: "$known >&2; exit 2; }
done

[ $# -gt 0 ] || set -- $known

# The runtime has its own way with memory, crashes and cores.
export AFL_SKIP_BIN_CHECK=1 AFL_NO_UI=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_FORKSRV_INIT_TMOUT=60000 DOTNET_TieredPGO=0
found=0
for kind in "$@"; do
    rm -rf "$out/$kind"
    mkdir -p "$out/$kind/seeds"
    dotnet $plain/Ksmg.Sdk.Fuzz.dll seed "$kind" "$out/$kind/seeds/good"
    cp tests/Ksmg.Sdk.Tests/Inputs/Kept/"$kind"/* "$out/$kind/seeds/" 2>/dev/null || true
    afl-fuzz -i "$out/$kind/seeds" -o "$out/$kind" -t 20000 -m none -V $((minutes * 60)) -- dotnet "$bin/Ksmg.Sdk.Fuzz.dll" fuzz "$kind" >"$out/$kind/afl.log" 2>&1 </dev/null \
        || { tail -n 20 "$out/$kind/afl.log" >&2; exit 1; }
    stats=$out/$kind/default/fuzzer_stats
    value() { grep "^$1 " "$stats" | sed 's/.*: *//'; }
    echo "$kind: $(value execs_done) inputs, $(value corpus_count) kept for a branch of their own, $(value edges_found) branches, $(value saved_crashes) found, $(value saved_hangs) too slow"
    for input in "$out/$kind"/default/{crashes,hangs}/id*; do
        [ -f "$input" ] || continue
        found=1
        echo "$input:"
        dotnet $plain/Ksmg.Sdk.Fuzz.dll judge "$kind" "$input" 2>&1 | sed 's/^/    /' | head -n 6 || true
    done
done
exit $found
