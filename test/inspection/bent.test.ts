/** Bad pictures of twelve kinds before the judge of surfaces: each is held, and no good one is refused. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scoreSet } from "../../src/inspection/io/score-set.ts";
import { openSet } from "../../src/inspection/io/set-folder.ts";
import { writePowderSet } from "../../src/simulators/powder/io/write-set.ts";
import { bent, bentKinds, readRaw } from "./bent.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-bent-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("[F55][L3] covered, blurred, moved, turned, dark, bright, frozen, strange, torn, noisy and side-lit pictures never pass", {
  timeout: 120_000,
}, async () => {
  await writePowderSet(folder, 1302, [[], [], [], []], "recoated", 640);
  const good = async (n: number) => new Uint8Array(await readFile(join(folder, `frames/layer_${n}.jpg`)));
  const picture = await readRaw(await good(11));
  const other = { ...picture, data: picture.data.map((v, i) => (i % 640 < 320 ? 255 - v : v)) };
  for (const [k, kind] of bentKinds.entries())
    for (const n of [1, 2]) {
      const bytes = await bent(kind, { picture, earlier: await good(8), other }, n + 100 * k);
      await writeFile(join(folder, `frames/zz_${kind.replaceAll(" ", "-")}_${n}.jpg`), bytes);
    }
  await rm(join(folder, "masks"), { recursive: true });
  const opened = await openSet(folder);
  const scored = opened.ok ? await scoreSet(opened.value, { progress() {}, async show() {} }) : opened;
  if (!scored.ok) throw new Error(scored.error.what);
  const held = (isBent: boolean) =>
    scored.value.outcomes.filter(({ frame }) => frame.startsWith("zz_") === isBent).map((o) => `${o.frame} ${o.held}`);
  expect(held(true).filter((line) => line.endsWith("false"))).toEqual([]);
  expect(held(true)).toHaveLength(2 * bentKinds.length);
  expect(held(false).filter((line) => line.endsWith("true"))).toEqual([]);
});
