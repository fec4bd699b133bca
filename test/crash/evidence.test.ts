/** The power fails anywhere while evidence comes to central: what was acknowledged is whole, and no half bears a name. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { seeded } from "../simulation/time.ts";
import { afterKill, afterPowerCut, apply, type Image, settledDisk } from "./disk.ts";
import { evidencePieces } from "./evidence-pieces.ts";
import { type Recording, recordProgram, root } from "./record.ts";
import type { Op } from "./trace.ts";

async function lived(): Promise<Recording> {
  const place = mkdtempSync(join(tmpdir(), "cellward-crash-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const home = join(place, "home");
  mkdirSync(join(home, "data"), { recursive: true });
  return recordProgram(home, [join(root, "test/crash/evidence-child.ts"), home]);
}

/** What is wrong with a folder in which the first `promised` pieces were acknowledged. */
function wrongIn({ home }: Recording, image: Image, promised: number): string[] {
  return evidencePieces.flatMap(({ digest, bytes }, n) => {
    const base = join(home, "data", "cell-1", digest);
    const [piece, receipt] = [image.get(`${base}.age`), image.get(`${base}.receipt`)];
    if (piece === undefined) return n < promised ? [`piece ${n} was acknowledged and is not there`] : [];
    const isSame = Buffer.compare(piece, bytes) === 0;
    if (!isSame) return [`piece ${n} stands there whole and is not what came`];
    return Buffer.from(receipt ?? []).toString() === `receipt of ${digest}` ? [] : [`piece ${n} has no receipt`];
  });
}

/** Stops the life at every step: by a kill, and by power cuts that leave what the seed decides. */
function violations(recording: Recording, ops: readonly Op[], cuts: number): string[] {
  const chance = seeded(1);
  const data = join(recording.home, "data");
  const disk = settledDisk([recording.home, data], recording.before);
  let promised = -1;
  const found: string[] = [];
  for (const op of ops) {
    if (op.kind === "said") promised = Math.max(promised, op.entries);
    else apply(disk, op);
    if (promised < 0) continue;
    const images = [afterKill(disk), ...Array.from({ length: cuts }, () => afterPowerCut(disk, chance))];
    for (const image of images) found.push(...wrongIn(recording, image, promised));
  }
  return found;
}

test("[F83] kill -9 and 20 power cuts after every step leave each acknowledged piece whole; weaker programs are convicted", async () => {
  const recording = await lived();
  const { ops } = recording;
  expect(ops.filter(({ kind }) => kind === "write").length).toBeGreaterThan(30);
  expect(ops.filter(({ kind }) => kind === "said").length).toBe(evidencePieces.length + 1);
  expect(violations(recording, ops, 20)).toEqual([]);
  const without = (is: (path: string) => boolean) => ops.filter((op) => op.kind !== "sync" || !is(op.path));
  // Not flushing what came, the receipt, or the names: each is found.
  for (const is of [/\.part$/, /\.partial$/, /\/cell-1$/]) {
    expect([
      is,
      violations(
        recording,
        without((path) => is.test(path)),
        20,
      ).length,
    ]).not.toEqual([is, 0]);
  }
});
