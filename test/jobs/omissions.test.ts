/** Completeness: a complete record lacks nothing, and each single damage is found, named, and keeps the device here. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { omissionsTable } from "../../scripts/omissions-table.ts";
import { omissionsOf } from "../../src/jobs/decide/releasing.ts";
import { createGathering } from "../../src/jobs/record/gather.ts";
import { complete, recordOf, type Seed, seeds } from "./omission-seeds.ts";
import { begun, dispose, finish, handOver, labelled, refusal, release, result, upTo } from "./route-story.ts";
import { job, type Story } from "./story.ts";

const { story: clean, facts } = complete();

/** The same device with a damaged record. */
function damaged({ damage, around }: Seed): Story {
  const current = clean.state.jobs[job]!;
  const record = recordOf(damage(facts));
  const state = { ...clean.state, jobs: { ...clean.state.jobs, [job]: { ...current, record } } };
  // A story of its own, so that one damage knows nothing of another.
  const { story } = complete();
  story.state = around ? around(state) : state;
  return story;
}

describe("a complete record", () => {
  it("[F70] is the same record, gathered all at once or event by event", () => {
    const { facts } = complete();
    const gathering = createGathering();
    for (const { event, at } of facts) gathering.take(event, at);
    expect(gathering.record()).toEqual({ ...recordOf(facts), proofs: {} });
  });

  it("[F70] lacks nothing, whether it is folded live or gathered from its entries alone", () => {
    const current = clean.state.jobs[job]!;
    expect(omissionsOf(clean.state, current, 1)).toEqual([]);
    expect(recordOf(facts)).toEqual(current.record);
  });

  it("[F70][F19][F20] lacks nothing where a step was conceded, or done again", () => {
    for (const disposition of ["concession", "rework"] as const) {
      const story = upTo("measure");
      begun(story);
      finish(story, { results: [result("bore-1", 2.3, "mm")] });
      dispose(story, disposition);
      upTo("label", story);
      labelled(story);
      handOver(story);
      expect(omissionsOf(story.state, story.state.jobs[job]!, 1)).toEqual([]);
      expect(release(story).refusal).toBeNull();
    }
  });
});

describe("an omission", () => {
  it("[F70] is seeded more than sixty times, each time another one", () => {
    expect(seeds.length).toBeGreaterThanOrEqual(60);
    expect(new Set(seeds.map(({ name }) => name)).size).toBe(seeds.length);
  });

  it.each(seeds)("[F70][L8] $name: found as $codes, in words, and nothing is released", (seed) => {
    const story = damaged(seed);
    const found = omissionsOf(story.state, story.state.jobs[job]!, 1);
    expect(found.map(({ code }) => code)).toEqual(seed.codes);
    for (const { what, remedy } of found) {
      expect(what).toMatch(/^[A-Z].*\.$/s);
      expect(remedy).toMatch(/^[A-Z].*\.$/);
    }
    expect(new Set(found.map(({ what }) => what)).size).toBe(found.length);
    const decision = release(story);
    // What central QA holds is refused before the record is asked.
    if (seed.codes.includes("central-hold")) return expect(refusal(decision)).toBe("not-startable");
    expect(refusal(decision)).toBe("not-complete");
    expect(decision.refusal?.omissions).toEqual(found);
    for (const { what } of found) expect(decision.refusal?.what).toContain(what);
  });

  it("[F70] that the code can name is seeded, every one", () => {
    const seeded = new Set(seeds.flatMap(({ codes }) => codes.map((code) => code.split("/").at(-1)!)));
    const unseeded = codesIn("omissions.ts", "step-omissions.ts").filter((code) => !seeded.has(code));
    expect(unseeded, "give each a seed in omission-seeds.ts, or, if it is no code, a place in notCodes").toEqual([]);
  });

  it("[F70] stands in docs/omissions.md with its sentence, remedy and owner", () => {
    const committed = readFileSync(join(import.meta.dirname, "../../docs/omissions.md"), "utf8");
    expect(committed === omissionsTable(), "docs/omissions.md is behind the code. Mend: npm run omissions").toBe(true);
  });
});

/** Words of these files that are written like codes and are none. */
const notCodes = new Set([
  ...["build", "task", "handover", "release", "qa", "technician", "engineer", "concession", "issued", "applied"],
  ...["voided", "owner", "clinical-release", "design-authority", "made", "photographed", "inspected", "decided"],
  ...["result-out-of-limits"],
]);

function codesIn(...files: string[]): string[] {
  const sources = files.map((file) => readFileSync(join(import.meta.dirname, "../../src/jobs/record", file), "utf8"));
  const words = sources.flatMap((source) => [...source.matchAll(/"([a-z]+(?:-[a-z]+)*)"/g)].map((match) => match[1]!));
  return [...new Set(words)].filter((word) => !notCodes.has(word)).sort();
}
