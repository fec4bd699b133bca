/** People in virtual time: a technician who sometimes errs and a QA person who sometimes oversteps. */
import { meanings, shownForDisposition } from "../../src/jobs/decide/disposition.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { JobOrder } from "../../src/jobs/order.ts";
import type { Attempt, Job, State } from "../../src/jobs/state.ts";
import { openNonconformity } from "../../src/jobs/state.ts";
import { nextOperation } from "../../src/jobs/units.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { EquipmentId, PersonId } from "../../src/kernel/names.ts";
import type { Eye } from "./eye.ts";
import type { Printer, Storm } from "./printer.ts";
import type { Random } from "./time.ts";

export const technician = "tech" as PersonId;
export const quality = "qa" as PersonId;
/** Holds both roles, and so can be caught deciding on their own work. */
export const both = "both" as PersonId;

export interface PeopleWorld {
  readonly random: Random;
  readonly storm: Storm;
  readonly printer: Printer;
  readonly eye: Eye;
  readonly orders: readonly JobOrder[];
  readonly equipment: EquipmentId;
  readonly elapsed: () => number;
}

/** One look at the cell by whoever stands there: the messages they send, in order. */
export function createPeople(world: PeopleWorld): (state: State, say: (message: Message) => void) => void {
  const { random, storm, printer, eye } = world;
  const errs = (p: number) => random() < p * storm.strength;
  let proofs = 0;
  let lastSeen = { text: "", since: 0 };
  const proof = () => (errs(0.1) ? "proof-0" : `proof-${proofs++}`);

  return (state, say) => {
    for (const order of world.orders) {
      if (!state.jobs[order.id] || errs(0.02)) say({ kind: "accept-order", order });
      if (errs(0.02)) say({ kind: "accept-order", order: { ...order, id: `${order.id}-again` as typeof order.id } });
    }
    for (const job of Object.values(state.jobs)) {
      if (job.ended) continue;
      const open = job.attempts.find((attempt) => attempt.phase !== "ended");
      if (open) tend(state, job, open, say);
      else if (openNonconformity(job)) decide(job, say);
      else prepare(state, job, say);
      return;
    }
  };

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
    if (text !== lastSeen.text) lastSeen = { text, since: world.elapsed() };
    return world.elapsed() - lastSeen.since > 900_000;
  }

  function decide(job: Job, say: (message: Message) => void): void {
    const nonconformity = openNonconformity(job)!;
    const open = job.attempts.some((attempt) => attempt.id === nonconformity.attempt && attempt.phase !== "ended");
    const disposition = open && nonconformity.cause === "layer-failed" && random() < 0.7 ? "concession" : "scrap";
    const tried = errs(0.1) ? "concession" : disposition;
    const person = errs(0.1) ? technician : errs(0.2) ? both : quality;
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

  function prepare(state: State, job: Job, say: (message: Message) => void): void {
    const operation = nextOperation(job);
    const machine = state.equipment[world.equipment];
    if (!operation || !machine) return;
    const id = job.order.id;
    const person = errs(0.15) ? both : technician;
    if (machine.plate === "occupied" && machine.openAttempt === null) {
      if (!errs(0.2)) printer.clearPlate();
      say({ kind: "declare-plate-clear", equipment: world.equipment, person });
    }
    const hmacs = errs(0.1) ? (["a", "x"] as const) : job.order.identifierHmacs;
    if (job.identity?.person !== person)
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
}
