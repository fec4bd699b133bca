/** The artifact stores, on disk and in memory: one suite, and what the disk must not show. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/kernel/hash.ts";
import type { Digest } from "../../src/kernel/names.ts";
import { type Artifacts, artifactDigests } from "../../src/ledger/artifacts.ts";
import { artifactPath, openArtifacts } from "../../src/ledger/io/artifacts.ts";
import { createMemoryArtifacts } from "../../src/ledger/memory-artifacts.ts";
import { freshFolders } from "./drafts.ts";

const key = new Uint8Array(32).fill(7);
const picture = new Uint8Array(Buffer.from("a picture of a patient-specific guide, row after row. ".repeat(40)));

describe.each<[string, () => Artifacts]>([
  ["on disk", () => openArtifacts(freshFolders().dataDir, key, 4096)],
  ["in memory", () => createMemoryArtifacts(new Map(), 4096)],
])("[F65] a store %s", (_, open) => {
  test("gives back what was put, under the digest of its content, once", async () => {
    const store = open();
    expect(await store.list()).toEqual([]);
    const [first, second] = await Promise.all([store.put(picture), store.put(new Uint8Array())]);
    expect(first).toBe(digestOf(picture));
    expect(await store.put(picture)).toBe(first);
    expect(await store.get(first)).toEqual({ ok: true, value: picture });
    expect(await store.get(second)).toEqual({ ok: true, value: new Uint8Array() });
    expect(await store.has(first)).toBe(true);
    expect(await store.list()).toEqual([first, second].sort());
  });

  test("says what is missing and refuses what is too large", async () => {
    const store = open();
    const unknown = "0".repeat(64) as Digest;
    expect(await store.get(unknown)).toEqual({ ok: false, error: "missing" });
    expect(await store.has(unknown)).toBe(false);
    await expect(store.put(new Uint8Array(4097))).rejects.toThrow(RangeError);
  });
});

describe("[L6] on disk", () => {
  test("nothing of the plaintext is readable, and every changed byte is noticed", async () => {
    const { dataDir } = freshFolders();
    const store = openArtifacts(dataDir, key);
    const digest = await store.put(picture);
    const path = artifactPath(dataDir, digest);
    const file = readFileSync(path);
    expect(file.includes("picture")).toBe(false);
    for (let at = 0; at < file.length; at += 37) {
      const changed = Buffer.from(file);
      changed[at] = (file[at] ?? 0) ^ 0x10;
      writeFileSync(path, changed);
      expect(await store.get(digest)).toEqual({ ok: false, error: "altered" });
    }
    writeFileSync(path, file.subarray(0, 20));
    expect(await store.get(digest)).toEqual({ ok: false, error: "altered" });
    expect(await store.put(picture)).toBe(digest);
    expect((await store.get(digest)).ok).toBe(true);
    expect(await openArtifacts(dataDir, new Uint8Array(32)).get(digest)).toEqual({ ok: false, error: "altered" });
    expect(readdirSync(dirname(path)).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  test("one artifact's file does not pass for another's", async () => {
    const { dataDir } = freshFolders();
    const store = openArtifacts(dataDir, key);
    const [one, two] = [await store.put(picture), await store.put(picture.slice(1))];
    writeFileSync(artifactPath(dataDir, one), readFileSync(artifactPath(dataDir, two)));
    expect(await store.get(one)).toEqual({ ok: false, error: "altered" });
  });
});

test("a body names artifacts in its members frame, evidence, program, and in lists called artifacts", () => {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((digit) => digit.repeat(64)) as [string, string, string, string];
  const body = {
    frame: a,
    nested: [{ evidence: b, other: "e".repeat(64) }],
    program: c,
    artifacts: [d, a, "short"],
    plan: { frame: 7 },
  };
  expect(artifactDigests(body)).toEqual([a, b, c, d]);
});
