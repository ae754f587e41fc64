#!/usr/bin/env bash
# Compares the upload of the SDK with its peers, side by side on this machine:
#   eng/compare-upload.sh [--rounds N] [SIZE...]      sizes such as 256M 1G 8G; default 256M, 5 rounds
# Installs what it needs (Debian), prints one table per size, and ends with 1 when a target is missed by more than 15 %, or with 75 when the
# machine was too busy to judge that.
# All figures are medians of interleaved runs, each of them the median of a process's last, warmest transfers: the runtime goes on
# compiling the hot path with what it learned for the first 2 GB. What the first transfer of a process costs stands beside it.
# Only the ratios mean something, and only within one run on a quiet machine.
# Up to 1G every way is run with real payloads in memory; above, the SDK and the floor with a sparse file.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=eng/compare-common.sh
. eng/compare-common.sh

rounds=5
sizes=()
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2; shift 2 ;;
    [0-9]*[MG]) sizes+=("$1"); shift ;;
    *) sed -n '2,9s/^# //p' "$0" >&2; exit 64 ;;
  esac
done
[ ${#sizes[@]} -gt 0 ] || sizes=(256M)

need=()
command -v cc >/dev/null || need+=(gcc libc6-dev)
command -v make >/dev/null || need+=(make)
[ -e /usr/include/openssl/ssl.h ] || need+=(libssl-dev)
command -v openssl >/dev/null || need+=(openssl)
command -v curl >/dev/null || need+=(curl)
command -v bsdtar >/dev/null || need+=(libarchive-tools)
if [ ${#need[@]} -gt 0 ]; then
  echo "installing ${need[*]}" >&2
  as_root=; [ "$(id -u)" = 0 ] || as_root=sudo
  { $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${need[@]}"; } >/dev/null </dev/null
fi

tools=artifacts/compare-upload
mkdir -p "$tools"
tools=$(cd "$tools" && pwd)
work=$(mktemp -d /dev/shm/ksmg-compare.XXXXXX 2>/dev/null || mktemp -d)
big=$(mktemp -d)
drop= kestrel=
cleanup() {
  [ -z "$drop" ] || kill "$drop" 2>/dev/null || true
  [ -z "$kestrel" ] || kill "$kestrel" 2>/dev/null || true
  rm -rf "$work" "$big"
}
trap cleanup EXIT

echo "building" >&2
make -s -C benchmarks/peers OUT="$tools"
dotnet build -c Release benchmarks/Ksmg.Upload -o "$tools/jit" -v q -nologo >&2
dotnet build -c Release benchmarks/Ksmg.Upload.Kestrel -o "$tools/kestrel" -v q -nologo >&2
dotnet publish -c Release -r "linux-$(uname -m | sed 's/x86_64/x64/;s/aarch64/arm64/')" benchmarks/Ksmg.Upload -o "$tools/aot" -v q -nologo >&2

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
"$tools/drop" 0 "$work/cert.pem" "$work/key.pem" >"$work/drop.port" 2>"$work/drop.err" </dev/null & drop=$!
dotnet "$tools/kestrel/Ksmg.Upload.Kestrel.dll" 0 "$work/cert.pem" "$work/key.pem" >"$work/kestrel.port" 2>"$work/kestrel.err" </dev/null & kestrel=$!
for _ in $(seq 300); do [ -s "$work/drop.port" ] && [ -s "$work/kestrel.port" ] && break; sleep 0.1; done
D=$(cat "$work/drop.port") K=$(cat "$work/kestrel.port")
[ -n "$D" ] && [ -n "$K" ] || { cat "$work"/*.err >&2; exit 1; }

aot() { "$tools/aot/Ksmg.Upload" send "$1" "$2" "https://127.0.0.1:$3/upload" "$work/cert.pem" $((1 + measured)); }
jit() { dotnet "$tools/jit/Ksmg.Upload.dll" send "$1" "$2" "https://127.0.0.1:$3/upload" "$work/cert.pem" $((warm + measured)); }
fan_out() { "$tools/aot/Ksmg.Upload" fan-out "$1" "$2" "https://127.0.0.1:$D/upload" "$work/cert.pem" 2; }
curl_to() { for _ in $(seq "$measured"); do "$tools/measure" bash -o pipefail -c "$1"; done; }

# The processor time of the receiver that drops the ciphertext, so far, in seconds: it has a process for each connection.
received() {
  for _ in $(seq 1000); do
    [ -n "$(cat "/proc/$drop/task/$drop/children")" ] || break
    sleep 0.01
  done
  awk -v ticks="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); printf "%.2f", ($14 + $15) / ticks }' "/proc/$drop/stat"
}

# run NAME COMMAND...: one figure of one round: each field's median over the last transfers, what the first one took, and what the receiver took of each.
run() {
  local name=$1 out before; shift
  before=$(received)
  out=$("$@") || { echo "$name failed" >&2; exit 1; }
  awk -v name="$name" -v last="$measured" -v before="$before" -v after="$(received)" '
    { for (i = 1; i <= NF; i++) { split($i, pair, "="); field[NR, i] = pair[2]; title[i] = pair[1] } }
    END {
      if (NR <= last) last = NR
      line = name
      for (i = 1; i <= NF; i++) {
        for (n = 1; n <= last; n++) v[n] = field[NR - last + n, i] + 0
        for (n = 2; n <= last; n++) for (m = n; m > 1 && v[m] < v[m - 1]; m--) { t = v[m]; v[m] = v[m - 1]; v[m - 1] = t }
        line = line " " title[i] "=" v[int((last + 1) / 2)]
      }
      print line " first=" field[1, 1] " receiver=" (after - before) / NR
    }' <<<"$out" >>"$work/results"
  printf '.' >&2
}

post="curl -sS --fail --cacert $work/cert.pem --output /dev/null"
missed=0
: >"$work/memory"
for size in "${sizes[@]}"; do
  bytes=$(numfmt --from=iec "$size")
  warm=$(((2 << 30) / bytes)); [ "$warm" -ge 1 ] || warm=1
  measured=1; [ "$bytes" -ge $((1 << 30)) ] || measured=3
  : >"$work/results"
  rm -f "$work"/*.zip
  echo "measuring $size" >&2
  if [ "$bytes" -le $((1 << 30)) ]; then
    # Incompressible; and what a KTGZ is, an archive of programs as gzip leaves it: deflated once more, some of its codes must be decoded.
    openssl enc -aes-128-ctr -pass pass:ksmg -nosalt -pbkdf2 -in /dev/zero 2>/dev/null | head -c "$bytes" >"$work/a.ktgz" || true
    [ -s "$work/part" ] || tar -C "$(dotnet --list-sdks | sed -n '$s/.*\[\(.*\)\]/\1/p')" -c . | gzip | head -c 64M >"$work/part" || true
    while cat "$work/part"; do :; done 2>/dev/null | head -c "$bytes" >"$work/b.ktgz" || true
    "$tools/aot/Ksmg.Upload" zip stored "$work/a.ktgz" "$work/stored.zip"
    "$tools/aot/Ksmg.Upload" zip deflated "$work/b.ktgz" "$work/deflated.zip"
    source=$work/stored.zip crc=0.08
    name=$(bsdtar -tf "$source")
    rm "$work/b.ktgz"
  else
    source=$big/ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz crc=0
    truncate -s "$bytes" "$source"
  fi

  for round in $(seq "$rounds"); do
    look_at_load "round $round of $size"
    run floor "$tools/send" "$source" 127.0.0.1 "$D" $((1 + measured))
    run aot-inline aot Inline "$source" "$D"
    run jit-inline jit Inline "$source" "$D"
    run aot-ahead aot ReadAhead "$source" "$D"
    run jit-ahead jit ReadAhead "$source" "$D"
    run aot-continued aot Continued "$source" "$D"
    if [ "$crc" != 0 ]; then
      run aot-ahead-deflated aot ReadAhead "$work/deflated.zip" "$D"
      for nodes in 2 4 8; do
        run "fan-out-$nodes-stored" fan_out "$nodes" "$source"
        run "fan-out-$nodes-deflated" fan_out "$nodes" "$work/deflated.zip"
      done
      run K-aot-stored aot ReadAhead "$source" "$K"
      run K-jit-stored jit ReadAhead "$source" "$K"
      run K-aot-deflated aot ReadAhead "$work/deflated.zip" "$K"
      run K-jit-deflated jit ReadAhead "$work/deflated.zip" "$K"
      run K-dgst-curl curl_to "openssl dgst -sha256 $work/a.ktgz >/dev/null && $post -F file=@$work/a.ktgz https://127.0.0.1:$K/upload"
      run K-bsdtar-stored curl_to "bsdtar -xOf $source $name | $post -T - https://127.0.0.1:$K/upload"
      run K-bsdtar-deflated curl_to "bsdtar -xOf $work/deflated.zip $name | $post -T - https://127.0.0.1:$K/upload"
      run K-naive-stored jit HashingStreamContent "$source" "$K"
      run K-naive-deflated jit HashingStreamContent "$work/deflated.zip" "$K"
    fi
  done
  echo >&2

  awk -v size="$size" -v bytes="$bytes" -v crc="$crc" -v memory="$work/memory" -v processors="$(nproc)" '
    function median(way, what,    n, i, j, t, v) {
      n = count[way]
      for (i = 1; i <= n; i++) v[i] = value[way, what, i] + 0
      for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (v[j] < v[i]) { t = v[i]; v[i] = v[j]; v[j] = t }
      return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
    }
    # No way is faster than all processors are with what it takes of them, the receiver included.
    function most(way) {
      printf "| the most that %d processors allow it | %.2f | – | |\n", processors,
        processors * median("floor", "wall") / (median(way, "cpu") + median(way, "receiver"))
    }
    function fanOut(nodes, kind, single, target,    is) {
      is = median("fan-out-" nodes "-" kind, "cpu") / (nodes * median(single, "cpu"))
      words = "CPU AOT to " nodes " nodes at once ÷ " nodes " single uploads, " kind
      if (target) check(words, is, target)
      else printf "| %s | %.2f | – | |\n", words, is
    }
    function check(words, is, target, atLeast,    bad, verdict) {
      bad = atLeast ? is * 1.15 < target : is > target * 1.15
      verdict = bad ? "MISSED" : (atLeast ? is < target : is > target) ? "within 15 %" : "met"
      if (bad) missed = 1
      printf "| %s | %.2f | %s %.2f | %s |\n", words, is, atLeast ? "≥" : "≤", target, verdict
    }
    {
      if (!($1 in count)) order[++ways] = $1
      n = ++count[$1]
      for (i = 2; i <= NF; i++) { split($i, pair, "="); value[$1, pair[1], n] = pair[2] }
    }
    END {
      gb = bytes / 1e9
      printf "\n%s, %d rounds\n\n| way | CPU-s/GB | of a first transfer | GB/s | peak RSS MB | allocated MB |\n|---|---|---|---|---|---|\n", size, count[order[1]]
      for (w = 1; w <= ways; w++) {
        way = order[w]
        sent = gb * (way == "aot-continued" ? 0.25 : way ~ /^fan-out/ ? substr(way, 9, 1) : 1)
        printf "| %-18s | %6.3f | %6.3f | %5.2f | %6.1f | %s |\n", way, median(way, "cpu") / sent, median(way, "first") / sent, sent / median(way, "wall"), median(way, "rss"), (way, "allocated", 1) in value ? sprintf("%.2f", median(way, "allocated")) : "–"
      }
      printf "\n| ratio | is | target | |\n|---|---|---|---|\n"
      floor = median("floor", "cpu")
      check("CPU AOT inline ÷ C floor" (crc > 0 ? " (CRC-32 included)" : ""), median("aot-inline", "cpu") / floor, 1.05 + crc)
      check("CPU JIT inline ÷ C floor" (crc > 0 ? " (CRC-32 included)" : ""), median("jit-inline", "cpu") / floor, 1.15 + crc)
      check("speed AOT read ahead ÷ C floor", median("floor", "wall") / median("aot-ahead", "wall"), 1.4, 1)
      most("aot-ahead")
      check("speed JIT read ahead ÷ C floor", median("floor", "wall") / median("jit-ahead", "wall"), 1.4, 1)
      most("jit-ahead")
      check("CPU continued at 75 % ÷ whole", median("aot-continued", "cpu") / median("aot-ahead", "cpu"), 0.30)
      check("peak RSS AOT, MB", median("aot-ahead", "rss"), 24)
      check("peak RSS JIT, MB", median("jit-ahead", "rss"), 72)
      check("allocated per upload AOT, MB", median("aot-ahead", "allocated"), 2 + gb)
      check("allocated per upload JIT, MB", median("jit-ahead", "allocated"), 2 + gb)
      if (crc > 0) {
        fanOut(2, "stored", "aot-ahead")
        fanOut(4, "stored", "aot-ahead")
        fanOut(8, "stored", "aot-ahead", 0.62)
        fanOut(2, "deflated", "aot-ahead-deflated")
        fanOut(4, "deflated", "aot-ahead-deflated")
        fanOut(8, "deflated", "aot-ahead-deflated", 0.45)
        check("CPU AOT ÷ openssl dgst + curl -F of the extracted file", median("K-aot-stored", "cpu") / median("K-dgst-curl", "cpu"), 0.95)
        check("CPU JIT ÷ openssl dgst + curl -F of the extracted file", median("K-jit-stored", "cpu") / median("K-dgst-curl", "cpu"), 1.05)
        check("CPU AOT ÷ bsdtar + curl without SHA, stored", median("K-aot-stored", "cpu") / median("K-bsdtar-stored", "cpu"), 0.85)
        check("CPU AOT ÷ bsdtar + curl without SHA, deflated", median("K-aot-deflated", "cpu") / median("K-bsdtar-deflated", "cpu"), 0.90)
        check("CPU JIT ÷ naive hashing StreamContent, stored", median("K-jit-stored", "cpu") / median("K-naive-stored", "cpu"), 1.00)
        check("CPU JIT ÷ naive hashing StreamContent, deflated", median("K-jit-deflated", "cpu") / median("K-naive-deflated", "cpu"), 0.60)
      }
      printf "%s %s %s\n", size, median("aot-ahead", "rss"), median("jit-ahead", "rss") >>memory
      exit missed
    }' "$work/results" || missed=1
done

if [ ${#sizes[@]} -gt 1 ]; then
  awk 'NR == 1 { a = $2; j = $3; from = $1 } { da = $2 - a; dj = $3 - j; to = $1 }
    END { printf "\npeak RSS from %s to %s: AOT %+.1f MB, JIT %+.1f MB; target ≤ 2 MB: %s\n", from, to, da, dj, (da > 2.3 || dj > 2.3) ? "MISSED" : "met"; exit (da > 2.3 || dj > 2.3) }' "$work/memory" || missed=1
fi
finish $missed
