#!/usr/bin/env bash
# How long the command line takes to start: the tool's package with code for this machine, as it is installed, and the one file with the runtime in it,
# beside programs that are at hand:
#   eng/compare-start.sh [ROUNDS]            default 20 rounds, one after the other, every command once in each
# 'ksmg plan' asks a simulated cluster of three nodes that runs meanwhile. Prints medians, and ends with 1 when a target is missed, or with 75
# when the machine was too busy to judge that.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=eng/compare-common.sh
. eng/compare-common.sh
rounds=${1:-20}
work=$(mktemp -d)
simulator=
trap '[ -z "$simulator" ] || kill "$simulator"; rm -rf "$work"' EXIT

platform=$(dotnet --info | sed -n 's/^ *RID: *//p')
version=0.1.0-start.$(date -u +%Y%m%d%H%M%S)
dotnet pack src/Ksmg.Cli -c Release -o "$work/packages" -p:ToolPlatforms="$platform" -p:Version="$version" -p:RunAnalyzers=false -v quiet -nologo >&2
(cd "$work" && dotnet tool install Ksmg.Cli --tool-path "$work/tool" --version "$version" --add-source "$work/packages") >&2
ksmg=$work/tool/ksmg
dotnet publish src/Ksmg.Cli -c Release -r "$platform" -p:OneFile=true --artifacts-path "$work/build" -o "$work/onefile" -v quiet -nologo >&2
rm -r "$work/build"

"$ksmg" simulate --out "$work" > "$work/simulator" &
simulator=$!
for _ in $(seq 300); do
  grep -q '^ready ' "$work/simulator" && break
  sleep 0.1
done
grep -q '^ready ' "$work/simulator" || { echo "the simulated cluster was not ready within 30 s" >&2; exit 1; }

# A command on each line, behind the longest that it should take. What a plan takes is asked of the one file; the tool's stands beside it.
commands=()
for program in tool onefile; do
  [ "$program" = onefile ] && limit=0.50 || limit=-
  commands+=("0.10 $work/$program/ksmg --version" "$limit $work/$program/ksmg plan -c $work/cluster.json --runs $work/runs --package $work/update.zip")
done
for peer in 'haproxy -v' 'virsh --version' 'kubectl version --client' 'python3 --version' 'python3 -c pass' 'dotnet --version'; do
  command -v "${peer%% *}" >/dev/null && commands+=("- $peer")
done

look_at_load "the first round"
TIMEFORMAT='%R %U %S'
for round in $(seq 0 "$rounds"); do
  for i in "${!commands[@]}"; do
    read -r -a run <<<"${commands[i]#* }"
    took=$({ time "${run[@]}" >/dev/null 2>"$work/said" || { cat "$work/said" >&2; exit 1; }; } 2>&1)
    # The first round only fills the machine's caches.
    [ "$round" = 0 ] || echo "$took" >> "$work/$i"
  done
done
look_at_load "what would have been another round"

missed=0
printf '%-36s %8s %8s %8s\n' command "wall s" "CPU s" target
for i in "${!commands[@]}"; do
  name=${commands[i]#* }
  name=$(sed "s|$work/tool/||; s|$work/onefile/ksmg|ksmg, one file,|; s| -c $work.*| of three nodes|" <<<"$name")
  LC_ALL=C sort -n "$work/$i" | LC_ALL=C awk -v name="$name" -v target="${commands[i]%% *}" '
    { wall[NR] = $1; cpu[NR] = $2 + $3 }
    END {
      for (n = 2; n <= NR; n++) for (m = n; m > 1 && cpu[m] < cpu[m - 1]; m--) { t = cpu[m]; cpu[m] = cpu[m - 1]; cpu[m - 1] = t }
      middle = int((NR + 1) / 2)
      over = target != "-" && wall[middle] > target
      printf "%-36s %8.3f %8.3f %8s\n", name, wall[middle], cpu[middle], target == "-" ? "" : target (over ? " MISSED" : "")
      exit over
    }' || missed=1
done
finish $missed
