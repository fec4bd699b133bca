/** Material comes in, is decided on by QA, and is loaded into a machine: only then may a step take it (features 39, 40). */
import { digestOfValue } from "../../kernel/hash.ts";
import { isIdentifier, type LotId } from "../../kernel/names.ts";
import { type Lot, lotId, mostParents, readLotId, whyNotUsable } from "../../materials/lot.ts";
import { holds } from "../../people/person.ts";
import { centralReasons } from "../central.ts";
import type { Message } from "../message.ts";
import type { RefusalCode } from "../refusal.ts";
import { findLot, findMachine, findPerson, lineOf, type State } from "../state.ts";
import type { Draft } from "./draft.ts";
import { refuse } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** What QA's signature on a lot means. */
export const lotMeanings = {
  released: "I compared the delivery with its certificate and release the lot for use.",
  rejected: "I reject the lot; it must not be used.",
} as const;

/** Exactly what must be on the screen when a lot is decided on. */
export function shownForLot(lot: Lot, status: keyof typeof lotMeanings) {
  const { id, material, gtin, batch, certificate, expires, quantity, unit } = lot;
  const facts = { lot: id, material, gtin, batch, certificate, expires, quantity, unit };
  return { ...facts, ...(lot.parents && { parents: lot.parents }), meaning: lotMeanings[status] };
}

/** Takes a delivery into quarantine. */
export function receiveLot(draft: Draft, message: Of<"receive-lot">): void {
  const { gtin, batch, certificate, expires, quantity, person } = message;
  const reject = (code: RefusalCode, what: string) => refuse(draft, "receive-lot", person, null, { code, what });
  const state = draft.state();
  if (!holds(findPerson(state, person), "technician") && !holds(findPerson(state, person), "qa")) {
    return reject("wrong-role", "Only a technician or QA may receive material.");
  }
  const material = state.setup?.materials.find((each) => each.gtin === gtin);
  if (!material) return reject("wrong-material", "This cell uses no material with the number on the package.");
  const lot = lotId(gtin, batch);
  if (lot === null) return reject("wrong-material", "The lot number on the package cannot be used here.");
  if (findLot(state, lot)) return reject("already-decided", `Lot ${batch} of ${material.title} is here already.`);
  if (!isIdentifier(certificate)) return reject("wrong-material", "Name the certificate that came with the delivery.");
  if (!(quantity > 0) || !Number.isFinite(quantity) || !Number.isSafeInteger(expires)) {
    return reject("wrong-material", "Say how much came and until when it may be used.");
  }
  if (draft.at >= expires) return reject("wrong-material", `Lot ${batch} of ${material.title} has expired already.`);
  const parents = (message.parents ?? []).map(readLotId);
  const wrong = wrongParents(state, lot, parents);
  if (wrong !== null) return reject("wrong-material", wrong);
  const from = parents.filter((parent) => parent !== null);
  const facts = { material: material.id, gtin, batch, certificate, expires, quantity, unit: material.unit };
  draft.add({ type: "LotReceived", lot, ...facts, ...(from.length > 0 && { parents: from }), person });
}

/** Why a lot cannot have been made from these, one sentence; null where it can. */
function wrongParents(state: State, lot: LotId, parents: readonly (LotId | null)[]): string | null {
  if (parents.length > mostParents) return `A lot is made from at most ${mostParents} others.`;
  if (parents.includes(null)) return "A lot that it was made from is named by 14 digits, a dot and the supplier's lot.";
  if (new Set(parents).size < parents.length) return "One lot is named twice among those that it was made from.";
  const ring = parents.some((parent) => parent !== null && lineOf(state, parent).includes(lot));
  return ring ? "A lot cannot be made from itself, nor from one that was made from it." : null;
}

/** QA releases or rejects a lot, with a signature over what was shown. */
export function decideLot(draft: Draft, { lot: id, status, approval }: Of<"decide-lot">): void {
  const { person } = approval;
  const reject = (code: RefusalCode, what: string) => refuse(draft, "decide-lot", person, null, { code, what });
  const lot = findLot(draft.state(), id);
  if (!lot) return reject("unknown-lot", "There is no such lot in this cell.");
  if (!holds(findPerson(draft.state(), person), "qa")) return reject("wrong-role", "Only QA may decide on a lot.");
  if (lot.status === status) return reject("already-decided", `Lot ${lot.batch} is ${status} already.`);
  if (lot.status === "rejected") return reject("already-decided", `Lot ${lot.batch} was rejected for good.`);
  if (approval.shown !== digestOfValue(shownForLot(lot, status)) || approval.meaning !== lotMeanings[status]) {
    return reject("not-what-was-shown", "The signature does not belong to this lot as it is now. Open it again.");
  }
  draft.add({ type: "LotDecided", lot: id, status, approval });
}

/** A package was scanned at a machine: the lot is in it from now on, in the place of another of the same material. */
export function loadMaterial(draft: Draft, message: Of<"load-material">): void {
  const { equipment, gtin, batch, person } = message;
  const reject = (code: RefusalCode, what: string) => refuse(draft, "load-material", person, null, { code, what });
  const state = draft.state();
  const machine = findMachine(state, equipment);
  if (!machine) return reject("unknown-equipment", "There is no such machine in this cell.");
  if (!holds(findPerson(state, person), "technician"))
    return reject("wrong-role", "Only a technician may load material.");
  if (machine.openAttempt) return reject("machine-in-use", "A job is running on this machine.");
  const material = state.setup?.materials.find((each) => each.gtin === gtin);
  if (!material) return reject("wrong-material", "This cell uses no material with the number on the package.");
  const id = lotId(gtin, batch);
  const lot = id === null ? undefined : findLot(state, id);
  if (!lot) {
    return reject(
      "unknown-lot",
      `This lot of ${material.title} was never received here. Receive it first; QA decides.`,
    );
  }
  const why = whyNotUsable(lot, 0, draft.at, material.title);
  if (why !== null) return reject("wrong-material", `${why} It was not loaded.`);
  const held = state.central.holds.find(
    ({ target }) => target.kind === "lot" && lineOf(state, lot.id).includes(target.id),
  );
  if (held) {
    const which = held.target.id === lot.id ? "lot" : `lot ${held.target.id}, which went into lot`;
    const said = `Central QA holds ${which} ${lot.batch} of ${material.title}: ${centralReasons[held.reason]}`;
    return reject("wrong-material", `${said} It was not loaded.`);
  }
  const used = Object.values(state.jobs).some(
    (job) =>
      !job.ended &&
      job.order.route.some((step) => "materials" in step && step.equipment === equipment && asks(step, material.id)),
  );
  if (!used)
    return reject("wrong-material", `No open order uses ${material.title} on this machine. It was not loaded.`);
  draft.add({ type: "MaterialLoaded", equipment, material: material.id, lot: lot.id, person });
}

function asks(step: { readonly materials: readonly { readonly material: string }[] }, material: string): boolean {
  return step.materials.some((need) => need.material === material);
}
