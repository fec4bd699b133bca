/** Acknowledging and shelving what stands on the page; an alarm that has gone meanwhile is nobody's any more. */
import { z } from "zod";
import { mostShelvedMs, type ShelvingReason, shelvingReasons } from "../../jobs/alarm-deeds.ts";
import { alarmsOf } from "../alarms.ts";
import { type Answer, by, type Call, problem, type Route, route, say } from "../route.ts";

const alarm = z.string().min(1).max(300);
const reasons = Object.keys(shelvingReasons) as [ShelvingReason, ...ShelvingReason[]];
const none = z.strictObject({});
const acknowledging = z.strictObject({ alarm });
const shelving = z.strictObject({
  alarm,
  reason: z.enum(reasons),
  minutes: z
    .number()
    .int()
    .min(1)
    .max(mostShelvedMs / 60_000),
});

/** What people do about alarms. */
export const alarmRoutes: readonly Route[] = [
  route({
    method: "POST",
    url: "/api/alarms/acknowledge",
    access: "session",
    params: none,
    body: acknowledging,
    handle: (call) => {
      const found = standing(call);
      if (found === undefined) return gone;
      return say(call.desk, { kind: "acknowledge-alarm", alarm: found.key, what: found.what, person: by(call) });
    },
  }),
  route({
    method: "POST",
    url: "/api/alarms/shelve",
    access: "session",
    params: none,
    body: shelving,
    handle: (call) => {
      const found = standing(call);
      if (found === undefined) return gone;
      const { reason, minutes } = call.body;
      const { key, what, priority } = found;
      const forMs = minutes * 60_000;
      return say(call.desk, { kind: "shelve-alarm", alarm: key, what, priority, reason, forMs, person: by(call) });
    },
  }),
  route({
    method: "POST",
    url: "/api/alarms/unshelve",
    access: "session",
    params: none,
    body: acknowledging,
    handle: (call) => say(call.desk, { kind: "unshelve-alarm", alarm: call.body.alarm, person: by(call) }),
  }),
];

const gone: Answer = problem(
  409,
  "alarm-gone",
  "This alarm does not stand any more.",
  "There is nothing to do about it.",
);

function standing({ body, desk, person }: Call<unknown, { readonly alarm: string }>) {
  const { sync, at, evidenceToQa } = desk.looks(person);
  return alarmsOf(desk.controller.state(), sync, at, evidenceToQa).find(
    ({ key, single }) => single && key === body.alarm,
  );
}
