#!/bin/sh
# Runs a TypeScript file of this repository on its own pinned Node, whatever Node the system has: run.sh FILE [arguments].
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P)
if [ $# -lt 1 ]; then
  echo "usage: scripts/run.sh FILE [arguments]   (FILE relative to the repository's root)" >&2
  exit 2
fi
file=$1
shift
case $file in /*) ;; *) file="$root/$file" ;; esac
. "$root/scripts/install.sh"
ensure_installed
# exec: the shell is gone, so signals and the exit code are the program's own.
exec "$node" "$file" "$@"
