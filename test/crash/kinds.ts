/** The kinds of faults, each with what is done in the short form and in the long one. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { flipBits, makeSound } from "./damage.ts";
import { openCourt } from "./judge.ts";
import { cellLife, ledgerLife } from "./lives.ts";
import { callsIn, type DiskCall, injected, killAt, killInStep, moments, steps } from "./points.ts";
import { cutPower, killEverywhere } from "./power.ts";
import { refuse } from "./refusals.ts";
import { type Strike, type Struck, strike } from "./strike.ts";
import { weaknesses } from "./weaknesses.ts";
import { openWorkshop, type Workshop } from "./workshop.ts";

/** A row of the table. */
export interface Line {
  readonly fault: string;
  readonly points: number;
  readonly violations: number;
  readonly first: string | null;
  /** True where all held; for a control, where it was convicted. */
  readonly right: boolean;
  readonly note: string;
}

export interface Run {
  /** An empty folder of its own. */
  readonly place: string;
  readonly long: boolean;
  readonly atMost: number;
  readonly say: (line: Line) => void;
  readonly progress: (text: string) => void;
}

export interface Kind {
  readonly what: string;
  run(run: Run): Promise<void>;
}

export const kinds = {
  power: { what: "power cuts in a ledger's life and in a cell's; weaker settings must be convicted", run: power },
  kill: { what: "kill -9 of the real daemon at its system calls on the disk", run: kill },
  steps: { what: "kill -9 of the real daemon at the named steps of its core", run: killSteps },
  disk: { what: "ENOSPC and EIO at the ledger's writes and flushes, and at the real daemon's", run: disk },
  flips: { what: "bits that turn over anywhere in the database", run: flips },
} as const satisfies Record<string, Kind>;

/** So many of a list, evenly spread. */
function spread<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, index) => list[Math.floor(((index + 0.5) * list.length) / most)]!);
}

async function power({ place, long, atMost, say, progress }: Run): Promise<void> {
  const states = Math.min(atMost, long ? 50_000 : 1000);
  const home = join(place, "ledger");
  mkdirSync(home);
  const life = await ledgerLife(home, null);
  const court = await openCourt(life);
  const options = { progress: (done: number, of: number) => progress(`power: ${done} of ${of}`) };
  const killed = await killEverywhere(life, court, options);
  say(lineOf("a ledger's life, killed at every point (images)", killed, `${killed.points} calls`));
  say(lineOf("a ledger's life, power cuts", await cutPower(life, court, states, 1, options), "seed 1"));
  court.close();
  for (const weakness of Object.keys(weaknesses) as (keyof typeof weaknesses)[]) {
    if (weakness === "step") continue;
    const wrong = join(place, weakness);
    mkdirSync(wrong);
    const weak = await ledgerLife(wrong, weakness);
    const judges = await openCourt(weak);
    const verdict = await cutPower(weak, judges, 1000, 1, { untilFirst: !long });
    judges.close();
    const right = verdict.violations > 0;
    const points = verdict.states;
    say({
      fault: `control ${weakness}`,
      points,
      violations: verdict.violations,
      first: null,
      right,
      note: "must fail",
    });
  }
  await withWorkshop(place, async (workshop) => {
    const whole = await cellLife(workshop);
    const jury = await openCourt(whole);
    const everywhere = await killEverywhere(whole, jury, options);
    say(lineOf("a cell's three layers, killed at every point (images)", everywhere, `${everywhere.points} calls`));
    say(lineOf("a cell's three layers, power cuts", await cutPower(whole, jury, states, 2, options), "seed 2"));
    jury.close();
  });
}

function lineOf(fault: string, verdict: Awaited<ReturnType<typeof cutPower>>, note: string): Line {
  const { states, violations, first } = verdict;
  return { fault, points: states, violations, first, right: violations === 0, note };
}

async function withWorkshop(place: string, use: (workshop: Workshop) => Promise<void>): Promise<void> {
  const workshop = await openWorkshop(join(place, "workshop"));
  try {
    await use(workshop);
  } finally {
    workshop.close();
  }
}

async function kill({ place, long, atMost, say, progress }: Run): Promise<void> {
  await withWorkshop(place, async (workshop) => {
    const calls = callsIn((await cellLife(workshop)).ops);
    const points = [...calls].flatMap(([call, count]) =>
      Array.from({ length: count }, (_, at) => [call, at + 1] as const),
    );
    const chosen = spread(points, Math.min(atMost, long ? points.length : 6));
    const strikes = chosen.map(([call, nth]) => killAt(call, nth, join(place, "kill.trace")));
    await strikeAll(workshop, "kill -9 of the daemon at a call", strikes, points.length, { say, progress });
  });
}

async function killSteps({ place, long, atMost, say, progress }: Run): Promise<void> {
  const points = steps.flatMap((type) => moments.map((moment) => killInStep(type, moment)));
  const chosen = spread(points, Math.min(atMost, long ? points.length : 4));
  await withWorkshop(place, (workshop) =>
    strikeAll(workshop, "kill -9 of the daemon at a step of the core", chosen, points.length, { say, progress }),
  );
}

async function strikeAll(
  workshop: Workshop,
  fault: string,
  strikes: readonly Strike[],
  all: number,
  { say, progress }: Pick<Run, "say" | "progress">,
): Promise<void> {
  let [reached, violations] = [0, 0];
  let first: string | null = null;
  const states = new Map<string, number>();
  for (const [index, each] of strikes.entries()) {
    progress(`${fault}: ${index + 1} of ${strikes.length}, ${each.name}`);
    const outcome = await strike(workshop, each);
    if (outcome.reached) reached += 1;
    states.set(outcome.state, (states.get(outcome.state) ?? 0) + 1);
    if (outcome.violations.length === 0) continue;
    violations += 1;
    first ??= `${outcome.name}: ${outcome.violations.join("; ")}`;
  }
  const found = [...states].map(([state, count]) => `${state} ${count}`).join(", ");
  const note = `${reached} of ${strikes.length} struck (of ${all} there are); found: ${found}`;
  say({ fault, points: reached, violations, first, right: violations === 0 && reached > 0, note });
}

async function disk({ place, long, atMost, say, progress }: Run): Promise<void> {
  const home = join(place, "life");
  mkdirSync(home);
  const calls = callsIn((await ledgerLife(home, null)).ops);
  for (const [call, error] of [
    ["pwrite64", "ENOSPC"],
    ["pwrite64", "EIO"],
    ["fsync", "EIO"],
  ] as const) {
    const most = Math.min(atMost, long ? (calls.get(call) ?? 0) : 5);
    await refuseAll(place, call, error, calls.get(call) ?? 0, most, { say, progress });
  }
  await withWorkshop(place, async (workshop) => {
    const counts = callsIn((await cellLife(workshop)).ops);
    const strikes = [
      ...daemonStrikes("ENOSPC", "pwrite64", counts, join(place, "disk.trace")),
      ...daemonStrikes("EIO", "fsync", counts, join(place, "disk.trace")),
    ];
    const chosen = spread(strikes, Math.min(atMost, long ? strikes.length : 3));
    await strikeAll(workshop, "ENOSPC and EIO in the daemon", chosen, strikes.length, { say, progress });
  });
}

async function refuseAll(
  place: string,
  call: DiskCall,
  error: "ENOSPC" | "EIO",
  count: number,
  most: number,
  { say, progress }: Pick<Run, "say" | "progress">,
): Promise<void> {
  let [reached, silent, recorded, violations] = [0, 0, 0, 0];
  let first: string | null = null;
  for (const nth of spread(
    Array.from({ length: count }, (_, at) => at + 1),
    most,
  )) {
    progress(`${error} at ${call} ${nth}`);
    const outcome = await refuse(place, call, nth, error);
    if (!outcome.reached) continue;
    reached += 1;
    if (outcome.told === null) silent += 1;
    if (outcome.recorded) recorded += 1;
    const wrong = outcome.told === null ? [...outcome.violations, "nothing was said of it"] : outcome.violations;
    if (wrong.length > 0) violations += 1;
    if (wrong.length > 0) first ??= `${outcome.name}: ${wrong.join("; ")}`;
  }
  const note = `${silent} silent${error === "ENOSPC" ? `, ${recorded} recorded from the reserve` : ""}`;
  say({ fault: `${error} at ${call} of a ledger`, points: reached, violations, first, right: violations === 0, note });
}

/** A refused call of a daemon: it must end by itself in words, with the machine safe, and the next start records why. */
function daemonStrikes(
  error: "ENOSPC" | "EIO",
  call: DiskCall,
  counts: ReadonlyMap<DiskCall, number>,
  trace: string,
): Strike[] {
  return Array.from({ length: counts.get(call) ?? 0 }, (_, at) => ({
    name: `${error} at ${call} ${at + 1} of the daemon`,
    how: { strace: injected(call, at + 1, `error=${error}`, trace, true) },
    also: wordsOfEnd,
  }));
}

/** What must hold of a daemon that has ended by itself. */
function wordsOfEnd({ code, words, entries }: Struck): string[] {
  // The refused call was that of a file beside the ledger (a floor, a picture): the cell says so and goes on.
  if (code === 0 || code === null) return [];
  const told = words.some((line) => /^\{"ok":false,"code":.*"what":.*"remedy":/.test(line));
  const wrong = told ? [] : [`it ended without code, what and remedy: ${words.at(-1)}`];
  const recorded = entries.some(({ type }) => type === "StorageFailed" || type === "StorageExhausted");
  return recorded ? wrong : [...wrong, "nothing in the record says why the run ended"];
}

async function flips({ place, long, atMost, say, progress }: Run): Promise<void> {
  const sound = await makeSound(place);
  const { length } = sound.bytes;
  const places = spread(
    Array.from({ length }, (_, at) => at),
    Math.min(atMost, long ? length : 200),
  );
  const verdict = await flipBits(sound, place, places, (done, of) => progress(`flips: ${done} of ${of}`));
  const { found, named, harmless, exported, refused, repaired, violations } = verdict;
  const rest = `after them ${exported} exports as before and ${refused} refused in words, ${repaired} repaired from central QA's copy`;
  const note = `${found} found (${named} with the range named), ${harmless} where all reads as before; ${rest}`;
  const first = violations[0] ?? null;
  const right = violations.length === 0;
  say({
    fault: "a bit of one byte of the database",
    points: verdict.flips,
    violations: violations.length,
    first,
    right,
    note,
  });
}
