# A cell in a container: the pinned Node 24, the sources, production packages for linux/x64, and nothing else.
# There is no shell in it, nothing in it is writable, and it runs as nobody in particular. Devices, configuration, data
# and keys come from outside (docs/install.md). Proven by `npm run dockerfile`.

FROM debian:trixie-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates npm \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# Where the registry stands behind a site's own authority: --build-arg NODE_EXTRA_CA_CERTS=FILE, the file mounted.
ARG NODE_EXTRA_CA_CERTS

# Packages first: they change less often than the sources.
COPY package.json package-lock.json .npmrc ./
COPY scripts/install.sh scripts/node.sha256 scripts/
RUN root=/app && . scripts/install.sh && ensure_installed

COPY . .
RUN node_modules/node/bin/node scripts/build-web.ts

# The Node that runs was delivered by npm and is the one whose digest scripts/node.sha256 holds.
RUN mkdir -p /image/usr/bin /image/app \
 && cp node_modules/node/bin/node /image/usr/bin/node \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error

# Native parts of other platforms and what only builds need stay behind.
RUN rm -rf node_modules/onnxruntime-node/bin/napi-v*/darwin node_modules/onnxruntime-node/bin/napi-v*/win32 \
      node_modules/onnxruntime-node/bin/napi-v*/linux/arm64 node_modules/onnxruntime-node/script \
      node_modules/better-sqlite3/deps node_modules/better-sqlite3/src \
 && find node_modules/better-sqlite3/prebuilds -type f ! -name linux-x64.node -delete \
 && find node_modules/@serialport/bindings-cpp -path '*/prebuilds/*' -type f ! -path '*/linux-x64/*glibc*' -delete \
 && rm -rf src/simulators \
 && cp -r package.json LICENSE src config models dist node_modules /image/app/ \
 && install -D scripts/healthcheck.ts /image/app/scripts/healthcheck.ts

# The C library and its companions: exactly what the Node binary and the native parts load.
RUN find /image -type f \( -name '*.node' -o -name '*.so*' -o -path '*/usr/bin/node' \) -exec ldd {} + 2>/dev/null \
      | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/lib64[^ ]*\).*/\1/p' | grep -v '^/image/' | sort -u \
      | xargs -I{} sh -c 'mkdir -p "/image$(dirname "{}")" && cp -L "{}" "/image{}"' \
 && mkdir -p /image/etc/ssl/certs /image/etc/cellward /image/var/lib/cellward /image/var/lib/cellward-keys \
      /image/var/lib/cellward-intake /image/tmp \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
 && printf 'root:x:0:0:root:/:\ncellward:x:10001:10001:cellward:/var/lib/cellward:\n' > /image/etc/passwd \
 && printf 'root:x:0:\ncellward:x:10001:\n' > /image/etc/group \
 && printf 'hosts: files dns\n' > /image/etc/nsswitch.conf \
 && chown -R 10001:10001 /image/var/lib/cellward /image/var/lib/cellward-keys /image/var/lib/cellward-intake \
 && chmod 700 /image/var/lib/cellward /image/var/lib/cellward-keys && chmod 770 /image/var/lib/cellward-intake

FROM scratch
COPY --from=build /image/ /
ENV NODE_ENV=production
WORKDIR /app
USER 10001:10001
EXPOSE 8440
VOLUME ["/var/lib/cellward", "/var/lib/cellward-keys", "/var/lib/cellward-intake"]
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/bin/node", "/app/scripts/healthcheck.ts"]
ENTRYPOINT ["/usr/bin/node", "/app/src/main.ts"]
CMD ["run", "--config", "/etc/cellward/cell.toml", "--data", "/var/lib/cellward", "--keys", "/var/lib/cellward-keys"]
