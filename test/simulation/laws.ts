/** The laws, asked of what is on disk after a run; none of the core's own logic is used to answer. */

import { isDeepStrictEqual } from "node:util";
import type { Event } from "../../src/jobs/event.ts";
import { evolve } from "../../src/jobs/evolve.ts";
import { windowsOf } from "../../src/jobs/order.ts";
import { emptyState } from "../../src/jobs/state.ts";
import { openMemoryLedger } from "../../src/ledger/memory.ts";
import type { Case } from "./case.ts";
import { judgeChallenges } from "./challenge-laws.ts";
import { judgeClock } from "./clock-laws.ts";
import { judgeLimits } from "./limit-laws.ts";
import { judgeModels } from "./model-laws.ts";
import { judgeReactions } from "./reaction-laws.ts";
import { judgeRecords } from "./record-laws.ts";
import { judgeReviews } from "./review-laws.ts";
import { judgeRoutes } from "./route-laws.ts";
import { judgeViews } from "./view-laws.ts";
import type { Fact } from "./witness.ts";

/** Asks every law; each broken one is accused in words. */
export async function judge(court: Case): Promise<void> {
  const facts = court.witness.facts();
  await stateIsFold(court);
  chainVerifies(court);
  blindNeverPasses(court, facts);
  judgeViews(court, facts);
  countsAgree(court, facts);
  nothingTwice(court, facts);
  nothingGoesOnOverABoot(court, facts);
  presenceOnce(court, facts);
  dispositions(court, facts);
  badEndsAreSaid(court, facts);
  foreignHandsAreSeen(court, facts);
  windowsAreKept(court, facts);
  ordersOnce(court, facts);
  judgeClock(court, facts);
  judgeModels(court, facts);
  judgeLimits(court, facts);
  judgeRoutes(court, facts);
  judgeRecords(court, facts);
  judgeReviews(court, facts);
  judgeChallenges(court, facts);
  judgeReactions(court, facts);
  partsAreTold(court, facts);
}

async function stateIsFold({ disk, cell, accuse }: Case): Promise<void> {
  if (!cell) return;
  let state = emptyState;
  for await (const { entry, body } of openMemoryLedger(disk).read(0)) {
    state = evolve(state, { type: entry.type, ...body } as unknown as Event, entry.at);
  }
  if (!isDeepStrictEqual(state, cell.state())) accuse("law 2: the live state is not the fold of the disk");
}

function chainVerifies({ disk, accuse }: Case): void {
  try {
    openMemoryLedger(disk);
  } catch (problem) {
    accuse(`the chain does not verify: ${problem}`);
  }
}

/** A pass needs a picture of this very layer, seen by an open eye, with nothing found in it. */
function blindNeverPasses({ eye, accuse }: Case, facts: readonly Fact[]): void {
  const lastFrame = new Map<string, string>();
  const judged = new Map<string, string>();
  for (const { type, body } of facts) {
    const name = `${body.attempt}/${body.layer}`;
    if (type === "LayerCaptured") lastFrame.set(name, body.frame);
    if (type === "LayerInspected") judged.set(name, body.report.digests.frame);
    if (type !== "LayerDecided" || body.verdict !== "pass") continue;
    if (judged.get(name) !== lastFrame.get(name)) accuse(`law 3: layer ${name} passed on a report of another picture`);
    const truth = eye.truths.get(lastFrame.get(name) ?? "");
    if (!truth) accuse(`law 3: layer ${name} passed without a picture`);
    else if (truth.blind) accuse(`law 3: layer ${name} passed blind`);
    else if (truth.defective) accuse(`law 3: layer ${name} passed with a finding in its report`);
    else if (`${truth.attempt}/${truth.layer}` !== name)
      accuse(`law 3: layer ${name} passed on the picture of another`);
  }
}

/** A layer passes only where each of its parts does, and the nonconformity of one that fails names the parts. */
function partsAreTold({ accuse }: Case, facts: readonly Fact[]): void {
  const failed = new Map<string, readonly number[]>();
  for (const { type, body } of facts) {
    const name = `${body.attempt}/${body.layer}`;
    if (type === "LayerInspected") {
      const parts = (body.report.parts ?? []).filter(({ verdict }) => verdict !== "pass" && verdict !== "not-made");
      failed.set(
        name,
        parts.map(({ part }) => part),
      );
    }
    const parts = failed.get(name) ?? [];
    if (type === "LayerDecided" && body.verdict === "pass" && parts.length > 0)
      accuse(`law 3: layer ${name} passed with a part that did not`);
    if (type !== "NonconformityRaised" || body.cause !== "layer-failed") continue;
    if (!isDeepStrictEqual(body.parts ?? [], parts)) accuse(`the nonconformity of layer ${name} is about other parts`);
  }
}

/** Planned = captured = inferred = decided for every completed attempt. */
function countsAgree({ accuse, plan }: Case, facts: readonly Fact[]): void {
  const { planned } = plan;
  const builds = new Set(facts.filter((fact) => fact.body.plateCheck).map((fact) => fact.body.attempt));
  const seen = new Map<string, Set<string>>();
  for (const { type, body } of facts) {
    if (!["LayerCaptured", "LayerInspected", "LayerDecided"].includes(type)) continue;
    const layers = seen.get(body.attempt) ?? new Set();
    seen.set(body.attempt, layers.add(`${type}/${body.layer}`));
  }
  for (const { type, body } of facts) {
    if (type !== "AttemptEnded" || body.outcome !== "Completed" || !builds.has(body.attempt)) continue;
    const count = seen.get(body.attempt)?.size ?? 0;
    if (count !== planned * 3) accuse(`law 3: ${body.attempt} completed with ${count} of ${planned * 3} looks`);
  }
}

/** No unit completes an operation twice, an open outcome frees nothing, and no job has more good parts than copies. */
function nothingTwice({ plan, accuse, printer }: Case, facts: readonly Fact[]): void {
  const completed = new Set<string>();
  const open = new Map<string, string>();
  const blocked = new Map<string, string>();
  for (const { type, body } of facts) {
    if (type === "AttemptStarted") {
      if (open.has(body.equipment)) accuse(`law 4: ${body.attempt} started while ${open.get(body.equipment)} was open`);
      open.set(body.equipment, body.attempt);
      for (const [nonconformity, job] of blocked) {
        if (job === body.job) accuse(`law 4: ${body.attempt} started with ${nonconformity} undecided`);
      }
    }
    if (type === "AttemptEnded")
      for (const [machine, attempt] of open) if (attempt === body.attempt) open.delete(machine);
    if (type === "NonconformityRaised") blocked.set(body.nonconformity, body.job);
    if (type === "DispositionSigned") blocked.delete(body.nonconformity);
    if (type === "OperationCompleted") {
      const name = `${body.job}/${body.unit}/${body.operation}`;
      if (completed.has(name)) accuse(`law 4: ${name} was made twice`);
      completed.add(name);
    }
  }
  const scrapped = scrappedUnits(facts);
  for (const { order } of plan.orders) {
    const last = order.route.findLast(({ kind }) => kind === "build")!.id;
    const good = [...completed].filter((name) => {
      const [job, unit, operation] = name.split("/");
      return job === order.id && operation === last && !scrapped.has(`${job}/${unit}`);
    }).length;
    if (good > order.copies) accuse(`law 4: ${order.id} has ${good} good parts of ${order.copies} copies`);
    if (good > (printer.made.get(order.id) ?? 0)) accuse(`law 4: ${order.id} counts parts that were never made`);
  }
}

/** What was open when the cell started again is over; nothing more may become true of it but its end. */
function nothingGoesOnOverABoot({ accuse }: Case, facts: readonly Fact[]): void {
  const open = new Set<string>();
  const over = new Set<string>();
  for (const { type, body } of facts) {
    if (type === "AttemptStarted") open.add(body.attempt);
    if (type === "CellBooted") for (const attempt of open) over.add(attempt);
    if (type === "AttemptEnded") open.delete(body.attempt);
    const goesOn = ["AttemptBegan", "LayerDone", "LayerDecided", "LayerReleased", "AttemptResumed"].includes(type);
    if (goesOn && over.has(body.attempt)) accuse(`law 4: ${body.attempt} went on over a restart (${type})`);
  }
}

/** Somebody else's hand: nothing begins or goes on there before a person has looked, and a running attempt has its one nonconformity. */
function foreignHandsAreSeen({ accuse }: Case, facts: readonly Fact[]): void {
  const untold = new Set<string>();
  const held = new Set<string>();
  const undecided = new Map<string, string>();
  const at = new Map<string, string>();
  for (const { type, body } of facts) {
    if (type === "ForeignActionSeen") untold.add(body.equipment);
    if (type === "ForeignActionSeen" && body.attempt !== null) held.add(body.attempt);
    if (type === "ForeignActionLookedInto") untold.delete(body.equipment);
    if (type === "NonconformityRaised" && body.cause === "foreign-action") {
      if ([...undecided.values()].includes(body.attempt)) accuse(`${body.attempt} has two of one foreign hand`);
      undecided.set(body.nonconformity, body.attempt);
    }
    if (type === "DispositionSigned") undecided.delete(body.nonconformity);
    if (type === "AttemptStarted") {
      at.set(body.attempt, body.equipment);
      if (untold.has(body.equipment)) accuse(`${body.attempt} began where somebody else had acted`);
    }
    if (type === "AttemptResumed") {
      held.delete(body.attempt);
      if (untold.has(at.get(body.attempt) ?? "")) accuse(`${body.attempt} went on where somebody else had acted`);
    }
    if (type === "LayerReleased" && held.has(body.attempt))
      accuse(`layer ${body.attempt}/${body.layer} was released after somebody else had acted`);
  }
  const raised = facts.filter(({ type, body }) => type === "NonconformityRaised" && body.cause === "foreign-action");
  for (const { type, body } of facts) {
    if (
      type === "ForeignActionSeen" &&
      body.attempt !== null &&
      !raised.some((each) => each.body.attempt === body.attempt)
    )
      accuse(`somebody else acted in ${body.attempt} without a nonconformity`);
  }
}

/** What left its window waits for a decision: nothing more is released or completed before, and a finish tells what was seen. */
function windowsAreKept({ accuse }: Case, facts: readonly Fact[]): void {
  const watched = new Set<string>();
  const steps = new Map<string, string>();
  const open = new Map<string, string>();
  const unseen = new Set<string>();
  const blocked = (attempt: string) => [...open.values()].includes(attempt);
  for (const { type, body } of facts) {
    if (type === "JobOrderAccepted")
      for (const step of body.order.route) if (windowsOf(step).length > 0) watched.add(`${body.job}/${step.id}`);
    if (type === "AttemptStarted") steps.set(body.attempt, `${body.job}/${body.operation}`);
    if (type === "NonconformityRaised" && ofWindows.includes(body.cause)) open.set(body.nonconformity, body.attempt);
    if (type === "DispositionSigned") open.delete(body.nonconformity);
    const goesOn = type === "LayerReleased" || type === "AttemptResumed" || type === "OperationCompleted";
    if (goesOn && blocked(body.attempt)) accuse(`${body.attempt} went on out of its window (${type})`);
    const isWatched = watched.has(steps.get(body.attempt) ?? "");
    const isSeen = (body.windows ?? []).some(({ samples }) => samples > 0);
    if (type === "FinishReported" && isWatched && !isSeen) unseen.add(body.attempt);
    if (type === "OperationCompleted" && unseen.has(body.attempt)) accuse(`law 3: ${body.attempt} completed unwatched`);
  }
  const raised = facts.filter(({ type, body }) => type === "NonconformityRaised" && ofWindows.includes(body.cause));
  for (const { type, body } of facts) {
    if (type === "WindowLeft" && !raised.some((each) => each.body.attempt === body.attempt))
      accuse(`${body.attempt} left its window without a nonconformity`);
  }
}

const ofWindows = ["parameter-out-of-window", "parameter-not-watched"];

/** What ended unknown or failed is a nonconformity, exactly one for each. */
function badEndsAreSaid({ accuse }: Case, facts: readonly Fact[]): void {
  const whileAtWork = ["layer-failed", "layer-found-bad", "foreign-action", ...ofWindows];
  const raised = facts.filter((fact) => fact.type === "NonconformityRaised" && !whileAtWork.includes(fact.body.cause));
  for (const { type, body } of facts) {
    if (type !== "AttemptEnded" || !["OutcomeUnknown", "Failed"].includes(body.outcome)) continue;
    const count = raised.filter((fact) => fact.body.attempt === body.attempt).length;
    if (count !== 1) accuse(`law 4: ${body.attempt} ended ${body.outcome} with ${count} nonconformities`);
  }
}

function scrappedUnits(facts: readonly Fact[]): Set<string> {
  const unitOf = new Map<string, string>();
  const scrapped = new Set<string>();
  for (const { type, body } of facts) {
    if (type === "NonconformityRaised") unitOf.set(body.nonconformity, `${body.job}/${body.unit}`);
    if (type === "DispositionSigned" && body.disposition === "scrap")
      scrapped.add(unitOf.get(body.nonconformity) ?? "");
  }
  return scrapped;
}

/** Every start and every resume used a proof of this job, recorded before, fresh, and never used again. */
function presenceOnce({ accuse, presenceValidMs }: Case, facts: readonly Fact[]): void {
  const proven = new Map<string, number>();
  const used = new Set<string>();
  for (const { type, body, mono } of facts) {
    if (type === "PresenceProven") proven.set(`${body.job}/${body.proof}`, mono);
    if (type !== "AttemptStarted" && type !== "AttemptResumed") continue;
    const name = `${body.job}/${body.presence}`;
    const since = proven.get(name);
    if (since === undefined || mono - since > presenceValidMs) {
      accuse(`law 5: ${type} without a fresh presence proof`);
    }
    if (used.has(name)) accuse(`law 5: presence proof ${name} used twice`);
    used.add(name);
  }
}

/** Nobody decides on their own work, and only what was seen or measured is ever conceded. */
function dispositions({ accuse }: Case, facts: readonly Fact[]): void {
  const executed = new Set<string>();
  const raised = new Map<string, { attempt: string; cause: string }>();
  for (const { type, body } of facts) {
    if (type === "AttemptStarted" || type === "AttemptResumed") executed.add(`${body.attempt}/${body.person}`);
    if (type === "NonconformityRaised") raised.set(body.nonconformity, body);
    if (type !== "DispositionSigned") continue;
    const about = raised.get(body.nonconformity);
    if (!about) accuse("a disposition of nothing");
    else if (executed.has(`${about.attempt}/${body.approval.person}`)) accuse("the executor decided on their own work");
    else if (body.disposition === "concession" && !seen.includes(about.cause))
      accuse(`law 4: ${about.cause} was conceded`);
  }
}

const seen = ["layer-failed", "layer-found-bad", "result-out-of-limits", "foreign-action", "parameter-out-of-window"];

function ordersOnce({ accuse }: Case, facts: readonly Fact[]): void {
  const nonces = new Set<string>();
  for (const { type, body } of facts) {
    if (type !== "JobOrderAccepted") continue;
    if (nonces.has(body.order.nonce)) accuse("law 5: an order was used twice");
    nonces.add(body.order.nonce);
  }
}
