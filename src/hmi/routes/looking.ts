/** What the screens read: the cell, its jobs, and what a signature will be about. */

import { meanings, shownForDisposition } from "../../jobs/decide/disposition.ts";
import { findJob } from "../../jobs/state.ts";
import { nothing, ofJob, ofNonconformity, shownQuery } from "../requests.ts";
import { good, problem, type Route, route } from "../route.ts";
import { cellView, jobLine, jobView } from "../views.ts";
import { shownView } from "./signing.ts";

const noJob = () => problem(404, "unknown-job", "There is no such job in this cell.");

export const lookingRoutes: readonly Route[] = [
  route({
    method: "GET",
    url: "/api/cell",
    access: "session",
    params: nothing,
    body: nothing,
    handle: ({ desk, person }) => good(cellView(desk.controller.state(), desk.looks(person))),
  }),
  route({
    method: "GET",
    url: "/api/jobs",
    access: "session",
    params: nothing,
    body: nothing,
    handle: ({ desk, person }) => {
      const state = desk.controller.state();
      return good(Object.values(state.jobs).map((job) => jobLine(state, job, desk.looks(person))));
    },
  }),
  route({
    method: "GET",
    url: "/api/jobs/:job",
    access: "session",
    params: ofJob,
    body: nothing,
    handle: async ({ desk, person, params }) => {
      const job = await desk.readJob(params.job);
      return job ? good(jobView(desk.controller.state(), job, desk.looks(person))) : noJob();
    },
  }),
  route({
    method: "GET",
    url: "/api/jobs/:job/nonconformities/:nonconformity/shown",
    access: "session",
    params: ofNonconformity,
    body: shownQuery,
    handle: ({ desk, params, body }) => {
      const job = findJob(desk.controller.state(), params.job);
      const nonconformity = job?.nonconformities.find((each) => each.id === params.nonconformity);
      if (!job || !nonconformity) return noJob();
      const facts = shownForDisposition(job, nonconformity, body.disposition, body.reason);
      return good(shownView(desk, facts, meanings[body.disposition]));
    },
  }),
];
