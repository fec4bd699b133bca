/** What central QA knows now: the folded views of all cells, brought up to date from the store whenever somebody asks. */
import type { JobId } from "../kernel/names.ts";
import type { EpochMs, Milliseconds } from "../kernel/units.ts";
import { type CellStanding, type Facts, itemsOf, type LogStanding, type ReleaseCheck } from "./inbox.ts";
import type { Item } from "./item.ts";
import type { RegisteredCell } from "./judge.ts";
import { originsOf } from "./logs.ts";
import { createRecordJudge } from "./records.ts";
import { type CellFold, type CellView, createCellFold } from "./review.ts";
import { saidIn } from "./status.ts";
import type { QaStore } from "./store.ts";
import type { KeptStatus } from "./watch.ts";

export interface OfficePorts {
  readonly store: QaStore;
  readonly cells: readonly RegisteredCell[];
  readonly now: () => EpochMs;
  /** Lets others have their turn: a long record is judged bit by bit. */
  readonly breathe: () => Promise<void>;
}

/** Everything that pages and decisions are made from, at one moment. */
export interface OfficeState extends Facts {
  readonly items: readonly Item[];
}

export interface Office {
  /** Reads what is new in the store, whoever stored it, and says what is known then. Rejects with StoreFailed. */
  look(): Promise<OfficeState>;
  /** What all logs of one cell name, by what the store has now; null where it is not registered. Rejects with StoreFailed. */
  view(cell: string): Promise<Together | null>;
  /** Notes the head that a hello says; nobody has signed it. */
  heardHead(cell: string, size: number): void;
  /** Notes that entries of the cell were taken: what hellos said before is over. */
  heardEntries(cell: string): void;
}

const pageSize = 1_000;
/** So many entries of a record are read and judged in one go. */
const judgedInOneGo = 100;
/** Cells say every minute what they are at; older than this it says nothing about now, whatever else came meanwhile. */
const mostWordAgeMs: Milliseconds = 3 * 60 * 1000;
const mostQuarantineShown = 200;
const mostAlarmsShown = 1_000;

/** What the logs of one cell have together: a thing that the first named is known under the last as well. */
export type Together = Pick<CellStanding, "decisions" | "known">;

function togetherOf(views: readonly CellView[]): Together {
  const [only, ...others] = views;
  if (only !== undefined && others.length === 0) return only;
  return {
    decisions: new Set(views.flatMap(({ decisions }) => [...decisions])),
    known: new Set(views.flatMap(({ known }) => [...known])),
  };
}

interface Desk {
  readonly origin: string;
  readonly fold: CellFold;
  readonly checked: Map<string, ReleaseCheck>;
}

/** An office that has read nothing yet. */
export function createOffice(ports: OfficePorts): Office {
  const { store, cells, now } = ports;
  /** One for each log of each cell, those that are over included. */
  const desks = new Map<string, Desk>(
    cells.flatMap(originsOf).map((origin) => [origin, { origin, fold: createCellFold(), checked: new Map() }]),
  );
  const claims = new Map<string, { readonly size: number; readonly at: EpochMs }>();
  let turn: Promise<unknown> = Promise.resolve();

  async function logOf(origin: string): Promise<LogStanding> {
    const desk = desks.get(origin) ?? { origin, fold: createCellFold(), checked: new Map() };
    const log = await store.log(origin);
    await catchUp(ports, desk, log.size);
    await checkReleases(ports, desk);
    return { log, view: desk.fold.view(), releases: [...desk.checked.values()] };
  }

  async function standingOf(
    cell: RegisteredCell,
    heard: ReadonlyMap<string, EpochMs>,
    statuses: ReadonlyMap<string, KeptStatus>,
  ): Promise<CellStanding> {
    const own = await logOf(cell.origin);
    const past: LogStanding[] = [];
    for (const { origin } of cell.ancestors) past.push(await logOf(origin));
    const lastHeard = heard.get(cell.id) ?? null;
    return {
      cell,
      ...own,
      past,
      ...togetherOf([...past, own].map(({ view }) => view)),
      lastHeard,
      silent: lastHeard === null || now() - lastHeard > cell.silentAfterMs,
      claims: claims.get(cell.id)?.size ?? null,
      saysItIsThere: now() - (claims.get(cell.id)?.at ?? Number.NEGATIVE_INFINITY) <= cell.silentAfterMs,
      ...wordIn(statuses.get(cell.origin), now()),
    };
  }

  async function lookNow(): Promise<OfficeState> {
    const heard = await store.lastHeard();
    const statuses = new Map((await store.statuses()).map((each) => [each.origin, each]));
    const standings = await Promise.all(cells.map((cell) => standingOf(cell, heard, statuses)));
    const facts: Facts = {
      now: now(),
      cells: standings,
      forks: await store.forks(),
      quarantined: await store.quarantined(mostQuarantineShown),
      alarms: await store.alarms(mostAlarmsShown),
      decisions: await store.decisions(),
      reviews: await store.reviews(),
    };
    return { ...facts, items: itemsOf(facts) };
  }

  /** One at a time: a fold takes every entry once. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = turn.then(act);
    turn = done.catch(() => undefined);
    return done;
  }

  return {
    look: () => inTurn(lookNow),
    view: (id) =>
      inTurn(async () => {
        const cell = cells.find((each) => each.id === id);
        if (cell === undefined) return null;
        const views: CellView[] = [];
        for (const origin of originsOf(cell)) {
          const desk = desks.get(origin);
          if (desk === undefined) continue;
          await catchUp(ports, desk, (await store.log(origin)).size);
          views.push(desk.fold.view());
        }
        return togetherOf(views);
      }),
    heardHead: (cell, size) => void claims.set(cell, { size, at: now() }),
    heardEntries: (cell) => void claims.delete(cell),
  };
}

function wordIn(kept: KeptStatus | undefined, now: EpochMs): Pick<CellStanding, "said" | "mute"> {
  const status = kept === undefined ? null : saidIn(kept);
  if (status === null || kept === undefined) return { said: null, mute: null };
  const { receivedAt } = kept;
  return now - receivedAt > mostWordAgeMs
    ? { said: null, mute: receivedAt }
    : { said: { status, receivedAt }, mute: null };
}

async function catchUp(ports: OfficePorts, { origin, fold }: Desk, size: number): Promise<void> {
  while (fold.view().size < size) {
    const page = await ports.store.entries(origin, fold.view().size, pageSize);
    if (page.length === 0) return;
    for (const entry of page) {
      // Rows that are lost are got back from the cell; until then nothing is said of what comes after them.
      if (entry.seq !== fold.view().size) return;
      fold.take(entry);
    }
    await ports.breathe();
  }
}

/** Judges the record of each unit that was released, from the entries alone, as the cell should have done itself. */
async function checkReleases(ports: OfficePorts, desk: Desk): Promise<void> {
  for (const { job, releases } of desk.fold.view().jobs.values()) {
    const due = new Map<number, { readonly key: string; readonly unit: number }>();
    for (const { unit, seq } of releases) {
      const key = `${job}/${unit}/${seq}`;
      if (!desk.checked.has(key)) due.set(seq, { key, unit });
    }
    if (due.size > 0) await checkJob(ports, desk, job, due);
  }
}

/** Reads one job from its first entry up to the last release that is due, and judges each as the record stood then. */
async function checkJob(
  { store, breathe }: OfficePorts,
  { origin, checked }: Desk,
  job: JobId,
  due: ReadonlyMap<number, { readonly key: string; readonly unit: number }>,
): Promise<void> {
  const judge = createRecordJudge();
  let left = due.size;
  for (let from = 0; left > 0; ) {
    const page = await store.jobEntries(origin, job, from, judgedInOneGo);
    for (const entry of page) {
      judge.take(entry);
      const release = due.get(entry.seq);
      if (release === undefined) continue;
      checked.set(release.key, { job, unit: release.unit, missing: judge.missing(release.unit) });
      left -= 1;
    }
    if (page.length < judgedInOneGo) return;
    from = (page.at(-1)?.seq ?? from) + 1;
    await breathe();
  }
}
