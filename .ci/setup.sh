#!/usr/bin/env bash
# Makes the virtual environment and sees to the system tools. Usage: setup.sh PYTHON VENV
# Exits with 2, and the one command that helps, when something is missing that it may not install.
set -euo pipefail
python=$1 venv=$2

command -v "$python" >/dev/null || {
  echo "setup: $python is missing; install Python 3.11 or newer, or name one: make PYTHON=python3.12 demo" >&2
  exit 2
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "setup: $("$python" --version) is too old; Python 3.11 or newer is needed: make PYTHON=python3.12 demo" >&2
  exit 2
}
# Without the rights for the system's packages, or where there are none, Playwright's own browser is tried below.
packages=0
"$(dirname "$0")/tools.sh" browser || packages=$?

if [ ! -x "$venv/bin/pip" ]; then
  "$python" -m venv --clear "$venv" || {
    rm -rf "$venv"
    echo "setup: no virtual environment could be made; on Debian: apt-get install python3-venv" >&2
    exit 2
  }
fi
# uv installs the locked set in seconds and compiles it: uncompiled, every start takes two to three times as long.
"$venv/bin/pip" install --quiet --disable-pip-version-check 'uv>=0.8,<1'
export VIRTUAL_ENV=$PWD/$venv UV_LINK_MODE=copy
# uv does not read pip's configuration: a mirror that only pip knows is handed on.
index=${PIP_INDEX_URL:-$("$venv/bin/pip" config get global.index-url 2>/dev/null || true)}
[ -z "$index" ] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}
"$venv/bin/uv" pip install --quiet --require-hashes --compile-bytecode -r requirements.lock
"$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation --editable .
"$(dirname "$0")/frontend.sh" ||
  echo "setup: the browser's instruments were not built (npm says why above): M3CoreCRM's pages work without them" >&2
[ "$packages" = 0 ] || "$venv/bin/alertproof" browser --install || exit 2
touch "$venv/.ready"
