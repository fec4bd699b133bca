/** People along the route in virtual time: parts, labels, hand-over and release, with all that hands do wrong. */
import type { Message } from "../../src/jobs/message.ts";
import { isByMachine, type MachineOperation } from "../../src/jobs/order.ts";
import { releaseMeaning, shownForRelease } from "../../src/jobs/record/summary.ts";
import type { Job, State, Unit } from "../../src/jobs/state.ts";
import { nextOperation, nextUnit } from "../../src/jobs/units.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import type { Storm } from "./printer.ts";
import type { Stores } from "./stores.ts";
import type { Random } from "./time.ts";

type Say = (message: Message) => void;

export interface RouteWorld {
  readonly random: Random;
  readonly storm: Storm;
  readonly stores: Stores;
  readonly technician: PersonId;
  readonly quality: PersonId;
  readonly both: PersonId;
  readonly elapsed: () => number;
  /** A presence proof, perhaps one that was used. */
  readonly proof: () => string;
}

export interface RoutePeople {
  /** What is done for the next step of a job that nobody builds. */
  next(state: State, job: Job, say: Say): void;
  /** Whether the machine of a start has its material, as far as the technician looks. */
  supplied(state: State, operation: MachineOperation, say: Say): boolean;
  /** Every code that was really scanned, by `job/unit/label`. */
  readonly scans: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Puts people beside the machines. */
export function createRoutePeople(world: RouteWorld): RoutePeople {
  const { random, storm, stores, technician, quality, both, proof } = world;
  const errs = (p: number) => random() < p * storm.strength;
  const onDevice = new Map<string, string>();
  const scans = new Map<string, Set<string>>();
  let tags = 0;

  function supplied(state: State, operation: MachineOperation, say: Say): boolean {
    return stores.supply(state, operation, { technician, quality }, say);
  }

  function next(state: State, job: Job, say: Say): void {
    const [unit, operation] = [nextUnit(job), nextOperation(job)];
    if (!unit || !operation) return;
    if (errs(0.05)) outOfOrder(job, unit, say);
    if (errs(operation.kind === "release" ? 0.05 : 0.01)) stores.takeBack(state, { technician, quality }, say);
    if (isByMachine(operation)) return atMachine(state, job, unit, operation, say);
    if (operation.kind === "label") return label(job, unit, say);
    const person = errs(0.1) ? quality : errs(0.2) ? both : technician;
    if (operation.kind === "handover") {
      return say({ kind: "hand-over", job: job.order.id, container: errs(0.1) ? "" : "BAG-1", person });
    }
    release(job, unit, say);
  }

  /** Somebody presses what is not its turn. */
  function outOfOrder(job: Job, unit: Unit, say: Say): void {
    const id = job.order.id;
    const any = job.order.route[Math.floor(random() * job.order.route.length)]!;
    say({ kind: "start", job: id, operation: any.id, person: technician });
    say({ kind: "request-label", job: id, person: technician });
    release(job, unit, say);
  }

  function atMachine(state: State, job: Job, unit: Unit, operation: MachineOperation, say: Say): void {
    const id = job.order.id;
    const { equipment } = operation;
    const person = errs(0.1) ? both : technician;
    if (!supplied(state, operation, say)) return;
    const others = Object.keys(state.tags);
    const anyTag = others[Math.floor(random() * others.length)] ?? "T-none";
    if (unit.tag === null) say({ kind: "tag-part", job: id, tag: errs(0.15) ? anyTag : `T-${tags++}`, person });
    const tag = errs(0.2) ? anyTag : (unit.tag ?? `T-${tags - 1}`);
    const seen = unit.confirmed;
    const stale = seen?.operation !== operation.id || world.elapsed() - seen.mono > 600_000;
    if (stale || errs(0.1)) {
      say({ kind: "confirm-part", job: id, equipment, tag, person });
      if (random() < 0.4) return;
    }
    if (!errs(0.1)) say({ kind: "prove-presence", job: id, device: "scanner", proof: proof() });
    say({ kind: "start", job: id, operation: operation.id, person });
    if (errs(0.2)) say({ kind: "start", job: id, operation: operation.id, person });
  }

  function label(job: Job, unit: Unit, say: Say): void {
    const id = job.order.id;
    const person = errs(0.15) ? both : technician;
    const last = unit.labels.findLast(({ state }) => state !== "voided");
    if (!last || errs(0.1)) say({ kind: "request-label", job: id, person });
    if (last?.state === "not-printed" || errs(0.1)) {
      say({ kind: "void-label", job: id, why: errs(0.5) ? "damaged" : "not-printed", person });
    }
    if (!last || last.state === "not-printed") return;
    const name = `${id}/${unit.number}/${last.number}`;
    const code = onDevice.get(name) ?? stick(name, last.content.code);
    const scanned = errs(0.1) ? "MUELLER^ANNA" : code;
    scans.set(name, (scans.get(name) ?? new Set()).add(scanned));
    say({ kind: "scan-label", job: id, scanned, person });
  }

  /** Puts a label on the device: its own, or in a storm another one that lies about. */
  function stick(name: string, own: string): string {
    const lying = [...stores.printed.values(), own.replace(/21\d+$/, "219")].filter((code) => code !== own);
    const code = errs(0.2) ? lying[Math.floor(random() * lying.length)]! : own;
    onDevice.set(name, code);
    return code;
  }

  function release(job: Job, { number: unit }: Unit, say: Say): void {
    const person = errs(0.1) ? technician : errs(0.4) ? both : quality;
    const shown = digestOfValue({ ...shownForRelease(job.record, unit), ...(errs(0.1) && { simulated: false }) });
    const approval = { person, name: "sealed", at: 0, meaning: releaseMeaning, shown };
    say({ kind: "release", job: job.order.id, unit: errs(0.05) ? unit + 1 : unit, approval });
  }

  return { next, supplied, scans };
}
