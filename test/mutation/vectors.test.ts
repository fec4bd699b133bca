/** Published vectors, shown to both verifiers: ours and the one written from the documents alone. */
import { afterAll, describe, expect, test } from "vitest";
import { canonical, parseCanonical } from "../../src/kernel/json.ts";
import { fromHex, toHex, utf8 } from "../../src/ledger/bytes.ts";
import { openCosignatures } from "../../src/ledger/cosignature.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { formatKey, openNote, parseKey, verifyingKey } from "../../src/ledger/note.ts";
import { extendsTree, includes } from "../../src/ledger/proofs.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import { leafHash } from "../../src/ledger/tree.ts";
import {
  appendixB,
  consistencies,
  inclusions,
  leaves,
  peterKey,
  peterNote,
  peterText,
  publicLog,
  publicNote,
  publicWitnesses,
  rekorKey,
  rekorNote,
  rekorText,
  rfc8032,
  roots,
} from "../ledger/published.ts";
import { startSecondVerifier } from "./second.ts";

const second = startSecondVerifier();
afterAll(() => second.close());

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
const rootOf = (size: number): string => roots[size - 1] ?? "00".repeat(32);

function key(line: string): VerifyingKey {
  const parsed = parseKey(line);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** What both say, which has to be the same. */
async function both(mine: boolean, question: object): Promise<boolean> {
  expect(await second.holds(question)).toBe(mine);
  return mine;
}

interface Consistency {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[];
}

/** The ways in which transparency-dev/merkle (testdata/consistency) makes a good proof bad. */
function spoiled(good: Consistency): readonly (readonly [string, Consistency])[] {
  const { size1, size2, root1, root2, proof } = good;
  const flipped = (hex: string) => toHex(bytes(hex).with(0, (bytes(hex)[0] ?? 0) ^ 16));
  return [
    ["size1 - 1", { ...good, size1: size1 - 1 }],
    ["size1 + 1", { ...good, size1: size1 + 1 }],
    ["size1 ^ 2", { ...good, size1: size1 ^ 2 }],
    ["size2 * 2", { ...good, size2: size2 * 2 }],
    ["size2 / 2", { ...good, size2: Math.floor(size2 / 2) }],
    ["wrong root1", { ...good, root1: flipped(root1) }],
    ["wrong root2", { ...good, root2: flipped(root2) }],
    ["swapped roots", { ...good, root1: root2, root2: root1 }],
    ["empty proof", { ...good, proof: [] }],
    ["trailing garbage", { ...good, proof: [...proof, ""] }],
    ["trailing root1", { ...good, proof: [...proof, root1] }],
    ["trailing root2", { ...good, proof: [...proof, root2] }],
    ["preceding garbage", { ...good, proof: ["", ...proof] }],
    ["preceding root1", { ...good, proof: [root1, ...proof] }],
    ["preceding proof[0]", { ...good, proof: [proof[0] ?? "", ...proof] }],
    ["truncated proof", { ...good, proof: proof.slice(0, -1) }],
    ...proof.map((node, at): [string, Consistency] => [
      `modified proof[${at}]`,
      { ...good, proof: proof.with(at, flipped(node)) },
    ]),
  ];
}

describe("[F67] RFC 6962 proofs (google/certificate-transparency, transparency-dev/merkle)", () => {
  test.each(inclusions)(
    "audit path of leaf %i in the tree of %i, and of no other leaf, size or place",
    async (leaf, size, path) => {
      const ask = (index: number, total: number, proof: readonly string[], of = leaf) => {
        const question = {
          leaf: toHex(leafHash(bytes(leaves[of - 1] ?? ""))),
          index,
          size: total,
          proof,
          root: rootOf(size),
        };
        const mine = includes(bytes(question.leaf), index, total, proof.map(bytes), bytes(question.root));
        return both(mine, { kind: "inclusion", ...question });
      };
      expect(await ask(leaf - 1, size, path)).toBe(true);
      for (const [index, total] of [
        [leaf, size],
        [leaf - 2, size],
        [(leaf - 1) ^ 2, size],
        [leaf - 1, size * 2],
        [leaf - 1, Math.floor(size / 2)],
      ] as const) {
        // A path to another place can be right by chance of the tree's shape only where nothing about it changed.
        if (index !== leaf - 1 || total !== size) expect(await ask(index, total, path)).toBe(false);
      }
      for (const proof of [
        [...path, rootOf(size)],
        [rootOf(size), ...path],
        [...path, ""],
      ])
        expect(await ask(leaf - 1, size, proof)).toBe(false);
      if (path.length > 0) expect(await ask(leaf - 1, size, path.slice(1))).toBe(false);
      expect(await ask(leaf - 1, size, path, (leaf % leaves.length) + 1)).toBe(false);
    },
  );

  test.each(consistencies.filter(([from, to]) => from !== to))(
    "consistency from %i to %i, and nothing that was spoiled",
    async (from, to, proof) => {
      const ask = ({ size1, size2, root1, root2, proof: nodes }: Consistency) => {
        const mine = extendsTree(size1, bytes(root1), size2, bytes(root2), nodes.map(bytes));
        return both(mine, { kind: "consistency", size1, size2, root1, root2, proof: nodes });
      };
      const good = { size1: from, size2: to, root1: rootOf(from), root2: rootOf(to), proof };
      expect(await ask(good)).toBe(true);
      for (const [how, bad] of spoiled(good)) expect([how, await ask(bad)]).toEqual([how, false]);
    },
  );
});

describe("[F67] RFC 8032 section 7.1", () => {
  test.each(rfc8032)("public key %s", async (publicKey, message, signature) => {
    const trusted = verifyingKey("test.example", 1, bytes(publicKey));
    const ask = (said: string, made: string) =>
      both(checkSignature(trusted, bytes(said), bytes(made)), {
        ...{ kind: "signature", keys: [formatKey(trusted)], message: said, signature: made },
      });
    expect(await ask(message, signature)).toBe(true);
    expect(await ask(`${message}00`, signature)).toBe(false);
    for (let at = 0; at < 64; at++) {
      const changed = toHex(bytes(signature).with(at, (bytes(signature)[at] ?? 0) ^ (1 << (at % 8))));
      expect(await ask(message, changed)).toBe(false);
    }
  });
});

describe("[F67] C2SP signed-note and tlog-cosignature", () => {
  test.each([
    [peterKey, peterNote, peterText],
    [rekorKey, rekorNote, rekorText],
    [publicLog, publicNote, `${publicNote.split("\n\n")[0]}\n`],
  ])("the published note of %s opens", async (line, note, text) => {
    const ask = (said: string) => {
      const opened = openNote(said, [key(line)], checkSignature);
      return both(opened.ok && opened.value.text === text, { kind: "note", keys: [line], note: said, text });
    };
    expect(await ask(note)).toBe(true);
    for (let at = 0; at < note.length; at += 5) {
      const other = note.slice(0, at) + String.fromCharCode(note.charCodeAt(at) ^ 1) + note.slice(at + 1);
      await ask(other);
    }
  });

  test("a public log's witnesses are found, each with its time", async () => {
    const opened = openCosignatures(publicNote, publicWitnesses.map(key), checkSignature);
    const by = opened.ok ? opened.value.map(({ by: { name }, time }) => [name, time]).sort() : [];
    expect(by.length).toBe(publicWitnesses.length);
    expect(await second.holds({ kind: "cosigned", keys: publicWitnesses, note: publicNote, by })).toBe(true);
    const moved = publicNote.replace("AAAABqEiEg", "AAAABqEiEh");
    expect(await second.holds({ kind: "cosigned", keys: publicWitnesses, note: moved, by })).toBe(false);
    expect(openCosignatures(moved, publicWitnesses.map(key), checkSignature).ok).toBe(false);
  });
});

describe("RFC 8785", () => {
  test.each(appendixB)("appendix B: %s prints as %s", async (bits, text) => {
    expect(canonical(Buffer.from(bits, "hex").readDoubleBE())).toBe(text);
    expect(await second.holds({ kind: "number", bits, text })).toBe(true);
  });

  test.each([
    [
      '{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
      true,
    ],
    ['{"\\r":0,"1":0,"\u0080":0,"ö":0,"€":0,"\u{1f600}":0,"\ufb33":0}', true],
    ['{"\u{1f600}":0,"€":0}', false],
    ['{"a":1e+30}', false],
    ['{"a":1.0}', false],
    ['{"a":-0}', false],
    ['"\\u000F"', false],
    ['"\\/"', false],
  ])("sections 3.2.2 and 3.2.3: %s", async (text, expected) => {
    expect(await both(parseCanonical(utf8(text)).ok, { kind: "canonical", text })).toBe(expected);
  });
});
