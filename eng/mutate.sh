#!/usr/bin/env bash
# Changes the code of a room in every small way and runs the tests that hold it against each change: eng/mutate.sh ROOM…, or all.
# A change that no test notices is printed, and stands in docs/mutation.md with its reason or gets a test. Takes minutes for the smallest room
# (each time the whole assembly is compiled with all its changes) and hours for all: every week (.ci/weekly), not with every commit.
# The whole report, with the code around each change: artifacts/mutation/ROOM/reports/mutation-report.html.
set -euo pipefail
cd "$(dirname "$0")/.."

# A room: its project, then its files, then the classes of tests that are to hold it. Not those with sockets, processes and matrices, so that each
# change is judged in seconds: what only they notice counts as not noticed.
rooms=(
    "retry: Ksmg.Sdk Http/RetryTable
        HttpRetryTableTests"
    "sessions: Ksmg.Sdk Http/SessionKeeper Http/ClientSession Http/CookieJar Http/NodeCookie Http/LoginWords
        HttpSessionTests HttpLoginTests HttpCookieTests HttpCookieRulesTests HttpSecretTests"
    "logins: Ksmg.Sdk Http/LoginGuard
        LoginGuardTests HttpLoginTests HttpSessionTests"
    "packages: Ksmg.Sdk Packages/*
        PackagesTests PackagesAsTheyAreTests PackagesContentTests PackagesGatheringTests PackagesOrderTests PackagesRefusedTests PackagesZipTests
        PackageReaderTests SharedReadingTests"
    "journal: Ksmg.Sdk Upgrades/Journal/*
        JournalFileTests JournalInMemoryTests JournalOverAnOutsideStoreTests InMemoryRunStoreTests OutsideRunStoreTests VerifiedRunTests RunLeaseTests
        JournalRulesTests UpgradeJournalTests RunEntriesTests RunOwnerTests RunVerificationTests RunHandleTests"
    "files: Ksmg.Sdk Upgrades/Journal/Files/*
        JournalFileTests FileRunStoreTests DurableFilesTests LeaseFileTests"
    "state: Ksmg.Sdk Upgrades/State/*
        RunStateTests DecisionsWaitingTests"
    "guards: Ksmg.Sdk Upgrades/Deciding/RunGuards
        RunGuardTests"
    "commands: Ksmg.Sdk Upgrades/Deciding/RunCommands Upgrades/Deciding/HumanOptions
        RunCommandTests"
    "position: Ksmg.Sdk Upgrades/Deciding/Position Upgrades/Deciding/Recognition Upgrades/Deciding/ForeignChanges
        PositionTests ForeignChangeTests"
    "deciding: Ksmg.Sdk Upgrades/Deciding/UpgradeDecider Upgrades/Deciding/StepJudge Upgrades/Deciding/Detours
        UpgradeDeciderTests StepJudgeTests DetourTests"
    "steps-install: Ksmg.Sdk Upgrades/Steps/InstallStep Upgrades/Steps/UploadStep Upgrades/Steps/Hindrance
        InstallStepTests UploadStepTests StepCatalogueTests"
    "steps-role: Ksmg.Sdk Upgrades/Steps/PromoteStep Upgrades/Steps/DemoteStep Upgrades/Steps/HandOverStep Upgrades/Steps/HandBackStep
        RoleStepTests StepCatalogueTests"
    "steps-receiving: Ksmg.Sdk Upgrades/Steps/ReceiveOffStep Upgrades/Steps/ReceiveOnStep Upgrades/Steps/ReceivePage Upgrades/Steps/UpgradeStep
        ReceivingStepTests InstallStepTests StepJudgeTests StepCatalogueTests"
    "steps-load: Ksmg.Sdk Upgrades/Steps/LoadOffStep Upgrades/Steps/LoadOnStep
        LoadStepTests StepCatalogueTests"
    "steps-fence: Ksmg.Sdk Upgrades/Steps/UploadFence
        UploadFenceTests StepCatalogueTests"
    "steps-configuration: Ksmg.Sdk Upgrades/Steps/*Configuration* Upgrades/Steps/UnifiedDiff
        ConfigurationStepTests UnifiedDiffTests StepCatalogueTests"
    "steps-verify: Ksmg.Sdk Upgrades/Steps/VerifyBuildStep Upgrades/Steps/WaitForNodeStep Upgrades/Steps/NewCertificate
        VerifyStepTests InstallStepTests StepCatalogueTests"
    "steps-drain: Ksmg.Sdk Upgrades/Steps/DrainStep
        DrainStepTests StepCatalogueTests"
    "steps-snapshot: Ksmg.Sdk Upgrades/Steps/SnapshotStep
        SnapshotStepTests StepCatalogueTests"
    "steps-rollback: Ksmg.Sdk Upgrades/Steps/Rollback* Upgrades/Steps/Revert*
        RollbackStepTests StepCatalogueTests"
    "steps-probe: Ksmg.Sdk Upgrades/Steps/TestMessageStep
        TestMessageStepTests StepCatalogueTests"
    "steps-end: Ksmg.Sdk Upgrades/Steps/GateStep Upgrades/Steps/CommitStep Upgrades/Steps/FinishedNode
        FinishedStepTests StepCatalogueTests"
    "steps-hooks: Ksmg.Sdk Upgrades/Steps/HookStep
        HookStepTests StepCatalogueTests"
    "steps-preflight: Ksmg.Sdk Upgrades/Steps/Preflight*
        PreflightTests PreflightStepTests StepCatalogueTests"
    "steps-told: Ksmg.Sdk Upgrades/Steps/*Context Upgrades/Steps/StepCatalogue
        StepCatalogueTests InstallStepTests UploadStepTests RoleStepTests ReceivingStepTests LoadStepTests DrainStepTests SnapshotStepTests
        RollbackStepTests TestMessageStepTests FinishedStepTests HookStepTests VerifyStepTests ConfigurationStepTests UploadFenceTests"
    "fleet: Ksmg.Sdk.Fleet Deciding/*
        FleetDeciderTests FleetWaitTests"
)

names=("${rooms[@]%%:*}")
[ "${1:-}" != all ] || set -- "${names[@]}"
for room in "${@:-}"; do
    if [[ " ${names[*]} " != *" $room "* || -z "$room" ]]; then
        echo "usage: eng/mutate.sh ROOM…, or all; the rooms: ${names[*]}" >&2
        exit 2
    fi
done

dotnet tool restore >/dev/null
root=$PWD
cd tests/Ksmg.Sdk.Tests

# Changed code is not what the analyzers are for.
export RunAnalyzers=false
for room in "$@"; do
    set -f
    for line in "${rooms[@]}"; do [[ "$line" != "$room:"* ]] || read -r -d '' -a words <<< "${line#*:}" || true; done
    set +f
    mutate=()
    filter=
    for word in "${words[@]:1}"; do
        if [[ "$word" == */* ]]; then mutate+=(--mutate "**/$word.cs"); else filter+="${filter:+|}FullyQualifiedName~.$word."; fi
    done
    out=$root/artifacts/mutation/$room
    echo "== $room"
    rm -rf "$out"
    dotnet stryker --project "${words[0]}.csproj" --configuration Debug "${mutate[@]}" --test-case-filter "($filter)&Category!=Matrix" \
        --concurrency 1 --reporter Json --reporter Html --verbosity warning --skip-version-check --output "$out" \
        | { grep -vE 'Failed to identify target frameworks|simulated build failed' || true; }
    jq -r '
        [.files | to_entries[] | .key as $file | (.value.source / "\n") as $lines | .value.mutants[]
            | select(.status | IN("Killed", "Timeout", "Survived", "NoCoverage"))
            | . + { at: "\($file | split("/") | last):\(.location.start.line)", line: $lines[.location.start.line - 1] }
            | select((.location.start.column - 1) as $column | .line[:$column] | endswith("ConfigureAwait(") | not)]
        | (map(select(.status | IN("Killed", "Timeout"))) | length) as $killed
        | (.[] | select(.status | IN("Survived", "NoCoverage"))
            | "\(.at) \(.status) \(.mutatorName): \(.line | gsub("^\\s+|\\s+$"; ""))  =>  \(.replacement | gsub("\\s+"; " ") | .[:120])"),
          "\($killed) of \(length) changes noticed, \(if length > 0 then 10000 * $killed / length | floor / 100 else 0 end) %"' \
        "$out/reports/mutation-report.json"
done
