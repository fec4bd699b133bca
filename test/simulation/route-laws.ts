/** The laws of the route: copies, parts, lots, labels, holds, reworks; asked of the facts, with none of the core's logic. */
import type { Case } from "./case.ts";
import { countingTimes } from "./clock-laws.ts";
import { digest } from "./orders.ts";
import type { Body, Fact } from "./witness.ts";

/** Asks every law of the route. */
export function judgeRoutes(court: Case, facts: readonly Fact[]): void {
  copiesNeverAbove(court, facts);
  ownPartConfirmed(court, facts);
  lotsAsReleased(court, facts);
  labelsTheirOwn(court, facts);
  nothingUnderAHold(court, facts);
  decisionsOnce(court, facts);
  reworksCounted(court, facts);
  onlyLiveOrders(court, facts);
  worthWhatTheySay(court, facts);
}

const unitOf = ({ job, unit }: Body) => `${job}/${unit}`;

/** Reserved by the first start, freed by a signed scrap and by nothing else; never more than ordered. */
function copiesNeverAbove({ plan, accuse }: Case, facts: readonly Fact[]): void {
  const live = new Map<string, Set<number>>();
  const raised = new Map<string, Body>();
  for (const { type, body } of facts) {
    if (type === "NonconformityRaised") raised.set(body.nonconformity, body);
    if (type === "DispositionSigned" && body.disposition === "scrap") {
      const about = raised.get(body.nonconformity);
      if (about) live.get(about.job)?.delete(about.unit);
    }
    if (type !== "AttemptStarted") continue;
    const units = live.get(body.job) ?? new Set();
    live.set(body.job, units.add(body.unit));
    const copies = plan.orders.find(({ order }) => order.id === body.job)?.order.copies ?? 0;
    if (units.size > copies) accuse(`${body.attempt} makes copy ${units.size} of ${copies}`);
  }
}

/** Every task had its own part scanned at its machine, for this step, since whatever could have changed it. */
function ownPartConfirmed({ accuse }: Case, facts: readonly Fact[]): void {
  const tags = new Map<string, string>();
  const owners = new Map<string, string>();
  const seen = new Map<string, Fact>();
  for (const fact of facts) {
    const { type, body, mono } = fact;
    const name = unitOf(body);
    if (type === "PartTagged") {
      if (owners.has(body.tag)) accuse(`the tag ${body.tag} was given twice`);
      tags.set(name, body.tag);
      owners.set(body.tag, name);
    }
    if (type === "PartConfirmed") {
      seen.set(name, fact);
      if (body.tag !== tags.get(name)) accuse(`${name} was confirmed by the tag of another part`);
    }
    if (type === "PartRefused") seen.delete(name);
    if (type === "CellBooted" || type === "ClockStepped") seen.clear();
    if (type !== "AttemptStarted") continue;
    const scan = seen.get(name);
    seen.delete(name);
    if (body.plateCheck !== null) continue;
    const own = scan?.body.operation === body.operation && scan.body.equipment === body.equipment;
    if (!scan || !own || mono - scan.mono > 900_000) accuse(`${body.attempt} began with no part confirmed for it`);
    if (body.part === null || body.part !== tags.get(name)) accuse(`${body.attempt} names another part than its own`);
  }
}

/** A start takes what its step asks for from lots in its machine that are released, in date and not used up. */
function lotsAsReleased({ plan, accuse }: Case, facts: readonly Fact[]): void {
  const lots = new Map<string, { status: string; left: number; expires: number; material: string }>();
  const loaded = new Map<string, string>();
  const times = countingTimes(facts);
  for (const [seq, { type, body }] of facts.entries()) {
    const now = times[seq]!;
    if (type === "LotReceived") {
      lots.set(body.lot, { status: "quarantine", left: body.quantity, expires: body.expires, material: body.material });
    }
    const decided = lots.get(body.lot);
    if (type === "LotDecided" && decided) decided.status = body.status;
    if (type === "MaterialLoaded") {
      loaded.set(`${body.equipment}/${body.material}`, body.lot);
      if (decided?.status !== "released" || now >= decided.expires) accuse(`lot ${body.lot} was loaded and is not fit`);
    }
    if (type !== "AttemptStarted") continue;
    const step = plan.orders
      .find(({ order }) => order.id === body.job)
      ?.order.route.find(({ id }) => id === body.operation);
    const needs = step && "materials" in step ? step.materials : [];
    if (needs.length !== body.materials.length) accuse(`${body.attempt} took ${body.materials.length} materials`);
    for (const { lot: id, material, quantity } of body.materials) {
      const lot = lots.get(id);
      const need = needs.find((each) => each.material === material);
      if (!lot || !need || lot.material !== material) accuse(`${body.attempt} took what its step does not ask for`);
      if (lot?.status !== "released") accuse(`${body.attempt} took of a lot that is not released`);
      if (lot && now >= lot.expires) accuse(`${body.attempt} took of a lot that has expired`);
      if (loaded.get(`${body.equipment}/${material}`) !== id) accuse(`${body.attempt} took of a lot that is elsewhere`);
      if (quantity < (need?.quantity ?? 0)) accuse(`${body.attempt} took too little`);
      if (lot) lot.left -= quantity;
      if (lot && lot.left < 0) accuse(`${body.attempt} took more of a lot than there is`);
    }
  }
}

/** A label that counts was printed for this copy, is not void, and is the one that was scanned from the device. */
function labelsTheirOwn({ stores, scans, accuse }: Case, facts: readonly Fact[]): void {
  const standing = new Map<string, string>();
  const applied = new Set<string>();
  for (const { type, body } of facts) {
    if (!type.startsWith("Label")) continue;
    const name = `${unitOf(body)}/${body.label}`;
    if (type === "LabelPrinted" && !stores.printed.has(name)) accuse(`label ${name} was never printed`);
    if (type === "LabelVerified") {
      const code = stores.printed.get(name);
      if (standing.get(name) !== "LabelPrinted") accuse(`label ${name} counts and stands at ${standing.get(name)}`);
      if (code === undefined || !scans.get(name)?.has(code)) accuse(`label ${name} counts and was never scanned`);
      if (applied.has(unitOf(body))) accuse(`${unitOf(body)} bears two labels`);
      applied.add(unitOf(body));
    }
    standing.set(name, type);
  }
}

/** What central QA holds does not go on: counted here from its decisions alone. */
function nothingUnderAHold({ accuse }: Case, facts: readonly Fact[]): void {
  const holds = new Map<string, number>();
  const machines = new Map<string, Set<string>>();
  const lots = new Map<string, Set<string>>();
  const machineOf = new Map<string, string>();
  let frozen = false;
  for (const { type, body } of facts) {
    if (type === "CentralLinkChanged") frozen = body.frozen;
    if (type === "CentralDecided") {
      const { action, target, issuedAt } = body.decision;
      const name = `${target.kind}/${target.id}`;
      if (action === "hold") holds.set(name, Math.max(issuedAt, holds.get(name) ?? 0));
      if (action === "lift" && issuedAt >= (holds.get(name) ?? 0)) holds.delete(name);
    }
    if (type === "AttemptStarted") {
      machineOf.set(body.attempt, body.equipment);
      lots.set(body.job, new Set([...(lots.get(body.job) ?? []), ...body.materials.map(({ lot }) => lot as string)]));
    }
    if (!goesOn.has(type)) continue;
    const used = machines.get(body.job) ?? new Set();
    const here = type === "AttemptStarted" || type === "AttemptResumed" ? [machineOf.get(body.attempt)!] : [...used];
    const about = [
      ...["cell/simulated", `job/${body.job}`, `recipe/${recipe}`, `model/${model}`],
      ...here.map((id) => `machine/${id}`),
      ...[...(lots.get(body.job) ?? [])].map((id) => `lot/${id}`),
    ];
    const held = about.find((name) => holds.has(name));
    if (held !== undefined) accuse(`law 5: ${type} of ${body.job} although central QA holds ${held}`);
    if (frozen) accuse(`law 5: ${type} of ${body.job} although sync is frozen`);
    if (type === "AttemptStarted") machines.set(body.job, used.add(body.equipment));
  }
}

const goesOn = new Set([
  ...["AttemptStarted", "AttemptResumed", "LabelRequested", "LabelVerified", "HandedOver", "UnitReleased"],
]);
const recipe = digest("recipe");
const model = digest("m");

/** A decision is taken in once, and never after its time. */
function decisionsOnce({ accuse }: Case, facts: readonly Fact[]): void {
  const nonces = new Set<string>();
  const times = countingTimes(facts);
  for (const [seq, { type, body }] of facts.entries()) {
    const now = times[seq]!;
    if (type !== "CentralDecided") continue;
    const { nonce, expires } = body.decision;
    if (nonces.has(nonce)) accuse(`decision ${nonce} of central QA was acted on twice`);
    if (now >= expires) accuse(`decision ${nonce} of central QA was acted on after its time`);
    nonces.add(nonce);
  }
}

/** No step of a copy is ordered to be done again more often than its recipe allows. */
function reworksCounted({ plan, accuse }: Case, facts: readonly Fact[]): void {
  const started = new Map<string, Body>();
  const raised = new Map<string, Body>();
  const count = new Map<string, number>();
  for (const { type, body } of facts) {
    if (type === "AttemptStarted") started.set(body.attempt, body);
    if (type === "NonconformityRaised") raised.set(body.nonconformity, body);
    if (type !== "DispositionSigned" || body.disposition !== "rework") continue;
    const about = raised.get(body.nonconformity);
    const attempt = started.get(about?.attempt ?? "");
    if (!attempt) continue;
    const name = `${unitOf(attempt)}/${attempt.operation}`;
    const done = (count.get(name) ?? 0) + 1;
    count.set(name, done);
    const step = plan.orders
      .find(({ order }) => order.id === attempt.job)
      ?.order.route.find(({ id }) => id === attempt.operation);
    const allowed = step?.kind === "task" ? step.reworks : 0;
    if (done > allowed) accuse(`${name} is done again ${done} times of ${allowed}`);
  }
}

/** Nothing of an order goes on after another has replaced it, and nothing of it starts after its expiry. */
function onlyLiveOrders({ plan, accuse }: Case, facts: readonly Fact[]): void {
  const replaced = new Set<string>();
  const times = countingTimes(facts);
  for (const [seq, { type, body }] of facts.entries()) {
    const now = times[seq]!;
    if (type === "JobOrderAccepted" && body.order.supersedes !== null) replaced.add(body.order.supersedes);
    if (!goesOn.has(type) || type === "AttemptResumed") continue;
    if (replaced.has(body.job)) accuse(`${type} of ${body.job}, which another order has replaced`);
    const expires = plan.orders.find(({ order }) => order.id === body.job)?.order.expires ?? 0;
    if (type === "AttemptStarted" && now >= expires) accuse(`${body.attempt} started after its order had expired`);
  }
}

/** A task is done only where its work was good, or where QA has conceded what was measured. */
function worthWhatTheySay({ station, accuse }: Case, facts: readonly Fact[]): void {
  const conceded = new Set<string>();
  const raised = new Map<string, Body>();
  const byStation = new Set<string>();
  for (const { type, body } of facts) {
    if (type === "AttemptStarted" && body.plateCheck === null) byStation.add(body.attempt);
    if (type === "NonconformityRaised") raised.set(body.nonconformity, body);
    if (type === "DispositionSigned" && body.disposition === "concession") {
      conceded.add(raised.get(body.nonconformity)?.attempt ?? "");
    }
    if (type !== "OperationCompleted" || !byStation.has(body.attempt)) continue;
    const worth = station.worth.get(body.attempt);
    const fine = worth === "good" || (worth === "outside" && conceded.has(body.attempt));
    if (!fine) accuse(`law 3: ${body.attempt} counts as done and its work is ${worth ?? "unknown"}`);
  }
}
