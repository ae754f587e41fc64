#!/usr/bin/env bash
# Restores, builds and runs every test, the tests of the packed packages too.
# With --quick: what belongs before each commit, in under 90 seconds on two cores, without the build. It leaves out what needs a server or a
# browser (Category=Servers), matrices and explorations (Matrix), large fleets (Fleet), what takes long (Slow), the packed packages, the format.
# The last line is "N passed, N failed"; the exit code is not 0 when something failed or nothing ran.
set -uo pipefail

case "$#:${1:-}" in
    0:) quick=0 ;;
    1:--quick) quick=1 ;;
    *) echo "usage: eng/test.sh [--quick]; not '$*'" >&2; exit 64 ;;
esac

cd "$(dirname "$0")/.."

results="$PWD/artifacts/test-results"
rm -rf "$results"
mkdir -p "$results"
broken=0

# What a step takes of time, and of all processors together: in a shell of its own, as it would count what ends beside it, too.
TIMEFORMAT='   %0R s, of processors %0U s and in the kernel %0S s'

step() {
    echo "== $1"
    shift
    if ! (time "$@"); then
        echo "!! failed: $*" >&2
        return 1
    fi
}

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# Compilers, analyzers, thousands of tests and hundreds of processes that are killed run once, and most of their code a few times: to compile that again,
# by a profile even, and to collect on a thread of its own, costs more than it saves. (The count of calls that is worth it is hexadecimal.)
export DOTNET_TieredPGO=0 DOTNET_TC_CallCountThreshold=3000 DOTNET_gcConcurrent=0

# Images without ICU switch cultures off for all their programs; what is tested here are the cultures, too.
unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT

# What the matrices and explorations counted, a line each.
export KSMG_TEST_FIGURES="$results/figures.txt"

what=Ksmg.Sdk.sln
[ "$quick" -eq 0 ] || what=tests/Ksmg.Sdk.Tests
step "restore" dotnet restore "$what" \
    && step "build" dotnet build "$what" -c Release --no-restore -v quiet \
    || broken=1

tests() {
    dotnet test tests/Ksmg.Sdk.Tests -c Release --no-build --filter "$2" \
        --logger "trx;LogFileName=$1.trx" --results-directory "$results" \
        --blame-hang --blame-hang-timeout 15m --blame-hang-dump-type none "${@:3}"
}

# They wait most of the time: four at once for two processors.
many() {
    tests "$@" -- xUnit.MaxParallelThreads=2x
}

# What needs processors and no time of its own runs behind what waits, and leaves it the processors.
behind() {
    renice -n 19 -p "$BASHPID" > /dev/null 2>&1 || true
    step "packages" eng/test-packages.sh "$results" > "$results/packages.txt" 2>&1 &
    export KSMG_TEST_FIGURES="$results/figures-behind.txt"
    # The same code over millions of short-lived states: here the profile pays, and room in which many of them die before anybody looks.
    DOTNET_TieredPGO=1 DOTNET_TC_CallCountThreshold=1E DOTNET_GCgen0size=0x8000000 step "matrices" tests matrices "Category=Matrix"
    step "format" formatted || touch "$results/unformatted"
    wait
    cat "$results/packages.txt"
}

# What the build does not refuse by itself, as it does with every warning of an analyzer and of a rule of style.
formatted() {
    dotnet format whitespace --folder --verify-no-changes .
}

# What runs leave behind in a process of their own; it plays for so many minutes whatever runs beside it.
soak() {
    export KSMG_TEST_FIGURES="$results/figures-soak.txt"
    step "soak" tests soak "Category=Soak"
}

# A failed test fails its step too; only a step that failed without one counts as a failure of its own.
if [ "$broken" -eq 0 ] && [ "$quick" -ne 0 ]; then
    step "quick tests" many quick "Category!=Servers&Category!=Matrix&Category!=Fleet&Category!=Slow"
    [ -f "$results/quick.trx" ] || broken=1
elif [ "$broken" -eq 0 ]; then
    step "tests" many tests "Category!=Matrix&Category!=Fleet&Category!=Soak"
    # An interrupt ends what runs behind, too; by itself the shell would keep it from that.
    trap 'kill 0' INT
    behind > "$results/behind.txt" 2>&1 &
    soak > "$results/soak.txt" 2>&1 &

    # Hundreds of clusters take six minutes: where the rest was so slow that the whole would not be over in time, they are left to the next run.
    if [ "$SECONDS" -lt 1980 ]; then
        step "fleet" tests fleet "Category=Fleet"
    else
        echo "== fleet: not run, $SECONDS s are over"
    fi

    wait
    cat "$results/soak.txt" "$results/behind.txt"

    for trx in tests matrices packages soak; do
        [ -f "$results/$trx.trx" ] || broken=$((broken + 1))
    done
fi

counters=$(cat "$results"/*.trx 2>/dev/null | grep -o '<Counters [^>]*>')
count() {
    grep -o " $1=\"[0-9]*\"" <<< "$counters" | tr -dc '0-9\n' | awk '{ n += $1 } END { print n + 0 }'
}

echo "== figures"
cat "$results"/figures*.txt 2>/dev/null | sort

# Whoever reads only the end of the output knows what to look for in it.
awk '
    /<UnitTestResult [^>]*outcome="Failed"/ {
        name = $0; sub(/.*testName="/, "", name); sub(/".*/, "", name)
        print "failed test: " name; lines = 0; failed = 1
    }
    failed && /<Message>/ { sub(/.*<Message>/, ""); lines = 6 }
    lines > 0 { end = sub(/<\/Message>.*/, ""); print "    " substr($0, 1, 400); lines = end ? 0 : lines - 1 }
    /<\/UnitTestResult>/ { failed = 0; lines = 0 }' "$results"/*.trx 2>/dev/null

total=$(count total)
executed=$(count executed)
passed=$(count passed)
[ ! -f "$results/unformatted" ] || broken=$((broken + 1))
failed=$((executed - passed + broken))
skipped=$((total - executed))
line="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
