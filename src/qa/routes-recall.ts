/** The routes of recall: devices by what they were made with, a device's parts, and a hold on all that was found. */
import { z } from "zod";
import { type Thing, thingKinds } from "../jobs/trace.ts";
import { type DecisionReason, decisionReasons } from "../ledger/decision.ts";
import { type Answer, type Call, type Counter, look, page, type QaRoute, signAgain } from "./answer.ts";
import { wrongAsk } from "./decide.ts";
import type { OfficeState } from "./office.ts";
import { devicesBody, holdBody, partsBody, type RecallAsked, recallBody } from "./pages/recall.ts";
import { type HoldPlan, madeWith, meantBy, mostHeldAtOnce, planHold, recall, thingAsked } from "./recall.ts";
import { isKnown } from "./review.ts";

const devicesOnAPage = 50;
const partsShown = 2_000;
/** A plan is made from so many devices at most; more than this is more than one step may sign in any case. */
const mostPlanned = 20_000;

export const recallRoutes: readonly QaRoute[] = [
  look("/recall", async (counter, call) => {
    const state = await counter.office.look();
    const cells = registeredIn(state);
    const asked = askedIn(call);
    const title = "Recall and where-used";
    if (asked.name === undefined) return page(counter, call, state, "recall", title, recallBody(cells, asked, null));
    const { store } = counter;
    const thing = await thingIn(counter, state, asked);
    if (typeof thing === "string") {
      return page(counter, call, state, "recall", title, recallBody(cells, asked, null), thing, 400);
    }
    if (thing.kind === "unit") {
      const body = partsBody(thing, await madeWith(store, cells, thing, partsShown), asked.cell ?? "");
      return page(counter, call, state, "recall", title, recallBody(cells, asked, body));
    }
    const after = call.fields["after"]?.slice(0, 512) ?? null;
    const found = await recall(store, cells, thing, { after, limit: devicesOnAPage });
    return page(
      counter,
      call,
      state,
      "recall",
      title,
      recallBody(cells, asked, devicesBody(found, call.viewer, asked)),
    );
  }),
  { method: "GET", url: "/recall/hold", access: "qa", guess: false, handle: showPlan },
  { method: "POST", url: "/recall/hold", access: "qa", guess: true, handle: holdAll },
];

const holdForm = z.object({
  reason: z.enum(Object.keys(decisionReasons) as [DecisionReason, ...DecisionReason[]]),
  password: z.string().min(1).max(128),
  digest: z.string().max(64),
});

async function showPlan(counter: Counter, call: Call): Promise<Answer> {
  const state = await counter.office.look();
  const asked = askedIn(call);
  const planned = await planFor(counter, state, asked);
  if (typeof planned === "string") return refused(counter, call, state, asked, 400, planned);
  return page(
    counter,
    call,
    state,
    "recall",
    "Hold what was found",
    holdBody(planned.thing, planned.plan, call.viewer, asked),
  );
}

/** Signs all holds of a plan, if it is still the one that was shown. */
async function holdAll(counter: Counter, call: Call): Promise<Answer> {
  const state = await counter.office.look();
  const asked = askedIn(call);
  const refuse = (status: number, said: string) => refused(counter, call, state, asked, status, said);
  const form = holdForm.safeParse(call.fields);
  if (!form.success) return refuse(400, "The decision is not complete: fill in every field.");
  const { reason, password, digest } = form.data;
  const wrong = wrongAsk({ action: "hold", reason }, "job");
  if (wrong !== null) return refuse(400, wrong);
  const planned = await planFor(counter, state, asked);
  if (typeof planned === "string") return refuse(400, planned);
  if (planned.plan.digest !== digest) {
    return refuse(409, "What is found has changed since it was shown. Nothing was decided: look at it again.");
  }
  const unsigned = await signAgain(counter, call, password);
  if (unsigned !== null) return refuse(unsigned.status, unsigned.said);
  await counter.decide(planned.plan.holds.map((hold) => ({ ...hold, reason, person: call.person })));
  return { kind: "go", to: "/decisions" };
}

async function planFor(
  counter: Counter,
  state: OfficeState,
  asked: RecallAsked,
): Promise<{ readonly thing: Thing; readonly plan: HoldPlan } | string> {
  const { store } = counter;
  const thing = await thingIn(counter, state, asked);
  if (typeof thing === "string") return thing;
  const cells = registeredIn(state);
  const { devices, total, behind } = await recall(store, cells, thing, { limit: mostPlanned });
  if (behind.length > 0)
    return "The index is being brought up to date: there may be more to hold. Try again in a while.";
  if (total > mostPlanned) {
    return `${total} devices were found; at most ${mostHeldAtOnce} decisions are signed in one step. Hold the cells instead, or narrow it down.`;
  }
  const concerned = state.cells
    .filter(({ known }) => isKnown(known, { kind: thing.kind, id: thing.name }))
    .map(({ cell }) => cell);
  const plan = planHold(thing, devices, concerned, cells);
  return typeof plan === "string" ? plan : { thing, plan };
}

function refused(
  counter: Counter,
  call: Call,
  state: OfficeState,
  asked: RecallAsked,
  status: number,
  said: string,
): Answer {
  const body = recallBody(registeredIn(state), asked, null);
  return page(counter, call, state, "recall", "Recall and where-used", body, said, status);
}

/** The thing as records spell it, or why there is none: a slip of the pen must not read like a list of nothing. */
async function thingIn({ store }: Counter, state: OfficeState, asked: RecallAsked): Promise<Thing | string> {
  const { kind = "", name = "", cell } = asked;
  const cells = registeredIn(state);
  const thing = thingAsked(kind, name, cells.find(({ id }) => id === cell) ?? null);
  if (typeof thing === "string") return thing;
  const { noun } = thingKinds[thing.kind];
  const meant = await meantBy(store, cells, thing, seenIn(state, thing));
  if (meant.kind === "meant") return meant.thing;
  return meant.kind === "never-named"
    ? `No record names the ${noun} ${thing.name}. Check how it is spelt: this is no answer that nothing was made with it.`
    : `Records name more than one ${noun} like ${thing.name}. Ask for one of ${meant.spellings.join(", ")}.`;
}

/** Names of the thing's kind in the records, also of what nothing was made with. */
function seenIn({ cells }: OfficeState, { kind }: Thing): readonly string[] {
  if (kind !== "lot") return [];
  const names = cells.flatMap(({ known }) => [...known]);
  return names.filter((name) => name.startsWith("lot ")).map((name) => name.slice(4));
}

function registeredIn({ cells }: OfficeState) {
  return cells.map(({ cell }) => cell);
}

function askedIn({ fields }: Call): RecallAsked {
  const { kind, name, cell } = fields;
  return { kind: kind?.slice(0, 40), name: name?.slice(0, 128), cell: cell?.slice(0, 64) };
}
