/** The key folder: outside the data, for its owner alone, of either algorithm. */
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/ledger/bytes.ts";
import { checkSignature } from "../../../src/ledger/io/crypto.ts";
import type { KeyAlgorithm } from "../../../src/ledger/io/key-file.ts";
import { createKeys, openKeys } from "../../../src/ledger/io/keys.ts";
import { openNote, parseKey, signNote } from "../../../src/ledger/note.ts";
import { freshFolders } from "../drafts.ts";
import { origin } from "../plain-drafts.ts";

test.each<KeyAlgorithm>(["ed25519", "ecdsa-p256"])(
  "%s keys are made once, kept private, and sign notes that verify",
  async (algorithm) => {
    const { dataDir, keysDir } = freshFolders();
    const made = await createKeys(keysDir, dataDir, origin, algorithm);
    if (!made.ok) throw new Error(made.error.what);
    expect(statSync(keysDir).mode & 0o777).toBe(0o700);
    for (const file of ["signing.key.pem", "data.key"]) expect(statSync(join(keysDir, file)).mode & 0o777).toBe(0o600);
    const opened = await openKeys(keysDir, dataDir);
    if (!opened.ok) throw new Error(opened.error.what);
    const key = parseKey(readFileSync(join(keysDir, "cell.vkey"), "utf8").trim());
    if (!key.ok) throw new Error(key.error);
    expect(key.value).toEqual(opened.value.signer.key);
    const note = await signNote("a text\n", opened.value.signer);
    expect(openNote(note, [key.value], checkSignature).ok).toBe(true);
    expect(checkSignature(key.value, utf8("another text\n"), new Uint8Array(64))).toBe(false);
    expect(await createKeys(keysDir, dataDir, origin)).toMatchObject({ ok: false, error: { code: "keys-refused" } });
  },
);

describe("[L6] a key folder is refused", () => {
  const refused = { ok: false, error: { code: "keys-refused" } };

  test("inside the data folder, around it, and through a link into it", async () => {
    const { dataDir } = freshFolders();
    mkdirSync(dataDir, { recursive: true });
    expect(await createKeys(join(dataDir, "keys"), dataDir, origin)).toMatchObject(refused);
    expect(await createKeys(dataDir, dataDir, origin)).toMatchObject(refused);
    expect(await createKeys(dirname(dataDir), dataDir, origin)).toMatchObject(refused);
    const link = join(dirname(dataDir), "elsewhere");
    symlinkSync(dataDir, link);
    expect(await createKeys(join(link, "keys"), dataDir, origin)).toMatchObject(refused);
  });

  test.each([
    ["", 0o750],
    ["signing.key.pem", 0o640],
    ["data.key", 0o604],
  ])("when others can read it: %j %o", async (file, mode) => {
    const { dataDir, keysDir } = freshFolders();
    expect(await createKeys(keysDir, dataDir, origin)).toMatchObject({ ok: true });
    chmodSync(join(keysDir, file), mode);
    expect(await openKeys(keysDir, dataDir)).toMatchObject(refused);
  });

  test("missing, or with a key that is not its own", async () => {
    const { dataDir, keysDir } = freshFolders();
    expect(await openKeys(keysDir, dataDir)).toMatchObject(refused);
    await createKeys(keysDir, dataDir, origin);
    const other = freshFolders();
    await createKeys(other.keysDir, other.dataDir, origin);
    writeFileSync(join(keysDir, "cell.vkey"), readFileSync(join(other.keysDir, "cell.vkey")));
    expect(await openKeys(keysDir, dataDir)).toMatchObject(refused);
    expect(await createKeys(freshFolders().keysDir, dataDir, "a name with spaces")).toMatchObject(refused);
  });
});
