/** A disk that refuses a write or a flush, and bits that turn over: nothing silent, nothing lost, nothing crashes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { flipBits, makeSound } from "./damage.ts";
import { refuse } from "./refusals.ts";

function place(): string {
  const made = mkdtempSync(join(tmpdir(), "cellward-crash-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe("[L1][F67] a ledger on a disk that refuses one call", () => {
  test.each([
    ["pwrite64", 28, "ENOSPC", "disk-full", true],
    ["pwrite64", 40, "ENOSPC", "disk-full", true],
    ["pwrite64", 34, "EIO", "disk-error", false],
    ["fsync", 14, "EIO", "disk-error", false],
    // The boot floor beside the key: its medium may be another one than the ledger's.
    ["fsync", 25, "EIO", "signing-failed", false],
  ] as const)(
    "%s %i with %s is told as %s, and what was acknowledged stands",
    async (call, nth, error, told, recorded) => {
      const outcome = await refuse(place(), call, nth, error);
      expect(outcome).toMatchObject({ reached: true, told, recorded, violations: [] });
    },
  );
});

test("[F67][F71][F96] a bit that turns over is found, the rest is exported, QA's copy mends it; or it changes nothing that is read", async () => {
  const where = place();
  const sound = await makeSound(where);
  const places = Array.from({ length: 60 }, (_, at) => Math.floor((at * sound.bytes.length) / 60));
  const { found, named, harmless, exported, refused, repaired, violations } = await flipBits(sound, where, places);
  expect(violations).toEqual([]);
  expect([exported + refused, repaired]).toEqual([found * 3, found]);
  expect(exported).toBeGreaterThan(refused);
  expect(found + harmless).toBe(60);
  expect(named).toBeGreaterThan(18);
});
