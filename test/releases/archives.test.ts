/** Archives of past releases: verified by both verifiers and restored for ever. The fixtures are NEVER made again. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { digestOf } from "../../src/kernel/hash.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { restoreArchives } from "../../src/ledger/io/archive-restore.ts";
import { parseKey } from "../../src/ledger/note.ts";
import { ours } from "../mutation/ours.ts";
import { startSecondVerifier } from "../mutation/second.ts";

const folder = join(import.meta.dirname, "../fixtures/archives");
const root = mkdtempSync(join(tmpdir(), "cellward-archived-"));
const second = startSecondVerifier();
afterAll(() => {
  second.close();
  rmSync(root, { recursive: true, force: true });
});

/** SHA-256 over each fixture's files: it must not be edited; only a new fixture adds a line. */
const frozen: Readonly<Record<string, string>> = {
  "1": "8748d19bcf6115f9cc041d4f83f68ec0d0ef300b73e79359f4aab99a133921c5",
};

function digestOfFiles(at: string): string {
  const files = readdirSync(at, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  const names = files.map((each) => join(each.parentPath, each.name).slice(at.length + 1)).sort();
  return digestOf(utf8(names.map((name) => `${digestOf(readFileSync(join(at, name)))} ${name}\n`).join("")));
}

test("[F76] every fixture of archives is frozen, and each is listed", () => {
  const found = readdirSync(folder).map((name): [string, string] => [name, digestOfFiles(join(folder, name))]);
  expect(Object.fromEntries(found), "see test/fixtures/README.md").toEqual(frozen);
});

describe.each(readdirSync(folder))("[F76] the archives of release fixture %s", (name) => {
  const at = (path: string): string => join(folder, name, path);
  const key = (role: string) => {
    const parsed = parseKey(readFileSync(at(`keys/${role}.vkey`), "utf8").trim());
    if (!parsed.ok) throw new Error(parsed.error);
    return parsed.value;
  };
  const trust = { keys: [key("cell")], witnesses: [key("witness")] };
  const dataKey = readFileSync(at("keys/data.key"), "utf8").trim();
  const archives = readdirSync(join(folder, name)).filter((each) => each !== "keys");

  test.each(archives)(
    "%s is genuine and complete to both verifiers, with the data key and without",
    async (archive) => {
      for (const more of [{}, { dataKey }]) {
        const question = { kind: "archive", path: at(archive), ...trust, ...more } as const;
        expect(await ours(question)).toEqual(await second.ask(question));
        expect((await ours(question)).ok).toBe(true);
      }
    },
  );

  test("its years become a data folder that verifies, pictures opened", async () => {
    const restored = await restoreArchives({
      ...{ trusted: trust.keys, witnesses: trust.witnesses, dataKey: Buffer.from(dataKey, "hex") },
      archives: archives.filter((each) => /^\d{4}$/.test(each)).map(at),
      ...{ dataDir: join(root, name), onProgress: () => undefined },
    });
    expect(restored).toMatchObject({
      ok: true,
      value: { report: { ok: true, entries: 10, artifactsOpened: true, artifacts: 3, findings: [] } },
    });
  });
});
