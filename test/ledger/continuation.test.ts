/** The first entry of a log that continues another: two persons' word, and nothing less. */
import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/ledger/bytes.ts";
import { emptyChain, seal, textDraft } from "../../src/ledger/chain.ts";
import { isFinding } from "../../src/ledger/chain-check.ts";
import {
  type Continuation,
  continuationMeaning,
  continuationType,
  readContinuation,
  shownDigest,
} from "../../src/ledger/continuation.ts";
import { draft, origin } from "./plain-drafts.ts";

const head = { size: 3, root: "a".repeat(64) };
const facts = {
  ancestor: { origin: "old.example/cell-1", head, cosigned: null, floor: head },
  reason: "restored",
} as const;
const shown = shownDigest(origin, facts);
const by = (person: string, role: "qa" | "engineer") => ({ person, role, at: 1, meaning: continuationMeaning, shown });
const two = [by("P-1", "qa"), by("P-2", "engineer")];

function read(content: Partial<Continuation>, seq = 0, log = origin) {
  const body = { ...facts, approvals: two, ...content };
  const { sealed } = seal(emptyChain(log), new Map(), textDraft(draft(continuationType, body)));
  return readContinuation(log, seq, sealed.entryBytes, sealed.bodyBytes);
}

describe("[F96][L7] a continuation", () => {
  it("holds with one person as QA and another as engineer, who have signed exactly it", () => {
    expect(isFinding(read({}))).toBe(false);
  });

  it.each<[string, Partial<Continuation>]>([
    ["by one person", { approvals: [by("P-1", "qa")] }],
    ["by the same person twice", { approvals: [by("P-1", "qa"), by("P-1", "engineer")] }],
    ["by two of one role", { approvals: [by("P-1", "qa"), by("P-2", "qa")] }],
    ["by two and a third", { approvals: [...two, by("P-3", "qa")] }],
    ["of another log than was shown", { ancestor: { ...facts.ancestor, origin: "other.example/cell-1" } }],
    ["for another reason than was shown", { reason: "damaged" }],
    ["of itself", { ancestor: { ...facts.ancestor, origin } }],
    ["with other words signed", { approvals: two.map((one) => ({ ...one, meaning: "Yes." })) }],
  ])("%s is none", (_, content) => {
    expect(read(content)).toMatchObject({ rule: "continuation" });
  });

  it("is the first entry or none, and its body is of its form", () => {
    expect(read({}, 4)).toMatchObject({ rule: "continuation", what: expect.stringContaining("not the first") });
    const odd = readContinuation(origin, 0, entryOf(), utf8("{}"));
    expect(odd).toMatchObject({ rule: "continuation", what: expect.stringContaining("form") });
  });
});

function entryOf(): Uint8Array {
  return seal(emptyChain(origin), new Map(), textDraft(draft(continuationType, {}))).sealed.entryBytes;
}
