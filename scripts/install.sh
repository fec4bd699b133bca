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

ensure_installed() {
  installed && return 0
  if ! command -v npm >/dev/null 2>&1; then
    echo "cellward: npm is not installed, and node_modules does not match package-lock.json. Install npm (Debian: apt-get install npm) and try again." >&2
    exit 78
  fi
  echo "cellward: installing the packages of package-lock.json (npm ci); about half a minute, once." >&2
  # The runtime that inference needs is inside its package; its own install step would fetch an unused CUDA build.
  if ! (cd "$root" && ONNXRUNTIME_NODE_INSTALL=skip npm ci --no-audit --no-fund --loglevel=error --omit= </dev/null >&2); then
    echo "cellward: npm ci failed (its own words stand above). Without the packages nothing can run; is the package registry reachable?" >&2
    exit 78
  fi
  if [ ! -x "$node" ]; then
    echo "cellward: npm ci left no Node at node_modules/node/bin/node. Install scripts may be switched off (npm config get ignore-scripts); the package \"node\" needs its own." >&2
    exit 78
  fi
  cp "$root/package-lock.json" "$marker"
}
