#!/usr/bin/env bash
# Installs the servers that the tests talk to (Debian): HAProxy, Postfix, Dovecot, OpenSSH, libvirt with QEMU, PostgreSQL, Chromium; ICU, jq and patch;
# the programs that packages are compared with: unzip, zip, 7-Zip, bsdtar, Python; the shells that complete commands: zsh, fish; and the terminal
# that pictures are taken of: tmux.
# Nothing of it is started: each test starts its own, on loopback, and stops it again.
set -euo pipefail

declare -A programs=(
  [haproxy]=/usr/sbin/haproxy [postfix]=/usr/sbin/postfix [dovecot-imapd]=/usr/lib/dovecot/imap [dovecot-lmtpd]=/usr/lib/dovecot/lmtp
  [openssh-server]=/usr/sbin/sshd [openssh-client]=/usr/bin/ssh [libvirt-daemon-system]=/usr/sbin/libvirtd [libvirt-clients]=/usr/bin/virsh
  [qemu-system-x86]=/usr/bin/qemu-system-x86_64 [qemu-utils]=/usr/bin/qemu-img [openssl]=/usr/bin/openssl [patch]=/usr/bin/patch [jq]=/usr/bin/jq
  [unzip]=/usr/bin/unzip [zip]=/usr/bin/zip [7zip]=/usr/bin/7zz [libarchive-tools]=/usr/bin/bsdtar [python3]=/usr/bin/python3
  [chromium]=/usr/bin/chromium [zsh]=/usr/bin/zsh [fish]=/usr/bin/fish [tmux]=/usr/bin/tmux
)
need=()
for package in "${!programs[@]}"; do
  [ -x "${programs[$package]}" ] || need+=("$package")
done
# .NET's cultures (ICU): the version is part of the library's name, and what its headers come in brings the right one.
compgen -G '/usr/lib/*/libicui18n.so.*' >/dev/null || need+=(libicu-dev)
# The version of PostgreSQL is part of its folder.
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || need+=(postgresql)
[ ${#need[@]} -gt 0 ] || exit 0

echo "installing ${need[*]}" >&2
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo

# Packages may not start what they bring.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
  trap '$as_root rm -f "$policy"' EXIT
fi
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
{ $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends "${need[@]}"; } >"$log" 2>&1 </dev/null \
  || { tail -n 30 "$log" >&2; exit 1; }
rm -f "$log"
