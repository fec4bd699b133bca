/** What the entries of one cell say, folded one by one: its jobs, what was released, and what is out of the ordinary. */
import { limitReasons } from "../jobs/limit-event.ts";
import { retirementReasons } from "../jobs/model-event.ts";
import { type Json, parseCanonical } from "../kernel/json.ts";
import { countIn, listIn, type Members, memberOf, membersOf, textIn } from "../kernel/members.ts";
import { type JobId, own } from "../kernel/names.ts";
import type { EpochMs, Milliseconds } from "../kernel/units.ts";
import { type KeptEntry, unreadType } from "./store.ts";

/** A nonconformity as it stands. */
export interface Nonconformity {
  readonly id: string;
  readonly what: string;
  readonly seq: number;
  readonly at: EpochMs;
  /** What was decided at the cell; null while nothing is. */
  readonly disposition: string | null;
}

/** A unit that the cell has released. */
export interface Release {
  readonly unit: number;
  readonly seq: number;
  readonly at: EpochMs;
  /** The cell's own record held a hold of central's on the cell or the job when it released the unit. */
  readonly held: boolean;
}

/** Layers in which something was found, and that the recipe let go on all the same. */
export interface Tolerated {
  readonly logged: number;
  readonly warned: number;
  /** When the last of them was decided. */
  readonly at: EpochMs;
  /** The last of them, a line each; at most `mostToleratedLines`. */
  readonly lines: readonly string[];
}

export const mostToleratedLines = 20;

/** One job as central sees it. */
export interface JobView {
  readonly job: JobId;
  readonly title: string;
  /** True once an attempt ran on a machine that calls itself simulated. */
  readonly simulated: boolean;
  readonly outcome: "open" | "Ended" | "Aborted";
  readonly lastSeq: number;
  readonly lastAt: EpochMs;
  readonly nonconformities: readonly Nonconformity[];
  readonly releases: readonly Release[];
  /** Layers that the cell's recipe tolerated; null where there are none. */
  readonly tolerated: Tolerated | null;
  /** More nonconformities or releases came than central lists: no such job should be. */
  readonly overfull: boolean;
}

/** Something of the cell itself that somebody should look at. */
export interface Oddity {
  readonly kind: "clock" | "limits" | "lockout" | "model" | "storage" | "unsafe" | "unread";
  readonly seq: number;
  readonly at: EpochMs;
  readonly what: string;
}

/** One cell as its entries show it. */
export interface CellView {
  /** Entries folded so far. */
  readonly size: number;
  /** What the cell's clock said in its last entry; null before the first. */
  readonly lastAt: EpochMs | null;
  readonly software: string | null;
  readonly jobs: ReadonlyMap<JobId, JobView>;
  /** Ids of the decisions of central that the cell's record holds. */
  readonly decisions: ReadonlySet<string>;
  /** What its entries name that a decision can be about, as `kind id`. */
  readonly known: ReadonlySet<string>;
  /** The newest, at most fifty. */
  readonly oddities: readonly Oddity[];
}

/** A clock further ahead of central's than this when its entry arrives is told (feature 75). */
export const clockAheadMs: Milliseconds = 5 * 60 * 1000;
const mostOddities = 50;
/** Names of limits in one sentence. */
const mostLimits = 8;
/** Nonconformities, and releases, of one job that central lists. */
export const mostListed = 1_000;

export interface CellFold {
  /** Takes the next entry; each once, in order. */
  take(entry: KeptEntry): void;
  view(): CellView;
}

/** Whether the cell's entries name what a decision is about; the cell itself is always known. */
export function isKnown(
  known: ReadonlySet<string>,
  { kind, id }: { readonly kind: string; readonly id: string },
): boolean {
  return kind === "cell" || known.has(`${kind} ${id}`);
}

/** Names of one cell that are remembered. */
const mostKnown = 100_000;

/** What an entry names that a decision can be about. */
function namesIn({ type, job }: KeptEntry, body: Members): readonly string[] {
  const names: string[] = job === null ? [] : [`job ${job}`];
  const add = (kind: string, from: Members | null, member: string) => {
    const id = textIn(from, member);
    if (id !== null) names.push(`${kind} ${id}`);
  };
  if (type === "CellBooted") add("model", memberOf(body, "versions"), "modelDigest");
  if (type === "ModelApproved") add("model", body, "model");
  if (type === "JobOrderAccepted") add("recipe", memberOf(body, "order"), "recipe");
  if (type === "AttemptStarted" || type === "MaterialLoaded") add("machine", body, "equipment");
  if (type === "LotReceived" || type === "MaterialLoaded") add("lot", body, "lot");
  const { materials } = body;
  if (type !== "AttemptStarted" || !Array.isArray(materials)) return names;
  for (const each of materials) add("lot", membersOf(each), "lot");
  return names;
}

/** What people of the cell signed about an inspection model, and a challenge that it missed; null for other entries. */
function modelWords(type: string, body: Members): string | null {
  const name = `the inspection model ${(textIn(body, "model") ?? "").slice(0, 12)}`;
  if (type === "ModelApproved") return `Two people of the cell let ${name} judge layers there.`;
  if (type === "ChallengeJudged" && body["passed"] === false) {
    return "The cell's inspection did not pass its challenge: nothing is built there until it has passed one.";
  }
  if (type !== "ModelRetired") return null;
  const why = own<string>(retirementReasons, textIn(body, "reason") ?? "");
  return `The cell's QA retired ${name}. ${why ?? "The reason is none that this software knows."}`;
}

/** What people of the cell signed about the limits that layers are judged by; null for other entries. */
function limitWords(type: string, body: Members): string | null {
  const name = `the limit set ${(textIn(body, "set") ?? "").slice(0, 12)}`;
  if (type === "LimitSetApproved") {
    const tighter = listIn(body, "tightened").flatMap((each) => textIn(membersOf(each), "limit") ?? []);
    const which = tighter.slice(0, mostLimits).join(", ");
    return `Two people of the cell approved ${name}: layers of recipe ${(textIn(body, "recipe") ?? "").slice(0, 12)} are judged more strictly (${which}).`;
  }
  if (type !== "LimitSetWithdrawn") return null;
  const why = own<string>(limitReasons, textIn(body, "reason") ?? "");
  return `The cell's QA withdrew ${name}: the recipe's own limits count again. ${why ?? "The reason is none that this software knows."}`;
}

/** A fold that has seen nothing. Bodies of types it does not know change nothing: cells may be newer than central. */
export function createCellFold(): CellFold {
  const jobs = new Map<JobId, JobView>();
  const decisions = new Set<string>();
  const known = new Set<string>();
  /** Holds of this cell or of one of its jobs that its record knows of, as `kind id`. */
  const holds = new Set<string>();
  /** Those of them that hold the cell as a whole. */
  const cellHolds = new Set<string>();
  let oddities: readonly Oddity[] = [];
  let [size, ahead] = [0, false];
  let lastAt: EpochMs | null = null;
  let software: string | null = null;

  const odd = (kind: Oddity["kind"], { seq, at }: KeptEntry, what: string) => {
    oddities = [...oddities, { kind, seq, at, what }].slice(-mostOddities);
  };

  function stand(action: Json | undefined, target: Members | null): void {
    const name = `${textIn(target, "kind")} ${textIn(target, "id")}`;
    const standing = textIn(target, "kind") === "cell" ? cellHolds : holds;
    if (action === "hold") standing.add(name);
    if (action === "lift") standing.delete(name);
  }

  function decided(decision: Members | null): void {
    decisions.add(textIn(decision, "id") ?? "");
    stand(decision?.["action"], memberOf(decision, "target"));
  }

  function takeCell(entry: KeptEntry, body: Members): void {
    const { type } = entry;
    if (type === "CellBooted") software = textIn(memberOf(body, "versions"), "software");
    if (type === "CentralDecided") decided(memberOf(body, "decision"));
    // Holds that stood in the log before go on in the one that continues it.
    if (type === "AncestorHolds")
      for (const each of listIn(body, "holds")) stand("hold", memberOf(membersOf(each), "target"));
    if (type === "ClockStepped") odd("clock", entry, "The cell's clock was changed while it ran.");
    if (type === "ClockCorrected") odd("clock", entry, "Two people signed that the cell's clock had been wrong.");
    if (type === "StorageExhausted") odd("storage", entry, "The cell's disk was full: something was not recorded.");
    if (type === "RecordDamaged") odd("storage", entry, "The cell found its record on the disk damaged.");
    if (type === "StorageFailed")
      odd("storage", entry, "The cell's run before ended by a fault of its disk or record.");
    if (type === "SignInRecorded" && body["outcome"] === "locked") {
      odd("lockout", entry, "An account of the cell was locked after wrong passwords.");
    }
    const [aboutModel, aboutLimits] = [modelWords(type, body), limitWords(type, body)];
    if (aboutModel !== null) odd("model", entry, aboutModel);
    if (aboutLimits !== null) odd("limits", entry, aboutLimits);
    if (type === "MachineNotMadeSafe") odd("unsafe", entry, "A machine did not confirm that it was made safe.");
  }

  return {
    take(entry) {
      if (entry.type === unreadType) {
        size = entry.seq + 1;
        return odd(
          "unread",
          { ...entry, at: entry.receivedAt },
          `Entry ${entry.seq} is signed by the cell and cannot be read.`,
        );
      }
      const parsed = parseCanonical(entry.body);
      if (!parsed.ok) odd("unread", entry, `The body of entry ${entry.seq} is signed by the cell and cannot be read.`);
      const body: Members = parsed.ok ? (membersOf(parsed.value) ?? {}) : {};
      size = entry.seq + 1;
      lastAt = entry.at;
      // Told once each time that it begins, not for every entry written meanwhile.
      const isAhead = entry.at - entry.receivedAt > clockAheadMs;
      if (isAhead && !ahead) odd("clock", entry, "The cell's clock is ahead of central's.");
      ahead = isAhead;
      takeCell(entry, body);
      for (const name of namesIn(entry, body)) if (known.size < mostKnown) known.add(name);
      if (entry.job === null) return;
      const held = cellHolds.size > 0 || holds.has(`job ${entry.job}`);
      jobs.set(entry.job, takeJob(jobs.get(entry.job) ?? emptyJob(entry.job), entry, body, held));
    },
    view: () => ({ size, lastAt, software, jobs, decisions, known, oddities }),
  };
}

function emptyJob(job: JobId): JobView {
  const never = { simulated: false, outcome: "open", lastSeq: 0, lastAt: 0 } as const;
  return { job, title: job, ...never, nonconformities: [], releases: [], tolerated: null, overfull: false };
}

function takeJob(before: JobView, { type, seq, at }: KeptEntry, body: Members, held: boolean): JobView {
  const view = { ...before, lastSeq: seq, lastAt: at };
  switch (type) {
    case "JobOrderAccepted":
      return { ...view, title: textIn(memberOf(body, "order"), "title") ?? view.title };
    case "AttemptStarted":
      return { ...view, simulated: view.simulated || body["simulated"] === true };
    case "NonconformityRaised": {
      if (view.nonconformities.length >= mostListed) return { ...view, overfull: true };
      const raised = {
        id: textIn(body, "nonconformity") ?? "?",
        what: textIn(body, "what") ?? "",
        seq,
        at,
        disposition: null,
      };
      return { ...view, nonconformities: [...view.nonconformities, raised] };
    }
    case "DispositionSigned": {
      const decided = { id: textIn(body, "nonconformity"), disposition: textIn(body, "disposition") };
      const nonconformities = view.nonconformities.map((each) =>
        each.id === decided.id ? { ...each, disposition: decided.disposition } : each,
      );
      return { ...view, nonconformities };
    }
    case "UnitReleased": {
      if (view.releases.length >= mostListed) return { ...view, overfull: true };
      const unit = body["unit"];
      const release = { unit: typeof unit === "number" ? unit : 1, seq, at, held };
      return { ...view, releases: [...view.releases, release] };
    }
    case "LayerDecided":
      return body["verdict"] === "tolerated" ? { ...view, tolerated: withTolerated(view.tolerated, body, at) } : view;
    case "JobEnded":
      return { ...view, outcome: body["outcome"] === "Aborted" ? "Aborted" : "Ended" };
    default:
      return view;
  }
}

function withTolerated(before: Tolerated | null, body: Members, at: EpochMs): Tolerated {
  const warned = textIn(body, "reaction") === "warn" ? 1 : 0;
  const found = listIn(body, "found").map((each) => {
    const of = membersOf(each);
    const size = of?.["measured"];
    return `${textIn(of, "class") ?? "?"} ${typeof size === "number" ? size : "?"} ${textIn(of, "unit") ?? ""}`.trim();
  });
  const line = `Attempt ${textIn(body, "attempt") ?? "?"}, layer ${countIn(body, "layer") ?? "?"}: ${found.join(", ") || "not told"}.`;
  return {
    logged: (before?.logged ?? 0) + 1 - warned,
    warned: (before?.warned ?? 0) + warned,
    at,
    lines: [...(before?.lines ?? []), line].slice(-mostToleratedLines),
  };
}
