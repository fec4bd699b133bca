/** The release: what is missing, exactly what is signed, the signature of a second person; and the records that ended. */
import { omissionsOf } from "../../jobs/decide/releasing.ts";
import { releaseMeaning, shownForRelease } from "../../jobs/record/summary.ts";
import { findJob } from "../../jobs/state.ts";
import { nextOperation, nextUnit } from "../../jobs/units.ts";
import type { JobId } from "../../kernel/names.ts";
import type { ReleaseView } from "../api-route.ts";
import { recordsView } from "../record-views.ts";
import { nothing, ofJob, recordsQuery, releasing } from "../requests.ts";
import { good, problem, type Route, route, say } from "../route.ts";
import { shownView, signed } from "./signing.ts";

const noJob = () => problem(404, "unknown-job", "There is no such job in this cell.");

export const releasingRoutes: readonly Route[] = [
  route({
    method: "GET",
    url: "/api/jobs/:job/release",
    access: "session",
    params: ofJob,
    body: nothing,
    handle: ({ desk, params }) => {
      const state = desk.controller.state();
      const job = findJob(state, params.job);
      if (!job) return noJob();
      const [unit, next] = [nextUnit(job), nextOperation(job)];
      if (job.ended || unit === null || next?.kind !== "release") {
        const what =
          next && !job.ended ? `The next step is ${next.title}, not the release.` : "Nothing waits for a release.";
        return problem(409, "out-of-order", what);
      }
      const view: ReleaseView = {
        unit: unit.number,
        omissions: omissionsOf(state, job, unit.number),
        shown: shownView(desk, shownForRelease(job.record, unit.number), releaseMeaning),
      };
      return good(view);
    },
  }),
  route({
    method: "POST",
    url: "/api/jobs/:job/release",
    access: "session",
    limit: "guess",
    params: ofJob,
    body: releasing,
    handle: async ({ desk, params, body }) => {
      const job = params.job as JobId;
      if (!findJob(desk.controller.state(), job)) return noJob();
      return signed(desk, body, job, releaseMeaning, (approval) =>
        say(desk, { kind: "release", job, unit: body.unit, approval }),
      );
    },
  }),
  route({
    method: "GET",
    url: "/api/records",
    access: "session",
    params: nothing,
    body: recordsQuery,
    handle: ({ desk, person, body }) => good(recordsView(desk.controller.state(), desk.looks(person), body.page ?? 0)),
  }),
];
