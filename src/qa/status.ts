/** Central's judgement of a cell's signed status: is it new, and what does it give away about the cell. */
import type { EpochMs, Milliseconds } from "../kernel/units.ts";
import type { SignedNote } from "../ledger/note.ts";
import type { SignatureCheck } from "../ledger/signer.ts";
import { type CellStatus, openStatus, readStatus } from "../ledger/status.ts";
import type { RegisteredCell } from "./judge.ts";
import type { Alarm, AlarmCode, HeldEnd, KeptStatus, StatusSettlement } from "./watch.ts";

/** Further apart than this, the cell's clock is not right, or its message was on the way for too long. */
export const mostSkewMs: Milliseconds = 5 * 60 * 1000;

export type StatusVerdict =
  | { readonly kind: "taken"; readonly status: CellStatus }
  /** Not newer than the one that is kept: a message that came again. */
  | { readonly kind: "old" }
  | { readonly kind: "refused"; readonly what: string };

/** How far the cell's clock was ahead of central's when its status came; behind it where negative. */
export function skewOf(status: CellStatus, receivedAt: EpochMs): Milliseconds {
  return status.at - receivedAt;
}

/** What a kept note says; null where it cannot be read (nothing here keeps such a one). */
export function saidIn({ note, origin }: KeptStatus): CellStatus | null {
  const read = readStatus(note.slice(0, note.lastIndexOf("\n\n") + 1), origin);
  return read.ok ? read.value : null;
}

/** Judges a status against the one kept before and the number of entries held. Pure. */
export function judgeStatus(
  cell: RegisteredCell,
  note: SignedNote,
  check: SignatureCheck,
  at: EpochMs,
  { before, held }: { readonly before: KeptStatus | null; readonly held: HeldEnd },
): StatusSettlement<StatusVerdict> {
  const opened = openStatus(note, cell.origin, cell.keys, check);
  const keep = (value: StatusVerdict, alarms: readonly Alarm[] = []) => ({ status: null, alarms, value });
  if (!opened.ok) return keep({ kind: "refused", what: `The status does not hold: ${opened.error}.` });
  const status = opened.value;
  const last = before === null ? null : saidIn(before);
  const alarm = (code: AlarmCode, what: string, mark: string): Alarm => {
    return { id: `${code}/${cell.id}/${mark}`, cell: cell.id, code, what, at };
  };
  const twice = last === null ? null : wordOfAnother(last, status);
  if (twice !== null) {
    const mark = [last?.instance, status.instance].sort().join("/");
    return keep({ kind: "old" }, [alarm("clone", twice, mark)]);
  }
  if (before !== null && !isNewer(status, before)) return keep({ kind: "old" });
  const { boot, counter } = status;
  const alarms: Alarm[] = [];
  // Entries of this very start may have come before its word; those of starts before are ones that it must have.
  if (status.head < held.size && held.boot < boot) {
    const what = `The cell itself says that it has ${status.head} entries; it has handed over ${held.size}.`;
    alarms.push(alarm("rollback", what, `${boot}/${status.head}`));
  }
  if (status.withQa > held.size) {
    const what = `The cell holds central's receipt over ${status.withQa} entries; central holds ${held.size}.`;
    alarms.push(alarm("lost", what, `${status.withQa}/${held.size}`));
  }
  const skew = skewOf(status, at);
  const wasOff = last !== null && before !== null && Math.abs(skewOf(last, before.receivedAt)) > mostSkewMs;
  if (Math.abs(skew) > mostSkewMs && !wasOff) {
    alarms.push(alarm("clock", `The cell's clock is ${minutes(skew)} central's.`, `${boot}/${counter}`));
  }
  const kept: KeptStatus = { origin: cell.origin, boot, counter, note, receivedAt: at };
  return { status: kept, alarms, value: { kind: "taken", status } };
}

function isNewer({ boot, counter }: CellStatus, before: KeptStatus): boolean {
  return boot > before.boot || (boot === before.boot && counter > before.counter);
}

/** Two that were started as the same start, or an older start that speaks after a younger: one of them is a copy. */
function wordOfAnother(last: CellStatus, status: CellStatus): string | null {
  if (status.boot === last.boot && status.instance !== last.instance) {
    return `Two computers speak with this cell's key: both say that they are its start ${status.boot}.`;
  }
  if (status.boot < last.boot && status.at > last.at && status.instance !== last.instance) {
    return `Two computers speak with this cell's key: start ${status.boot} still speaks after start ${last.boot}.`;
  }
  return null;
}

function minutes(skew: Milliseconds): string {
  const count = Math.round(Math.abs(skew) / 60_000);
  return `${count} ${count === 1 ? "minute" : "minutes"} ${skew > 0 ? "ahead of" : "behind"}`;
}
