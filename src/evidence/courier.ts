/** The evidence courier: brings what is owed to central QA, one piece after the other, behind the records and below a rate. */
import type { EvidenceAlarm, EvidenceStatus } from "../jobs/evidence-status.ts";
import type { Digest } from "../kernel/names.ts";
import type { Clock } from "../kernel/ports.ts";
import { err, ok } from "../kernel/result.ts";
import type { Milliseconds, MonotonicMs } from "../kernel/units.ts";
import { openReceipt, type ReceiptTrust } from "../ledger/evidence.ts";
import { type Bucket, fullBucket, nextMove } from "./pace.ts";
import type { Endpoint, OwedIndex, OwedPiece, SealedPiece, Spool, Trouble } from "./ports.ts";
import { alarmOf, sentence } from "./words.ts";

export interface CourierPorts {
  readonly index: OwedIndex;
  readonly spool: Spool;
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  readonly trust: ReceiptTrust;
  readonly bytesPerSecond: number;
  /** How far the record is with central QA; null before that is known. */
  readonly records: () => RecordsStanding | null;
  readonly log: (what: string, facts?: Record<string, number | string>) => void;
  readonly onStatus: (status: EvidenceStatus) => void;
}

export interface RecordsStanding {
  /** Entries that central QA has countersigned. */
  readonly withQa: number;
  /** Records that could go to central QA have not gone. */
  readonly wait: boolean;
}

export interface EvidenceCourier {
  /** Something has changed: entries were folded, or records went through. */
  poke(): void;
  /** Ends after the request under way. */
  close(): Promise<void>;
}

export const evidencePatience = {
  shortestRetryMs: 1_000,
  longestRetryMs: 120_000,
  /** A piece that central does not take is tried again so late; others go on. */
  pieceRetryMs: 60_000,
  longestPieceRetryMs: 3_600_000,
  /** Pieces that are put off and remembered as such. */
  mostPutOff: 10_000,
} as const;

type Outcome =
  | { readonly kind: "done" }
  /** Not this one now. */
  | { readonly kind: "put-off"; readonly trouble: Trouble | null }
  /** Nothing now. */
  | { readonly kind: "away"; readonly trouble: Trouble };

interface Run {
  readonly ports: CourierPorts;
  bucket: Bucket;
  /** When a piece may be tried again, and how often it failed. */
  readonly putOff: Map<Digest, { readonly until: MonotonicMs; readonly times: number }>;
  failures: number;
  alarm: EvidenceAlarm | null;
  state: EvidenceStatus["state"];
  /** Central takes nothing: no poke shortens this wait. */
  backingOff: boolean;
  closed: boolean;
  wake: () => void;
  said: string;
}

/** Starts the courier. */
export function startCourier(ports: CourierPorts): EvidenceCourier {
  const run: Run = {
    ports,
    bucket: fullBucket(ports.bytesPerSecond, ports.clock.monotonic()),
    putOff: new Map(),
    failures: 0,
    alarm: null,
    state: "idle",
    backingOff: false,
    closed: false,
    wake: () => undefined,
    said: "",
  };
  const ended = work(run);
  return {
    poke: () => run.wake(),
    async close() {
      run.closed = true;
      ports.endpoint.close();
      run.wake();
      await ended;
    },
  };
}

async function work(run: Run): Promise<void> {
  const { index, spool } = run.ports;
  await spool.sweep(index.isOwed);
  while (!run.closed) {
    const chosen = choose(run);
    if (chosen.kind === "wait") {
      become(run, chosen.state);
      await pause(run, chosen.ms);
      continue;
    }
    const outcome = await bring(run, chosen.owed);
    if (run.closed) return;
    settle(run, chosen.owed, outcome);
    if (outcome.kind === "away") {
      become(run, "away");
      run.backingOff = true;
      await pause(run, backOff(run));
      run.backingOff = false;
    }
  }
}

type Choice =
  | { readonly kind: "bring"; readonly owed: OwedPiece }
  | { readonly kind: "wait"; readonly state: EvidenceStatus["state"]; readonly ms: Milliseconds };

const restMs: Milliseconds = 60_000;

function choose(run: Run): Choice {
  const { index, records, clock } = run.ports;
  const now = clock.monotonic();
  // Only what a countersigned entry names: central refuses evidence that comes before its record.
  const candidates = index.owed(records()?.withQa ?? 0, run.putOff.size + 1);
  const ready = candidates.find(({ digest }) => (run.putOff.get(digest)?.until ?? 0) <= now);
  if (ready !== undefined)
    return recordsWait(run) ? { kind: "wait", state: "behind-records", ms: restMs } : { kind: "bring", owed: ready };
  if (candidates.length === 0) {
    return { kind: "wait", state: index.counts().waiting > 0 ? "behind-records" : "idle", ms: restMs };
  }
  const soonest = Math.min(...candidates.map(({ digest }) => run.putOff.get(digest)?.until ?? now));
  return { kind: "wait", state: "away", ms: Math.max(1, Math.ceil(soonest - now)) };
}

function recordsWait({ ports }: Run): boolean {
  return ports.records()?.wait ?? true;
}

/** Brings one piece, part by part, until central has it whole or something keeps it. */
async function bring(run: Run, owed: OwedPiece): Promise<Outcome> {
  const { endpoint, spool } = run.ports;
  become(run, "sending");
  const looked = await endpoint.look(owed.digest);
  if (!looked.ok) return failed(looked.error);
  if (looked.value.kind === "whole") return accept(run, owed, looked.value.envelope);
  const piece = await spool.ready(owed.digest);
  if (!piece.ok) return unreadable(run, owed, piece.error);
  let offset = offsetIn(looked.value, piece.value);
  while (!run.closed) {
    const most = await permit(run, piece.value.bytes - offset);
    if (most === null) break;
    const bytes = await spool.read(owed.digest, piece.value, offset, most);
    const said = await endpoint.send({ owed, piece: piece.value, offset, bytes });
    if (!said.ok) return failed(said.error);
    if (said.value.kind === "whole") return accept(run, owed, said.value.envelope);
    if (said.value.kind === "differs") {
      await spool.drop(owed.digest);
      return { kind: "put-off", trouble: null };
    }
    if (said.value.kind === "more" && said.value.offset > offset && said.value.offset <= piece.value.bytes) {
      offset = said.value.offset;
      run.failures = 0;
      continue;
    }
    const again = await endpoint.look(owed.digest);
    if (!again.ok) return failed(again.error);
    if (again.value.kind === "whole") return accept(run, owed, again.value.envelope);
    const stands = offsetIn(again.value, piece.value);
    // The same place twice is no way forward.
    if (stands === offset) return { kind: "put-off", trouble: null };
    offset = stands;
  }
  return { kind: "done" };
}

function offsetIn(
  standing: { kind: string; sealed?: Digest; length?: number; offset?: number },
  piece: SealedPiece,
): number {
  const isSame = standing.sealed === piece.sealed && standing.length === piece.bytes;
  return standing.kind === "part" && isSame ? Math.min(standing.offset ?? 0, piece.bytes) : 0;
}

function failed(trouble: Trouble): Outcome {
  const isAll = trouble.kind === "away" || trouble.whole;
  return isAll ? { kind: "away", trouble } : { kind: "put-off", trouble };
}

/** Waits until a part may go, and says how long it may be; null where the courier ends. All that is left may be nothing. */
async function permit(run: Run, rest: number): Promise<number | null> {
  const { bytesPerSecond, clock } = run.ports;
  for (;;) {
    if (run.closed) return null;
    const asked = { recordsWait: recordsWait(run), rest: Math.max(1, rest), bytesPerSecond, now: clock.monotonic() };
    const move = nextMove(asked, run.bucket);
    if (move.kind === "send") {
      run.bucket = move.bucket;
      become(run, "sending");
      return Math.min(move.bytes, rest);
    }
    become(run, move.why === "records" ? "behind-records" : "sending");
    await pause(run, move.ms);
  }
}

/** The cell itself cannot give it: central is told, so that nobody there waits in silence. */
async function unreadable(run: Run, owed: OwedPiece, problem: "missing" | "altered" | "no-room"): Promise<Outcome> {
  if (problem === "no-room") {
    const what = "The disk leaves no room to seal evidence for central QA.";
    return { kind: "away", trouble: { kind: "refused", code: "spool-full", what, whole: true } };
  }
  const told = await run.ports.endpoint.absent(owed, problem);
  if (!told.ok) return failed(told.error);
  const what = `A piece of evidence that the record names is ${problem} in this cell.`;
  return { kind: "put-off", trouble: { kind: "refused", code: `artifact-${problem}`, what, whole: false } };
}

async function accept(run: Run, owed: OwedPiece, envelope: string): Promise<Outcome> {
  const { index, spool, trust } = run.ports;
  const receipt = judged(envelope, owed, trust);
  if (!receipt.ok) {
    const what = `A receipt for evidence came that does not count: ${receipt.error}.`;
    return { kind: "put-off", trouble: { kind: "refused", code: "receipt-refused", what, whole: false } };
  }
  index.received(receipt.value, envelope);
  await spool.drop(owed.digest);
  // Older than what central QA asked since: it is asked again, later, and not in a circle.
  return index.isOwed(owed.digest) ? { kind: "put-off", trouble: null } : { kind: "done" };
}

function judged(envelope: string, owed: OwedPiece, trust: ReceiptTrust): ReturnType<typeof openReceipt> {
  const receipt = openReceipt(envelope, trust);
  if (!receipt.ok) return receipt;
  return receipt.value.digest === owed.digest ? ok(receipt.value) : err("it is of another piece");
}

function settle(run: Run, { digest }: OwedPiece, outcome: Outcome): void {
  if (outcome.kind === "done") {
    run.failures = 0;
    run.putOff.delete(digest);
    if (run.putOff.size === 0) run.alarm = null;
    return;
  }
  const { trouble } = outcome;
  if (trouble !== null) {
    run.alarm = alarmOf(trouble) ?? run.alarm;
    run.ports.log("evidence waits", { code: trouble.code });
  }
  if (outcome.kind === "away") {
    run.failures += 1;
    return;
  }
  const times = (run.putOff.get(digest)?.times ?? 0) + 1;
  if (run.putOff.size >= evidencePatience.mostPutOff) run.putOff.clear();
  const { pieceRetryMs, longestPieceRetryMs } = evidencePatience;
  // Nothing wrong with the piece itself: it is tried again at once, and only then later.
  const wait = trouble === null && times === 1 ? 0 : Math.min(longestPieceRetryMs, pieceRetryMs * 2 ** (times - 1));
  run.putOff.set(digest, { until: run.ports.clock.monotonic() + wait, times });
}

/** Full jitter between the shortest wait and a bound that doubles with every failure. */
function backOff({ failures, ports }: Run): Milliseconds {
  const { shortestRetryMs: shortest, longestRetryMs: longest } = evidencePatience;
  const bound = Math.min(longest, shortest * 2 ** Math.min(failures, 10));
  return Math.round(shortest + ports.chance() * (bound - shortest));
}

/** Waits for the time, or a poke. */
function pause(run: Run, ms: Milliseconds): Promise<void> {
  if (run.closed) return Promise.resolve();
  return new Promise((done) => {
    const cancel = run.ports.clock.after(ms, () => finish());
    const finish = () => {
      cancel();
      run.wake = () => undefined;
      done();
    };
    run.wake = () => {
      if (run.closed || !run.backingOff) finish();
    };
  });
}

function become(run: Run, state: EvidenceStatus["state"]): void {
  run.state = state;
  const { waiting, oldestAt, received } = run.ports.index.counts();
  const status: Omit<EvidenceStatus, "what"> = { state, waiting, oldestAt, received, alarm: run.alarm };
  const said = JSON.stringify(status);
  if (said === run.said) return;
  run.said = said;
  run.ports.onStatus({ ...status, what: run.alarm?.what ?? sentence(status) });
}
