/** The drill of docs/retention.md: a closed year is archived, verified offline, restored on a blank folder, and a job of it is exported as before. */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonical } from "../../src/kernel/json.ts";
import type { ArchiveHeader } from "../../src/ledger/archive.ts";
import { toHex } from "../../src/ledger/bytes.ts";
import { type ArchiveOptions, makeArchive } from "../../src/ledger/io/archive-make.ts";
import { restoreArchives } from "../../src/ledger/io/archive-restore.ts";
import { verifyArchive } from "../../src/ledger/io/archive-verify.ts";
import { openKeys } from "../../src/ledger/io/keys.ts";
import { openLedger } from "../../src/ledger/io/ledger.ts";
import { handKeyOn } from "../../src/ledger/io/succession.ts";
import { formatKey } from "../../src/ledger/note.ts";
import { draft, started } from "../ledger/plain-drafts.ts";
import { ed25519Signer } from "../ledger/witness.ts";
import { stateAnew } from "../mutation/archives.ts";
import type { ArchiveCase } from "../mutation/case.ts";
import { ours } from "../mutation/ours.ts";
import { program, python, type SecondVerifier, startSecondVerifier } from "../mutation/second.ts";
import { makeTwoYears, on, type TwoYears } from "./archive.ts";

const later = Date.UTC(2026, 5, 1);
let log: TwoYears;
let second: SecondVerifier;
const at = (name: string): string => log.path(name);
const quiet = (): void => undefined;

beforeAll(async () => {
  second = startSecondVerifier();
  log = await makeTwoYears();
  for (const year of [2023, 2024]) expect(await make({ year, out: at(`year-${year}`) })).toMatchObject({ ok: true });
}, 60_000);
afterAll(() => {
  second.close();
  log.remove();
});

function make(options: Partial<ArchiveOptions> = {}) {
  const usual = { dataDir: at("data"), keys: log.keys, year: 2023, out: at("never"), witnesses: [log.witness] };
  return makeArchive({ ...usual, plain: false, now: later, onProgress: quiet, ...options });
}

function trust(dataKey?: Uint8Array) {
  return { trusted: log.keys.trusted, witnesses: [log.witness], dataKey };
}

/** A changed copy of the archive of 2023, and what its verification finds first. */
async function broken(change: (folder: string) => void | Promise<void>) {
  const folder = at("broken");
  rmSync(folder, { recursive: true, force: true });
  cpSync(at("year-2023"), folder, { recursive: true });
  await change(folder);
  const { report, content } = await verifyArchive(folder, trust());
  expect([report.ok, content]).toEqual([false, null]);
  await bothSay(folder);
  const [first] = report.findings;
  return first && { rule: first.rule, seq: first.seq, what: first.what };
}

/** What both verifiers say of an archive, which is the same. */
async function bothSay(path: string, keys: Partial<ArchiveCase> = {}): Promise<boolean> {
  const test = { kind: "archive", path, keys: log.keys.trusted, witnesses: [log.witness], ...keys } as const;
  const [one, two] = [await ours(test), await second.ask(test)];
  expect(two).toEqual(one);
  return one.ok;
}

/** The record changed, and the statement made anew over what it is then: by the holder of the cell's key. */
function resigned(edit: (lines: string[]) => string[]) {
  return async (folder: string): Promise<void> => {
    editLines(folder, edit);
    expect(await stateAnew(folder, log.keys.signer)).toBe(true);
  };
}

function editLines(folder: string, edit: (lines: string[]) => string[]): void {
  const path = join(folder, "record.jsonl");
  writeFileSync(path, edit(readFileSync(path, "utf8").split("\n")).join("\n"));
}

/** Line of an entry of 2023 in its record: the header and two checkpoints stand before. */
const lineOf = (seq: number): number => 3 + seq;

describe("[F76] the archive of a closed year", () => {
  it("is made, verified offline, restored on a blank folder, and its jobs are exported and verified as before", async () => {
    const before = readFileSync(at("data/ledger.db"));
    const made = await log.cellward(
      ...["--json", "archive", "make", "--data", at("data"), "--keys", at("keys")],
      ...["--year", "2023", "--out", at("drill"), "--witness", at("witness.vkey")],
    );
    expect([made.code, JSON.parse(made.out)]).toMatchObject([0, { ok: true, from: 0, to: 6, size: 7, artifacts: 2 }]);
    const verified = await log.cellward(
      ...["archive", "verify", at("drill"), "--key", at("keys/cell.vkey"), "--witness", at("witness.vkey")],
    );
    expect([verified.code, verified.out]).toEqual([0, expect.stringContaining("GENUINE AND COMPLETE: 2023")]);
    expect(verified.out).toContain("Countersigned by qa.example/witness");
    const foreign = ed25519Signer(log.keys.signer.key.name, 1).key;
    const refused = await log.cellward("--json", "verify", at("drill"), "--key", formatKey(foreign));
    expect([refused.code, JSON.parse(refused.out)]).toMatchObject([
      4,
      { ok: false, findings: [{ rule: "statement" }] },
    ]);
    const restored = await log.cellward("archive", "restore", at("drill"), "--out", at("blank"), "--keys", at("keys"));
    expect([restored.code, restored.out]).toEqual([0, expect.stringContaining("no cell starts on it")]);
    const exported = await log.cellward(
      ...["export", "J1", "--data", at("blank"), "--keys", at("keys"), "--out", at("J1.json"), "--from-older-image"],
    );
    expect(exported.err).toBe("");
    const ours = await log.cellward("verify", at("J1.json"), "--key", at("keys/cell.vkey"));
    expect([ours.code, ours.out]).toEqual([0, expect.stringMatching(/^GENUINE AND COMPLETE\n/)]);
    const judged = async (name: string): Promise<unknown> => {
      const args = ["-B", program, at(name), "--key", at("keys/cell.vkey"), "--json"];
      return JSON.parse((await promisify(execFile)(python, args)).stdout);
    };
    expect(await judged("J1.json")).toMatchObject({ ok: true, complete: true, findings: [] });
    expect(await judged("drill")).toMatchObject({ ok: true, findings: [] });
    // Nothing is removed from the ledger, and a restored folder is for reading.
    expect(readFileSync(at("data/ledger.db")).equals(before)).toBe(true);
    const opened = await openLedger({ dataDir: at("blank"), keysDir: at("keys"), checkpointEveryMs: 0 });
    if (opened.ok) await opened.value.ledger.close();
    expect(opened).toMatchObject({ ok: true, value: { standing: { kind: "restored" } } });
  }, 60_000);

  it("is restored with the years before it, in any order; a year that is missing is named", async () => {
    const restore = (...years: number[]) =>
      restoreArchives({
        ...{ archives: years.map((year) => at(`year-${year}`)), dataDir: at(`from-${years.join("-")}`) },
        ...{ ...trust(log.keys.dataKey), onProgress: quiet },
      });
    expect(await restore(2024, 2023)).toMatchObject({
      ok: true,
      value: { years: [2023, 2024], report: { entries: 10, jobs: 3, uncovered: 0, findings: [] }, dropped: 0 },
    });
    expect(await restore(2024)).toMatchObject({
      ok: false,
      error: { code: "archive-missing", what: expect.stringContaining("Entries 0 to 5") },
    });
    expect(existsSync(at("from-2024"))).toBe(false);
  });

  it("holds pictures as plaintext only where that is asked for, and seals them again when it is restored", async () => {
    expect(await make({ out: at("plain"), plain: true })).toMatchObject({ ok: true, value: { artifactsForm: "open" } });
    const [one] = log.pictures;
    expect(readFileSync(at(`plain/artifacts/${one.slice(0, 2)}/${one}`), "utf8")).toBe("picture one");
    const restore = (dataKey?: Uint8Array) =>
      restoreArchives({ archives: [at("plain")], dataDir: at("sealed-again"), ...trust(dataKey), onProgress: quiet });
    expect(await restore()).toMatchObject({ ok: false, error: { code: "keys-needed" } });
    expect(await restore(log.keys.dataKey)).toMatchObject({ ok: true, value: { report: { ok: true, artifacts: 2 } } });
    expect(readFileSync(at(`sealed-again/artifacts/${one.slice(0, 2)}/${one}`), "latin1")).toMatch(/^CWART1/);
  });

  it("is made beside the running cell, which goes on", async () => {
    const own = await makeTwoYears();
    try {
      const opened = await openLedger({ dataDir: own.path("data"), keysDir: own.path("keys"), checkpointEveryMs: 0 });
      if (!opened.ok) throw new Error(opened.error.what);
      const { ledger } = opened.value;
      await ledger.append([on("2025-01-02", started(2))]);
      const usual = { dataDir: own.path("data"), keys: own.keys, witnesses: [own.witness], plain: false };
      const making = makeArchive({ ...usual, year: 2023, out: own.path("y"), now: later, onProgress: quiet });
      await ledger.append([on("2025-01-02", draft("Calibrated", {}, null, 2))]);
      expect(await making).toMatchObject({ ok: true, value: { entries: 7 } });
      expect(ledger.head().size).toBe(12);
      await ledger.close();
    } finally {
      own.remove();
    }
  });

  it("is refused over a folder that is not empty, which stays as it is", async () => {
    mkdirSync(at("taken"));
    writeFileSync(at("taken/mine"), "mine");
    expect(await make({ out: at("taken") })).toMatchObject({ ok: false, error: { code: "not-empty" } });
    expect(readdirSync(at("taken"))).toEqual(["mine"]);
  });
});

describe("[F76] a year that is not closed is not archived", () => {
  it("because it is not over, has no entry, or was not countersigned by a witness that is trusted", async () => {
    const codes = [
      await make({ now: Date.UTC(2023, 11, 31, 23, 59) }),
      await make({ year: 2022 }),
      await make({ witnesses: [ed25519Signer("qa.example/witness", 4).key] }),
    ].map((made) => (made.ok ? "made" : made.error.code));
    expect(codes).toEqual(["year-open", "year-empty", "not-countersigned"]);
    expect([existsSync(at("never")), existsSync(at("never.partial"))]).toEqual([false, false]);
    const usage = await log.cellward(
      ...["archive", "make", "--data", at("data"), "--keys", at("keys"), "--year", "2023", "--out", at("never")],
    );
    expect([usage.code, usage.err]).toEqual([2, expect.stringContaining("--uncosigned")]);
  });

  it("because a job begun in it is open, which is named; a later year's open job does not matter", async () => {
    const own = await makeTwoYears();
    try {
      await own.goOn([
        on("2025-01-02", started(2)),
        on("2025-03-01", draft("JobOrderAccepted", {}, "J9", 2)),
        on("2026-01-01", started(3)),
      ]);
      const usual = { dataDir: own.path("data"), keys: own.keys, witnesses: [own.witness], plain: false };
      const archive = (year: number) =>
        makeArchive({ ...usual, year, out: own.path(`y${year}`), now: later, onProgress: quiet });
      expect(await archive(2025)).toMatchObject({
        ok: false,
        error: { code: "job-open", what: expect.stringContaining("J9") },
      });
      expect(await archive(2024)).toMatchObject({ ok: true, value: { from: 6, to: 10, size: 10 } });
      await own.goOn([on("2026-02-01", started(4)), on("2026-02-01", draft("JobEnded", {}, "J9", 4))], false);
      expect(await archive(2025)).toMatchObject({ ok: true, value: { from: 10, to: 12, size: 13 } });
    } finally {
      own.remove();
    }
  });
});

describe("[F76][F67] a changed archive is refused in words", () => {
  it("one changed byte of an entry or a body names the entry", async () => {
    const swap = (seq: number, from: string, to: string) => (folder: string) =>
      editLines(folder, (lines) => lines.map((line, index) => (index === lineOf(seq) ? line.replace(from, to) : line)));
    expect(await broken(swap(1, "drill guide", "drill guidf"))).toMatchObject({ rule: "body-changed", seq: 1 });
    expect(await broken(swap(4, '\\"mono\\":5', '\\"mono\\":6'))).toMatchObject({ rule: "entry-changed", seq: 4 });
    expect(await broken(swap(2, '{"body"', '{"bodx"'))).toMatchObject({ rule: "entry-format", seq: 2 });
  });

  it("a removed entry, a cut end, and a removed checkpoint", async () => {
    const without = (index: number) => (folder: string) => editLines(folder, (lines) => lines.toSpliced(index, 1));
    expect(await broken(without(lineOf(3)))).toMatchObject({ rule: "entry-missing", seq: 3 });
    expect(await broken(without(lineOf(6)))).toMatchObject({ rule: "truncated", seq: 6 });
    expect(await broken(without(1))).toMatchObject({ rule: "unsigned" });
    expect(await broken(without(2))).toMatchObject({ rule: "statement" });
  });

  it("another year's entries, and a first line that claims another year", async () => {
    const other = (folder: string) => cpSync(at("year-2024/record.jsonl"), join(folder, "record.jsonl"));
    expect(await broken(other)).toMatchObject({ rule: "statement", what: expect.stringContaining("2023") });
    const claim = (folder: string) =>
      editLines(folder, ([first = "", ...rest]) => [first.replace('"year":2023', '"year":2022'), ...rest]);
    expect(await broken(claim)).toMatchObject({ rule: "statement", what: expect.stringContaining("2022") });
  });

  it("a picture that is gone, altered, foreign, or taken off the list", async () => {
    const [one, , three] = log.pictures;
    const fileOf = (folder: string, digest: string) => join(folder, "artifacts", digest.slice(0, 2), digest);
    const gone = (folder: string) => rmSync(fileOf(folder, one));
    expect(await broken(gone)).toMatchObject({ rule: "artifact-missing", seq: 2 });
    const altered = (folder: string) => {
      const bytes = readFileSync(fileOf(folder, one));
      bytes[40] = (bytes[40] ?? 0) ^ 1;
      writeFileSync(fileOf(folder, one), bytes);
    };
    expect(await broken(altered)).toMatchObject({ rule: "artifact-changed", seq: 2 });
    const foreign = (folder: string) => {
      mkdirSync(join(folder, "artifacts", three.slice(0, 2)), { recursive: true });
      cpSync(fileOf(at("year-2024"), three), fileOf(folder, three));
    };
    expect(await broken(foreign)).toMatchObject({ rule: "archive-format" });
    const unlisted = (folder: string) =>
      editLines(folder, (lines) => lines.filter((line) => !line.includes(`"${one}"`)));
    expect(await broken(unlisted)).toMatchObject({ rule: "statement" });
  });

  it("a statement of another key, none, and a changed byte anywhere in the two files", async () => {
    const unsaid = (folder: string) => rmSync(join(folder, "statement.txt"));
    expect(await broken(unsaid)).toMatchObject({ rule: "archive-format" });
    const foreign = ed25519Signer(log.keys.signer.key.name, 1).key;
    const { report } = await verifyArchive(at("year-2023"), { trusted: [foreign], witnesses: [] });
    expect(report).toMatchObject({ ok: false, findings: [{ rule: "statement" }] });
    cpSync(at("year-2023"), at("bytes"), { recursive: true });
    for (const name of ["record.jsonl", "statement.txt"]) {
      const bytes = readFileSync(join(at("bytes"), name));
      // Steps that have no divisor with the lengths of lines: every kind of line is hit in many places.
      for (let place = 0; place < bytes.length; place += 17) {
        const changed = Buffer.from(bytes);
        changed[place] = (changed[place] ?? 0) ^ 1;
        writeFileSync(join(at("bytes"), name), changed);
        expect(await bothSay(at("bytes")), `${name} ${place}`).toBe(false);
      }
      writeFileSync(join(at("bytes"), name), bytes);
    }
    expect(await bothSay(at("bytes"))).toBe(true);
    expect(await bothSay(at("year-2024"), { dataKey: toHex(log.keys.dataKey) })).toBe(true);
    expect(await bothSay(at("year-2024"), { dataKey: "00".repeat(32) })).toBe(false);
  });

  it("what the cell's own key has stated wrongly: a list cut short, another range, another beginning of the tree", async () => {
    const [one, , three] = log.pictures;
    const header = (change: (it: Record<string, unknown>) => object) =>
      resigned(([first = "", ...rest]) => {
        const made = JSON.parse(first) as Record<string, unknown>;
        return [canonical({ ...made, ...change(made) }), ...rest];
      });
    const unlisted = resigned((lines) => lines.filter((line) => !line.includes(`"artifact":"${one}"`)));
    expect(await broken(unlisted)).toMatchObject({ rule: "artifact-missing", seq: 2 });
    const more = resigned((lines) => [...lines.slice(0, -1), canonical({ artifact: three, file: three }), ""]);
    expect(await broken(more)).toMatchObject({ rule: "artifact-missing", seq: null });
    const twice = resigned((lines) => [...lines.slice(0, -1), lines.at(-2) ?? "", ""]);
    expect(await broken(twice)).toMatchObject({ rule: "archive-format" });
    expect(await broken(header(() => ({ year: 2022 })))).toMatchObject({ rule: "archive-format" });
    expect(await broken(header(() => ({ to: 5 })))).toMatchObject({ rule: "archive-format" });
    expect(await broken(header(() => ({ prev: "0".repeat(64) })))).toMatchObject({ rule: "entry-changed", seq: 0 });
    expect(await broken(header(() => ({ size: 8 })))).toMatchObject({ rule: "truncated", seq: 7 });
    const later = async (folder: string, change: object): Promise<void> => {
      rmSync(folder, { recursive: true });
      cpSync(at("year-2024"), folder, { recursive: true });
      await header(() => change)(folder);
    };
    const { frontier } = JSON.parse(
      readFileSync(at("year-2024/record.jsonl"), "utf8").split("\n")[0] ?? "",
    ) as ArchiveHeader;
    expect(await broken((folder) => later(folder, { frontier: frontier.toReversed() }))).toMatchObject({
      ...{ rule: "checkpoint-root", seq: 6 },
    });
  });
});

it("[F76] what was dropped by policy before is stated, and is no loss when the year is restored", async () => {
  const own = await makeTwoYears();
  try {
    const [, two] = own.pictures;
    await own.goOn([
      on("2025-01-02", started(2)),
      on("2025-01-02", draft("ArtifactsDropped", { dropped: [two] }, "J1", 2)),
    ]);
    rmSync(own.path(`data/artifacts/${two.slice(0, 2)}/${two}`));
    const usual = { dataDir: own.path("data"), keys: own.keys, witnesses: [own.witness], plain: false };
    const archive = (year: number) =>
      makeArchive({ ...usual, year, out: own.path(`y${year}`), now: later, onProgress: quiet });
    expect(await archive(2023)).toMatchObject({ ok: true, value: { artifacts: 1, dropped: 1 } });
    const trusted = { trusted: own.keys.trusted, witnesses: [own.witness], dataKey: own.keys.dataKey };
    const restored = await restoreArchives({
      ...{ ...trusted, archives: [own.path("y2023")], dataDir: own.path("r"), onProgress: quiet },
    });
    expect(restored).toMatchObject({ ok: true, value: { dropped: 1 } });
  } finally {
    own.remove();
  }
});

it("[F76] a picture that is lost and was not dropped keeps the year from being archived", async () => {
  const own = await makeTwoYears();
  try {
    const [one] = own.pictures;
    rmSync(own.path(`data/artifacts/${one.slice(0, 2)}/${one}`));
    const usual = { dataDir: own.path("data"), keys: own.keys, witnesses: [own.witness], plain: false };
    const made = await makeArchive({ ...usual, year: 2023, out: own.path("y"), now: later, onProgress: quiet });
    expect(made).toMatchObject({ ok: false, error: { code: "artifact-missing", what: expect.stringContaining(one) } });
    expect(existsSync(own.path("y"))).toBe(false);
  } finally {
    own.remove();
  }
});

it("[F76][F90] a year in which the key was handed on is proved by both keys, and by neither alone", async () => {
  const own = await makeTwoYears();
  try {
    const folders = { dataDir: own.path("data"), keysDir: own.path("keys") };
    const rotation = (boot: number) =>
      on("2025-01-02", draft("KeyRotated", { reason: "scheduled", person: "P-1" }, null, boot));
    const handed = await handKeyOn(folders, { source: "ed25519", revoked: false, draft: rotation });
    expect(handed).toMatchObject({ ok: true, value: { size: 11 } });
    await own.goOn([on("2025-01-03", started(3))]);
    const keys = await openKeys(folders.keysDir, folders.dataDir);
    if (!keys.ok) throw new Error(keys.error.what);
    const usual = { dataDir: folders.dataDir, keys: keys.value, witnesses: [own.witness], plain: false };
    const archive = (year: number) =>
      makeArchive({ ...usual, year, out: own.path(`y${year}`), now: later, onProgress: quiet });
    for (const year of [2023, 2024, 2025]) expect(await archive(year)).toMatchObject({ ok: true });
    for (const key of keys.value.trusted) expect(await bothSay(own.path("y2025"), { keys: [key] })).toBe(false);
    for (const year of [2023, 2024, 2025]) {
      const archived = { keys: keys.value.trusted, witnesses: [own.witness] };
      expect(await bothSay(own.path(`y${year}`), archived)).toBe(true);
    }
    const restored = await restoreArchives({
      ...{ trusted: keys.value.trusted, witnesses: [own.witness], onProgress: quiet, dataDir: own.path("r") },
      archives: [2023, 2024, 2025].map((year) => own.path(`y${year}`)),
    });
    expect(restored).toMatchObject({ ok: true, value: { report: { ok: true, entries: 12 } } });
  } finally {
    own.remove();
  }
});
