/** The power fails, or kill -9 strikes, anywhere in a ledger's life: what was acknowledged stands; weaker programs are convicted. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Court, openCourt } from "./judge.ts";
import { ledgerLife } from "./lives.ts";
import { cutPower, killEverywhere } from "./power.ts";
import type { Recording } from "./record.ts";
import { weaknesses } from "./weaknesses.ts";

async function lived(weakness: keyof typeof weaknesses | null): Promise<[Recording, Court]> {
  const place = mkdtempSync(join(tmpdir(), "cellward-crash-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const home = join(place, "home");
  mkdirSync(home);
  const recording = await ledgerLife(home, weakness);
  const court = await openCourt(recording);
  onTestFinished(court.close);
  return [recording, court];
}

describe("[L1][F33][F67] a ledger's life, from its making over three starts", () => {
  test("stopped by kill -9 at each of its writes, flushes and truncations, and by 1,000 power cuts", async () => {
    const [recording, court] = await lived(null);
    const kills = await killEverywhere(recording, court);
    expect(kills).toMatchObject({ violations: 0, first: null });
    expect(kills.points).toBeGreaterThan(300);
    expect(await cutPower(recording, court, 1000, 1)).toMatchObject({ states: 1000, violations: 0, first: null });
  });

  const records = (Object.keys(weaknesses) as (keyof typeof weaknesses)[]).filter((name) => name !== "step");
  test.each(records)("with %s is convicted", async (weakness) => {
    const [recording, court] = await lived(weakness);
    const { violations } = await cutPower(recording, court, 500, 1, { untilFirst: true });
    expect(violations).toBe(1);
  });
});
