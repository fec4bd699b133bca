/** The export of a job: good as made, refused after any change, readable beside it. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalBytes, type Json } from "../../../src/kernel/json.ts";
import type { JobId } from "../../../src/kernel/names.ts";
import { exportVerdict } from "../../../src/ledger/headline.ts";
import { checkSignature } from "../../../src/ledger/io/crypto.ts";
import { verifyPath, writeExport } from "../../../src/ledger/io/export-files.ts";
import { createKeys } from "../../../src/ledger/io/keys.ts";
import { pageOf, utcText } from "../../../src/ledger/page.ts";
import { pageHtml } from "../../../src/ledger/page-html.ts";
import { verifyExport } from "../../../src/ledger/verify-export.ts";
import { freshFolders, mustOpen, newFolders } from "../drafts.ts";
import { draft, started } from "../plain-drafts.ts";
import { exportedBytes } from "./exported.ts";
import { exportRecord, job, type MadeRecord, makeRecord } from "./record.ts";

function check(record: MadeRecord, bytes: Uint8Array) {
  return verifyExport(bytes, record.keys.trusted, checkSignature);
}

describe("[F71] a job's export", () => {
  test("verifies with the public key alone, with and without its pictures inside", async () => {
    const record = await makeRecord();
    for (const inside of [true, false]) {
      const { report } = check(record, await exportRecord(record, inside));
      expect(report).toMatchObject({
        ok: true,
        complete: inside,
        ended: true,
        lastEntry: 7,
        job,
        entries: 4,
        artifacts: { embedded: inside ? 2 : 0, named: 2 },
      });
      expect(report.lastCheckpoint?.size).toBe(8);
    }
  });

  const edits: [string, (file: ExportFile) => void, number | null, string][] = [
    ["an entry taken out", (file) => file.entries.splice(2, 1), 5, "job-link"],
    ["the first entry of the job taken out", (file) => file.entries.splice(1, 1), 3, "job-link"],
    ["the start taken out", (file) => file.entries.splice(0, 1), 1, "entry-missing"],
    ["two entries swapped", (file) => file.entries.reverse(), 7, "job-link"],
    [
      "an entry doubled",
      (file) => file.entries.splice(1, 0, file.entries[1] as ExportFile["entries"][0]),
      1,
      "entry-order",
    ],
    ["another job's name", (file) => (file.job = "J2"), 1, "export-format"],
    ["another origin", (file) => (file.origin = "hospital.example/cell-2"), null, "checkpoint-signature"],
    ["the last entry cut", (file) => file.entries.pop(), 6, "truncated"],
    ["all but the order entry cut", (file) => file.entries.splice(2), 2, "truncated"],
    [
      "an artifact taken out",
      (file) => delete file.artifacts[Object.keys(file.artifacts)[0] ?? ""],
      null,
      "artifact-missing",
    ],
    ["every artifact taken out", (file) => (file.artifacts = {}), null, "artifact-missing"],
    ["the statement emptied", (file) => (file.statement = ""), null, "statement"],
    ["the checkpoint in the statement's place", (file) => (file.statement = file.checkpoint), null, "statement"],
    ["a foreign artifact", (file) => (file.artifacts["a".repeat(64)] = "AAAA"), null, "export-format"],
  ];
  test.each(edits)("%s is refused, naming the entry", async (_, edit, seq, rule) => {
    const record = await makeRecord();
    const file = JSON.parse(Buffer.from(await exportRecord(record, true)).toString()) as ExportFile;
    edit(file);
    const { report } = check(record, canonicalBytes(file as unknown as Json));
    expect(report.findings[0]).toMatchObject({ seq, rule });
  });

  test("[F67] whatever is cut out of it, entries or pictures, it is refused", async () => {
    const record = await makeRecord();
    const bytes = Buffer.from(await exportRecord(record, true)).toString();
    const whole = JSON.parse(bytes) as ExportFile;
    const names = Object.keys(whole.artifacts);
    const kept = fc.tuple(fc.subarray(whole.entries), fc.subarray(names));
    fc.assert(
      fc.property(kept, ([entries, inside]) => {
        fc.pre(entries.length < whole.entries.length || inside.length < names.length);
        const artifacts = Object.fromEntries(inside.map((name) => [name, whole.artifacts[name] ?? ""]));
        const file = { ...whole, entries, artifacts };
        expect(check(record, canonicalBytes(file as unknown as Json)).report.ok).toBe(false);
      }),
    );
  });

  test("the statement of an earlier export does not fit a later one, nor another job's", async () => {
    const folders = await newFolders();
    const { ledger, keys } = await mustOpen(folders);
    const exported = async (name: JobId) => {
      await ledger.checkpoint();
      const made = await exportedBytes(folders.dataDir, name, { signer: keys.signer });
      if (!made.ok) throw new Error(made.error.what);
      return JSON.parse(Buffer.from(made.value).toString()) as ExportFile;
    };
    const judged = (file: ExportFile) =>
      verifyExport(canonicalBytes(file as unknown as Json), keys.trusted, checkSignature).report;
    await ledger.append([started(), draft("A", {}, "J1"), draft("A", {}, "J2")]);
    const [early, other] = [await exported(job), await exported("J2" as JobId)];
    expect(exportVerdict(judged(early))).toEqual({
      headline: "GENUINE UP TO ENTRY 1, NOT COMPLETE: the job has not ended",
      complete: false,
    });
    await ledger.append([draft("JobEnded", {}, "J1")]);
    const late = await exported(job);
    expect(exportVerdict(judged(late)).headline).toBe("GENUINE AND COMPLETE");
    for (const statement of [early.statement, other.statement]) {
      expect(judged({ ...late, statement }).findings[0]?.rule).toBe("statement");
      expect(judged({ ...early, statement: late.statement }).findings[0]?.rule).toBe("statement");
    }
    expect(judged({ ...early, statement: other.statement }).findings[0]?.what).toContain("J2");
    // A signed entry of the same log that the cell did not put into this file: the start of another job.
    await ledger.append([started(1), draft("A", {}, "J3", 1)]);
    const [third, whole] = [await exported("J3" as JobId), await exported(job)];
    const [start] = third.entries;
    const more = judged({ ...whole, entries: [...whole.entries, start ?? { entry: "" }] });
    expect(more.findings[0]).toMatchObject({ rule: "statement", what: expect.stringContaining("starts") });
  });

  test("says openly what it lacks, and is signed by no other cell's key", async () => {
    const record = await makeRecord();
    const { report } = check(record, await exportRecord(record, false));
    expect(exportVerdict(report).headline).toBe(
      "GENUINE UP TO ENTRY 7, NOT COMPLETE: 2 of 2 pictures and programs are not inside",
    );
    const other = freshFolders();
    const keys = await createKeys(other.keysDir, other.dataDir, "hospital.example/cell-2");
    if (!keys.ok) throw new Error(keys.error.what);
    const made = await exportedBytes(record.folders.dataDir, job, { signer: keys.value.signer });
    expect(made).toMatchObject({ ok: false, error: { code: "keys-refused" } });
  });

  test("is written as a record and a page, and verified from where it lies, like a folder", async () => {
    const record = await makeRecord();
    const { dataDir } = record.folders;
    const written = await writeExport(dataDir, job, join(dirname(dataDir), "J1"), {
      ...record.keys,
      keys: record.keys.trusted,
    });
    if (!written.ok) throw new Error(written.error.what);
    const { trusted } = record.keys;
    expect(await verifyPath(written.value.recordPath, { trusted })).toMatchObject({
      kind: "export",
      ok: true,
      entries: 4,
    });
    expect(readFileSync(written.value.pagePath, "utf8")).toContain(written.value.report.digest);
    expect(await verifyPath(dataDir, { trusted })).toMatchObject({ kind: "folder", ok: true, entries: 8 });
    expect(await verifyPath(written.value.pagePath, { trusted })).toMatchObject({ kind: "export", ok: false });
    expect(await verifyPath(`${dataDir}/nowhere`, { trusted })).toMatchObject({ kind: "absent", ok: false });
  });

  test("keys inside the file are never trusted", async () => {
    const record = await makeRecord();
    expect(verifyExport(await exportRecord(record, false), [], checkSignature).report.ok).toBe(false);
  });

  test("a job not covered by a checkpoint yet, and one that is not there, are refused in words", async () => {
    const folders = await newFolders();
    const { ledger, keys } = await mustOpen(folders);
    await ledger.append([started(), draft("A", {}, "J1")]);
    expect(await exportedBytes(folders.dataDir, job, { signer: keys.signer })).toMatchObject({
      ok: false,
      error: { code: "not-signed-yet" },
    });
    await ledger.checkpoint();
    expect(await exportedBytes(folders.dataDir, job, { signer: keys.signer })).toMatchObject({ ok: true });
    expect(await exportedBytes(folders.dataDir, "J9" as JobId, { signer: keys.signer })).toMatchObject({
      ok: false,
      error: { code: "job-unknown" },
    });
  });
});

interface ExportFile {
  job: string;
  origin: string;
  checkpoint: string;
  statement: string;
  entries: { entry: string }[];
  artifacts: Record<string, string>;
}

describe("[F71] the page beside it", () => {
  test("carries the file's digest, the simulation's mark and every entry, escaped, without scripts", async () => {
    const record = await makeRecord();
    const { report, content } = check(record, await exportRecord(record, false));
    if (content === null) throw new Error("content");
    const headline = exportVerdict(report).headline;
    const page = pageHtml(
      pageOf(content, report.digest, headline, {
        describe: () => (type) => (type === "JobEnded" ? { title: "The job <ended>", lines: ["for good"] } : null),
      }),
    );
    expect(page).toContain(headline);
    expect(page).toContain(report.digest);
    expect(page).toContain("SIMULATED, not for human use");
    expect(report).toMatchObject({ ok: true, simulated: true });
    expect(page).toContain("&lt;b&gt;Grüße&lt;/b&gt;");
    expect(page).toContain("The job &lt;ended&gt;");
    expect(page).toContain("Layer judged");
    expect(page).not.toMatch(/<script|<b>|onerror|https?:/i);
    expect(page.match(/<tr><td>/g)).toHaveLength(5);
  });

  test("tells time in UTC as the calendar does", () => {
    for (const at of [
      0, 951_782_400_000, 1_700_000_000_000, 1_709_251_199_000, 4_102_444_800_000, 253_402_300_799_000,
    ]) {
      expect(utcText(at)).toBe(new Date(at).toISOString().slice(0, 19).replace("T", " "));
    }
  });
});
