/** What a person does at the panel; the core decides on each, and nothing here can make anything move by itself. */

import type { z } from "zod";
import { meanings } from "../../jobs/decide/disposition.ts";
import { findJob } from "../../jobs/state.ts";
import type { AttemptId, EquipmentId, JobId, NonconformityId, OperationId } from "../../kernel/names.ts";
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
import { type Answer, by, type Call, problem, type Route, route, say } from "../route.ts";
import { signed } from "./signing.ts";

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
    url: "/api/machines/:equipment/looked-into",
    access: "session",
    params: ofMachine,
    body: nothing,
    handle: (call) => {
      const equipment = call.params.equipment as EquipmentId;
      return say(call.desk, { kind: "declare-looked-into", equipment, person: by(call) });
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

/** A second person signs what is decided about a nonconformity. */
async function signDisposition(call: Call<z.infer<typeof ofJob>, z.infer<typeof dispose>>): Promise<Answer> {
  const { desk, body } = call;
  const { disposition, reason } = body;
  const job = call.params.job as JobId;
  if (!findJob(desk.controller.state(), job)) return problem(404, "unknown-job", "There is no such job in this cell.");
  const nonconformity = body.nonconformity as NonconformityId;
  return signed(desk, body, job, meanings[disposition], (approval) =>
    say(desk, { kind: "dispose", job, nonconformity, disposition, reason, approval }),
  );
}
