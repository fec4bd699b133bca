/** `npm run bad-pictures`: twelve kinds of bad pictures before the cell's inspector and before the judge of surfaces; none may pass. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { interval } from "../src/inspection/score/measures.ts";
import { writePowderSet } from "../src/simulators/powder/io/write-set.ts";
import { filamentTable, surfaceTable, type Table } from "./bad-tables.ts";

const help = `Usage: npm run bad-pictures [-- --count 250] [-- --real FOLDER]
Bends good frames in twelve ways, --count times each, and has them judged: rendered filament by the cell's inspector, drawn powder by the
judge of surfaces, and with --real the frames of a folder (good frames of one camera, 24 or more) by it too.
Exit codes: 0 none passed; 4 some passed; 2 usage.`;
const { values } = parseArgs({
  options: { count: { type: "string", default: "250" }, real: { type: "string" }, help: { type: "boolean" } },
});
const count = Number(values.count);
if (values.help === true || !(Number.isInteger(count) && count > 0)) {
  console.log(help);
  process.exit(values.help === true ? 0 : 2);
}
let passedInAll = 0;

function print(name: string, table: Table): void {
  console.log(`${name}`);
  for (const [kind, { all, passed }] of table) {
    if (kind === "good") continue;
    console.log(`  ${kind.padEnd(18)} ${passed} of ${all} passed`);
    passedInAll += passed;
  }
  const bad = [...table].filter(([kind]) => kind !== "good");
  const [passed, all] = [0, 1].map((k) => bad.reduce((sum, [, row]) => sum + (k === 0 ? row.passed : row.all), 0));
  const [, high] = interval(passed!, all!);
  const good = table.get("good");
  const kept = good === undefined ? "" : `; good pictures held ${good.all - good.passed} of ${good.all}`;
  console.log(`  all bad            ${passed} of ${all} passed (at most ${(100 * high).toFixed(2)} % at 95 %)${kept}`);
}

const work = await mkdtemp(join(tmpdir(), "cellward-bad-"));
try {
  print("rendered filament, by the cell's inspector", await filamentTable(count));
  await writePowderSet(
    join(work, "drawn"),
    1301,
    Array.from({ length: 16 }, () => []),
    "recoated",
    1000,
  );
  const drawn = await surfaceTable("drawn powder", join(work, "drawn/frames"), join(work, "drawn-set"), count);
  print("drawn powder, by the judge of surfaces", drawn);
  if (values.real === undefined) console.log("real pictures: SKIPPED, no --real FOLDER was named");
  else {
    const real = await surfaceTable("real pictures", values.real, join(work, "real-set"), count);
    print(`real pictures of ${values.real}, by the judge of surfaces`, real);
  }
} finally {
  await rm(work, { recursive: true, force: true });
}
process.exitCode = passedInAll === 0 ? 0 : 4;
