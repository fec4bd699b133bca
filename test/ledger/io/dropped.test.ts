/** Erased names and dropped artifacts on disk: the record still verifies, says what is gone and why, and lets nothing else be missing. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tellWith } from "../../../src/commands/describe.ts";
import { createKeeper, timeSupport } from "../../../src/commands/io/keeper.ts";
import { readJobArtifacts } from "../../../src/commands/job-artifacts.ts";
import type { Digest, JobId, LotId } from "../../../src/kernel/names.ts";
import { exportVerdict, folderVerdict } from "../../../src/ledger/headline.ts";
import { openArtifacts } from "../../../src/ledger/io/artifacts.ts";
import { checkSignature } from "../../../src/ledger/io/crypto.ts";
import { pageOf } from "../../../src/ledger/page.ts";
import { verifyExport } from "../../../src/ledger/verify-export.ts";
import { createSealing } from "../../../src/people/io/sealing.ts";
import { recordKeeping } from "../../../src/people/person.ts";
import { mustOpen } from "../drafts.ts";
import { draft, started } from "../plain-drafts.ts";
import { exportRecord, job, type MadeRecord, makeRecord, verifyRecord } from "./record.ts";

function pathOf({ folders }: MadeRecord, digest: Digest): string {
  return join(folders.dataDir, "artifacts", digest.slice(0, 2), digest);
}

/** The record goes on with these entries of job J1, or of another. */
async function goOn(record: MadeRecord, entries: readonly (readonly [string, object, string?])[]): Promise<void> {
  const { ledger } = await mustOpen(record.folders);
  await ledger.append([started(1), ...entries.map(([type, body, of = job]) => draft(type, body as never, of, 1))]);
  await ledger.close();
}

async function keeperOf(record: MadeRecord) {
  const { ledger } = await mustOpen(record.folders);
  const artifacts = openArtifacts(record.folders.dataDir, record.keys.dataKey);
  const sealing = createSealing(record.folders.keysDir);
  return { ledger, sealing, keeper: createKeeper({ ledger, artifacts, sealing, onProblem: () => undefined }) };
}

describe("[F65][F76] an artifact that was dropped by policy", () => {
  test("is removed after its entry, and the record is genuine, complete and says so", async () => {
    const record = await makeRecord();
    const [one, two] = record.pictures as [Digest, Digest];
    await goOn(record, [["ArtifactsDropped", { dropped: [one, two], what: "everything" }]]);
    const { keeper, ledger } = await keeperOf(record);
    expect(await keeper.removeArtifacts(job, [one, two])).toBe(2);
    expect(await keeper.removeArtifacts(job, [one, two])).toBe(0);
    await ledger.close();
    expect([one, two].map((digest) => existsSync(pathOf(record, digest)))).toEqual([false, false]);
    const report = await verifyRecord(record);
    expect(report).toMatchObject({ ok: true, artifacts: 0, dropped: 2, findings: [] });
    expect(folderVerdict(report, true).complete).toBe(true);
    const bytes = await exportRecord(record, true);
    const { report: exported } = verifyExport(bytes, record.keys.trusted, checkSignature);
    expect(exportVerdict(exported).headline).toBe("GENUINE AND COMPLETE, 2 OF 2 FILES DROPPED BY POLICY");
    expect(exported.artifacts).toEqual({ embedded: 0, named: 2, lacking: 0, dropped: 2 });
  });

  test("what no entry has dropped is missing as before, also beside one that was", async () => {
    const record = await makeRecord();
    const [one, two] = record.pictures as [Digest, Digest];
    await goOn(record, [["ArtifactsDropped", { dropped: [one] }]]);
    for (const digest of [one, two]) rmSync(pathOf(record, digest));
    const report = await verifyRecord(record);
    expect(report.findings).toMatchObject([{ rule: "artifact-missing", seq: 7 }]);
    const { report: exported } = verifyExport(await exportRecord(record, false), record.keys.trusted, checkSignature);
    expect(exportVerdict(exported)).toMatchObject({ complete: false, headline: expect.stringContaining("1 of 2") });
  });

  test("one that another job names, or that is named again later, stays and has to be there", async () => {
    const record = await makeRecord();
    const [one, two] = record.pictures as [Digest, Digest];
    await goOn(record, [
      ["LayerJudged", { frame: one }, "J2"],
      ["ArtifactsDropped", { dropped: [one, two] }],
      ["LayerJudged", { frame: two }],
    ]);
    const { keeper, ledger } = await keeperOf(record);
    expect(await keeper.removeArtifacts(job, [one, two])).toBe(0);
    await ledger.close();
    expect(await verifyRecord(record)).toMatchObject({ ok: true, artifacts: 2, dropped: 0 });
    for (const digest of [one, two]) rmSync(pathOf(record, digest));
    expect((await verifyRecord(record)).findings).toHaveLength(2);
  });

  test("an entry of another type, or one of another job, drops nothing", async () => {
    const record = await makeRecord();
    const [one] = record.pictures as [Digest];
    await goOn(record, [
      ["Noted", { dropped: [one] }],
      ["ArtifactsDropped", { dropped: [one] }, "J2"],
    ]);
    rmSync(pathOf(record, one));
    expect((await verifyRecord(record)).findings).toMatchObject([{ rule: "artifact-missing", seq: 3 }]);
  });
});

test("[F76] pictures of passed layers are told apart from evidence, and the package goes with everything", () => {
  const [passed, failed, conceded, report, source, beside] = ["1", "2", "3", "4", "5", "6"].map((each) =>
    each.repeat(64),
  ) as Digest[];
  const reading = readJobArtifacts(job);
  const say = (type: string, body: object, of = job) =>
    reading.take({ seq: 0, job: of, type, body: { attempt: "A1", ...body } as never });
  say("JobOrderAccepted", { order: { source } });
  say("LayerCaptured", { layer: 1, frame: passed, views: [{ camera: "right", frame: beside }] });
  say("LayerDecided", { layer: 1, verdict: "pass" });
  say("LayerCaptured", { layer: 2, frame: failed });
  say("LayerDecided", { layer: 2, verdict: "fail" });
  say("LayerCaptured", { layer: 3, frame: conceded });
  say("LayerDecided", { layer: 3, verdict: "pass" });
  say("NonconformityRaised", { evidence: { frame: conceded, report } });
  say("LayerCaptured", { layer: 1, frame: "9".repeat(64) }, "J2" as JobId);
  expect(reading.found()).toEqual({
    pictures: [passed, beside],
    everything: [passed, failed, conceded, source, beside].sort(),
  });
});

describe("[F72] personal texts", () => {
  test("are gone with their key, for good; other jobs' and the keeping's own stay", async () => {
    const record = await makeRecord();
    const { sealing, keeper } = await keeperOf(record);
    const lot = "09506000117843.PLA-7" as LotId;
    const sealed = {
      job: sealing.seal(job, "Rosa"),
      lot: sealing.seal(lot, "Rosa"),
      own: sealing.seal(recordKeeping, "Q"),
    };
    expect(sealing.open(job, sealed.job)).toBe("Rosa");
    expect(await keeper.destroyTextKey({ kind: "job", id: job })).toBe(true);
    expect(await keeper.destroyTextKey({ kind: "job", id: job })).toBe(true);
    sealing.seal(job, "a later key");
    expect([
      sealing.open(job, sealed.job),
      sealing.open(lot, sealed.lot),
      sealing.open(recordKeeping, sealed.own),
    ]).toEqual([null, "Rosa", "Q"]);
  });

  test("the page says when and by whom they were erased, in the place of the name", async () => {
    const record = await makeRecord();
    const { sealing } = await keeperOf(record).then(async (made) => {
      await made.ledger.close();
      return made;
    });
    const by = (person: string, name: string, of: JobId | typeof recordKeeping) =>
      ({ person, name: sealing.seal(of, name), at: 1, meaning: "m", shown: "s" }) as const;
    await goOn(record, [
      ["UnitReleased", { unit: 1, simulated: false, approval: by("rosa", "Rosa Moreau", job), job }],
      [
        "TextsErased",
        {
          job,
          of: { kind: "job", id: job },
          approval: by("quin", "Quin Ade", recordKeeping),
          support: { by: "network-time", at: 1 },
        },
      ],
    ]);
    sealing.destroy(job);
    const { report, content } = verifyExport(await exportRecord(record, true), record.keys.trusted, checkSignature);
    expect(exportVerdict(report).headline).toBe("GENUINE AND COMPLETE");
    const page = pageOf(content!, report.digest, "", { describe: tellWith(sealing.open) });
    const words = page.entries.flatMap(({ title, lines }) => [title, ...lines]).join("\n");
    expect(words).toMatch(/signed by rosa \(name erased on \d{4}-\d\d-\d\d by Quin Ade\)/);
    expect(words).toContain("Personal texts of job J1 ERASED");
    expect(words).not.toContain("Rosa Moreau");
  });
});

test("[F75] a clock is borne out by network time, or by a countersignature from just now", () => {
  expect(timeSupport("synchronised", 5, () => null)).toEqual({ by: "network-time", at: 5 });
  const at = 1_790_000_000_000;
  expect(timeSupport("unsynchronised", at, () => at - 60_000)).toEqual({ by: "central-qa", at: at - 60_000 });
  expect(timeSupport("unknown", at, () => at - 3_600_000)).toBeNull();
  expect(timeSupport("unknown", at, () => null)).toBeNull();
});
