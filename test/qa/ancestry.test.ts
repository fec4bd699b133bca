/** What a continued log says of its ancestor, against central's own copy of that one. */
import { expect, test } from "vitest";
import { canonicalBytes } from "../../src/kernel/json.ts";
import type { Digest } from "../../src/kernel/names.ts";
import { textOf } from "../../src/ledger/bytes.ts";
import type { Continuation } from "../../src/ledger/continuation.ts";
import { continuationMeaning, shownDigest } from "../../src/ledger/continuation.ts";
import { heldBeyond, wrongHistory } from "../../src/qa/ancestry.ts";
import { draft } from "../ledger/plain-drafts.ts";
import { createCell } from "./cell.ts";

const [one, two] = ["1".repeat(64) as Digest, "2".repeat(64) as Digest];
const ancestor = { origin: "a.example/1", head: { size: 8, root: one }, floor: null };
const named: Continuation = {
  ancestor: { ...ancestor, cosigned: { size: 6, root: one, note: "note" } },
  reason: "restored",
  approvals: [],
};

test("[F81][L7] the countersigned head that a log names is refused where central holds another of that size", () => {
  expect(wrongHistory(named, { size: 6, root: two })).toContain("not those that central holds");
  for (const held of [{ size: 6, root: one }, { size: 7, root: two }, null])
    expect(wrongHistory(named, held)).toBeNull();
});

test("[F81][L4] central raises an alarm where it holds more of the ancestor, or other entries, than the log went on from", async () => {
  const origin = "a.example/2";
  const facts = { ancestor: { ...ancestor, cosigned: null }, reason: "restored" as const };
  const approvals = (["qa", "engineer"] as const).map((role) => ({
    ...{ person: role, role, at: 1, meaning: continuationMeaning, shown: shownDigest(origin, facts) },
  }));
  const cell = createCell("cell-1", origin);
  cell.append(draft("Noted", {}));
  const batch = await cell.batch(0);
  const [first] = batch.entries;
  const body = textOf(canonicalBytes({ ...facts, approvals })) ?? "";
  const entry = first!.entry.replace(/"type":"[A-Za-z]+"/, '"type":"LogContinued"');
  const told = (size: number, root: Digest) =>
    heldBeyond({ ...batch, entries: [{ entry, body }] }, cell.registered, { ...ancestor, size, root } as never, 5)
      ?.what;
  expect(told(9, two)).toContain("central holds 9 of them");
  expect(told(8, two)).toContain("central holds other ones");
  expect([told(8, one), told(7, two), told(0, two)]).toEqual([undefined, undefined, undefined]);
});
