/** One seed: a whole cell in virtual time under a storm, then calm, then every law asked of what is on disk. */
import { type Cell, createCell } from "../../src/cell.ts";
import type { Observation } from "../../src/equipment/machine.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { Obligation } from "../../src/jobs/obligations.ts";
import { AssertionFailed, unreachable } from "../../src/kernel/assert.ts";
import type { EquipmentId } from "../../src/kernel/names.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { createMemoryDisk, type Fate, type MemoryDisk, openMemoryLedger } from "../../src/ledger/memory.ts";
import type { Sync } from "../../src/sync/sync.ts";
import { createCentral } from "./central.ts";
import { type ChallengersWorld, createChallengers } from "./challengers.ts";
import { createEye, type Eye } from "./eye.ts";
import { createHeadquarters, type Headquarters } from "./headquarters.ts";
import { createKeepers, type Keepers, type KeepersWorld } from "./keepers.ts";
import { judge } from "./laws.ts";
import { createLimitKeepers, seenBy } from "./limit-keepers.ts";
import { chief, createModelKeepers, engineer } from "./model-keepers.ts";
import {
  hasTwoCameras,
  model,
  planOf,
  printerId,
  setup,
  setupOf,
  stationId,
  versions,
  viewsOf,
  watchedWindow,
} from "./orders.ts";
import { both, createPeople, quality, technician } from "./people.ts";
import { createPrinter, type Printer, type Storm } from "./printer.ts";
import { createReviewers } from "./reviewers.ts";
import { createSecondEye, type SecondEye } from "./second-eye.ts";
import { createStation, type Station } from "./station.ts";
import { createStores, type Stores } from "./stores.ts";
import { judgeReceipts, judgeSync } from "./sync-laws.ts";
import { createTime, type Random, seeded, type VirtualTime } from "./time.ts";
import { createWitness } from "./witness.ts";

export interface Outcome {
  readonly seed: number;
  /** Laws broken, in words; empty when the seed passes. */
  readonly accusations: readonly string[];
  readonly entries: number;
  readonly boots: number;
  readonly attempts: number;
  readonly released: number;
  readonly virtualHours: number;
}

const limits = { lower: 195, upper: 215 };
const kept = { window: watchedWindow.id, samples: 9, min: 204, max: 206, longestOutside_s: 0 };
const left = {
  kind: "window-left",
  window: watchedWindow.id,
  breach: { kind: "outside", value: 231, ...limits, for_s: 6 },
} as const;
const silent = { ...left, breach: { kind: "silent", value: null, ...limits, for_s: 11 } } as const;

const stormEndsMs = 2 * 3_600_000;
const patienceMs = 7 * 3_600_000;

/** Runs one seed to its end; deterministic. What is then on its disk is handed to `onEnd`. */
export async function runSeed(seed: number, onEnd?: (disk: MemoryDisk) => void): Promise<Outcome> {
  const random = seeded(seed);
  const time = createTime();
  const storm: Storm = { strength: 0.3 + random() * 1.2 };
  const disk = createMemoryDisk("simulated.cell/1");
  const witness = createWitness(disk);
  const accusations: string[] = [];
  const accuse = (law: string) => void (accusations.length < 20 && accusations.push(law));
  const plan = planOf(random, seeded(seed + 32_452_843));
  const base = { time, random, storm, witness, accuse };
  const printer = createPrinter({ ...base, ...plan });
  const station = createStation(base);
  const eye = createEye({ ...base, ...chancesOf(seed) });
  const machines: Machines = { printer, station, eye, second: secondOf(seed, storm), stores: createStores(base) };
  const { elapsed } = time;
  const people = createPeople({ ...machines, ...base, orders: plan.orders, equipment: printerId });
  const central = createCentral({ ...base, say });
  const { setRight, step: stepClock } = createWrongClock(time, random, plan.synced);
  const beside = createBeside(seed, { ...base, printer, eye, setRight });
  const headquarters = plan.synced ? createHeadquarters({ ...base, origin: disk.origin }) : null;
  let cell: Cell | null = null;
  let sync: Sync | null = null;
  let [boots, messages] = [0, 0];

  const perform = async (owed: Obligation): Promise<Message> => {
    const message = await performOnce(owed, machines);
    const now = cell;
    if (random() < 0.05 * storm.strength) time.after(random() * 30_000, () => now === cell && say(message));
    return message;
  };

  function say(message: Message): void {
    cell?.submit(message).catch(() => undefined);
  }

  async function power(): Promise<void> {
    boots += 1;
    const ledger = openMemoryLedger(disk, { fate: () => fateOf(random, storm) });
    const next: Cell = await createCell({
      ledger,
      clock: time.clock,
      ids: { next: (prefix) => `${prefix}${messages++}` },
      clockState: () => "synchronised",
      perform,
      onFatal(problem) {
        if (problem instanceof AssertionFailed) accuse(`the core is wrong about itself: ${problem.message}`);
        crash(next);
      },
    });
    cell = next;
    say({ kind: "boot", boot: `boot-${boots}`, versions, setup: setupOf(seed), shippedModel: model });
    for (const [person, roles] of enrolled) say({ kind: "enrol", person, roles });
    const calibration = { setup: seenBy, at: null, due: null, uncertainty_mm: 0.05 };
    say({ kind: "inspection-status", ...viewsOf(seed), ready: true, what: "ready", calibration });
    const hears = (equipment: EquipmentId) => (observation: Observation) => {
      if (cell !== next) return;
      const chance = (p: number) => random() < p * storm.strength;
      const account = chance(0.03) ? { ...kept, samples: 0, min: null, max: null } : kept;
      const windows = observation.kind === "finished" && !chance(0.03) ? [account] : [];
      say({ kind: "observed", equipment, observation, windows });
      if (observation.kind === "layer-done" && chance(0.02)) say({ ...left, attempt: observation.attempt });
      if (observation.kind === "layer-done" && chance(0.01)) say({ ...silent, attempt: observation.attempt });
    };
    printer.attach(hears(printerId));
    station.attach(hears(stationId));
    if (headquarters) await connect(next, ledger, headquarters);
  }

  async function connect(mine: Cell, ledger: Ledger, { join }: Headquarters): Promise<void> {
    const started = await join(ledger);
    if (cell !== mine) return started.close();
    sync = started;
    mine.subscribe(() => started.headMoved());
    started.headMoved();
  }

  function powerUp(): Promise<void> {
    return power().catch((problem: unknown) => accuse(`the cell cannot start from its own ledger: ${problem}`));
  }

  function crash(which: Cell): void {
    if (cell !== which) return;
    which.stop();
    cell = null;
    void sync?.close();
    sync = null;
    printer.detach();
    station.detach();
    time.after(1_000 + random() * 60_000, () => void powerUp());
  }

  function visit(): void {
    if (cell) people.visit(cell.state(), say);
    if (cell && plan.whole) central.visit(cell.state());
    if (cell && random() < 0.015 * storm.strength) crash(cell);
    if (random() < 0.02 * storm.strength) stepClock();
    if (cell) beside.visit(cell.state(), say);
    headquarters?.visit();
    if (headquarters) judgeReceipts(disk, headquarters.archive, accuse);
    time.after(5_000 + random() * 40_000, visit);
  }

  const isOver = () => cell !== null && elapsed() > stormEndsMs / 4 && people.isDone(cell.state());

  await powerUp();
  time.after(1_000, visit);
  while (!isOver() && elapsed() < patienceMs && accusations.length === 0) {
    if (elapsed() > stormEndsMs) storm.strength = 0;
    await time.advance();
  }
  const isStuck = elapsed() >= patienceMs;
  storm.strength = 0;
  await headquarters?.settle(disk);
  if (headquarters && accusations.length === 0) judgeSync(disk, headquarters.archive, accuse);
  const court = { ...base, ...machines, disk, cell, plan, scans: people.scans };
  await judge({ ...court, presenceValidMs: setup.presenceValidMs });
  if (isStuck) accuse("when the storm had ended, a job never ended");
  onEnd?.(disk);
  const count = (type: string) => witness.facts().filter((fact) => fact.type === type).length;
  return {
    ...{ seed, accusations, entries: disk.rows.length, boots, attempts: count("AttemptStarted") },
    ...{ released: count("UnitReleased"), virtualHours: elapsed() / 3_600_000 },
  };
}

/** Chances of the eye's own, so that nothing else changes by them. */
function chancesOf(seed: number) {
  return { whim: seeded(seed + 15_485_863), sizes: seeded(seed + 49_979_687), mixups: seeded(seed + 67_867_967) };
}

/** Those who come by beside the work itself; each has a chance of their own, so that nobody else's day changes by it. */
function createBeside(seed: number, world: Omit<KeepersWorld & ChallengersWorld, "random">): Keepers {
  const all = [
    createKeepers({ ...world, random: seeded(seed + 7_919) }),
    createReviewers({ ...world, random: seeded(seed + 104_729) }),
    createModelKeepers({ ...world, random: seeded(seed + 1_299_709) }),
    createChallengers({ ...world, random: seeded(seed + 15_485_863) }),
    createLimitKeepers({ ...world, random: seeded(seed + 32_452_843) }),
  ];
  return {
    visit(state, say) {
      for (const each of all) each.visit(state, say);
    },
  };
}

function fateOf(random: Random, storm: Storm): Fate {
  if (random() > 0.004 * storm.strength) return "written";
  return (["cut-before", "cut-during", "cut-after", "disk-full"] as const)[Math.floor(random() * 4)]!;
}

/** A clock that is more than a day wrong keeps every receipt out, and rightly: beside central QA it errs by less. */
function createWrongClock(time: VirtualTime, random: Random, synced: boolean): WrongClock {
  let skew = 0;
  const change = (by: number) => {
    skew += by;
    time.step(by);
  };
  return {
    step() {
      const by = (random() - 0.5) * (synced ? 40_000_000 : 172_800_000);
      if (!synced || Math.abs(skew + by) <= 40_000_000) change(by);
    },
    setRight: () => change(-skew),
  };
}

interface WrongClock {
  step(): void;
  /** Sets the clock to the true time. */
  setRight(): void;
}

const enrolled = [
  [technician, ["technician"]],
  [quality, ["qa"]],
  [both, ["technician", "qa"]],
  [engineer, ["engineer"]],
  [chief, ["qa", "engineer"]],
] as const;

function secondOf(seed: number, storm: Storm): SecondEye | null {
  return hasTwoCameras(seed) ? createSecondEye(seeded(seed + 67_867_979), storm) : null;
}

interface Machines {
  readonly printer: Printer;
  readonly station: Station;
  readonly eye: Eye;
  readonly second: SecondEye | null;
  readonly stores: Stores;
}

function performOnce(owed: Obligation, { printer, station, eye, second, stores }: Machines): Promise<Message> {
  switch (owed.kind) {
    case "direct": {
      const machine = owed.equipment === printerId ? printer : station;
      return machine.perform(owed.directive).then((answer) => {
        const { directive, equipment } = owed;
        const layer = "releasedLayer" in directive ? directive.releasedLayer : 0;
        return { kind: "answered", equipment, attempt: directive.attempt, directive: directive.kind, layer, answer };
      });
    }
    case "capture":
      return eye.capture(owed).then((message) => second?.besideCapture(owed, message) ?? message);
    case "inspect":
      return eye.inspect(owed).then((message) => second?.besideInspection(owed, message) ?? message);
    case "check-plate": {
      const { equipment, check } = owed;
      const clear = !printer.plateOccupied();
      const what = clear ? "clear" : "a part";
      const message: Message = { kind: "plate-checked", equipment, check, clear, what, frame: null };
      return Promise.resolve(second?.besidePlate(message) ?? message);
    }
    case "challenge":
      return eye
        .challenge(owed.challenge, !printer.plateOccupied())
        .then((message) => second?.besideChallenge(message) ?? message);
    case "print-label":
      return stores.print(owed);
    case "destroy-text-key":
      return Promise.resolve({ kind: "text-key-destroyed", of: owed.of, done: true });
    case "remove-artifacts":
      return Promise.resolve({ kind: "artifacts-removed", job: owed.job, removed: owed.digests.length });
    default:
      return unreachable(owed);
  }
}
