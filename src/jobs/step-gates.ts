/** What has to hold before people do a step of the route by hand: label, hand over, release. */
import type { PersonId } from "../kernel/names.ts";
import { holds, type Role } from "../people/person.ts";
import { gate } from "./gate.ts";
import type { RecordDamage } from "./keeping-event.ts";
import { centralObjections } from "./objections.ts";
import type { Operation } from "./order.ts";
import type { Gate } from "./refusal.ts";
import type { Job, State } from "./state.ts";
import { findPerson, openNonconformity } from "./state.ts";
import { nextOperation } from "./units.ts";

const words: Readonly<Record<Operation["kind"], string>> = {
  build: "building",
  task: "a machine's step",
  label: "labelling",
  handover: "the hand-over",
  release: "the release",
};

/** Every condition of a step of this kind now; it is allowed when none is shut. */
export function stepGates(state: State, job: Job, kind: Operation["kind"], person: PersonId | null): Gate[] {
  const next = nextOperation(job);
  const role: Role = kind === "release" ? "qa" : "technician";
  return [
    gate("order", !job.ended, "The order is open.", "The order has ended.", "Ask for a new order.", "design authority"),
    gate(
      "route",
      next?.kind === kind,
      "This is the next step of the route.",
      next ? `The next step is ${next.title}, not ${words[kind]}.` : "No step is left.",
      "Do the step that the route names.",
      "technician",
    ),
    supersededGate(state, job),
    nonconformityGate(job),
    centralGate(state, job, next),
    gate(
      "person",
      person === null ? null : holds(findPerson(state, person), role),
      "You may do this step.",
      role === "qa" ? "Only QA may release a device." : "Only a technician may do this step.",
      role === "qa" ? "Let QA sign." : "Let a technician sign in.",
      role,
    ),
  ];
}

/** What another order or a newer revision of its design has replaced goes nowhere, started or not. */
export function supersededGate(state: State, { order }: Job): Gate {
  const { design, revision } = order.lineage;
  const newer = Object.hasOwn(state.superseded, order.id) ? state.superseded[order.id] : undefined;
  const newest = Object.hasOwn(state.revisions, design) ? (state.revisions[design] ?? 0) : 0;
  return gate(
    "superseded",
    newer === undefined && newest <= revision,
    "No newer order replaces this one.",
    newer === undefined
      ? `An order for revision ${newest} of the design is here; this one is for revision ${revision}.`
      : `Order ${newer} has replaced this one.`,
    "Make the newer order, and cancel this one.",
    "design authority",
  );
}

/** Nothing goes on while QA has to decide. */
export function nonconformityGate(job: Job): Gate {
  const open = openNonconformity(job);
  const remedy = "QA decides on the open nonconformity.";
  return gate("nonconformity", open === undefined, "No nonconformity is open.", open?.what ?? "", remedy, "qa");
}

/** A cell whose record is damaged begins nothing that would have to be recorded there; what is under way goes on. */
export function recordGate({ recordDamage }: State): Gate {
  const what = recordDamage === null ? "" : damageText(recordDamage);
  const open = "The record on the disk is as it was written.";
  const remedy =
    "Call the engineer: keep the disk, export what can be read, and mend the record from central QA's copy.";
  return gate("record", recordDamage === null, open, what, remedy, "engineer");
}

/** Damage of the record in one sentence: where, and what. */
export function damageText({ from, to, what }: RecordDamage): string {
  const entries = to - from === 1 ? `Entry ${from}` : `Something among entries ${from} to ${to - 1}`;
  return `${entries} of the record on the disk is damaged. ${what}`;
}

/** Holds and stop-use of central QA (feature 85). */
export function centralGate(state: State, job: Job, operation: Operation | null): Gate {
  const objections = centralObjections(state, job, operation);
  const what = objections.join(" ");
  return gate("central", objections.length === 0, "Central QA holds nothing of this.", what, "Ask central QA.", "qa");
}
