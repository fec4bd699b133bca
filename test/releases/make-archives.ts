/** Makes a fixture of archives in this release's format, once. `node test/releases/make-archives.ts FOLDER`. */
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { makeArchive } from "../../src/ledger/io/archive-make.ts";
import { makeTwoYears } from "../commands/archive.ts";

const out = process.argv[2];
if (out === undefined) throw new Error("Name the folder to be made.");
if (existsSync(out)) throw new Error(`${out} is there already. A fixture is made once and never again.`);
mkdirSync(join(out, "keys"), { recursive: true });
const log = await makeTwoYears();
const usual = { dataDir: log.path("data"), keys: log.keys, witnesses: [log.witness], now: Date.now() };
for (const [name, year, plain] of [
  ["2023", 2023, false],
  ["2024", 2024, false],
  ["2023-open", 2023, true],
] as const) {
  const made = await makeArchive({ ...usual, year, plain, out: join(out, name), onProgress: console.error });
  if (!made.ok) throw new Error(made.error.what);
}
// What opens, never what signs.
copyFileSync(log.path("keys/cell.vkey"), join(out, "keys/cell.vkey"));
copyFileSync(log.path("keys/data.key"), join(out, "keys/data.key"));
copyFileSync(log.path("witness.vkey"), join(out, "keys/witness.vkey"));
log.remove();
