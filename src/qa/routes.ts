/** What can be asked of central QA's page, by whom, and what the answer is; nothing here starts anything at a cell. */
import { z } from "zod";
import type { JobId } from "../kernel/names.ts";
import { type DecisionReason, decisionReasons } from "../ledger/decision.ts";
import { type Answer, type Call, type Counter, look, page, type QaRoute, signAgain } from "./answer.ts";
import { type Action, actions, targetKinds, targetOf, wrongAsk, wrongTarget } from "./decide.ts";
import { type Html, html } from "./html.ts";
import type { CellStanding } from "./inbox.ts";
import { cellBody, cellsBody } from "./pages/cells.ts";
import { type Begun, decisionsBody } from "./pages/decisions.ts";
import { evidencePanel, piecesOf } from "./pages/evidence.ts";
import { alarmsBody, inboxBody, type ReviewReason, reviewReasons } from "./pages/inbox.ts";
import { entriesFile, recordBody } from "./pages/record.ts";
import { recallRoutes } from "./routes-recall.ts";
import type { KeptEntry, Review } from "./store.ts";

export const qaRoutes: readonly QaRoute[] = [
  look("/", async (counter, call) => {
    const state = await counter.office.look();
    return page(counter, call, state, "inbox", "Inbox", inboxBody(state, call.viewer, call.fields["page"]));
  }),
  look("/alarms", async (counter, call) => {
    const state = await counter.office.look();
    return page(counter, call, state, "alarms", "Alarms", alarmsBody(state, call.viewer, call.fields["page"]));
  }),
  look("/cells", async (counter, call) => {
    const state = await counter.office.look();
    return page(counter, call, state, "cells", "Cells", cellsBody(state, call.fields["page"]));
  }),
  look("/cells/:cell", async (counter, call) => {
    const state = await counter.office.look();
    const standing = state.cells.find(({ cell }) => cell.id === call.params["cell"]);
    if (!standing) return { kind: "absent" };
    return page(counter, call, state, "cells", standing.cell.title, cellBody(standing, state.now, call.fields["page"]));
  }),
  look("/cells/:cell/jobs/:job", async (counter, call) => {
    const found = await jobIn(counter, call);
    if (found === null) return { kind: "absent" };
    const { state, job, records } = found;
    const bodies: Html[] = [];
    for (const { standing, entries } of records) {
      const pieces = counter.shelf && (await piecesOf(counter.shelf, standing, entries));
      const evidence = evidencePanel(standing, job, pieces, call.viewer);
      if (records.length > 1) bodies.push(html`<h2>In the log ${standing.log.origin}</h2>`);
      bodies.push(recordBody(standing, job, entries, counter.describe, { evidence, page: call.fields["page"] }));
    }
    const body = html`${bodies}`;
    return page(counter, call, state, "cells", `Record of job ${job}`, body);
  }),
  look("/cells/:cell/jobs/:job/entries.json", async (counter, call) => {
    const found = await jobIn(counter, call);
    if (found === null) return { kind: "absent" };
    const { job, records } = found;
    const asked = call.fields["log"] ?? records[0]?.standing.log.origin;
    const record = records.find(({ standing }) => standing.log.origin === asked);
    if (record === undefined) return { kind: "absent" };
    return { kind: "file", name: `${job}.entries.json`, value: entriesFile(record.standing, job, record.entries) };
  }),
  look("/decisions", async (counter, call) => {
    const state = await counter.office.look();
    return page(
      counter,
      call,
      state,
      "decisions",
      "Decisions",
      decisionsBody(state, call.viewer, begunIn(call), call.fields["page"]),
    );
  }),
  { method: "POST", url: "/decisions", access: "qa", guess: true, handle: decide },
  { method: "POST", url: "/reviews", access: "qa", guess: false, handle: review },
  ...recallRoutes,
];

/** The job's record in each log of the cell that has it, the oldest first; a continued log closes jobs of the one before. */
async function jobIn({ office, store }: Counter, { params }: Call) {
  const state = await office.look();
  const standing = state.cells.find(({ cell }) => cell.id === params["cell"]);
  const job = (params["job"] ?? "") as JobId;
  if (standing === undefined) return null;
  const records: { readonly standing: CellStanding; readonly entries: readonly KeptEntry[] }[] = [];
  for (const { log, view, releases } of [...standing.past, standing]) {
    if (!view.jobs.has(job)) continue;
    const entries = await store.jobEntries(log.origin, job);
    records.push({ standing: { ...standing, log, view, releases }, entries });
  }
  return records.length === 0 ? null : { state, job, records };
}

const decisionForm = z.object({
  cell: z.string().max(64),
  action: z.enum(actions as [Action, ...Action[]]),
  kind: z.enum(targetKinds as [(typeof targetKinds)[number], ...(typeof targetKinds)[number][]]),
  id: z.string().trim().min(1).max(128),
  reason: z.enum(Object.keys(decisionReasons) as [DecisionReason, ...DecisionReason[]]),
  password: z.string().min(1).max(128),
});

/** A decision is signed only under the password typed again, whoever holds the session (21 CFR 11.200). */
async function decide(counter: Counter, call: Call): Promise<Answer> {
  const state = await counter.office.look();
  const refuse = (status: number, said: string): Answer => {
    const body = decisionsBody(state, call.viewer, begunIn(call), call.fields["page"]);
    return page(counter, call, state, "decisions", "Decisions", body, said, status);
  };
  const form = decisionForm.safeParse(call.fields);
  const standing = form.success ? state.cells.find(({ cell }) => cell.id === form.data.cell) : undefined;
  if (!form.success || standing === undefined) return refuse(400, "The decision is not complete: fill in every field.");
  const { action, kind, id, reason, password } = form.data;
  const wrong = wrongAsk({ action, reason }, kind) ?? wrongTarget(kind, id);
  if (wrong !== null) return refuse(400, wrong);
  const target = targetOf(kind, id, standing.cell);
  if (target === null) return refuse(400, `The cell itself is named ${standing.cell.id}, not ${id}.`);
  const unsigned = await signAgain(counter, call, password);
  if (unsigned !== null) return refuse(unsigned.status, unsigned.said);
  const { origin } = standing.cell;
  await counter.decide([{ origin, action, target, reason, person: call.person }]);
  return { kind: "go", to: "/decisions" };
}

async function review(counter: Counter, call: Call): Promise<Answer> {
  const { item = "", reason = "" } = call.fields;
  const state = await counter.office.look();
  const known = state.items.some(({ id, review: done }) => id === item && done === null);
  if (!known || !Object.hasOwn(reviewReasons, reason)) {
    const said = "This is not in the inbox any more: it has changed, or somebody has looked at it.";
    return page(counter, call, state, "inbox", "Inbox", inboxBody(state, call.viewer, call.fields["page"]), said, 409);
  }
  const word: Review = { item, person: call.person, reason: reason as ReviewReason, at: counter.now() };
  await counter.store.keepReview(word);
  return { kind: "go", to: "/" };
}

function begunIn({ fields }: Call): Begun {
  const { cell, action, kind, id, reason } = fields;
  return { cell, action, kind, id, reason };
}
