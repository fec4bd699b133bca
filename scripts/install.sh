# Makes node_modules match package-lock.json; sourced by the scripts beside it, which set $root first.

node="$root/node_modules/node/bin/node"
marker="$root/node_modules/.cellward-lock"

# True when what is installed is what the lockfile says: our copy of it agrees, or npm itself has installed since.
installed() {
  [ -x "$node" ] || return 1
  cmp -s "$root/package-lock.json" "$marker" && return 0
  hidden="$root/node_modules/.package-lock.json"
  [ -f "$hidden" ] && [ -z "$(find "$root/package-lock.json" -newer "$hidden")" ] || return 1
  cp "$root/package-lock.json" "$marker" 2>/dev/null || true
}

# No package's install script runs, except that of "node", which fetches the runtime: npm 9 and 10 would otherwise compile
# what is delivered ready. Its download is not in the lockfile, so its digest is held here.
ensure_installed() {
  installed && return 0
  if ! command -v npm >/dev/null 2>&1; then
    echo "cellward: npm is not installed, and node_modules does not match package-lock.json. Install npm (Debian: apt-get install npm) and try again." >&2
    exit 78
  fi
  # Below that, npm silently leaves out the native parts, because they say which Node they want.
  if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; then
    echo "cellward: to install, npm needs a Node of at least 20.19 (this one is $(node --version 2>&1)); Debian 13 has it. The cell itself then runs on its own Node 24." >&2
    exit 78
  fi
  echo "cellward: installing the packages of package-lock.json (npm ci); about half a minute, once." >&2
  # Its own install script would fetch CUDA; no script runs here, and this says it once more.
  export ONNXRUNTIME_NODE_INSTALL=skip
  if ! (cd "$root" && npm ci --ignore-scripts --include=dev --include=optional --no-audit --no-fund --loglevel=error &&
    npm rebuild node --ignore-scripts=false --loglevel=error) </dev/null >&2; then
    echo "cellward: npm failed (its own words stand above). Without the packages nothing can run; is the package registry reachable?" >&2
    exit 78
  fi
  if [ ! -x "$node" ]; then
    echo "cellward: npm left no Node at node_modules/node/bin/node (its own words stand above)." >&2
    exit 78
  fi
  check_node
  cp "$root/package-lock.json" "$marker"
}

check_node() {
  platform="$(uname -s)-$(uname -m)"
  expected=$(sed -n "s/^\([0-9a-f]*\)  $platform\$/\1/p" "$root/scripts/node.sha256")
  if [ -z "$expected" ] || ! command -v sha256sum >/dev/null 2>&1; then
    echo "cellward: the digest of Node for $platform was not checked (none in scripts/node.sha256, or no sha256sum)." >&2
    return 0
  fi
  found=$(sha256sum "$node" | cut -d' ' -f1)
  if [ "$found" != "$expected" ]; then
    rm -f "$node"
    echo "cellward: the Node that was delivered is not the one this release was tested with (SHA-256 $found, expected $expected). It was removed." >&2
    exit 78
  fi
}
