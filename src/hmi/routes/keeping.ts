/** The record itself at the desk: until when what is kept, legal holds, erasure, drops; and the way back from a wrong clock. */
import type { z } from "zod";
import { stretchesAhead } from "../../jobs/clock.ts";
import { clockMeaning, shownForClock } from "../../jobs/decide/clock.ts";
import { mostDropped, shownForDrop, shownForErasure, shownForHold, shownForLift } from "../../jobs/decide/keeping.ts";
import { keptJob } from "../../jobs/keeping-rules.ts";
import type { Message } from "../../jobs/message.ts";
import type { TextsOf } from "../../jobs/retention.ts";
import type { Digest, JobId, LotId } from "../../kernel/names.ts";
import { type Approval, recordKeeping } from "../../people/person.ts";
import { keepingView } from "../keeping-views.ts";
import { clockCorrection, clockQuery, keepingAsked, keepingQuery, nothing, ofJob } from "../requests.ts";
import { type Answer, type Desk, good, problem, type Route, route, say } from "../route.ts";
import { shownView, signed } from "./signing.ts";

export const keepingRoutes: readonly Route[] = [
  route({
    method: "GET",
    url: "/api/keeping/:job",
    access: "session",
    params: ofJob,
    body: nothing,
    handle: ({ desk, person, params }) => {
      const state = desk.controller.state();
      const job = keptJob(state, params.job);
      return job
        ? good(keepingView(state, job, desk.looks(person)))
        : problem(404, "unknown-job", "There is no such job in this cell.");
    },
  }),
  route({
    method: "GET",
    url: "/api/keeping",
    access: "session",
    params: nothing,
    body: keepingQuery,
    handle: async ({ desk, body }) => {
      const asked = await askedOf(desk, body);
      return "answer" in asked ? asked.answer : good(shownView(desk, asked.shown, asked.shown.meaning));
    },
  }),
  route({
    method: "POST",
    url: "/api/keeping",
    access: "session",
    limit: "guess",
    params: nothing,
    body: keepingAsked,
    handle: async ({ desk, body }) => {
      const asked = await askedOf(desk, body.what);
      if ("answer" in asked) return asked.answer;
      return signed(desk, body, recordKeeping, asked.shown.meaning, async (approval) =>
        say(desk, await asked.message(approval)),
      );
    },
  }),
  route({
    method: "GET",
    url: "/api/clock",
    access: "session",
    params: nothing,
    body: nothing,
    handle: async ({ desk }) => {
      const { clock } = desk.controller.state();
      const at = desk.clock.now();
      const support = await desk.keeping.timeSupport();
      return good({
        at,
        highest: clock.highest,
        ahead: stretchesAhead(clock, at),
        corrected: clock.corrected,
        support,
      });
    },
  }),
  route({
    method: "GET",
    url: "/api/clock/correction",
    access: "session",
    params: nothing,
    body: clockQuery,
    handle: ({ desk, body: { from, to } }) =>
      good(shownView(desk, shownForClock(desk.controller.state().clock, from, to), clockMeaning)),
  }),
  route({
    method: "POST",
    url: "/api/clock/correction",
    access: "session",
    limit: "guess",
    params: nothing,
    body: clockCorrection,
    handle: async ({ desk, body: { from, to, shown, first, second } }) =>
      signed(desk, { ...first, shown }, recordKeeping, clockMeaning, (approval) =>
        signed(desk, { ...second, shown }, recordKeeping, clockMeaning, async (other) => {
          const support = await desk.keeping.timeSupport();
          return say(desk, { kind: "correct-clock", from, to, approval, second: other, support });
        }),
      ),
  }),
];

interface Asked {
  readonly shown: Readonly<Record<string, unknown>> & { readonly meaning: string };
  message(approval: Approval): Message | Promise<Message>;
}

async function askedOf(desk: Desk, what: z.infer<typeof keepingQuery>): Promise<Asked | { readonly answer: Answer }> {
  const job = what.about === "job" ? (what.id as JobId) : null;
  switch (what.deed) {
    case "hold":
    case "lift": {
      if (what.about === "lot") return { answer: onlyFor("A legal hold is of an order, or of the whole cell.") };
      return what.deed === "hold"
        ? {
            shown: shownForHold(job, what.reason),
            message: (approval) => ({ kind: "set-legal-hold", job, reason: what.reason, approval }),
          }
        : {
            shown: shownForLift(job, what.reason),
            message: (approval) => ({ kind: "lift-legal-hold", job, reason: what.reason, approval }),
          };
    }
    case "erase": {
      if (what.about === "cell") return { answer: onlyFor("Texts are erased of one order or one lot at a time.") };
      const of: TextsOf =
        what.about === "job" ? { kind: "job", id: what.id as JobId } : { kind: "lot", id: what.id as LotId };
      return {
        shown: shownForErasure(of),
        message: async (approval) => ({
          ...{ kind: "erase-texts", of, approval },
          support: await desk.keeping.timeSupport(),
        }),
      };
    }
    default:
      return job === null
        ? { answer: onlyFor("Files are dropped of one order at a time.") }
        : dropOf(desk, job, what.deed);
  }
}

async function dropOf(desk: Desk, job: JobId, deed: "drop-pictures" | "drop-everything"): Promise<Asked> {
  const what = deed === "drop-pictures" ? "pictures" : "everything";
  const named: Readonly<Record<typeof what, readonly Digest[]>> = await desk.keeping.artifactsOf(job);
  const dropped = named[what].slice(0, mostDropped);
  return {
    shown: shownForDrop(job, what, dropped),
    message: async (approval) => ({
      ...{ kind: "drop-artifacts", job, what, dropped, approval },
      support: await desk.keeping.timeSupport(),
    }),
  };
}

function onlyFor(what: string): Answer {
  return problem(400, "malformed", what);
}
