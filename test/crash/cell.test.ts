/** The real daemon making three layers: stopped at every point of its disk, struck by kill -9 and by a disk that refuses. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCourt } from "./judge.ts";
import { cellLife } from "./lives.ts";
import { injected, killAt } from "./points.ts";
import { cutPower, killEverywhere } from "./power.ts";
import { strike } from "./strike.ts";
import { openWorkshop, type Workshop } from "./workshop.ts";

const minutes = 60_000;

describe("a cell's three layers", { timeout: 5 * minutes }, () => {
  let workshop: Workshop;
  let place: string;
  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), "cellward-crash-"));
    workshop = await openWorkshop(join(place, "workshop"));
  }, 5 * minutes);
  afterAll(() => {
    workshop?.close();
    rmSync(place, { recursive: true, force: true });
  });

  test("[L1][F33][F67] stopped by kill -9 at each call on the disk, and by 1,000 power cuts: what was told stands", async () => {
    const life = await cellLife(workshop);
    const court = await openCourt(life);
    try {
      const told = life.ops.reduce((most, op) => (op.kind === "said" ? Math.max(most, op.entries) : most), 0);
      expect(told).toBeGreaterThan(court.before + 20);
      const kills = await killEverywhere(life, court);
      expect(kills).toMatchObject({ violations: 0, first: null });
      expect(kills.points).toBeGreaterThan(150);
      expect(await cutPower(life, court, 1000, 2)).toMatchObject({ states: 1000, violations: 0, first: null });
    } finally {
      court.close();
    }
  });

  test("[L1][L4][F33] kill -9 in mid-print: one named end, no second motion", async () => {
    const outcome = await strike(workshop, killAt("pwrite64", 70, join(place, "kill.trace")));
    expect(outcome).toMatchObject({ reached: true, violations: [], state: "ended OutcomeUnknown" });
  });

  test("[L1][F33] a flush that fails in mid-print: the machine is safe, the cell ends in words, the next start records why", async () => {
    const strace = injected("fsync", 30, "error=EIO", join(place, "disk.trace"), true);
    const outcome = await strike(workshop, {
      name: "EIO",
      how: { strace },
      also({ code, words, entries }) {
        expect(code).toBe(3);
        expect(JSON.parse(words.find((line) => line.startsWith('{"ok":false')) ?? "{}")).toMatchObject({
          ok: false,
          code: "disk-error",
        });
        const said = words.map((line) => JSON.parse(line) as { msg?: string });
        const [held, ended] = ["the machines are being made safe", "the cell ends"].map((text) =>
          said.findIndex(({ msg }) => msg === text),
        );
        expect(held).toBeGreaterThan(-1);
        expect(ended).toBeGreaterThan(held!);
        expect(entries.filter(({ type }) => type === "StorageFailed")).toMatchObject([
          { body: { code: "disk-error" } },
        ]);
        return [];
      },
    });
    expect(outcome).toMatchObject({ reached: true, violations: [] });
  });
});
