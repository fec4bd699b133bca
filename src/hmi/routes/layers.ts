/** What is asked about the layers of a build: one with its picture and report, all at a glance, findings in space, builds alike. */
import type { Digest } from "../../kernel/names.ts";
import type { AlikeView, LayerValuesView } from "../api-layers.ts";
import { layerView } from "../evidence.ts";
import type { AttemptRecord, BuildFacts } from "../journal.ts";
import { findingsView, layersView, readLayer, readValues, trendsView } from "../layers.ts";
import { withoutErased } from "../looks.ts";
import { nothing, ofAttempt, ofLayer, pictureQuery } from "../requests.ts";
import { type Answer, type Call, type Desk, good, problem, type Route, route } from "../route.ts";

const noPicture = (what: string) => problem(404, "no-picture", what, "Without a picture the layer counts as not seen.");
const notSeen = () =>
  problem(404, "no-report", "No picture of this layer was taken.", "A layer without one counts as not seen.");
const noBuild = () => problem(404, "unknown-build", "No build of this name was made in this cell.");

/** Other builds that one can be compared with. */
const mostAlike = 12;

type Of = { readonly attempt: string };

export const layerRoutes: readonly Route[] = [
  route({
    method: "GET",
    url: "/api/attempts/:attempt/layers/:layer/picture",
    access: "session",
    params: ofLayer,
    body: pictureQuery,
    handle: async ({ desk, params, body }) => {
      const record = await layerOf(desk, params);
      const wanted = body.frame ?? record?.frame;
      const known = record === null ? [] : [record.frame, ...record.views.map((each) => each.frame)];
      const digest = known.find((each) => each === wanted);
      if (digest === undefined) return noPicture("No picture of this layer is here.");
      const frame = await desk.evidence.get(digest);
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
      const record = await layerOf(desk, params);
      if (!record) return notSeen();
      const stored = async (digest: Digest) => {
        const found = await desk.evidence.get(digest);
        return found.ok ? found.value : null;
      };
      return good(await layerView(record, stored));
    },
  }),
  route({
    method: "GET",
    url: "/api/attempts/:attempt/layers/:layer/values",
    access: "session",
    params: ofLayer,
    body: nothing,
    handle: async ({ desk, params }) => {
      const record = await desk.readAttempt(params.attempt);
      if (!record?.build) return noBuild();
      const { attempt, layer } = params;
      const view: LayerValuesView = { attempt, layer, values: await readValues(desk.history, record.layers, layer) };
      return good(view);
    },
  }),
  route({
    method: "GET",
    url: "/api/attempts/:attempt/layers",
    access: "session",
    params: ofAttempt,
    body: nothing,
    handle: (call) => ofBuild(call, (build, record) => viewOf(call, call.params.attempt, build, record)),
  }),
  route({
    method: "GET",
    url: "/api/attempts/:attempt/findings",
    access: "session",
    params: ofAttempt,
    body: nothing,
    handle: (call) =>
      ofBuild(call, (build, record) => findingsView(call.desk.history, call.params.attempt, build, record)),
  }),
  route({
    method: "GET",
    url: "/api/attempts/:attempt/values",
    access: "session",
    params: ofAttempt,
    body: nothing,
    handle: (call) => ofBuild(call, (_, record) => trendsView(call.desk.history, call.params.attempt, record)),
  }),
  route({
    method: "GET",
    url: "/api/attempts/:attempt/alike",
    access: "session",
    params: ofAttempt,
    body: nothing,
    handle: (call) =>
      ofBuild(call, (): AlikeView => {
        const others = call.desk.journal.alike(call.params.attempt).slice(0, mostAlike);
        return {
          attempt: call.params.attempt,
          others: others.flatMap(([id, record]) => (record.build ? [viewOf(call, id, record.build, record)] : [])),
        };
      }),
  }),
];

async function layerOf(desk: Desk, { attempt, layer }: Of & { readonly layer: number }) {
  const record = await desk.readAttempt(attempt);
  return record && readLayer(desk.history, record.layers, layer);
}

async function ofBuild(
  { desk, params }: Call<Of, unknown>,
  view: (build: BuildFacts, record: AttemptRecord) => unknown,
): Promise<Answer> {
  const record = await desk.readAttempt(params.attempt);
  return record?.build ? good(await view(record.build, record)) : noBuild();
}

function viewOf({ desk, person }: Call<Of, unknown>, attempt: string, build: BuildFacts, record: AttemptRecord) {
  const looks = withoutErased(desk.controller.state(), build.job, desk.looks(person));
  return layersView(attempt, build, record, looks);
}
