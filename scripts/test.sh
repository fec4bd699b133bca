#!/bin/sh
# npm test: everything a bare Debian machine needs, then types, lint and all tests. Arguments are passed to vitest.
set -u
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root" || exit 1

# Debian packages that tests use: a real browser for the pages, a real database and a real broker for central QA, age's program,
# and what the second verifier of records is written with.
packages="chromium postgresql mosquitto age strace python3 python3-cryptography"

. "$root/scripts/debian.sh"
ensure_debian $packages
. "$root/scripts/install.sh"
ensure_installed
PATH="$root/node_modules/.bin:$PATH"
export PATH

failed=""
check() { # name, then the command
  name=$1
  shift
  echo "== $name"
  "$@" || failed="$failed$name, "
}

check "web page" "$node" scripts/build-web.ts
check "types" tsc --noEmit
check "types of the web page" tsc --noEmit -p src/hmi/web
check "format and lint" biome check --error-on-warnings .

out=$(mktemp -d "${TMPDIR:-/tmp}/cellward-test.XXXXXX") || exit 1
trap 'rm -rf "$out"' EXIT
"$node" node_modules/vitest/vitest.mjs run --reporter=default --reporter=json --outputFile.json="$out/vitest.json" "$@"
status=$?
# The whole run's result is kept for `npm run trace`; a chosen part of it would say too little.
if [ $# -eq 0 ] && [ -f "$out/vitest.json" ]; then
  mkdir -p var && cp "$out/vitest.json" var/vitest.json
fi
"$node" scripts/test-summary.ts "$out/vitest.json" "$status" "${failed%, }"
