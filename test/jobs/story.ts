/** Tells a story to the core, message by message, without cell, ledger or clock. */
import type { Observation } from "../../src/equipment/machine.ts";
import { decide } from "../../src/jobs/decide/decide.ts";
import type { Decision } from "../../src/jobs/decide/draft.ts";
import type { Event } from "../../src/jobs/event.ts";
import type { Message } from "../../src/jobs/message.ts";
import { type Obligation, obligations } from "../../src/jobs/obligations.ts";
import type { JobOrder } from "../../src/jobs/order.ts";
import type { LayerReport } from "../../src/jobs/report.ts";
import type { Setup } from "../../src/jobs/setup.ts";
import { type Attempt, emptyState, type State } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { AttemptId, Digest, EquipmentId, JobId, OperationId, PersonId } from "../../src/kernel/names.ts";
import { testModel } from "./models.ts";

export const printer = "printer-1" as EquipmentId;
export const job = "J1" as JobId;
export const firstAttempt = "J1-A1" as AttemptId;
export const tina = "tina" as PersonId;
export const quentin = "quentin" as PersonId;
export const digest = (text: string): Digest => digestOfValue(text);

export const order: JobOrder = {
  id: job,
  title: "Guide",
  pseudonym: "CASE-1",
  identifierHmacs: ["first", "second"],
  side: "left",
  source: digest("source"),
  recipe: digest("recipe"),
  pathway: "demonstration",
  lineage: { scan: "S1", segmentation: "G1", design: "D1", revision: 1, approver: "A1", predecessor: null },
  signatures: [
    { role: "design-authority", key: "design.example" },
    { role: "clinical-release", key: "clinic.example" },
  ],
  supersedes: null,
  gtin: "09506000134352",
  copies: 1,
  notBefore: 0,
  expires: 1_000_000,
  nonce: "nonce-1",
  route: [
    {
      kind: "build",
      id: "print" as OperationId,
      title: "Print",
      equipment: printer,
      program: digest("program"),
      layersPlanned: 3,
      lag: 0,
      materials: [],
    },
  ],
};

export interface Story {
  state: State;
  at: number;
  /** Everything that became true so far. */
  readonly events: Event[];
  /** When each of them did. */
  readonly times: number[];
  tell(message: Message): Decision;
  observe(observation: Observation): Decision;
  owed(): readonly Obligation[];
  attempt(): Attempt;
}

/** A booted cell with two people, its printer online and one order. */
export function cellWithOrder(change: Partial<JobOrder> = {}, setup: Partial<Setup> = {}, model = testModel): Story {
  const story: Story = {
    state: emptyState,
    at: 1_000,
    events: [],
    times: [],
    tell(message) {
      story.at += 10;
      const decision = decide(story.state, { at: story.at, mono: story.at, id: `m${story.at}`, message });
      story.state = decision.state;
      story.events.push(...decision.events);
      story.times.push(...decision.events.map(() => story.at));
      return decision;
    },
    observe: (observation) => story.tell({ kind: "observed", equipment: printer, observation }),
    owed: () => obligations(story.state),
    attempt: () => story.state.jobs[job]!.attempts.at(-1)!,
  };
  boot(story, "driver", setup, model);
  story.tell({ kind: "enrol", person: tina, roles: ["technician"] });
  story.tell({ kind: "enrol", person: quentin, roles: ["qa"] });
  story.tell({ kind: "accept-order", order: { ...order, ...change } });
  return story;
}

/** A start of the controller, with the printer online and the eye open. */
export function boot(
  story: Story,
  onHostLoss: "driver" | "none" = "driver",
  setup: Partial<Setup> = {},
  model = testModel,
): void {
  story.tell({
    kind: "boot",
    shippedModel: model,
    boot: `boot-${story.at}`,
    versions: {
      software: "test",
      softwareDigest: digest("software"),
      configDigest: digest("config"),
      ...{ modelDigest: model.model, modelManifest: model.manifest },
      cameraDigest: null,
      runtime: "test",
    },
    setup: {
      cell: "cell-1",
      equipment: [{ id: printer, title: "Printer", serial: "S1", onHostLoss }],
      presenceValidMs: 60_000,
      takesAllowed: 3,
      demonstration: true,
      materials: [],
      ...setup,
    },
  });
  const identity = { vendor: "v", model: "m", serial: "S1", firmware: "f", simulated: true };
  story.observe({ kind: "online", identity });
  const status = { ready: true, what: "ready", calibration: null };
  const views = setup.cameras?.map(({ id }) => ({ ...status, camera: id }));
  story.tell({ kind: "inspection-status", ready: true, what: "ready", ...(views && { views }) });
}

/** Opens every gate but the start itself. */
export function prepare(story: Story, views: Views = {}): void {
  story.tell({ kind: "confirm-identity", job, person: tina, hmacs: ["first", "second"], side: "left" });
  clearPlate(story, true, views);
  present(story);
}

export function clearPlate(story: Story, clear = true, views: Views = {}): void {
  story.tell({ kind: "declare-plate-clear", equipment: printer, person: tina });
  seePlate(story, clear, views);
}

/** What further cameras say of a plate. */
export type Views = Pick<Extract<Message, { kind: "plate-checked" }>, "views">;

/** The camera's answer to the plate check in progress. */
export function seePlate(story: Story, clear: boolean, views: Views = {}): void {
  const check = story.state.equipment[printer]!.plateCheck!;
  const what = clear ? "clear" : "a part";
  story.tell({ kind: "plate-checked", equipment: printer, check, clear, what, frame: null, ...views });
}

export function present(story: Story): void {
  story.tell({ kind: "prove-presence", job, device: "scanner", proof: `proof-${story.at}` });
}

export function start(story: Story): Decision {
  return story.tell({ kind: "start", job, operation: "print" as OperationId, person: tina });
}

/** A started attempt whose machine has begun. */
export function begin(story: Story, views: Views = {}): void {
  prepare(story, views);
  start(story);
  seePlate(story, true, views);
  answer(story, "begin");
}

export function answer(
  story: Story,
  directive: "begin" | "proceed" | "hold" | "abort",
  kind: "done" | "unknown" = "done",
): void {
  const fault = { code: "x", what: "x", remedy: "x" };
  const { id, released } = story.attempt();
  const said = kind === "done" ? ({ kind } as const) : ({ kind, fault } as const);
  story.tell({ kind: "answered", equipment: printer, attempt: id, directive, layer: released, answer: said });
}

export function layerDone(story: Story, layer: number): void {
  const nothing = { min: 0, max: 0 };
  const summary = { hotend: nothing, bed: nothing, durationMs: 1, resends: 0, markedAt: story.at };
  story.observe({ kind: "layer-done", attempt: story.attempt().id, layer, summary });
}

export function capture(story: Story, layer: number, requestedAt = story.at): Digest {
  const attempt = story.attempt();
  const take = attempt.looks.find((look) => look.layer === layer)?.take ?? 1;
  const frame = digest(`${attempt.id}/${layer}/${take}`);
  const times = { requestedAt, receivedAt: story.at, exposureStart: requestedAt };
  story.tell({ kind: "captured", attempt: attempt.id, layer, take, frame, ...times });
  return frame;
}

export function report(frame: Digest, change: Partial<LayerReport> = {}): LayerReport {
  const [expected, setup, limits, model] = ["e", "s", "l", "model"].map(digest) as [Digest, Digest, Digest, Digest];
  const digests = { frame, expected, setup, limits, model };
  return { grade: "good", verdict: "pass", reasons: [], findings: [], digests, evidence: digest("r"), ...change };
}

export function inspect(story: Story, layer: number, said: LayerReport): void {
  const { id, looks } = story.attempt();
  const take = looks.find((look) => look.layer === layer)?.take ?? 1;
  story.tell({ kind: "inspected", attempt: id, layer, take, report: said });
}

/** One layer made, seen and passed, and the next one confirmed by the machine. */
export function goodLayer(story: Story, layer: number): void {
  layerDone(story, layer);
  inspect(story, layer, report(capture(story, layer)));
  answer(story, "proceed");
}

export const failing = {
  verdict: "fail",
  reasons: ["Material is missing over 2.1 mm."],
  findings: [
    {
      class: "missing-material",
      box: { x_mm: 1, y_mm: 2, w_mm: 3, h_mm: 4 },
      measured: 2.1,
      limit: 1,
      unit: "mm",
      score: 0.9,
    },
  ],
} as const;
