/** People in virtual time: a technician who sometimes errs and a QA person who sometimes oversteps. */
import { meanings, shownForDisposition } from "../../src/jobs/decide/disposition.ts";
import type { Message } from "../../src/jobs/message.ts";
import { type Operation, operationById } from "../../src/jobs/order.ts";
import { findPast, isKnownJob } from "../../src/jobs/past.ts";
import type { Attempt, Job, State } from "../../src/jobs/state.ts";
import { openNonconformity } from "../../src/jobs/state.ts";
import { nextOperation } from "../../src/jobs/units.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { EquipmentId, PersonId } from "../../src/kernel/names.ts";
import type { Eye } from "./eye.ts";
import type { Expected } from "./orders.ts";
import type { Printer, Storm } from "./printer.ts";
import { createRoutePeople, type RoutePeople } from "./route-people.ts";
import type { Stores } from "./stores.ts";
import type { Random, VirtualTime } from "./time.ts";

const names = { technician: "tech" as PersonId, quality: "qa" as PersonId, both: "both" as PersonId };
export const technician = names.technician;
export const quality = names.quality;
/** Holds both roles, and so can be caught deciding on their own work. */
export const both = names.both;

export interface PeopleWorld {
  readonly random: Random;
  readonly storm: Storm;
  readonly printer: Printer;
  readonly eye: Eye;
  readonly stores: Stores;
  readonly orders: readonly Expected[];
  readonly equipment: EquipmentId;
  readonly time: VirtualTime;
}

export interface People {
  /** One look at the cell by whoever stands there: the messages they send, in order. */
  visit(state: State, say: (message: Message) => void): void;
  /** Nothing is left to be done for any order: made, given up, or never to be taken in. */
  isDone(state: State): boolean;
  readonly scans: RoutePeople["scans"];
}

/** Puts people before the cell. */
export function createPeople(world: PeopleWorld): People {
  const { random, storm, printer, eye } = world;
  const errs = (p: number) => random() < p * storm.strength;
  let proofs = 0;
  const lastSeen = new Map<string, { text: string; since: number }>();
  const proof = () => (errs(0.1) ? "proof-0" : `proof-${proofs++}`);

  const route = createRoutePeople({
    random,
    storm,
    stores: world.stores,
    ...names,
    elapsed: world.time.elapsed,
    proof,
  });
  let latest = 0;

  function visit(state: State, say: (message: Message) => void): void {
    latest = Math.max(latest, world.time.clock.now());
    for (const { order, arrivesMs } of world.orders) {
      if (world.time.elapsed() < arrivesMs) continue;
      if (!isKnownJob(state, order.id) || errs(0.02)) say({ kind: "accept-order", order });
      if (isKnownJob(state, order.id) && errs(0.02))
        say({ kind: "accept-order", order: { ...order, id: `${order.id}-again` as typeof order.id } });
    }
    for (const { id, foreign } of Object.values(state.equipment)) {
      if (foreign === null ? errs(0.01) : !errs(0.4))
        say({ kind: "declare-looked-into", equipment: id, person: errs(0.1) ? quality : technician });
    }
    for (const job of Object.values(state.jobs)) {
      if (job.ended) continue;
      const open = job.attempts.filter((attempt) => attempt.phase !== "ended");
      for (const attempt of open) tend(state, job, attempt, say);
      if (open.length > 0) workAhead(state, job, open, say);
      else if (openNonconformity(job)) decide(job, say);
      else if (isHopeless(state, job) && random() < 0.2) giveUp(job, say);
      else prepare(state, job, nextOperation(job), say);
      return;
    }
  }

  /** While the station works, the printer could make the next copy; nobody here counts how many are ordered. */
  function workAhead(state: State, job: Job, open: readonly Attempt[], say: (message: Message) => void): void {
    if (open.some(({ equipment }) => equipment === world.equipment) || openNonconformity(job)) return;
    if (random() < 0.6) prepare(state, job, job.order.route[0] ?? null, say);
  }

  function isHopeless(state: State, { order, units, attempts }: Job): boolean {
    const spoilt = (unit: number) =>
      attempts.some(
        (each) => each.unit === unit && each.materials.some(({ lot }) => state.lots[lot]?.status === "rejected"),
      );
    const lost = units.some(
      ({ number, scrapped, completed }) => !scrapped && completed < order.route.length && spoilt(number),
    );
    return lost || Object.hasOwn(state.superseded, order.id) || latest >= order.expires;
  }

  function giveUp(job: Job, say: (message: Message) => void): void {
    say({ kind: "cancel-job", job: job.order.id, person: technician, why: "nobody finishes it" });
  }

  function isDone(state: State): boolean {
    return world.orders.every(({ order, arrivesMs }) => {
      const job = state.jobs[order.id];
      if (job || findPast(state, order.id)) return !job || job.ended !== null;
      return world.time.elapsed() > arrivesMs && (latest >= order.expires || Object.hasOwn(state.superseded, order.id));
    });
  }

  function tend(state: State, job: Job, attempt: Attempt, say: (message: Message) => void): void {
    const stuck = isStuck(job, attempt);
    if (stuck || errs(0.01))
      return say({ kind: "stop", attempt: attempt.id, person: technician, why: "it does not go on" });
    if (errs(0.03)) say({ kind: "hold", attempt: attempt.id, person: technician, why: "a look" });
    if (errs(0.03)) say({ kind: "start", job: job.order.id, operation: attempt.operation, person: technician });
    if (!attempt.hold) return;
    if (attempt.looks.some((look) => look.step === "blind")) {
      if (!errs(0.3)) eye.mend();
      return say({ kind: "look-again", attempt: attempt.id, person: technician });
    }
    if (openNonconformity(job)) return decide(job, say);
    if (!errs(0.2)) say({ kind: "prove-presence", job: job.order.id, device: "scanner", proof: proof() });
    say({ kind: "resume", attempt: attempt.id, person: state.people[technician] ? technician : both });
  }

  /** Nothing changed for a quarter of an hour: nobody waits longer for a machine. */
  function isStuck(job: Job, attempt: Attempt): boolean {
    const text = `${attempt.id} ${attempt.printed} ${attempt.verdicts} ${attempt.hold?.cause} ${job.nonconformities.length} ${attempt.phase}`;
    const before = lastSeen.get(attempt.id);
    if (before?.text === text) return world.time.elapsed() - before.since > 900_000;
    lastSeen.set(attempt.id, { text, since: world.time.elapsed() });
    return false;
  }

  function decide(job: Job, say: (message: Message) => void): void {
    const nonconformity = openNonconformity(job)!;
    const open = job.attempts.some((attempt) => attempt.id === nonconformity.attempt && attempt.phase !== "ended");
    const atTask = isTask(job, nonconformity.attempt) || nonconformity.cause === "label-mismatch";
    const failed = open && nonconformity.cause === "layer-failed";
    const measured = nonconformity.cause === "result-out-of-limits";
    const touched =
      open && ["foreign-action", "parameter-out-of-window", "layer-found-bad"].includes(nonconformity.cause);
    const concedes = ((failed || touched) && random() < 0.7) || (measured && random() < 0.4);
    const disposition = concedes ? "concession" : atTask && random() < 0.6 ? "rework" : "scrap";
    const tried = errs(0.1) ? "concession" : errs(0.1) ? "rework" : disposition;
    const person = errs(0.1) ? technician : errs(0.4) ? both : quality;
    const shown = digestOfValue(shownForDisposition(job, nonconformity, tried, errs(0.1) ? "else" : "seen"));
    const approval = { person, name: "sealed", at: 0, meaning: meanings[tried], shown };
    say({
      kind: "dispose",
      job: job.order.id,
      nonconformity: nonconformity.id,
      disposition: tried,
      reason: "seen",
      approval,
    });
  }

  function isTask(job: Job, id: string | null): boolean {
    const attempt = job.attempts.find((each) => each.id === id);
    return operationById(job.order, attempt?.operation ?? "")?.kind === "task";
  }

  function prepare(state: State, job: Job, operation: Operation | null, say: (message: Message) => void): void {
    const machine = state.equipment[world.equipment];
    if (!operation || !machine) return;
    if (operation.kind !== "build") return route.next(state, job, say);
    if (!route.supplied(state, operation, say)) return;
    const id = job.order.id;
    const person = errs(0.15) ? both : technician;
    if (machine.plate === "occupied" && machine.openAttempt === null) {
      if (!errs(0.2)) printer.clearPlate();
      say({ kind: "declare-plate-clear", equipment: world.equipment, person });
    }
    const hmacs = errs(0.1) ? (["a", "x"] as const) : job.order.identifierHmacs;
    const stale = job.identity === null || world.time.elapsed() - job.identity.mono > 600_000;
    if (stale || job.identity?.person !== person)
      say({ kind: "confirm-identity", job: id, person, hmacs, side: job.order.side });
    if (machine.plate !== "clear") return;
    if (errs(0.1)) printer.layDown();
    if (job.presence === null || random() < 0.3) {
      if (!errs(0.2)) say({ kind: "prove-presence", job: id, device: "scanner", proof: proof() });
      if (errs(0.3)) return;
    }
    say({ kind: "start", job: id, operation: operation.id, person });
    if (errs(0.3)) say({ kind: "start", job: id, operation: operation.id, person });
  }

  return { visit, isDone, scans: route.scans };
}
