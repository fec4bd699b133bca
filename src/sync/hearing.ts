/** What the courier makes of central QA's words: believed only as far as the cell's own keys and tree bear them out. */
import { unreachable } from "../kernel/assert.ts";
import { type DownMessage, maxBatchEntries } from "../ledger/batch.ts";
import { isSignedFork } from "../ledger/fork.ts";
import type { CourierState } from "./courier.ts";
import { ask, type Draft, due, forgetUnderWay, isOver, progress, raise, retryLater, set } from "./draft.ts";
import { judgeReceipt, type Own, type Receipt } from "./judge.ts";
import { landed, standBefore } from "./sending.ts";
import { type Trouble, trouble } from "./trouble.ts";

export function heard(draft: Draft, message: DownMessage, own: Own | null): void {
  if (message.kind === "decision") {
    draft.outputs.push({ kind: "decision", envelope: message.envelope });
    return;
  }
  if (message.origin !== draft.trust.origin) return;
  if (isOver(draft.state)) {
    // The word that froze it was not signed; the receipt that comes after it may prove it.
    if (draft.state.phase === "frozen" && message.kind === "receipt") proveFreeze(draft, message, own);
    return;
  }
  if (own !== null) set(draft, { highest: Math.max(draft.state.highest, own.at) });
  switch (message.kind) {
    case "at":
      return hearAt(draft, message, own);
    case "receipt":
      return hearReceipt(draft, message, own);
    case "conflict":
      return hearConflict(draft, message.size);
    case "fork":
      return hearFork(draft, message);
    case "refused":
      return hearRefused(draft, message);
    case "kept":
      return landed(draft, message.size);
    case "want":
      return hearWant(draft, message, own);
    default:
      return unreachable(message);
  }
}

const mendedByAnswer: ReadonlySet<Trouble["code"]> = new Set([
  "qa-behind",
  "broker-refuses",
  "broker-untrusted",
  "certificate-unreadable",
  "connection-unstable",
  "unproven",
]);

function hearAt(draft: Draft, message: Extract<DownMessage, { kind: "at" }>, own: Own | null): void {
  const { state } = draft;
  // An old answer that comes late is no answer.
  if (state.phase !== "asking" || message.id !== state.question) return;
  const { size, root } = message;
  // Nobody has signed this: the receipt that comes after it proves it, or nothing does.
  if (own === null || root !== own.root) {
    raise(draft, unproven(own === null ? aheadOf(size, state.head) : otherAmong(size)));
    return retryLater(draft);
  }
  set(draft, { met: true });
  const isBehind = size < state.askedAt;
  if (isBehind) {
    const what = `Central QA says that it holds ${size} entries; it has countersigned ${state.askedAt}. They go to it again.`;
    raise(draft, trouble("qa-behind", what));
  } else if (state.alarm !== null && mendedByAnswer.has(state.alarm.code)) set(draft, { alarm: null });
  set(draft, {
    phase: "sending",
    told: size,
    // What it has countersigned and lost goes again; it was shown that countersignature, and gives none over less.
    next: isBehind ? size : Math.max(size, state.withQa),
    due: true,
    wentBackTo: -1,
    silences: 0,
  });
  due(draft, { answer: null, retry: null });
}

/** Central QA's own key has to say it: whoever holds the broker could stop a cell otherwise. */
function hearFork(draft: Draft, { envelope }: Extract<DownMessage, { kind: "fork" }>): void {
  const { origin, decisions, check } = draft.trust;
  const alarm = trouble("fork", "Central QA has seen another record under this cell's name.");
  if (isSignedFork(envelope, origin, decisions, check)) return freeze(draft, alarm);
  raise(draft, unproven(alarm));
  retryLater(draft);
}

/** What was only said: it stops nothing but this try. */
function unproven({ what }: Trouble): Trouble {
  return trouble("unproven", `Somebody says, and nobody has signed it: ${what}`);
}

function aheadOf(size: number, head: number): Trouble {
  const what = `Central QA holds ${size} entries of this record, the cell has ${head}: the cell is an older image or a copy.`;
  return trouble("cell-behind", what);
}

function otherAmong(size: number): Trouble {
  return trouble("fork", `Central QA holds other entries than this cell among the first ${size}.`);
}

function hearReceipt(draft: Draft, message: Receipt, own: Own | null): void {
  const { state, tick, trust } = draft;
  // What is covered already needs no second proof, and an old receipt proves nothing new.
  if (own !== null && message.size <= state.storing) return landed(draft, message.size);
  const verdict = judgeReceipt(message, own, tick.wall, trust);
  if (verdict.kind === "ahead" || verdict.kind === "other")
    return freeze(draft, provenBy(verdict.kind, message, state));
  if (verdict.kind === "bad") return raise(draft, verdict.trouble);
  set(draft, { storing: message.size });
  draft.outputs.push({ kind: "store", size: message.size, note: message.note });
}

function proveFreeze(draft: Draft, message: Receipt, own: Own | null): void {
  const { state, tick, trust } = draft;
  if (state.alarm?.proven) return;
  const { kind } = judgeReceipt(message, own, tick.wall, trust);
  if (kind === "ahead" || kind === "other") raise(draft, provenBy(kind, message, state));
}

/** The cell's key and central's have signed a history that is not this cell's. */
function provenBy(kind: "ahead" | "other", { size }: Receipt, { head }: CourierState): Trouble {
  return { ...(kind === "ahead" ? aheadOf(size, head) : otherAmong(size)), proven: true };
}

function hearConflict(draft: Draft, size: number): void {
  const { state } = draft;
  if (state.phase !== "sending") return;
  // Below what is countersigned it may be an old one; above the head it is a claim: only an answer to a question counts.
  if ((size < state.withQa && size < state.told) || size > state.head) return ask(draft);
  // Each batch behind a lost one says the same; once is enough until something has moved.
  if (size === state.wentBackTo) return;
  forgetUnderWay(draft, size);
  set(draft, { wentBackTo: size, due: true });
  progress(draft);
}

/** Nothing in a `want` is signed: it is answered with what central QA is handed anyway, and only by the same tree. */
function hearWant(
  draft: Draft,
  { from, to, size, root }: Extract<DownMessage, { kind: "want" }>,
  own: Own | null,
): void {
  if (own === null || own.root !== root || from >= to || to > size) return;
  set(draft, { wanted: { from, to: Math.min(to, from + maxBatchEntries), size } });
}

function hearRefused(draft: Draft, { from, to, what }: Extract<DownMessage, { kind: "refused" }>): void {
  const { state } = draft;
  // An old refusal, of a batch that was taken apart since, strikes no other.
  if (state.phase !== "sending" || !state.underWay.some((one) => one.from === from && one.to === to)) return;
  const count = to - from;
  if (count === 1) {
    const said = `Central QA does not take entry ${from}: ${what}`;
    return standBefore(draft, from, trouble("entry-refused", said));
  }
  forgetUnderWay(draft, from);
  set(draft, { limit: Math.ceil(count / 2), splitTo: Math.max(state.splitTo, to), due: true, wentBackTo: -1 });
  progress(draft);
}

function freeze(draft: Draft, alarm: Trouble): void {
  forgetUnderWay(draft, draft.state.withQa);
  set(draft, { phase: "frozen", met: true });
  due(draft, { answer: null, retry: null, linger: null, beat: null });
  raise(draft, alarm);
}
