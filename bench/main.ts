/** `npm run bench [-- name ...] [--json]`: every measurement with its baseline from the same run, as a table or as JSON. */
import { availableParallelism, cpus, totalmem } from "node:os";
import type { Row } from "./row.ts";

/** The measurements, and the name of what each is compared with. */
const benches: Readonly<
  Record<string, { readonly against: string; readonly load: () => Promise<{ run(): Promise<Row[]> }> }>
> = {
  append: { against: "bare writes and flushes of the same disk", load: () => import("./append.ts") },
  loop: { against: "the writer on the main thread", load: () => import("./loop.ts") },
  boot: { against: "a start without what was kept", load: () => import("./boot.ts") },
  stream: { against: "a bare loop that keeps the printer's buffer full", load: () => import("./stream.ts") },
  wire: { against: "the bytes of the lines at the baud rate; the moves alone", load: () => import("./wire.ts") },
  inspect: { against: "", load: () => import("./inspect.ts") },
  core: { against: "canonical JSON and SHA-256 of the same events", load: () => import("./core.ts") },
  drain: { against: "a bare QoS 1 loop of single messages to the same broker", load: () => import("./drain.ts") },
  ingest: { against: "bare inserts of the same rows, a batch a transaction", load: () => import("./ingest.ts") },
  recall: { against: "one scan of the whole index", load: () => import("./recall.ts") },
  layers: { against: "a layer of a build of 50, opened the same way", load: () => import("./layers.ts") },
  export: { against: "hashing the same file once", load: () => import("./export.ts") },
  opcua: { against: "the same values read by a bare client of the same library", load: () => import("./opcua.ts") },
  guard: { against: "finding the ends of the same lines", load: () => import("./guard.ts") },
};

const words = process.argv.slice(2);
const json = words.includes("--json");
const names = words.filter((word) => word !== "--json");
const unknown = names.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`There is no measurement ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}.`);
  process.exit(2);
}

const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
};
const results: { bench: string; against: string; rows: Row[] }[] = [];
for (const [bench, { against, load }] of Object.entries(benches)) {
  if (names.length > 0 && !names.includes(bench)) continue;
  const rows = await (await load()).run();
  results.push({ bench, against, rows });
  if (!json) print(bench, against, rows);
}
if (json)
  console.log(JSON.stringify({ machine, node: process.version, at: new Date().toISOString(), results }, null, 2));
else console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${process.version}`);
// A measurement that leaves something running has still been made.
process.exit(0);

function print(bench: string, against: string, rows: readonly Row[]): void {
  console.log(`\n${bench}${against === "" ? "" : `, against ${against}`}`);
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, unit, baseline, ratio } of rows) {
    const compared = baseline === undefined || ratio === undefined ? "" : `   ${number(ratio)} x ${number(baseline)}`;
    console.log(`  ${name.padEnd(width)}  ${number(value).padStart(12)} ${unit.padEnd(12)}${compared}`);
  }
}

/** Three significant digits, thousands set apart. */
function number(value: number): string {
  return new Intl.NumberFormat(
    "en",
    value >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 },
  ).format(value);
}
