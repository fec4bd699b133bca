/** Records of past releases: verified and replayed to the same state for ever. The fixtures are NEVER made again. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readIdentity } from "../../src/intake/io/age.ts";
import { addressRefusal, openFiles, openSigned } from "../../src/intake/package/open.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import type { Json } from "../../src/kernel/json.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { exportVerdict } from "../../src/ledger/headline.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { verifyFolder } from "../../src/ledger/io/verify.ts";
import { parseKey } from "../../src/ledger/note.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import { verifyExport } from "../../src/ledger/verify-export.ts";
import { asFarAsKnown, stateDigest, stateOf } from "./state.ts";

const folder = join(import.meta.dirname, "../fixtures/ledgers");

/**
 * SHA-256 over each fixture's files. If this fails, a fixture was changed: take it back as it was. It must not be made
 * anew and this digest must not be edited; only a new fixture adds a line.
 */
const frozen: Readonly<Record<string, string>> = {
  "1": "4aa61aed9d5ace0f7fd7924ea245536623718e8d4dafffc341d166d03396ed62",
};

const expectedHeadlines: Readonly<Record<string, string>> = {
  "J0.json": "GENUINE AND COMPLETE, COUNTERSIGNED BY qa.fixture.example",
  "J1.json": "GENUINE AND COMPLETE, COUNTERSIGNED BY qa.fixture.example",
  "J1-format-2.json": "GENUINE AND COMPLETE, NOT COUNTERSIGNED",
};

function filesOf(at: string): string[] {
  const entries = readdirSync(at, { recursive: true, withFileTypes: true });
  return entries
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(at.length + 1))
    .sort();
}

function keyOf(at: string, name: string): VerifyingKey {
  const key = parseKey(readFileSync(join(at, "keys", `${name}.vkey`), "utf8").trim());
  if (!key.ok) throw new Error(key.error);
  return key.value;
}

const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));

test("[F76] every fixture is frozen, and each is listed", () => {
  const found = readdirSync(folder).map((name): [string, string] => {
    const lines = filesOf(join(folder, name)).map(
      (file) => `${digestOf(readFileSync(join(folder, name, file)))} ${file}\n`,
    );
    return [name, digestOf(utf8(lines.join("")))];
  });
  const why =
    "A fixture of a past release was changed, made anew or added without its line: see test/fixtures/README.md.";
  expect(Object.fromEntries(found), why).toEqual(frozen);
});

describe.each(readdirSync(folder))("[F76] the record of release fixture %s", (name) => {
  const at = join(folder, name);
  const expected = read(join(at, "expected.json"));
  const cell = keyOf(at, "cell");
  const witness = keyOf(at, "witness");
  const dataKey = Buffer.from(readFileSync(join(at, "keys/data.key"), "utf8").trim(), "hex");

  test.each(["data", "data-format-1"])("its folder %s verifies, artifacts and all", async (data) => {
    const trust = { trusted: [cell], witnesses: [witness], dataKey };
    const report = await verifyFolder(join(at, data), trust);
    expect(report).toMatchObject({ ok: true, origin: expected.origin, entries: expected.entries, uncovered: 0 });
    expect(report.cosigned?.size ?? 0).toBe(data === "data" ? expected.cosigned : 0);
  });

  test.each(["data", "data-format-1"])("its folder %s replays to the state that it had", async (data) => {
    const { state, entries, head } = await stateOf(join(at, data));
    const known = read(join(at, "state.json")) as Json;
    expect(stateDigest(known)).toBe(expected.state);
    const asItWas = asFarAsKnown(JSON.parse(JSON.stringify(state)), known);
    expect(asItWas).toEqual(known);
    expect({ entries, head, state: stateDigest(asItWas) }).toEqual({
      entries: expected.entries,
      head: expected.head,
      state: expected.state,
    });
  });

  test.each(readdirSync(join(at, "exports")).filter((file) => file.endsWith(".json")))("its export %s", (file) => {
    const bytes = readFileSync(join(at, "exports", file));
    const { report } = verifyExport(bytes, [cell], checkSignature, [witness]);
    expect(report.ok).toBe(true);
    const wanted = expectedHeadlines[file] ?? expect.stringMatching(/^GENUINE UP TO ENTRY \d+, NOT COUNTERSIGNED/);
    expect(exportVerdict(report).headline).toEqual(wanted);
  });

  test("its packages are opened or refused as they were", async () => {
    const trust = {
      designAuthority: [keyOf(at, "design-authority")],
      clinicalRelease: [keyOf(at, "clinical-release")],
    };
    const identity = await readIdentity(readFileSync(join(at, "keys/age.identity"), "utf8"));
    if (!identity.ok) throw new Error(identity.error);
    const address = { origin: expected.origin, fingerprints: identity.value.fingerprints };
    const open = (file: string) => openSigned(readFileSync(join(at, "packages", file)), trust, checkSignature);
    expect(open("unreleased.cwp").ok).toBe(false);
    const other = open("other-cell.cwp");
    expect(other.ok && addressRefusal(other.value, address)?.code).toBe("other-identity");
    const mine = open("released.cwp");
    if (!mine.ok) throw new Error(mine.error.what);
    expect(addressRefusal(mine.value, address)).toBeNull();
    const files = openFiles(mine.value.statement, await identity.value.open(mine.value.sealed));
    expect(files.ok && [...files.value.keys()]).toEqual(["identifiers.key", "print.gcode"]);
  });
});
