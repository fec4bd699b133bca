/** The machine's own alarms (OPC UA Part 9): refreshed in brackets, coalesced in a flood, no change of state lost. */
import type { MachineAlarm } from "../../equipment/machine.ts";
import type { EpochMs, Milliseconds } from "../../kernel/units.ts";
import type { Instant } from "./watchdog.ts";

/** One event of the alarm subscription, as it was decoded. */
export type AlarmEvent =
  | { readonly kind: "refresh-start" }
  | { readonly kind: "refresh-end" }
  /** The server's queue ran over: what was lost is only found by a refresh. */
  | { readonly kind: "refresh-required" }
  | { readonly kind: "condition"; readonly alarm: MachineAlarm };

interface Waiting {
  /** What was heard last. */
  readonly alarm: MachineAlarm;
  /** Changes of state since it was last told. */
  readonly changes: number;
  /** The highest severity among them. */
  readonly severity: number;
}

export interface AlarmBook {
  /** What the cell was told of each condition. */
  told: Map<string, MachineAlarm>;
  waiting: Map<string, Waiting>;
  refresh: { readonly until: number; seen: Set<string> | null } | null;
  /** Conditions beyond the bound, since the last telling. */
  overflow: number;
  tellAt: number;
}

/** Ids of the alarms that the driver itself raises. */
export const ownAlarms = {
  list: "alarm-list-unknown",
  flood: "alarm-flood",
  watch: "not-watched",
  left: "program-left",
} as const;
/** Beginning of the ids of alarms about certificates that end soon. */
export const expiryAlarms = { machine: "machine-certificate-ends", cell: "cell-certificate-ends" } as const;

function isOwn(id: string): boolean {
  const named: readonly string[] = Object.values(ownAlarms);
  return named.includes(id) || Object.values(expiryAlarms).some((name) => id.startsWith(name));
}

export const alarmLimits = {
  /** How often alarms are told, and how many at a time: a flood does not reach the record faster than this. */
  every: 500 as Milliseconds,
  atOnce: 40,
  /** Distinct conditions that are followed. */
  conditions: 2000,
  /** A refresh that has not ended by then has failed. */
  refresh: 5000 as Milliseconds,
} as const;

export function newAlarmBook(): AlarmBook {
  return { told: new Map(), waiting: new Map(), refresh: null, overflow: 0, tellAt: 0 };
}

/** A refresh was asked for: what it does not report again is cleared at its end. */
export function beginRefresh(book: AlarmBook, now: Instant): void {
  book.refresh = { until: now.mono + alarmLimits.refresh, seen: null };
}

/** Takes one event; true when the machine asks for a refresh. */
export function hearAlarm(book: AlarmBook, event: AlarmEvent, now: Instant): boolean {
  if (event.kind === "refresh-required") return true;
  if (event.kind === "refresh-start") {
    if (book.refresh !== null) book.refresh.seen = new Set();
  } else if (event.kind === "refresh-end") endRefresh(book, now);
  else {
    book.refresh?.seen?.add(event.alarm.id);
    note(book, event.alarm);
  }
  return false;
}

function endRefresh(book: AlarmBook, now: Instant): void {
  const seen = book.refresh?.seen ?? null;
  if (seen === null) return;
  book.refresh = null;
  for (const [id, alarm] of activeNow(book)) {
    if (seen.has(id) || isOwn(id)) continue;
    const what = `${alarm.what} (not reported any more)`;
    note(book, { ...alarm, active: false, what, at: now.utc });
  }
  clearAlarm(book, ownAlarms.list, now.utc);
}

function activeNow(book: AlarmBook): readonly (readonly [string, MachineAlarm])[] {
  const ids = new Set([...book.told.keys(), ...book.waiting.keys()]);
  return [...ids].flatMap((id) => {
    const alarm = book.waiting.get(id)?.alarm ?? book.told.get(id);
    return alarm?.active ? [[id, alarm] as const] : [];
  });
}

/** Raises or changes an alarm, the machine's or the driver's own. */
export function note(book: AlarmBook, alarm: MachineAlarm): void {
  const { id } = alarm;
  const before = book.waiting.get(id);
  const known = before?.alarm ?? book.told.get(id);
  if ((known?.active ?? false) === alarm.active) {
    // The same state again, as after a refresh: nothing to tell, unless it waits to be told.
    if (before !== undefined) book.waiting.set(id, { ...before, alarm });
    return;
  }
  if (known === undefined && book.told.size + book.waiting.size >= alarmLimits.conditions) {
    book.overflow += 1;
    return;
  }
  const severity = Math.max(alarm.severity, before?.severity ?? 0);
  book.waiting.set(id, { alarm, changes: (before?.changes ?? 0) + 1, severity });
}

/** Ends an alarm of the driver's own, if it stands. */
export function clearAlarm(book: AlarmBook, id: string, at: EpochMs): void {
  const known = book.waiting.get(id)?.alarm ?? book.told.get(id);
  if (known?.active) note(book, { ...known, active: false, at });
}

/** What is to be told now, most severe first; what exceeds the bound waits, and its changes go on being counted. */
export function tellAlarms(book: AlarmBook, now: Instant): readonly MachineAlarm[] {
  if (book.refresh !== null && now.mono >= book.refresh.until) {
    book.refresh = null;
    const what = "The machine did not complete the list of its alarms, so there may be some that are not shown here.";
    note(book, { id: ownAlarms.list, active: true, severity: 700, what, at: now.utc });
  }
  if (now.mono < book.tellAt) return [];
  book.tellAt = now.mono + alarmLimits.every;
  const flood = tellFlood(book, now);
  const due = [...book.waiting].sort(([, a], [, b]) => b.severity - a.severity).slice(0, alarmLimits.atOnce);
  return [...flood, ...due.flatMap(([id, waiting]) => tell(book, id, waiting))];
}

function tell(book: AlarmBook, id: string, { alarm, changes }: Waiting): readonly MachineAlarm[] {
  book.waiting.delete(id);
  const wasActive = book.told.get(id)?.active ?? false;
  if (alarm.active) book.told.set(id, alarm);
  else book.told.delete(id);
  const final = changes > 1 ? { ...alarm, what: `${alarm.what} (changed ${changes} times)` } : alarm;
  // It came and went, or went and came: the state between is told as well, so that no change is lost.
  return wasActive === alarm.active ? [{ ...alarm, active: !alarm.active }, final] : [final];
}

function tellFlood(book: AlarmBook, now: Instant): readonly MachineAlarm[] {
  if (book.overflow === 0) return [];
  const what = `The machine reports more than ${alarmLimits.conditions} different alarms; ${book.overflow} changes of others are not shown.`;
  book.overflow = 0;
  const alarm = { id: ownAlarms.flood, active: true, severity: 900, what, at: now.utc };
  const known = book.told.has(alarm.id);
  book.told.set(alarm.id, alarm);
  return known ? [{ ...alarm, active: false }, alarm] : [alarm];
}

/** The machine is said to be offline: whoever was told of its alarms has forgotten them. */
export function forgetAlarms(book: AlarmBook): void {
  book.told.clear();
  book.waiting.clear();
  book.refresh = null;
}
