#!/usr/bin/env bash
# Sees to tools that come from the system and not from the lock. Usage: tools.sh blackbox browser npm peers promtool wrk ...
# As root on Debian a missing one is installed; elsewhere it exits with 2 and the one command that helps.
set -euo pipefail

browser() {
  # Playwright's own driver needs libatomic, which a minimal Debian does not have.
  { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null; } | grep -q 'libatomic\.so\.1' || return 1
  [ -z "${ALERTPROOF_BROWSER:-}" ] || return 0
  for name in chromium-headless-shell chromium chromium-browser google-chrome; do
    ! command -v "$name" >/dev/null || return 0
  done
  return 1
}

# What ours is measured against has an environment of its own, for it wants other versions than ours of what both use.
# Compiled by: uv pip compile .ci/peers.in --universal --python-version 3.11 --generate-hashes -o .ci/peers.lock
peers() {
  local made=.venv-peers/.made
  cd "$(dirname "$0")/.."
  if [ -e "$made" ] && [ "$made" -nt .ci/peers.lock ]; then return 0; fi
  [ -x .venv/bin/uv ] || { echo "setup: the peers need uv of .venv; run: make setup" >&2; return 2; }
  echo "setup: installing the peers of the benchmarks into .venv-peers"
  local index=${PIP_INDEX_URL:-$(.venv/bin/pip config get global.index-url 2>/dev/null || true)}
  [ -z "$index" ] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}
  .venv/bin/python -m venv --clear --without-pip .venv-peers &&
    UV_LINK_MODE=copy .venv/bin/uv pip install --quiet --python .venv-peers/bin/python --require-hashes \
      --compile-bytecode -r .ci/peers.lock || return 2
  touch "$made"
}

missing=()
for tool in "$@"; do
  case $tool in
    blackbox) command -v prometheus-blackbox-exporter >/dev/null || missing+=(prometheus-blackbox-exporter) ;;
    browser) browser || missing+=(chromium-headless-shell fonts-dejavu-core libatomic1) ;;
    npm) command -v npm >/dev/null || missing+=(nodejs npm) ;;
    peers) peers || exit 2 ;;
    promtool) command -v promtool >/dev/null || missing+=(prometheus) ;;
    wrk) command -v wrk >/dev/null || missing+=(wrk) ;;
    *) echo "tools: no tool $tool; known: blackbox browser npm peers promtool wrk" >&2; exit 2 ;;
  esac
done
[ ${#missing[@]} -gt 0 ] || exit 0

hint=
case ${missing[*]} in
  # Ubuntu has no such package, and its Chromium is a snap.
  *chromium*) hint=$'\n'"setup: or use a Chromium or Google Chrome that is there: export ALERTPROOF_BROWSER=/path/to/it" ;;
esac

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "setup: missing: ${missing[*]}; run: sudo apt-get install --no-install-recommends ${missing[*]}$hint" >&2
  exit 2
fi
echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# Only the programs are wanted: a service that comes with one must not start.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; } || {
  echo "setup: ${missing[*]} could not be installed; apt says why above$hint" >&2
  exit 2
}
