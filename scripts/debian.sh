# Installs the Debian packages that are missing, after naming them; sourced by the scripts beside it.

ensure_debian() {
  missing=""
  for package in "$@"; do
    if command -v dpkg-query >/dev/null 2>&1; then
      dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
    else
      command -v "$package" >/dev/null 2>&1 || missing="$missing $package"
    fi
  done
  [ -n "$missing" ] || return 0
  echo "cellward: these Debian packages are needed and missing:$missing" >&2
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "cellward: there is no apt-get here, so they cannot be installed. Install the named programs yourself and try again." >&2
    exit 78
  fi
  as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      echo "cellward: installing them needs root, and there is no sudo. As root: apt-get install --no-install-recommends$missing" >&2
      exit 78
    fi
    as_root="sudo"
    [ -t 0 ] || as_root="sudo -n"
  fi
  echo "cellward: installing them now with apt-get." >&2
  if ! { $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } </dev/null >&2; then
    echo "cellward: apt-get refused (its own words stand above). As root: apt-get update && apt-get install --no-install-recommends$missing" >&2
    exit 78
  fi
}
