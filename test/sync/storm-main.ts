/** `npm run sync-storm [-- --long] [-- --seed n]`: one storm over the real programs, and what it counted. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drawn, storm } from "./storm.ts";

const words = process.argv.slice(2);
const long = words.includes("--long");
const seed = Number(words[words.indexOf("--seed") + 1] ?? 1) || 1;
const root = mkdtempSync(join(tmpdir(), "cellward-storm-"));
const atEnd: (() => void | Promise<void>)[] = [() => rmSync(root, { recursive: true, force: true })];
const began = performance.now();
try {
  const size = long ? { waiting: 100_000, events: drawn(120, seed) } : { waiting: 5_000, events: drawn(12, seed) };
  const options = { root, seed, speed: 20, ...size, say: (what: string) => console.error(what) };
  const counted = await storm({ ...options, later: (act) => void atEnd.push(act) });
  console.log(JSON.stringify({ seed, seconds: Math.round((performance.now() - began) / 1000), ...counted }, null, 2));
  process.exitCode = counted.lost === 0 && counted.doubled === 0 ? 0 : 1;
} finally {
  for (const act of atEnd.reverse()) await act();
}
process.exit();
