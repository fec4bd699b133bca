/** Review by exception (feature 70): everything that somebody at central QA should look at, the riskiest first. */
import type { EpochMs } from "../kernel/units.ts";
import type { CellStatus } from "../ledger/status.ts";
import { aboutAlarm } from "./alarms.ts";
import { contentOf, stateOfDecision } from "./decide.ts";
import type { Bare, Item } from "./item.ts";
import type { RegisteredCell } from "./judge.ts";
import { cellOfLog, originsOf } from "./logs.ts";
import type { CellView, JobView } from "./review.ts";
import type { Fork, KeptDecision, LogState, Quarantined, Review } from "./store.ts";
import type { Alarm } from "./watch.ts";

/** What was found missing in the record of a unit that the cell has released. */
export interface ReleaseCheck {
  readonly job: string;
  readonly unit: number;
  /** A sentence each; empty where the record is complete. */
  readonly missing: readonly string[];
}

/** A log of a cell as central holds it, and what it makes of the units that were released in it. */
export interface LogStanding {
  readonly log: LogState;
  readonly view: CellView;
  readonly releases: readonly ReleaseCheck[];
}

/** One cell as central knows it now; log, view and releases are of the log that it keeps. */
export interface CellStanding extends LogStanding {
  readonly cell: RegisteredCell;
  /** Its logs that are over, the oldest first: shown and judged like the one that it keeps. */
  readonly past: readonly LogStanding[];
  /** Ids of the decisions of central that any of its logs holds. */
  readonly decisions: ReadonlySet<string>;
  /** What entries of any of its logs name that a decision can be about, as `kind id`. */
  readonly known: ReadonlySet<string>;
  /** When it last handed over new entries or a status that it had signed; null if never. */
  readonly lastHeard: EpochMs | null;
  /** Nothing was heard for longer than allowed: its state is unknown, whatever was last known. */
  readonly silent: boolean;
  /** The head that a hello last said, unsigned; null where none has since central's start or the last entries. */
  readonly claims: number | null;
  /** A hello came lately. It is not signed: whoever can speak on the topic can say it. */
  readonly saysItIsThere: boolean;
  /** What the cell says of itself, signed, and when that came; null where nothing has lately. */
  readonly said: { readonly status: CellStatus; readonly receivedAt: EpochMs } | null;
  /** When its last word of itself came, where that is too long ago to say anything of now; else null. */
  readonly mute: EpochMs | null;
}

export interface Facts {
  readonly now: EpochMs;
  readonly cells: readonly CellStanding[];
  readonly forks: readonly Fork[];
  readonly quarantined: readonly Quarantined[];
  /** Newest first. */
  readonly alarms: readonly Alarm[];
  readonly decisions: readonly KeptDecision[];
  readonly reviews: readonly Review[];
}

/** All items, riskiest and oldest first. */
export function itemsOf(facts: Facts): readonly Item[] {
  const reviews = new Map(facts.reviews.map((review) => [review.item, review]));
  const registered = facts.cells.map(({ cell }) => cell);
  const bare = [
    ...facts.cells.flatMap((standing) => [
      ...aboutCell(standing),
      ...[...standing.past, standing].flatMap((log) => aboutLog(standing.cell, log)),
    ]),
    ...facts.forks.map((fork) => aboutFork(fork, registered)),
    ...facts.quarantined.flatMap(aboutQuarantined),
    ...facts.alarms.map((alarm) => aboutAlarm(alarm, registered)),
    ...facts.decisions.flatMap((kept) => aboutDecision(kept, facts)),
  ];
  return bare
    .map((item) => ({ ...item, details: item.details ?? [], review: reviews.get(item.id) ?? null }))
    .sort((a, b) => a.risk - b.risk || a.since - b.since || (a.id < b.id ? -1 : 1));
}

function aboutCell({ cell, log, lastHeard, silent, claims, saysItIsThere, mute }: CellStanding): Bare[] {
  const items: Bare[] = [];
  const base = { cell: cell.id, job: null, proposal: null };
  if (silent) {
    items.push({
      ...base,
      id: `${saysItIsThere ? "unproven" : "silent"}/${cell.id}/${lastHeard ?? 0}`,
      risk: saysItIsThere ? 3 : 2,
      what: saysItIsThere
        ? "This cell says that it is there, and has signed nothing new: that it is there is not proved."
        : lastHeard === null
          ? "This cell has never been heard."
          : "This cell is silent: its state is unknown.",
      remedy: saysItIsThere
        ? "A cell that rests is well like this. If it should be working, call the site."
        : "Call the site. What it was doing when it was last heard says nothing about now.",
      since: lastHeard ?? 0,
    });
  }
  if (!silent && mute !== null) {
    items.push({
      ...base,
      id: `mute/${cell.id}/${mute}`,
      risk: 2,
      what: "Records of this cell come, and its word of itself does not: its state is unknown.",
      remedy: "Call the site. Look at the broker: whoever carries messages can keep some of them back.",
      since: mute,
    });
  }
  if (claims !== null && claims < log.size) {
    items.push({
      ...base,
      id: `behind/${cell.id}/${claims}`,
      risk: 2,
      what: `An unsigned word says that the cell has ${claims} entries, central holds ${log.size}: if it is the cell's, it is a restored image or a copy.`,
      remedy:
        "Call the site and ask what the cell says itself. If it is so: a restored cell goes on under a new origin.",
      since: lastHeard ?? 0,
    });
  }
  return items;
}

/** What names a log in the ids of items: two logs of a cell can have the same job, and what was said of one is not said of both. */
function markOf(cell: RegisteredCell, { log }: LogStanding): string {
  return originsOf(cell)[0] === log.origin ? cell.id : `${cell.id}/${log.origin}`;
}

function aboutLog(cell: RegisteredCell, standing: LogStanding): Bare[] {
  const mark = markOf(cell, standing);
  const oddities = standing.view.oddities.map(
    ({ kind, seq, at, what }): Bare => ({
      id: `${kind}/${mark}/${seq}`,
      risk: kind === "unsafe" || kind === "unread" ? 1 : kind === "storage" ? 2 : 3,
      cell: cell.id,
      job: null,
      what,
      remedy: oddityRemedies[kind],
      since: at,
      proposal: null,
    }),
  );
  return [...oddities, ...aboutJobs(cell, standing, mark)];
}

const oddityRemedies = {
  clock: "Times before and after cannot be subtracted. Ask the site's engineer about the time source.",
  limits:
    "Each build's record names the limits that judged it. Where whole layers were held or defects let go, ask the site to withdraw the set.",
  lockout: "Ask the site whether it was the person themself.",
  model:
    "Look which devices it judged (`qa recall --model`). Where it is in doubt, hold it in every cell that uses it.",
  storage: "Have the site free space. Ask what happened at that time.",
  unsafe: "Call the site: a person has to go to the machine.",
  unread:
    "It is kept in its place, to the byte, and never interpreted: the record of its job does not count as complete. Call the site: the cell writes what this software does not know, or its key is in the wrong hands.",
} as const;

function aboutJobs(cell: RegisteredCell, { view, releases }: LogStanding, mark: string): Bare[] {
  return [...view.jobs.values()].flatMap((job) => [
    ...aboutNonconformities(cell, job, mark),
    ...aboutTolerated(cell, job, mark),
    ...aboutReleases(cell, job, releases, mark),
    ...aboutOverfull(cell, job, mark),
  ]);
}

function aboutOverfull(cell: RegisteredCell, { job, overfull, lastAt }: JobView, mark: string): Bare[] {
  if (!overfull) return [];
  return [
    {
      id: `overfull/${mark}/${job}`,
      risk: 1,
      cell: cell.id,
      job,
      what: "Central cannot judge this record: it holds more releases or nonconformities than any job should.",
      remedy: "Keep its devices from being used. Call the site: the cell or its key may be in the wrong hands.",
      since: lastAt,
      proposal: { action: "hold", target: { kind: "job", id: job }, reason: "record-unverified" },
    },
  ];
}

function aboutNonconformities(cell: RegisteredCell, { job, nonconformities, releases }: JobView, mark: string): Bare[] {
  return nonconformities.map(({ id, what, at, disposition }) => ({
    id: `nonconformity/${mark}/${id}/${disposition ?? "open"}/${releases.length}`,
    risk: disposition === null ? 2 : 3,
    cell: cell.id,
    job,
    what: `Nonconformity ${id}${disposition === null ? ", not decided yet" : `, decided: ${disposition}`}: ${what}`,
    remedy:
      disposition === null
        ? "The cell's own QA decides; the unit cannot be released before."
        : "Read the finding and the reason, and say whether you agree.",
    since: at,
    proposal: null,
  }));
}

/** What a recipe tolerates nobody at the cell was asked about before the release: central reads it too. */
function aboutTolerated(cell: RegisteredCell, { job, tolerated, releases }: JobView, mark: string): Bare[] {
  if (tolerated === null) return [];
  const { logged, warned, at, lines } = tolerated;
  const all = logged + warned;
  const more = all > lines.length ? ` The last ${lines.length}:` : "";
  const one: Bare = {
    id: `tolerated/${mark}/${job}/${all}/${releases.length}`,
    risk: 3,
    cell: cell.id,
    job,
    what: `The recipe let ${all === 1 ? "one layer" : `${all} layers`} go on in which something was found: ${logged} logged, ${warned} warned of.${more}`,
    details: lines,
    remedy: "Read what was found and say whether you agree. If it comes often, look at the recipe and at the machine.",
    since: at,
    proposal: null,
  };
  return [one];
}

function aboutReleases(
  cell: RegisteredCell,
  { job, simulated, releases }: JobView,
  checks: readonly ReleaseCheck[],
  mark: string,
): Bare[] {
  return releases.flatMap(({ unit, at, held }): Bare[] => {
    const base = { cell: cell.id, job, since: at, risk: 1 } as const;
    const proposal = { action: "hold", target: { kind: "job", id: job } } as const;
    const missing = checks.find((each) => each.job === job && each.unit === unit)?.missing ?? [];
    const items: Bare[] = [];
    if (missing.length > 0) {
      items.push({
        ...base,
        id: `incomplete/${mark}/${job}/${unit}/${missing.length}`,
        what: `Unit ${unit} was released, and its record is not complete. Central has found ${missing.length} faults in it:`,
        details: missing,
        remedy: "Keep the device from being used until this is cleared up with the site.",
        proposal: { ...proposal, reason: "record-unverified" },
      });
    }
    if (held) {
      items.push({
        ...base,
        id: `held/${mark}/${job}/${unit}`,
        what: `Unit ${unit} was released while central's hold was in the cell's own record.`,
        remedy: "Keep the device from being used, and look into how the cell could release it.",
        proposal: { ...proposal, reason: "record-doubt" },
      });
    }
    if (simulated && !cell.demonstration) {
      items.push({
        ...base,
        id: `simulated/${mark}/${job}/${unit}`,
        what: `Unit ${unit} is SIMULATED and was released by a cell that is not registered as a demonstration.`,
        remedy: "It is not for human use. Call the site, and look into how it could be released.",
        proposal: { ...proposal, reason: "record-doubt" },
      });
    }
    return items;
  });
}

function aboutFork({ origin, size, what, at, other }: Fork, cells: readonly RegisteredCell[]): Bare {
  const cell = cellOfLog(cells, origin);
  return {
    id: `fork/${origin}/${at}/${other.length}`,
    risk: 1,
    cell: cell?.id ?? origin,
    job: null,
    what: `FORK at entry ${size}: ${what}`,
    remedy: "The log is frozen. Secure the cell and its keys; both checkpoints are kept as evidence.",
    since: at,
    proposal: cell ? { action: "hold", target: { kind: "cell", id: cell.id }, reason: "security-incident" } : null,
  };
}

function aboutQuarantined({ cell, seq, digest, code, what, bytes, at }: Quarantined): Bare[] {
  // An entry that is kept in its place is told where the cell's entries are.
  if (seq !== null) return [];
  const item: Bare = {
    id: `quarantine/${cell}/${digest}`,
    risk: 2,
    cell,
    job: null,
    what: `A message of ${bytes} bytes was not taken [${code}]: ${what}`,
    remedy: "If it comes again, look at the broker first: whoever carries messages can spoil them. Then at the cell.",
    since: at,
    proposal: null,
  };
  return [item];
}

function aboutDecision(kept: KeptDecision, { cells, now }: Facts): Bare[] {
  const standing = cells.find(({ cell }) => originsOf(cell).includes(kept.origin));
  const content = contentOf(kept);
  if (standing === undefined || content === null) return [];
  const isOver = kept.origin !== standing.cell.origin;
  const state = stateOfDecision(content, standing.decisions, now);
  if (state === "recorded" || (state === "sent" && !isOver)) return [];
  const end = isOver ? "was for the cell's log before, which is over" : "expired";
  return [
    {
      id: `decision/${kept.id}`,
      risk: 2,
      cell: standing.cell.id,
      job: null,
      what: `The decision ${kept.id} (${content.action} ${content.target.kind} ${content.target.id}) ${end}, and the cell never recorded it.`,
      remedy: "Call the site; decide it again if it still stands.",
      since: isOver ? kept.at : Date.parse(content.expires),
      proposal: { action: content.action, target: content.target, reason: content.reason },
    },
  ];
}
