/** What a person does at the panel; the core decides on each, and nothing here can make anything move by itself. */

import type { z } from "zod";
import { meanings } from "../../jobs/decide/disposition.ts";
import { findJob } from "../../jobs/state.ts";
import type {
  AttemptId,
  Digest,
  EquipmentId,
  JobId,
  NonconformityId,
  OperationId,
  PersonId,
} from "../../kernel/names.ts";
import {
  cancelling,
  dispose,
  holding,
  identity,
  nothing,
  ofAttempt,
  ofJob,
  ofMachine,
  start,
  stopping,
} from "../requests.ts";
import { type Answer, type Call, problem, type Route, route, say } from "../route.ts";
import { authenticate, refused } from "./access.ts";

/** Routes of a session always have a person; the server has refused everybody else. */
const by = (call: { readonly person: PersonId | null }) => call.person as PersonId;

export const doingRoutes: readonly Route[] = [
  route({
    method: "POST",
    url: "/api/jobs/:job/identity",
    access: "session",
    limit: "guess",
    params: ofJob,
    body: identity,
    handle: confirmIdentity,
  }),
  route({
    method: "POST",
    url: "/api/machines/:equipment/plate-clear",
    access: "session",
    params: ofMachine,
    body: nothing,
    handle: (call) => {
      const equipment = call.params.equipment as EquipmentId;
      return say(call.desk, { kind: "declare-plate-clear", equipment, person: by(call) });
    },
  }),
  route({
    method: "POST",
    url: "/api/jobs/:job/start",
    access: "session",
    params: ofJob,
    body: start,
    handle: (call) => {
      const [job, operation] = [call.params.job as JobId, call.body.operation as OperationId];
      return say(call.desk, { kind: "start", job, operation, person: by(call) });
    },
  }),
  route({
    method: "POST",
    url: "/api/jobs/:job/cancel",
    access: "session",
    params: ofJob,
    body: cancelling,
    handle: (call) =>
      say(call.desk, { kind: "cancel-job", job: call.params.job as JobId, person: by(call), why: call.body.why }),
  }),
  route({
    method: "POST",
    url: "/api/jobs/:job/dispositions",
    access: "session",
    limit: "guess",
    params: ofJob,
    body: dispose,
    handle: signDisposition,
  }),
  ...(
    [
      ["hold", holding],
      ["stop", stopping],
    ] as const
  ).map(([kind, body]) =>
    route({
      method: "POST",
      url: `/api/attempts/:attempt/${kind}`,
      access: "session",
      limit: "never",
      params: ofAttempt,
      body,
      handle: (call) =>
        say(call.desk, { kind, attempt: call.params.attempt as AttemptId, person: by(call), why: call.body.why }),
    }),
  ),
  ...(["look-again", "resume"] as const).map((kind) =>
    route({
      method: "POST",
      url: `/api/attempts/:attempt/${kind}`,
      access: "session",
      params: ofAttempt,
      body: nothing,
      handle: (call) => say(call.desk, { kind, attempt: call.params.attempt as AttemptId, person: by(call) }),
    }),
  ),
];

/** What was typed ends here: only its HMACs go on. */
async function confirmIdentity(call: Call<z.infer<typeof ofJob>, z.infer<typeof identity>>): Promise<Answer> {
  const { desk, body } = call;
  const job = call.params.job as JobId;
  if (!findJob(desk.controller.state(), job)) return problem(404, "unknown-job", "There is no such job in this cell.");
  const [first, second] = await Promise.all(
    body.identifiers.map((text) => desk.sealing.identifierHmac(job, text.trim())),
  );
  if (!first || !second) {
    const what = "The cell has no key to compare this order's identifiers with.";
    return problem(409, "no-order-key", what, "Ask the design authority to send the order again.");
  }
  return say(desk, { kind: "confirm-identity", job, person: by(call), hmacs: [first, second], side: body.side });
}

/** A second person signs with name and password; whoever is signed in stays signed in (R11). */
async function signDisposition(call: Call<z.infer<typeof ofJob>, z.infer<typeof dispose>>): Promise<Answer> {
  const { desk, body } = call;
  const job = call.params.job as JobId;
  if (!findJob(desk.controller.state(), job)) return problem(404, "unknown-job", "There is no such job in this cell.");
  const outcome = await authenticate(desk, body.name, body.password);
  if (outcome.outcome !== "accepted") {
    const answer = refused(outcome);
    // Not 401: the session of whoever is signed in is not in question.
    return { ...answer, status: answer.status === 401 ? 403 : answer.status } as Answer;
  }
  const { member } = outcome;
  const approval = {
    person: member.person,
    name: await desk.sealing.seal(job, member.name),
    at: desk.clock.now(),
    meaning: meanings[body.disposition],
    shown: body.shown as Digest,
  };
  const nonconformity = body.nonconformity as NonconformityId;
  return say(desk, {
    kind: "dispose",
    job,
    nonconformity,
    disposition: body.disposition,
    reason: body.reason,
    approval,
  });
}
