# For the scripts eng/compare-*.sh, which source it: how busy the machine is before a round, and that nothing is judged when it was.
# shellcheck shell=bash
load_limit=0.50
not_judged=75
was_busy=0

# How many processors the machine uses, for each that it has: seen for two seconds in which the script itself does nothing. What /proc/loadavg
# says is told beside it; after a first round that is the script's own work, so it is not what is judged by.
look_at_load() {
  local before after
  before=$(head -1 /proc/stat)
  sleep 2
  after=$(head -1 /proc/stat)
  LC_ALL=C awk -v limit="$load_limit" -v about="$1" -v average="$(cut -d' ' -f1 /proc/loadavg)" -v cores="$(nproc)" '
    { total = 0; for (i = 2; i <= 9; i++) total += $i; idle[NR] = $5 + $6; all[NR] = total }
    END {
      busy = all[2] > all[1] ? 1 - (idle[2] - idle[1]) / (all[2] - all[1]) : 0
      printf "load before %s: %.2f of each of %d processors (average of a minute: %s)%s\n", about, busy, cores, average, (busy > limit ? ": TOO MUCH" : "")
      exit (busy > limit)
    }' <<<"$before
$after" >&2 || was_busy=1
}

# finish MISSED: ends the script with that, or with a code of its own when the machine was too busy for it to mean anything.
finish() {
  if [ "$was_busy" = 1 ]; then
    echo "not judged: before a round other work took more than $load_limit of each processor; the figures above are what was measured" >&2
    exit "$not_judged"
  fi
  exit "$1"
}
