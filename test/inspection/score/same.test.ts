/** What `cellward inspect score` says of drawn sets stays the same to the byte, whoever holds the limits: these digests are older than process packs. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestOf } from "../../../src/kernel/hash.ts";
import { faultKindsOf } from "../../../src/simulators/powder/bed.ts";
import { writePowderSet } from "../../../src/simulators/powder/io/write-set.ts";

const root = join(import.meta.dirname, "../../..");
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-same-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Digest of everything that is said and does not depend on the machine's speed and memory; folders are left out. */
async function said(set: string): Promise<string> {
  const env = { PATH: process.env["PATH"] ?? "" };
  const out = await new Promise<string>((resolve, reject) => {
    const args = ["--json", "inspect", "score", "--set", set];
    execFile(join(root, "bin/cellward"), args, { env, maxBuffer: 1 << 26 }, (error, text) =>
      error === null ? resolve(text) : reject(error),
    );
  });
  const { latencyMs: _, rssMb: __, pack: ___, outcomes, ...rest } = JSON.parse(out);
  const timeless = outcomes.map(({ stageMs: ____, ...outcome }: { stageMs: unknown }) => outcome);
  const text = JSON.stringify({ ...rest, outcomes: timeless }).replaceAll(set, "SET");
  return digestOf(new TextEncoder().encode(text));
}

describe("the report of a drawn set", () => {
  const asSaid = async (set: string, toml: string) => {
    const file = join(set, "set.toml");
    await writeFile(file, (await readFile(file, "utf8")).replace(/^process.*\nphase.*\n/, toml));
  };

  it("[F51][F53] is the same to the byte for recoated powder, also where the phase is not said", {
    timeout: 240_000,
  }, async () => {
    const set = join(folder, "recoated");
    const faults = faultKindsOf("recoated").flatMap((kind) => [[], [kind]]);
    await writePowderSet(set, 1003, faults, "recoated", 400);
    const first = await said(set);
    await asSaid(set, 'process = "SLM"\n');
    expect([first, await said(set)]).toEqual([
      "624422e852dfce9770a03f1b4c1fbd0e613df3926448c728a2b27d64da961eaf",
      "ee6bfe9255a547f7318ef31438bb0b43b73b581a0dde7a0c1c66929fbae7ad36",
    ]);
  });

  it("[F51][F53] is the same to the byte for fused layers, and for layers of filament on a bed", {
    timeout: 240_000,
  }, async () => {
    const set = join(folder, "fused");
    const faults = faultKindsOf("fused").flatMap((kind) => [[], [kind]]);
    await writePowderSet(set, 1004, faults, "fused", 400);
    const first = await said(set);
    await asSaid(set, 'process = "FDM"\n');
    expect([first, await said(set)]).toEqual([
      "07eb7569578610bf6c4b4770ceabe70d4abf0b13a3ce6f2ab703aaf22045f527",
      "daacc47902fae4b9bf4abdbb73bfa359e56a692b2056e865cd8a9922449a2bf0",
    ]);
  });
});
