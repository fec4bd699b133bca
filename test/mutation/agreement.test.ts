/** Two verifiers, one of them written from the documents alone: they say the same of every subject, every mutant and on the command line. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { handKeyOn } from "../../src/ledger/io/succession.ts";
import { formatKey, parseKey } from "../../src/ledger/note.ts";
import { mustOpen } from "../ledger/drafts.ts";
import { makeRecord } from "../ledger/io/record.ts";
import { runCampaign } from "./campaign.ts";
import { answerOf, type Case, type ExportCase, type FolderCase, type PackageCase } from "./case.ts";
import { ours } from "./ours.ts";
import { program, python, startSecondVerifier } from "./second.ts";
import type { Subject } from "./subject.ts";
import { makeSubjects } from "./subjects.ts";

const root = mkdtempSync(join(tmpdir(), "cellward-agreement-"));
const second = startSecondVerifier();
const subjects = await makeSubjects(root);
afterAll(() => {
  second.close();
  rmSync(root, { recursive: true, force: true });
});

const named = (name: string): Subject => subjects.find((each) => each.name === name)!;

describe("[F67][F71] the second verifier", () => {
  test.each(subjects.map(({ name, whole }) => ({ name, whole })))(
    "takes $name and says the same of it",
    async ({ whole }) => {
      const [mine, theirs] = [await ours(whole), await second.ask(whole)];
      expect(mine.ok).toBe(true);
      expect(theirs.said).toBe(mine.said);
    },
  );

  test("[L7] refuses what ours refuses, for the same reason, and neither takes a mutant", async () => {
    const tally = await runCampaign({ subjects, count: 360, seed: 20_260_201, second });
    expect(tally.accepted).toEqual([]);
    expect(tally.disagreed).toEqual([]);
    // The sample has to have met the rules, not only the form.
    expect(tally.refused).toBeGreaterThan(300);
    expect(Object.keys(tally.byRule).length).toBeGreaterThan(20);
  });
});

const fixtures = join(import.meta.dirname, "../fixtures/ledgers");

describe.each(readdirSync(fixtures))("[F76] of the frozen record of release %s", (name) => {
  const at = join(fixtures, name);
  const key = (role: string) => {
    const parsed = parseKey(readFileSync(join(at, "keys", `${role}.vkey`), "utf8").trim());
    if (!parsed.ok) throw new Error(parsed.error);
    return parsed.value;
  };
  const keys = { keys: [key("cell")], witnesses: [key("witness")] };
  const files = (folder: string, end: string) => readdirSync(join(at, folder)).filter((file) => file.endsWith(end));
  const read = (folder: string, file: string) => new Uint8Array(readFileSync(join(at, folder, file)));

  test("both say the same of every export, folder and package", async () => {
    const dataKey = readFileSync(join(at, "keys/data.key"), "utf8").trim();
    const roles = { keys: [key("design-authority")], release: [key("clinical-release")] };
    const cases: readonly Case[] = [
      ...files("exports", ".json").map((file): Case => ({ kind: "export", data: read("exports", file), ...keys })),
      ...files("exports", ".json").map(
        (file): Case => ({ kind: "export", data: read("exports", file), ...keys, witnesses: [] }),
      ),
      ...["data", "data-format-1"].map(
        (folder): Case => ({ kind: "folder", path: join(at, folder), dataKey, ...keys }),
      ),
      ...files("packages", ".cwp").map((file): Case => ({ kind: "package", data: read("packages", file), ...roles })),
    ];
    for (const each of cases) expect((await second.ask(each)).said).toBe((await ours(each)).said);
    expect((await Promise.all(cases.map(ours))).filter(({ ok }) => ok).length).toBeGreaterThan(10);
  });
});

describe("a campaign convicts", () => {
  const lenient = (rule: string) => async (test: Case) => {
    const answer = await ours(test);
    const { findings } = JSON.parse(answer.said) as { findings?: { rule: string; seq: number | null }[] };
    const left = findings?.filter((each) => each.rule !== rule);
    return left === undefined || answer.ok ? answer : answerOf(test.kind, { ok: left.length === 0, findings: left });
  };

  test.each(["checkpoint-signature", "export-format", "artifact-changed"])(
    "a verifier that overlooks %s",
    async (rule) => {
      const chosen = subjects.filter(({ name }) => name.startsWith("ed25519"));
      const options = { subjects: chosen, count: 150, seed: 7, first: lenient(rule) };
      const tally = await runCampaign({ ...options, second: { ask: ours } });
      expect(tally.accepted.length).toBeGreaterThan(0);
      expect(tally.disagreed.length).toBeGreaterThan(0);
    },
  );
});

describe("[F67] on the command line", () => {
  const cli = (args: readonly string[]) => spawnSync("sh", [join(import.meta.dirname, "../../bin/cellward"), ...args]);
  const script = (args: readonly string[]) => spawnSync(python, ["-B", program, "--json", ...args]);
  const rules = (json: string) => {
    const { ok, findings } = JSON.parse(json) as { ok: boolean; findings: { rule: string; seq: number | null }[] };
    return { ok, findings: findings.map(({ rule, seq }) => ({ rule, seq })) };
  };

  test("both give the same exit codes, rules and entries for an export and for a folder", () => {
    const { data, keys, witnesses } = named("ed25519 export").whole as ExportCase;
    const folder = named("ed25519 folder").whole as FolderCase;
    const [good, bad, copy] = [join(root, "good.json"), join(root, "bad.json"), join(root, "copy")];
    writeFileSync(good, data);
    writeFileSync(bad, Buffer.from(data).toString().replace("JobEnded", "JobEnder"));
    cpSync(folder.path, copy, { recursive: true });
    rmSync(join(copy, "artifacts"), { recursive: true });
    mkdirSync(join(root, "none"));
    const trust = ["--key", formatKey(keys[0]!), "--witness", formatKey(witnesses[0]!)];
    const expected: [string, readonly string[], number][] = [
      [good, trust, 0],
      [bad, trust, 4],
      [good, ["--key", formatKey((named("ecdsa-p256 export").whole as ExportCase).keys[0]!)], 4],
      [good, [], 2],
      [join(root, "nothing"), trust, 2],
      [folder.path, trust, 0],
      [copy, trust, 4],
      [join(root, "none"), trust, 4],
    ];
    for (const [path, args, code] of expected) {
      const [mine, theirs] = [cli(["verify", path, "--json", ...args]), script([path, ...args])];
      expect([path, mine.status, theirs.status]).toEqual([path, code, code]);
      if (code !== 2) expect(rules(theirs.stdout.toString())).toEqual(rules(mine.stdout.toString()));
    }
  });

  test("[F90] both judge by a cell's own key folder: after its end, after its key was replaced, and of an older image", async () => {
    const { folders } = await makeRecord();
    const { dataDir, keysDir } = folders;
    const older = join(root, "older");
    const both = (path: string, code: number) => {
      const args = [path, "--keys", keysDir];
      const [mine, theirs] = [cli(["verify", ...args, "--json"]), script(args)];
      expect([mine.status, theirs.status], `${mine.stdout}${theirs.stdout}`).toEqual([code, code]);
      expect(rules(theirs.stdout.toString())).toEqual(rules(mine.stdout.toString()));
    };
    const closed = await mustOpen(folders);
    await closed.ledger.close();
    cpSync(dataDir, older, { recursive: true });
    both(dataDir, 0);
    const boot = { job: null, actorId: null, type: "KeyRotated", body: { reason: "scheduled", person: "P-1" } };
    const draft = (start: number) => ({ ...boot, boot: start, at: 1, mono: 1, clockState: "unknown" as const });
    expect((await handKeyOn(folders, { source: "ed25519", revoked: false, draft })).ok).toBe(true);
    const again = await mustOpen(folders);
    await again.ledger.append([{ ...draft(9), type: "CellBooted" }]);
    await again.ledger.close();
    both(dataDir, 0);
    both(older, 4);
  });

  test("[F71] both verify on another machine: no home, no data folder, no keys but the trusted, and no network at all", () => {
    const { data, keys } = named("ecdsa-p256 export").whole as ExportCase;
    const alone = mkdtempSync(join(root, "alone-"));
    const path = join(alone, "record.json");
    writeFileSync(path, data);
    const bare = ["env", "-i", "HOME=/nonexistent", "PATH=/usr/bin:/bin"];
    // Where a network cannot be taken away, the rest is still asked, and said.
    const cut = spawnSync("unshare", ["-rn", "true"]).status === 0 ? ["unshare", "-rn"] : [];
    if (cut.length === 0) console.error("unshare -n is not allowed here: the network was NOT taken away in this test");
    const run = (args: readonly string[]) => {
      const [file = "", ...rest] = [...cut, ...bare, ...args];
      return spawnSync(file, rest, { cwd: alone });
    };
    const key = ["--json", "--key", formatKey(keys[0]!)];
    const mine = run(["sh", join(import.meta.dirname, "../../bin/cellward"), "verify", path, ...key]);
    const theirs = run([python, "-B", program, path, ...key]);
    expect([mine.status, theirs.status], `${mine.stderr}${theirs.stderr}`).toEqual([0, 0]);
    expect(JSON.parse(mine.stdout.toString())).toMatchObject({
      ok: true,
      complete: true,
      headline: "GENUINE AND COMPLETE",
    });
    expect(JSON.parse(theirs.stdout.toString())).toMatchObject({ ok: true, complete: true });
  });

  test("the second verifier judges a package by both roles' keys", () => {
    const { data, keys, release } = named("package").whole as PackageCase;
    const path = join(root, "order.cwp");
    writeFileSync(path, data);
    const design = ["--design-authority", formatKey(keys[0]!)];
    expect(script([path, ...design, "--clinical-release", formatKey(release[0]!)]).status).toBe(0);
    const alone = script([path, ...design]);
    expect([alone.status, JSON.parse(alone.stdout.toString())]).toEqual([7, { ok: false, code: "signature-unknown" }]);
  });
});
