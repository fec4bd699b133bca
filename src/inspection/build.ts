/** A build under inspection: its layers, its reference and the frames seen; judges one frame at a time. */
import type { Fault } from "../equipment/machine.ts";
import { digestOf, digestOfValue } from "../kernel/hash.ts";
import type { Digest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { planToolpath } from "../toolpath/plan.ts";
import { createStrandReader } from "../toolpath/strands.ts";
import { plantCanary } from "./canary.ts";
import { conclude, type TileOutput } from "./conclude.ts";
import type { LayerPlan } from "./expected.ts";
import { gate } from "./gate.ts";
import type { AcceptedFrame, Build, InspectionRequest } from "./inspector.ts";
import { type Accepted, type LayerParts, prepare, type Rules } from "./judge.ts";
import { partsMade, partsOf } from "./parts.ts";
import type { Picture } from "./picture.ts";
import { register } from "./registration.ts";
import type { InspectionReport } from "./report.ts";
import type { CameraSetup } from "./setup.ts";

/** What the build needs of the world: a decoder, the network and a clock for the stage times. */
export interface Tools {
  decode(bytes: Uint8Array): Promise<Result<Picture, Fault>>;
  readonly modelDigest: Digest;
  infer(input: Float32Array): Promise<Float32Array | null>;
  lap(): number;
}

/** One build in hand. */
export interface BuildInHand<Q = InspectionRequest, R = InspectionReport> {
  inspect(request: Q): Promise<Result<R, Fault>>;
  accept(accepted: AcceptedFrame): Promise<Fault | null>;
}

/** Opens a build: reads its program, and its reference picture (the last accepted frame, else the empty plate). */
export async function openBuild(build: Build, tools: Tools): Promise<Result<BuildInHand, Fault>> {
  const plans = layersOf(build);
  if (!plans.ok) return plans;
  const rules: Rules = { setup: build.setup, limits: build.limits };
  const fixed = {
    setup: digestOfValue(build.setup),
    limits: digestOfValue(build.limits),
    model: tools.modelDigest,
  };
  const seen = new Set<Digest>(build.seen);
  const start = await referenceOf(build.accepted ?? { layer: 0, frame: build.emptyPlate }, plans.value, rules, tools);
  if (!start.ok) return start;
  let reference = start.value;
  return ok({
    async inspect(request) {
      const plan = plans.value.layer(request.layer);
      if (plan === null) return err(noLayer(request.layer));
      const begun = tools.lap();
      const picture = await tools.decode(request.frame);
      if (!picture.ok) return picture;
      const decoded = tools.lap();
      const digest = digestOf(request.frame);
      const { attempt, take, markedAt, requestedAt, receivedAt, exposureStart } = request;
      const planBefore = plans.value.layer(request.layer - 1);
      const times = { markedAt, requestedAt, receivedAt, exposureStart };
      const parts = plans.value.parts(request.layer);
      const subject = { attempt, take, plan, planBefore, parts, digest, picture: picture.value, ...times };
      const prepared = prepare(subject, reference, seen, rules, tools.lap);
      seen.add(digest);
      const before = tools.lap();
      const outputs: TileOutput[] = [];
      for (const { input, canary } of prepared.tiles) {
        const classes = (await tools.infer(input)) ?? new Float32Array();
        outputs.push({ classes, canary: canary === null ? null : await tools.infer(plantCanary(input, canary)) });
      }
      const judged = tools.lap();
      const report = conclude(prepared, outputs, fixed, rules);
      const { registration } = prepared;
      if (report.verdict === "pass" && registration?.ok === true) {
        const { lens } = registration;
        reference = {
          digest,
          layer: plan.layer,
          top_mm: plan.top_mm,
          picture: picture.value,
          lens,
          gain: prepared.gate.gain,
        };
      }
      const stageMs = {
        decode: decoded - begun,
        ...report.stageMs,
        network: judged - before,
        report: tools.lap() - judged,
      };
      return ok({ ...report, stageMs });
    },
    async accept(accepted) {
      const next = await referenceOf(accepted, plans.value, rules, tools);
      if (!next.ok) return next.error;
      reference = next.value;
      seen.add(next.value.digest);
      return null;
    },
  });
}

interface Layers {
  /** The plan of a layer (1-based), or null where the program has no such layer. */
  layer(layer: number): LayerPlan | null;
  /** The parts that it adds to, among all of the build; null where the recipe does not tell them apart. */
  parts(layer: number): LayerParts | null;
}

function layersOf(build: Build): Result<Layers, Fault> {
  const plan = planToolpath(build.program, build.recipe);
  if (!plan.ok) {
    return err({
      code: "program-unreadable",
      what: `The layers of the program cannot be read: ${plan.error[0]?.what ?? "it was refused"}`,
      remedy: "Have the design authority issue the program again.",
    });
  }
  const reader = createStrandReader(build.program, plan.value, build.recipe.guard);
  const layers = plan.value.layers;
  const { plate } = build.setup;
  const judged = (layer: number) => reader.strands(layer).filter((strand) => isJudged(strand, plate));
  const parts =
    build.limits.parts === undefined
      ? null
      : partsOf(
          layers.keys().map((at) => judged(at + 1)),
          plate,
        );
  return ok({
    layer(layer) {
      const entry = layers[layer - 1];
      if (entry === undefined) return null;
      const strands = judged(layer).map(({ x0, y0, x1, y1, width_mm }) => ({ x0, y0, x1, y1, width: width_mm }));
      return { layer, top_mm: entry.z_mm, height_mm: entry.height_mm, strands };
    },
    parts: (layer) => (parts === null ? null : { all: parts, made: partsMade(parts, judged(layer)) }),
  });
}

/** What is laid down beside the judged part of the plate (a priming line at its rim) is no part of the device. */
function isJudged(
  { x0, y0, x1, y1 }: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number },
  plate: CameraSetup["plate"],
): boolean {
  const acrossX = Math.max(x0, x1) >= plate.x0_mm && Math.min(x0, x1) <= plate.x1_mm;
  return acrossX && Math.max(y0, y1) >= plate.y0_mm && Math.min(y0, y1) <= plate.y1_mm;
}

async function referenceOf(
  { layer, frame }: AcceptedFrame,
  layers: Layers,
  rules: Rules,
  tools: Tools,
): Promise<Result<Accepted, Fault>> {
  const plan = layer === 0 ? null : layers.layer(layer);
  if (layer !== 0 && plan === null) return err(noLayer(layer));
  const picture = await tools.decode(frame);
  if (!picture.ok) return picture;
  const checked = gate(picture.value, rules.setup, null);
  const placed = checked.grade === "unusable" ? null : register(picture.value, rules.setup);
  if (placed === null || !placed.ok) {
    return err({
      code: "reference-unusable",
      what: `The picture to compare with cannot be used: ${placed?.reason ?? checked.reasons.join("; ")}.`,
      remedy: "Put the camera and the lamp right and take the picture again.",
    });
  }
  const digest = digestOf(frame);
  return ok({
    digest,
    layer,
    top_mm: plan?.top_mm ?? 0,
    picture: picture.value,
    lens: placed.lens,
    gain: checked.gain,
  });
}

function noLayer(layer: number): Fault {
  return {
    code: "no-such-layer",
    what: `The program has no layer ${layer}.`,
    remedy: "The machine and the record disagree about the layer: stop the job and have it checked.",
  };
}
