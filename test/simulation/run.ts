/** One seed: a whole cell in virtual time under a storm, then calm, then every law asked of what is on disk. */
import { type Cell, createCell } from "../../src/cell.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { Obligation } from "../../src/jobs/obligations.ts";
import type { JobOrder, Operation } from "../../src/jobs/order.ts";
import { AssertionFailed, unreachable } from "../../src/kernel/assert.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { Digest, EquipmentId, JobId, OperationId } from "../../src/kernel/names.ts";
import { createMemoryDisk, type Fate, openMemoryLedger } from "../../src/ledger/memory.ts";
import { createEye } from "./eye.ts";
import { judge } from "./laws.ts";
import { both, createPeople, quality, technician } from "./people.ts";
import { createPrinter, type Printer, type Storm, serial } from "./printer.ts";
import { createTime, seeded } from "./time.ts";
import { createWitness } from "./witness.ts";

export interface Outcome {
  readonly seed: number;
  /** Laws broken, in words; empty when the seed passes. */
  readonly accusations: readonly string[];
  readonly entries: number;
  readonly boots: number;
  readonly attempts: number;
  readonly virtualHours: number;
}

const printerId = "printer" as EquipmentId;
const stormEndsMs = 4 * 3_600_000;
const patienceMs = 60 * 3_600_000;
const digest = (text: string) => digestOfValue(text) as Digest;

/** Runs one seed to its end; deterministic. */
export async function runSeed(seed: number): Promise<Outcome> {
  const random = seeded(seed);
  const time = createTime();
  const storm: Storm = { strength: 0.3 + random() * 1.2 };
  const disk = createMemoryDisk("simulated.cell/1");
  const witness = createWitness(disk);
  const accusations: string[] = [];
  const accuse = (law: string) => void (accusations.length < 20 && accusations.push(law));
  const lag = random() < 0.25 ? 1 + Math.floor(random() * 2) : 0;
  const planned = 2 + Math.floor(random() * 6);
  const printer = createPrinter({ time, random, storm, witness, lag, planned, accuse });
  const eye = createEye({ time, random, storm });
  const orders = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, n) => orderOf(n, planned, lag, random));
  const people = createPeople({ random, storm, printer, eye, orders, equipment: printerId, elapsed: time.elapsed });
  let cell: Cell | null = null;
  let boots = 0;
  let messages = 0;

  const perform = async (owed: Obligation): Promise<Message> => {
    const message = await performOnce(owed, printer, eye);
    const now = cell;
    if (random() < 0.05 * storm.strength) time.after(random() * 30_000, () => now === cell && say(message));
    return message;
  };

  function say(message: Message): void {
    cell?.submit(message).catch(() => undefined);
  }

  function fate(): Fate {
    if (random() > 0.004 * storm.strength) return "written";
    return (["cut-before", "cut-during", "cut-after", "disk-full"] as const)[Math.floor(random() * 4)]!;
  }

  async function power(): Promise<void> {
    boots += 1;
    const ledger = openMemoryLedger(disk, { fate });
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
    say({ kind: "boot", boot: `boot-${boots}`, versions, setup });
    for (const [person, roles] of [
      [technician, ["technician"]],
      [quality, ["qa"]],
      [both, ["technician", "qa"]],
    ] as const) {
      say({ kind: "enrol", person, roles });
    }
    say({ kind: "inspection-status", ready: true, what: "ready" });
    printer.attach((observation) => cell === next && say({ kind: "observed", equipment: printerId, observation }));
  }

  function powerUp(): Promise<void> {
    return power().catch((problem: unknown) => accuse(`the cell cannot start from its own ledger: ${problem}`));
  }

  function crash(which: Cell): void {
    if (cell !== which) return;
    which.stop();
    cell = null;
    printer.detach();
    time.after(1_000 + random() * 60_000, () => void powerUp());
  }

  function visit(): void {
    if (cell) people(cell.state(), say);
    if (cell && random() < 0.015 * storm.strength) crash(cell);
    if (random() < 0.02 * storm.strength) time.step((random() - 0.5) * 172_800_000);
    time.after(5_000 + random() * 40_000, visit);
  }

  const isOver = () => {
    const jobs = Object.values(cell?.state().jobs ?? {});
    return time.elapsed() > stormEndsMs / 8 && jobs.length >= orders.length && jobs.every((job) => job.ended !== null);
  };

  await powerUp();
  time.after(1_000, visit);
  while (!isOver() && time.elapsed() < patienceMs) {
    if (time.elapsed() > stormEndsMs) storm.strength = 0;
    await time.advance();
  }
  storm.strength = 0;
  if (!isOver()) accuse("when the storm had ended, a job never ended");
  await judge({ disk, witness, cell, eye, printer, orders, planned, presenceValidMs: setup.presenceValidMs, accuse });
  const attempts = witness.facts().filter((fact) => fact.type === "AttemptStarted").length;
  return { seed, accusations, entries: disk.rows.length, boots, attempts, virtualHours: time.elapsed() / 3_600_000 };
}

function performOnce(owed: Obligation, printer: Printer, eye: ReturnType<typeof createEye>): Promise<Message> {
  switch (owed.kind) {
    case "direct":
      return printer.perform(owed.directive).then((answer) => {
        const { directive, equipment } = owed;
        const layer = "releasedLayer" in directive ? directive.releasedLayer : 0;
        return { kind: "answered", equipment, attempt: directive.attempt, directive: directive.kind, layer, answer };
      });
    case "capture":
      return eye.capture(owed);
    case "inspect":
      return eye.inspect(owed);
    case "check-plate": {
      const { equipment, check } = owed;
      const clear = !printer.plateOccupied();
      return Promise.resolve({
        kind: "plate-checked",
        equipment,
        check,
        clear,
        what: clear ? "clear" : "a part",
        frame: null,
      });
    }
    case "print-label":
      return Promise.resolve({ ...owed, kind: "label-printed", pdf: digest("label") });
    default:
      return unreachable(owed);
  }
}

const versions = {
  software: "simulated",
  softwareDigest: digest("software"),
  configDigest: digest("config"),
  modelDigest: digest("m"),
  cameraDigest: null,
  runtime: "virtual",
};

const setup = {
  cell: "simulated",
  equipment: [{ id: printerId, title: "Printer", serial, onHostLoss: "driver" }],
  presenceValidMs: 60_000,
  takesAllowed: 3,
  demonstration: true,
  materials: [],
} as const;

function orderOf(n: number, planned: number, lag: number, random: () => number): JobOrder {
  const build = (step: number): Operation => ({
    kind: "build",
    id: `print-${step}` as OperationId,
    title: "Print",
    equipment: printerId,
    program: digest("program"),
    layersPlanned: planned,
    lag,
    materials: [],
  });
  return {
    id: `J${n}` as JobId,
    title: "Guide",
    pseudonym: `P${n}`,
    identifierHmacs: ["a", "b"],
    side: "left",
    source: digest("source"),
    recipe: digest("recipe"),
    pathway: "demonstration",
    lineage: { scan: "S1", segmentation: "G1", design: "D1", revision: 1, approver: "A1", predecessor: null },
    signatures: [
      { role: "design-authority", key: "design.example" },
      { role: "clinical-release", key: "clinic.example" },
    ],
    supersedes: null,
    gtin: "09506000134352",
    copies: 1 + Math.floor(random() * 2),
    notBefore: 0,
    expires: 4_000_000_000_000,
    nonce: `nonce-${n}`,
    route: random() < 0.2 ? [build(1), build(2)] : [build(1)],
  };
}
