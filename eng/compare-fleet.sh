#!/usr/bin/env bash
# What a fleet costs beside a loop of 'ksmg upgrade' processes in a shell, over the same simulated clusters and in one run:
#   eng/compare-fleet.sh [CLUSTERS] [AT_ONCE] [SPEED]      default 24 clusters, 8 at once, nodes 20 times as fast as at their own pace
# CPU seconds are those of the programs that upgrade, not the simulators'; memory is the greatest sum of what they hold alone and of their
# share of what they hold together (PSS), looked at five times a second. Ends with 75 when the machine was too busy for them to mean anything.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=eng/compare-common.sh
. eng/compare-common.sh
clusters=${1:-24} at_once=${2:-8} speed=${3:-20}
dotnet build src/Ksmg.Cli -c Release -v quiet -nologo >&2
ksmg=$PWD/src/Ksmg.Cli/bin/Release/net10.0/ksmg
work=$(mktemp -d)
simulator='' sampler=''
trap 'for p in $sampler $simulator; do kill "$p" 2>/dev/null || true; done; rm -r "$work"' EXIT

# What all processes with that folder on their command line hold; a line for each look.
sample() {
  while :; do
    sum=0
    for line in $(grep -lzF -- "$1" /proc/[0-9]*/cmdline 2>/dev/null); do
      pid=${line#/proc/} pid=${pid%/cmdline}
      { tr '\0' ' ' < "$line" | grep -q ' simulate '; } 2>/dev/null && continue
      pss=$(sed -n 's/^Pss: *\([0-9]*\) kB/\1/p' "/proc/$pid/smaps_rollup" 2>/dev/null) || true
      sum=$((sum + ${pss:-0}))
    done
    echo "$sum"
    sleep 0.2
  done
}

printf '%-8s %9s %16s %16s %12s\n' by "took s" "CPU s" "CPU s a cluster" "memory MB"
for by in loop fleet; do
  look_at_load "$by"
  folder=$work/$by
  mkdir "$folder"
  "$ksmg" simulate --out "$folder" --clusters "$clusters" --speed "$speed" > "$folder/simulator" &
  simulator=$!
  for _ in $(seq 600); do
    grep -q '^ready ' "$folder/simulator" && break
    sleep 0.1
  done
  sample "$folder" > "$folder/memory" &
  sampler=$!
  begun=$EPOCHREALTIME
  if [ $by = fleet ]; then
    jq --argjson n "$at_once" '.Fleet |= (.Waves = [{Name: "all"}] | .MaxConcurrent = $n | .Soak = "0s" | del(.NeverTogether))' "$folder/fleet.json" \
      > "$folder/one-wave.json"
    run=("$ksmg" fleet start -f "$folder/one-wave.json" --package "$folder/update.zip" --yes --plain)
  else
    export ksmg folder
    # shellcheck disable=SC2016
    run=(sh -c 'ls -d "$folder"/c*/ | xargs -P "$1" -I{} "$ksmg" upgrade -c {}cluster.json --runs {}runs --package "$folder/update.zip" --yes --plain \
      --pause-after none' sh "$at_once")
  fi
  command time -f '%U %S' -o "$folder/cpu" "${run[@]}" > "$folder/said" 2>&1 || { tail -5 "$folder/said" >&2; exit 1; }
  took=$(awk -v a="$begun" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
  for p in $sampler $simulator; do
    kill "$p"
    wait "$p" 2>/dev/null || true
  done
  simulator='' sampler=''
  LC_ALL=C awk -v by=$by -v n="$clusters" -v took="$took" -v mem="$(sort -n "$folder/memory" | tail -1)" \
    '{ printf "%-8s %9.1f %16.1f %16.2f %12.0f\n", by, took, $1 + $2, ($1 + $2) / n, mem / 1024 }' "$folder/cpu"
done
finish 0
