#!/bin/sh
# npm run dockerfile: builds the Dockerfile without Docker and proves what it promises, on a Debian machine as root.
# A debootstrap root stands in for the base image. Long form (several minutes, about 2 GB of disk); not part of npm test.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
if [ "$(id -u)" -ne 0 ]; then
  echo "cellward: this proof mounts and chroots; run it as root (sudo npm run dockerfile)." >&2
  exit 78
fi
. "$root/scripts/debian.sh"
ensure_debian buildah debootstrap crun

export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
work=${CELLWARD_PROOF_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/cellward-image.XXXXXX")}
base=docker.io/library/debian:trixie-slim
image=localhost/cellward:proof
store="--root $work/storage --runroot $work/run"
tree=""
server=""
ended() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  if [ -n "$tree" ]; then
    for place in var/lib/cellward var/lib/cellward-keys; do umount "$tree/$place" 2>/dev/null || true; done
    umount "$tree" 2>/dev/null || true
    buildah $store rm "$container" >/dev/null 2>&1 || true
  fi
  umount "$work/storage/overlay" 2>/dev/null || true
  [ -n "${CELLWARD_PROOF_DIR:-}" ] || rm -rf "$work"
}
trap ended EXIT
say() { echo "== $*"; }
must() { # sentence, then the command that proves it
  sentence=$1
  shift
  if "$@"; then echo "ok: $sentence"; else
    echo "NOT SO: $sentence" >&2
    exit 1
  fi
}
mustnt() {
  sentence=$1
  shift
  if "$@"; then
    echo "NOT SO: $sentence" >&2
    exit 1
  else echo "ok: $sentence"; fi
}

if [ ! -d "$work/root/etc" ]; then
  say "base image by debootstrap"
  debootstrap --variant=minbase trixie "$work/root" "${CELLWARD_DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/debootstrap.log" 2>&1 ||
    { tail -5 "$work/debootstrap.log" >&2; exit 1; }
fi
container=$(buildah $store from scratch)
buildah $store add -q "$container" "$work/root" / >/dev/null
buildah $store commit -q "$container" "$base" >/dev/null
buildah $store rm "$container" >/dev/null

say "build"
# This machine's certificate authorities, where the registry stands behind one of the site's own.
authorities=/etc/ssl/certs/ca-certificates.crt
extra=""
[ ! -f "$authorities" ] || extra="--volume $authorities:/run/site-authorities.crt:ro --build-arg NODE_EXTRA_CA_CERTS=/run/site-authorities.crt"
buildah $store bud --pull-never --format docker $extra -t "$image" . >"$work/build.log" 2>&1 || { tail -40 "$work/build.log" >&2; exit 1; }
grep -c 'STEP' "$work/build.log" | sed 's/$/ steps/'
must "the image was built" sh -c "buildah $store inspect --type image $image >$work/image.json"

say "what the image says of itself"
config() { "$root/node_modules/node/bin/node" -e 'const i=JSON.parse(require("fs").readFileSync(process.argv[1]));const c=i.Docker.config;console.log(JSON.stringify(c[process.argv[2]]))' "$work/image.json" "$1"; }
must "it runs as 10001, not as root" test "$(config User)" = '"10001:10001"'
must "its health is asked for with Node" sh -c 'echo "$1" | grep -q healthcheck.ts' _ "$(config Healthcheck)"
must "its entry point is the pinned Node" sh -c 'echo "$1" | grep -q "/usr/bin/node"' _ "$(config Entrypoint)"

say "what is in it"
container=$(buildah $store from --pull-never "$image")
tree=$(buildah $store mount "$container")
du -sh "$tree" | sed 's/\t.*/ in all/'
mustnt "there is no shell in it" sh -c "find $tree -type f \( -name sh -o -name bash -o -name dash -o -name busybox \) | grep -q ."
mustnt "no development package is in it" sh -c "ls $tree/app/node_modules | grep -qxE 'typescript|vite|vitest|playwright-core|fast-check|node'"
mustnt "no simulator is in it" test -e "$tree/app/src/simulators"
must "of ONNX Runtime only linux/x64 is in it" test "$(ls "$tree"/app/node_modules/onnxruntime-node/bin/napi-v*/ "$tree"/app/node_modules/onnxruntime-node/bin/napi-v*/linux | grep -cE '^(darwin|win32|arm64)$')" = 0

say "how it runs: read-only, unprivileged"
mount --bind "$tree" "$tree"
mount -o remount,ro,bind "$tree"
rm -rf "$work/data" "$work/keys" "$work/server.log"
mkdir -p "$work/data" "$work/keys"
chown 10001:10001 "$work/data" "$work/keys"
chmod 700 "$work/data" "$work/keys"
mount --bind "$work/data" "$tree/var/lib/cellward"
mount --bind "$work/keys" "$tree/var/lib/cellward-keys"
inside() { chroot --userspec=10001:10001 "$tree" /usr/bin/node "$@"; }
must "its Node is the pinned one" test "$(inside --version)" = "v$("$root/node_modules/node/bin/node" -p 'require("./package.json").devDependencies.node')"
mustnt "nothing can be written outside its volumes" inside -e 'require("fs").writeFileSync("/app/x", "")' 2>/dev/null
must "cellward answers" inside /app/src/main.ts --help
must "native parts load: SQLite, ONNX Runtime, libvips, serial port" inside -e '
  const from = require("node:module").createRequire("/app/src/main.ts");
  const sqlite = new (from("better-sqlite3"))(":memory:").prepare("select sqlite_version() v").get().v;
  const sharp = from("sharp").versions.vips;
  from("onnxruntime-node"); from("serialport");
  console.log("SQLite " + sqlite + ", libvips " + sharp);'
must "it makes keys and a ledger" inside /app/src/main.ts init --data /var/lib/cellward --keys /var/lib/cellward-keys --origin proof.example/cell
must "the ledger verifies" inside /app/src/main.ts verify /var/lib/cellward --keys /var/lib/cellward-keys
# Not through the function above: $! has to be the server itself.
chroot --userspec=10001:10001 "$tree" /usr/bin/node -e 'const s = require("http").createServer((_, a) => a.end("{}")); s.listen(0, "127.0.0.1", () => console.log(s.address().port))' >"$work/server.log" 2>&1 &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s "$work/server.log" ] && break; sleep 0.3; done
health="http://127.0.0.1:$(cat "$work/server.log")/healthz"
must "the health check passes while something healthy answers" inside /app/scripts/healthcheck.ts "$health"
kill "$server" && wait "$server" 2>/dev/null || true
server=""
mustnt "the health check fails when nothing answers" inside /app/scripts/healthcheck.ts "$health"
say "proven"
