#!/bin/sh
# Remakes drill-guide.stl and drill-guide.gcode; needs Debian's python3 and prusa-slicer (nothing else calls this).
set -eu
cd "$(dirname "$0")"
for tool in python3 prusa-slicer; do
  command -v "$tool" >/dev/null || { echo "make.sh: $tool is missing; install it with: apt-get install $tool" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 guide.py drill-guide.stl
prusa-slicer --datadir "$work/settings" --load slicer.ini --center 75,72 --export-gcode \
  --output "$work/drill-guide.gcode" drill-guide.stl >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
# The first line names the day of slicing, and the settings at the end are in slicer.ini: both go, so that a second run
# gives the same bytes.
sed -e '1s/ on .*$//' -e '/^; prusaslicer_config = begin/,$d' "$work/drill-guide.gcode" >drill-guide.gcode
wc -lc drill-guide.gcode
