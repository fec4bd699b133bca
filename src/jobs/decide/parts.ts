/** The part between machines: it gets a tag, and is scanned at each machine before that machine may start (feature 48). */
import { isIdentifier } from "../../kernel/names.ts";
import { holds } from "../../people/person.ts";
import type { Message } from "../message.ts";
import { equipmentOf, isByMachine } from "../order.ts";
import type { RefusalCode } from "../refusal.ts";
import { findMachine, findPerson, findTag } from "../state.ts";
import { nextOperation, nextUnit } from "../units.ts";
import type { Draft } from "./draft.ts";
import { refuse, startable } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** Binds a fresh tag to the copy in hand. A tag is used once, and a copy has one. */
export function tagPart(draft: Draft, message: Of<"tag-part">): void {
  const { person, tag } = message;
  const job = startable(draft, "tag-part", message.job, person);
  if (!job) return;
  const reject = (code: RefusalCode, what: string) => refuse(draft, "tag-part", person, message.job, { code, what });
  if (!holds(findPerson(draft.state(), person), "technician")) {
    return reject("wrong-role", "Only a technician may tag a part.");
  }
  if (!isIdentifier(tag)) return reject("wrong-part", "This code is not a tag. Scan the tag that is on the part.");
  const unit = nextUnit(job);
  if (!unit || unit.completed === 0) return reject("out-of-order", "Nothing is made yet that could get a tag.");
  if (unit.tag === tag) return;
  if (unit.tag !== null) return reject("already-decided", `This part has the tag ${unit.tag}.`);
  const owner = findTag(draft.state(), tag);
  if (owner !== undefined)
    return reject("wrong-part", `The tag ${tag} belongs to ${tellOwner(owner)}. Take a new one.`);
  draft.add({ type: "PartTagged", job: message.job, unit: unit.number, tag, person });
}

/** The tag as scanned at a machine: only the part that is next opens the gate there. */
export function confirmPart(draft: Draft, message: Of<"confirm-part">): void {
  const { person, tag, equipment } = message;
  const job = startable(draft, "confirm-part", message.job, person);
  if (!job) return;
  const reject = (code: RefusalCode, what: string) =>
    refuse(draft, "confirm-part", person, message.job, { code, what });
  if (!holds(findPerson(draft.state(), person), "technician")) {
    return reject("wrong-role", "Only a technician may confirm a part.");
  }
  const [unit, next] = [nextUnit(job), nextOperation(job)];
  if (!unit || !next || !isByMachine(next) || unit.completed === 0) {
    return reject("out-of-order", "The next step of this order needs no part at a machine.");
  }
  if (equipmentOf(next) !== equipment) {
    return reject("wrong-part", `The next step is ${next.title}; it is done at ${equipmentOf(next)}, not here.`);
  }
  if (unit.tag === null) return reject("wrong-part", "The part has no tag yet. Scan the tag that is on it first.");
  if (findMachine(draft.state(), equipment)?.openAttempt) {
    return reject("machine-in-use", "The machine is at work on a part. Scan this one when it lies in the machine.");
  }
  const base = { job: message.job, unit: unit.number, operation: next.id, equipment, person } as const;
  if (tag !== unit.tag) {
    draft.add({ type: "PartRefused", ...base });
    const owner = findTag(draft.state(), tag);
    const found = owner === undefined ? "a tag that this cell does not know" : tellOwner(owner);
    return reject("wrong-part", `Wrong part: scanned was ${found}, expected ${unit.tag}. Put the right part in.`);
  }
  draft.add({ type: "PartConfirmed", mono: draft.mono, ...base, tag });
}

function tellOwner(owner: string): string {
  const [job, unit] = owner.split("/");
  return `copy ${unit} of order ${job}`;
}
