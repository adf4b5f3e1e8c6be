#!/usr/bin/env bash
# Builds what M3CoreCRM's pages load into a browser: the SDKs of the lock, in one module; and a Node program that proves
# the scrubber of both. Usage: frontend.sh
# Without npm it says so and ends well: the pages work without it, and report nothing from the browser.
set -euo pipefail
cd "$(dirname "$0")/../src/m3core"
built=web/static/build

program=../../alert_tests/scrubbing/clients
newer=$(find frontend "$program/node_client.mjs" -newer "$built/.made" -print -quit 2>/dev/null || echo none)
[ -n "$newer" ] || exit 0
command -v npm >/dev/null || {
  echo "setup: npm is missing: M3CoreCRM's pages will report nothing from the browser; .ci/tools.sh npm installs it" >&2
  exit 0
}
# Elsewhere, so that no copy and no search of the sources meets forty megabytes of modules.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp frontend/* "$program/node_client.mjs" "$folder"
cd "$folder"
# By the lock, each package checked against its hash; the bundler's binary is a package, so no script has to run.
npm ci --no-audit --no-fund --ignore-scripts --silent
node_modules/@esbuild/*/bin/esbuild instrument.js --bundle --format=esm --splitting --minify --target=es2022 \
  --legal-comments=linked --log-level=warning --outdir=build
# Libraries of Node's own kind of modules ask for others by a function that these modules do not have.
node_modules/@esbuild/*/bin/esbuild node_client.mjs --bundle --platform=node --format=esm --target=node20 \
  --alias:m3core-scrub=./scrub.js --log-level=warning --outfile=program/node_client.mjs \
  --banner:js="import {createRequire as requireBy} from 'node:module'; const require = requireBy(import.meta.url);"
cd - >/dev/null
mkdir -p "$program/build"
cp "$folder/program/node_client.mjs" "$program/build/"
rm -rf "$built"
mkdir -p "$built"
cp "$folder"/build/* "$built"
touch "$built/.made"
