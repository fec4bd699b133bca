/** What the screens read: the cell, its jobs, a layer's picture and report, and what a signature will be about. */

import { meanings, shownForDisposition } from "../../jobs/decide/disposition.ts";
import { findJob } from "../../jobs/state.ts";
import { layerView } from "../evidence.ts";
import { nothing, ofJob, ofLayer, ofNonconformity, pictureQuery, shownQuery } from "../requests.ts";
import { good, problem, type Route, route } from "../route.ts";
import { cellView, jobLine, jobView } from "../views.ts";
import { shownView } from "./signing.ts";

const noJob = () => problem(404, "unknown-job", "There is no such job in this cell.");
const noPicture = (what: string) => problem(404, "no-picture", what, "Without a picture the layer counts as not seen.");

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
  route({
    method: "GET",
    url: "/api/attempts/:attempt/layers/:layer/picture",
    access: "session",
    params: ofLayer,
    body: pictureQuery,
    handle: async ({ desk, params, body }) => {
      const record = desk.journal.attempt(params.attempt)?.layers.get(params.layer);
      if (!record || (body.frame && body.frame !== record.frame)) return noPicture("No picture of this layer is here.");
      const frame = await desk.evidence.get(record.frame);
      if (!frame.ok) return noPicture(`The picture of this layer is ${frame.error}.`);
      const isJpeg = frame.value[0] === 0xff && frame.value[1] === 0xd8;
      if (!isJpeg) return noPicture("What is stored is not a picture.");
      return { status: 200, type: "image/jpeg", bytes: frame.value };
    },
  }),
  route({
    method: "GET",
    url: "/api/attempts/:attempt/layers/:layer/report",
    access: "session",
    params: ofLayer,
    body: nothing,
    handle: async ({ desk, params }) => {
      const record = desk.journal.attempt(params.attempt)?.layers.get(params.layer);
      if (!record) return problem(404, "no-report", "Nothing is known of this layer.");
      const full = record.report ? await desk.evidence.get(record.report.evidence) : null;
      return good(layerView(record, full?.ok ? full.value : null));
    },
  }),
];
