#!/usr/bin/env bash
# How long 'ksmg rehearse' says that an upgrade takes, beside how long the same upgrade then takes over sockets, in real time:
#   eng/compare-rehearsal.sh [SPEED...]      how much faster than at their own pace the simulated nodes work; default 1 4 20
# Nothing goes wrong in either. The nodes' own pace is an installation of 20 s, a restart of 10 s, a snapshot of 2 s; polls and pauses of the
# policy are not made faster, and count the more the higher the speed. Prints a line for each speed, and ends with 1 when a rehearsal is off
# by more than 10 %, or with 75 when the machine was too busy to judge that.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=eng/compare-common.sh
. eng/compare-common.sh
speeds=("$@")
[ ${#speeds[@]} -gt 0 ] || speeds=(1 4 20)
dotnet build src/Ksmg.Cli -c Release -v quiet -nologo >&2
ksmg=$PWD/src/Ksmg.Cli/bin/Release/net10.0/ksmg
work=$(mktemp -d)
simulator=
trap '[ -z "$simulator" ] || kill "$simulator"; rm -r "$work"' EXIT

off=0
printf '%6s %12s %10s %7s\n' speed "rehearsed s" "run s" ratio
for speed in "${speeds[@]}"; do
  look_at_load "speed $speed"
  folder=$work/$speed
  mkdir "$folder"
  "$ksmg" simulate --out "$folder" --speed "$speed" > "$folder/simulator" &
  simulator=$!
  for _ in $(seq 300); do
    grep -q '^ready ' "$folder/simulator" && break
    sleep 0.1
  done
  control=$(sed -n 's/^ready //p' "$folder/simulator" | jq -r .control)
  curl -sSf -H 'Content-Type: application/json' -d '{"perSecond":1}' "${control%/}/mail/start" >/dev/null
  about=(-c "$folder/cluster.json" --runs "$folder/runs")
  plan=("${about[@]}" --package "$folder/update.zip" --pause-after none)
  ms() { echo "$(($1 / speed))ms"; }
  rehearsed=$("$ksmg" rehearse "${plan[@]}" --times 0 --json --upload-rate 200MB \
    --install-time "$(ms 20000)" --restart-time "$(ms 10000)" --snapshot-time "$(ms 2000)" 2>/dev/null | jq .undisturbed.seconds)
  "$ksmg" upgrade "${plan[@]}" --yes --plain >/dev/null 2>&1
  took=$("$ksmg" report latest "${about[@]}" --json | jq '
    def seconds: (sub("\\..*"; "Z") | sub("\\+00:00$"; "Z") | fromdate) + (capture("(?<f>\\.[0-9]+)").f // "0" | tonumber);
    (.lastAt | seconds) - (.startedAt | seconds)')
  kill "$simulator"
  wait "$simulator" || true
  simulator=
  LC_ALL=C awk -v s="$speed" -v r="$rehearsed" -v t="$took" \
    'BEGIN { printf "%6s %12.1f %10.1f %7.2f\n", s, r, t, r / t; exit r / t < 0.9 || r / t > 1.1 }' || off=1
done
finish $off
