/** Logs whose key was handed on or revoked, and one that continues another: the keys with the bounds that a user wrote. */
import { digestOf } from "../../src/kernel/hash.ts";
import { emptyChain, type JobHeads, seal, textDraft } from "../../src/ledger/chain.ts";
import type { Row } from "../../src/ledger/chain-check.ts";
import { formatCheckpoint } from "../../src/ledger/checkpoint.ts";
import { type Continuation, continuationMeaning, shownDigest } from "../../src/ledger/continuation.ts";
import { cosign } from "../../src/ledger/cosignature.ts";
import type { EntryDraft, JsonObject } from "../../src/ledger/entry.ts";
import { formatKey, signNote } from "../../src/ledger/note.ts";
import type { Effect, Signer, VerifyingKey } from "../../src/ledger/signer.ts";
import { emptyFrontier, grow, leafHash, rootOf } from "../../src/ledger/tree.ts";
import type { CheckpointRow } from "../../src/ledger/verify.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";
import { ed25519Signer } from "../ledger/witness.ts";
import type { Subject } from "./subject.ts";

const [before, after] = [ed25519Signer(origin, 1), ed25519Signer(origin, 1)];
const witness = ed25519Signer("qa.hospital.example", 4);
const cosignedAt = 1_790_000_000;

const bounded = ({ key }: Signer, effect: Effect): VerifyingKey => ({ ...key, effect });

/** The subjects of this file. */
export async function handedOnSubjects(): Promise<readonly Subject[]> {
  const keys = { old: formatKey(before.key), new: formatKey(after.key) };
  const handedOn = (type: string, body: JsonObject): EntryDraft[] => [
    started(),
    draft("JobAccepted", { order: "drill guide" }, "J1"),
    draft(type, { ...keys, person: "P-1", ...body }, null, 1),
    started(2),
    draft("JobEnded", { outcome: "Ended" }, "J1", 2),
  ];
  const signers = { 2: [before], 3: [before, after], 5: [after] };
  return [
    await subjectOf("rotated log", handedOn("KeyRotated", { reason: "scheduled" }), signers, [
      bounded(before, { until: 3 }),
      bounded(after, { from: 3 }),
    ]),
    await subjectOf("revoked log", handedOn("KeyRevoked", { reason: "exposed", until: 2 }), signers, [
      bounded(before, { from: 0, revoked: 3 }),
      after.key,
    ]),
    await subjectOf("log under a revoked key", handedOn("Noted", {}), { 2: [before], 5: [before] }, [
      bounded(before, { until: 9, revoked: 9 }),
    ]),
    await subjectOf("continued log", [continued(), started(1), draft("JobAccepted", {}, "J1", 1)], { 3: [after] }, [
      after.key,
    ]),
  ];
}

function continued(): EntryDraft {
  const head = { size: 4, root: digestOf(Buffer.from("ancestor")) };
  const content = {
    ancestor: { origin: "hospital.example/cell-0", head, cosigned: null, floor: head },
    reason: "damaged" as const,
  };
  const shown = shownDigest(origin, content as Pick<Continuation, "ancestor" | "reason">);
  const approvals = [
    { person: "P-1", role: "qa", at: 1, meaning: continuationMeaning, shown },
    { person: "P-2", role: "engineer", at: 2, meaning: continuationMeaning, shown },
  ];
  return draft("LogContinued", { ...content, approvals });
}

/** The log of these drafts, with a checkpoint at each size by those signers, the last of them countersigned. */
async function subjectOf(
  name: string,
  drafts: readonly EntryDraft[],
  signers: Readonly<Record<number, readonly Signer[]>>,
  keys: readonly VerifyingKey[],
): Promise<Subject> {
  const heads: JobHeads = new Map();
  const rows: Row[] = [];
  let chain = emptyChain(origin);
  for (const each of drafts) {
    const { chain: next, sealed } = seal(chain, heads, textDraft(each));
    rows.push({ seq: rows.length, job: each.job, entry: sealed.entryBytes, body: sealed.bodyBytes });
    if (each.job !== null) heads.set(each.job, next.prev);
    chain = next;
  }
  const checkpoints: CheckpointRow[] = [];
  for (const [size, by] of Object.entries(signers)) {
    const root = rootOf(
      rows
        .slice(0, Number(size))
        .map(({ entry }) => leafHash(entry))
        .reduce(grow, emptyFrontier),
    );
    const note = await signNote(formatCheckpoint({ origin, size: Number(size), root }), ...by);
    checkpoints.push({ size: Number(size), note });
  }
  const last = checkpoints.at(-1)!;
  const cosignatures = [{ size: last.size, note: await cosign(last.note, witness, cosignedAt) }];
  const witnesses = [bounded(witness, { from: cosignedAt - 60, until: cosignedAt + 60 })];
  const replays = [...checkpoints, ...cosignatures].map(({ note }) => note);
  return {
    name,
    whole: { kind: "log", origin, rows, checkpoints, cosignatures, keys, witnesses },
    replays,
    signers: name === "continued log" ? [after] : [before, after],
  };
}
