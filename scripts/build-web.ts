/** Builds the panel's page into dist/web; `ensureWebBuilt` does so only where its sources have changed. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src/hmi/web");
/** What the page takes from outside its own folder. */
const shared = [
  "src/hmi/api.ts",
  "src/hmi/api-layers.ts",
  "src/kernel/json.ts",
  "src/kernel/result.ts",
  "src/kernel/assert.ts",
  "package.json",
];

/** Where the built page lies. */
export const webRoot = join(root, "dist/web");

/** Builds in any case. */
export async function buildWeb(): Promise<void> {
  await build({
    configFile: false,
    root: source,
    logLevel: "warn",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: { outDir: webRoot, emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  });
  writeFileSync(join(webRoot, ".sources"), digest());
}

/** Builds where nothing is built, or from other sources; returns the folder to serve. */
export async function ensureWebBuilt(): Promise<string> {
  const mark = join(webRoot, ".sources");
  if (!existsSync(mark) || readFileSync(mark, "utf8") !== digest()) await buildWeb();
  return webRoot;
}

function digest(): string {
  const hash = createHash("sha256");
  const own = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const path of [...own, ...shared.map((name) => join(root, name))]) hash.update(path).update(readFileSync(path));
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWeb();
