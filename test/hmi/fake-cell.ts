/** A whole cell in memory behind the Controller port: the real decide, evolve and obligations, with machines and eye played. */

import type { LayerValues } from "../../src/equipment/layer-values.ts";
import type { Result } from "../../src/equipment/machine.ts";
import type { EvidencePort } from "../../src/hmi/ports.ts";
import { type ChallengeOutcome, challengedClasses } from "../../src/jobs/challenge.ts";
import type { Controller, Recorded, Reply } from "../../src/jobs/controller.ts";
import { decide } from "../../src/jobs/decide/decide.ts";
import type { Message } from "../../src/jobs/message.ts";
import { obligations } from "../../src/jobs/obligations.ts";
import { type JobOrder, programOf } from "../../src/jobs/order.ts";
import type { LayerReport } from "../../src/jobs/report.ts";
import { emptyState, findAttempt, openAttempts, operationOf, type State } from "../../src/jobs/state.ts";
import { camerasOf, type ViewPicture } from "../../src/jobs/views.ts";
import { digestOf, digestOfValue } from "../../src/kernel/hash.ts";
import type { AttemptId, Digest, EquipmentId, JobId, OperationId } from "../../src/kernel/names.ts";
import { err, ok } from "../../src/kernel/result.ts";
import { testModel, testVersions } from "../jobs/models.ts";

export const printer = "printer-a" as EquipmentId;
export const station = "station-a" as EquipmentId;
export const job = "J-2026-000042" as JobId;
export const operation = "print" as OperationId;
export const attempt = "J-2026-000042-A1" as AttemptId;
const program = digestOfValue("program");

export const identity = {
  vendor: "Bench",
  model: "Simulated printer",
  serial: "SIM-1",
  firmware: "2.1.2",
  simulated: true,
} as const;

const stationIdentity = { ...identity, model: "Simulated station", serial: "SIM-2", firmware: "1.4.0" } as const;

/** What the cell may receive. */
export const materials = [
  { id: "pla", title: "PLA filament 1.75 mm", gtin: "09506000134369", unit: "g" },
  { id: "sleeve", title: "Drill sleeve 3.25 mm", gtin: "09506000134376", unit: "pcs" },
] as const;

export interface FakeCell extends Controller {
  readonly evidence: EvidencePort;
  readonly recorded: readonly Recorded[];
  /** Everything a start needs but identity, plate and presence. */
  prepare(order?: Partial<JobOrder>): Promise<void>;
  say(message: Message): Promise<Reply>;
  /** The machine makes the next layer and the eye sees it. */
  layer(
    verdict: "pass" | "fail" | "blind",
    frame: Uint8Array,
    why?: string,
    change?: Partial<LayerReport>,
  ): Promise<void>;
  /** The eye sees the layer that waits for it. */
  see(
    verdict: "pass" | "fail" | "blind",
    frame: Uint8Array,
    why?: string,
    change?: Partial<LayerReport>,
  ): Promise<void>;
  /** Stores a picture of another camera. */
  keep(bytes: Uint8Array): Digest;
  /** The machine at work says that it has finished, with what it measured. */
  finish(results?: readonly Result[], evidence?: readonly string[]): Promise<void>;
  /** Whether the label printer works. */
  labels: boolean;
  /** Whether the inspection misses a planted defect. */
  misses: boolean;
}

/** The order of the tests; its identifiers' HMACs come from `hmac`. */
export function orderWith(hmac: (text: string) => string, now: number): JobOrder {
  return {
    id: job,
    title: "Surgical drill guide",
    pseudonym: "CASE-000042",
    identifierHmacs: [hmac("H-778120"), hmac("1961-04-09")],
    side: "left",
    source: digestOfValue("source"),
    recipe: digestOfValue("recipe"),
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
    expires: now + 30 * 86_400_000,
    nonce: "n-42",
    route: [
      {
        kind: "build",
        id: operation,
        title: "Print",
        equipment: printer,
        program,
        layersPlanned: 60,
        lag: 0,
        materials: [],
      },
    ],
  };
}

/** A booted cell of a demonstration with one printer that is not online yet. */
export function createFakeCell(hmac: (text: string) => string, clock = () => Date.now(), mono = clock): FakeCell {
  let state: State = emptyState;
  let ids = 0;
  const recorded: Recorded[] = [];
  const hearers = new Set<(each: Recorded) => void>();
  const artifacts = new Map<string, Uint8Array>();
  const cell: FakeCell = {
    labels: true,
    misses: false,
    recorded,
    evidence: {
      get: async (digest) => {
        const bytes = artifacts.get(digest);
        return bytes ? ok(bytes) : err("missing");
      },
    },
    state: () => state,
    subscribe(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    async submit(message) {
      const reply = take(message);
      settle();
      return reply;
    },
    say: (message) => cell.submit(message),
    async prepare(order = {}) {
      await cell.say({ kind: "observed", equipment: printer, observation: { kind: "online", identity } });
      const online = { kind: "online", identity: stationIdentity } as const;
      await cell.say({ kind: "observed", equipment: station, observation: online });
      const status = { ready: true, what: "Camera and inspection are ready." };
      const views = state.setup?.cameras?.map(({ id }) => ({ ...status, camera: id, calibration: null }));
      await cell.say({ kind: "inspection-status", ...status, ...(views && { views }) });
      await cell.say({ kind: "accept-order", order: { ...orderWith(hmac, clock()), ...order } });
    },
    async layer(verdict, frame, why, change) {
      const layer = (findAttempt(state, atWork())?.attempt.printed ?? 0) + 1;
      const observation = layerDone(atWork(), layer, clock());
      await cell.say({ kind: "observed", equipment: printer, observation, values: valuesUntil(clock(), layer) });
      await cell.see(verdict, frame, why, change);
    },
    async see(verdict, frame, why, change = {}) {
      const digest = keep(frame);
      for (;;) {
        const seen = atWork();
        const look = findAttempt(state, seen)?.attempt.looks[0];
        if (look?.step !== "capture") return;
        const { layer, take } = look;
        const at = Math.max(clock(), look.markedAt);
        const times = { requestedAt: at, receivedAt: at, exposureStart: at };
        await cell.say({
          kind: "captured",
          attempt: seen,
          layer,
          take,
          frame: digest,
          ...times,
          ...othersIn(change, times),
        });
        await cell.say({
          kind: "inspected",
          attempt: seen,
          layer,
          take,
          report: { ...reportOf(verdict, digest, why), ...change },
        });
      }
    },
    keep,
    async finish(results = [], evidence = []) {
      const open = openAttempts(state)[0];
      if (!open) throw new Error("no machine is at work");
      const { id, equipment, operation: step } = open.attempt;
      const ordered = programOf(operationOf(open.job.order, step)) ?? program;
      const stored = evidence.map((name) => ({ name, digest: keep(new TextEncoder().encode(name)) }));
      const executed = { program: ordered, lines: 900, resends: 0, results, evidence: stored };
      await cell.say({ kind: "observed", equipment, observation: { kind: "finished", attempt: id, executed } });
    },
  };

  /** The build that has not ended; the first one before there is any. */
  function atWork(): AttemptId {
    return openAttempts(state)[0]?.attempt.id ?? attempt;
  }

  function keep(bytes: Uint8Array): Digest {
    const digest = digestOf(bytes);
    artifacts.set(digest, bytes);
    return digest;
  }

  function reportOf(verdict: LayerReport["verdict"], frame: Digest, why?: string): LayerReport {
    const evidence = keep(new TextEncoder().encode(JSON.stringify(fullReport(verdict))));
    const digests = {
      frame,
      expected: program,
      setup: program,
      limits: digestOfValue("limits"),
      model: testModel.model,
    };
    const fail = verdict === "fail";
    const reasons = fail ? [why ?? "material is missing in the outer wall."] : [];
    const box = { x_mm: 80, y_mm: 70, w_mm: 6, h_mm: 4 };
    const finding = { class: "missing-material", box, measured: 1.9, limit: 0.5, unit: "mm", score: 0.97 };
    // Where a test words the reason itself, much is wrong with the layer.
    const found = why === undefined ? [finding] : [finding, finding, finding, finding, finding];
    const blind = { grade: "unusable" as const, reasons: ["the picture is too dark."] };
    const base = {
      grade: "good" as const,
      verdict,
      reasons,
      findings: fail ? found : [],
      digests,
      evidence,
      uncertainty_mm: 0.08,
    };
    return verdict === "blind" ? { ...base, ...blind } : base;
  }

  function take(message: Message): Reply {
    const at = clock();
    ids += 1;
    const decision = decide(state, { at, mono: mono(), id: `m${ids}`, message });
    state = decision.state;
    for (const event of decision.events) {
      const each = { seq: recorded.length, at, event };
      recorded.push(each);
      for (const hear of hearers) hear(each);
    }
    const { refusal, events } = decision;
    return refusal ? { kind: "refused", refusal } : { kind: "accepted", events };
  }

  /** Machines do what they are told at once, the camera agrees that the plate is clear, the printer prints its labels. */
  function settle(): void {
    for (;;) {
      const owed = obligations(state).find((each) => each.kind !== "capture" && each.kind !== "inspect");
      if (!owed) return;
      if (owed.kind === "print-label") printLabel(owed);
      else if (owed.kind === "destroy-text-key") take({ kind: "text-key-destroyed", of: owed.of, done: true });
      else if (owed.kind === "challenge") {
        take({ kind: "challenged", challenge: owed.challenge, outcome: challengeOutcome(cell.misses) });
      } else if (owed.kind === "check-plate") {
        const { equipment, check } = owed;
        const seen = { clear: true, what: "The plate is empty.", frame: null };
        const others = camerasOf(state.setup, equipment).slice(1);
        const views = others.map((camera) => ({ camera, ...seen }));
        take({ kind: "plate-checked", equipment, check, ...seen, ...(views.length > 0 && { views }) });
      } else if (owed.kind === "direct") {
        const { equipment, directive } = owed;
        const layer = directive.kind === "proceed" ? directive.releasedLayer : 0;
        const said = { equipment, attempt: directive.attempt, directive: directive.kind, layer };
        take({ kind: "answered", ...said, answer: { kind: "done" } });
      }
    }
  }

  function printLabel({ job: id, unit, label }: { job: JobId; unit: number; label: number }): void {
    const pdf = keep(new TextEncoder().encode(`%PDF-1.7 label ${label} of copy ${unit}`));
    const fault = { code: "no-paper", what: "The label printer has no paper.", remedy: "Put in a new roll." };
    if (cell.labels) take({ kind: "label-printed", job: id, unit, label, pdf });
    else take({ kind: "label-not-printed", job: id, unit, label, fault });
  }

  const versions = {
    software: "test",
    softwareDigest: program,
    configDigest: program,
    ...testVersions,
    cameraDigest: null,
    runtime: "",
  };
  take({ kind: "boot", boot: "b1", versions, setup, shippedModel: testModel });
  return cell;
}

/** The pictures of the other cameras whose reports are given. */
function othersIn(
  { views = [] }: Partial<LayerReport>,
  times: Omit<ViewPicture, "camera" | "frame">,
): { readonly views?: readonly ViewPicture[] } {
  const others = views.slice(1).map(({ camera, digests }) => ({ camera, frame: digests.frame, ...times }));
  return others.length > 0 ? { views: others } : {};
}

const equipment = [
  { id: printer, title: "Printer A", serial: "SIM-1", onHostLoss: "driver" as const },
  { id: station, title: "Station A", serial: "SIM-2", onHostLoss: "driver" as const },
];
const setup = {
  cell: "Cell 2",
  equipment,
  presenceValidMs: 120_000,
  takesAllowed: 2,
  demonstration: true,
  materials,
};

function challengeOutcome(misses: boolean): ChallengeOutcome {
  const planted = challengedClasses.map((name) => ({
    class: name,
    picture: program,
    found: !(misses && name === "thin"),
  }));
  const test = { limits: program, isPlateClean: true, isLayerPassed: true, layer: program, planted };
  const reasons = misses ? ["A painted defect was not found (thin). The inspection said: Seen."] : [];
  return { artifacts: [program, program], model: program, setup: program, tests: [test], reasons };
}

function layerDone(of: AttemptId, layer: number, at: number) {
  const summary = {
    hotend: { min: 204, max: 206 },
    bed: { min: 59, max: 61 },
    durationMs: 4_000,
    resends: 0,
    markedAt: at,
  };
  return { kind: "layer-done", attempt: of, layer, summary } as const;
}

/** What the machine and a sensor told while a layer was made: the nozzle cooled once, the sensor fell silent after some layers. */
function valuesUntil(at: number, layer: number): LayerValues {
  const isSilent = layer > 4;
  const heard = { samples: 240, deviation: 0.31, unheard_s: 1, gap: false };
  const values = [
    { ...heard, reading: "hotend", unit: "°C", min: layer === 8 ? 196.4 : 204.1, mean: 205.02, max: 205.9 },
    { ...heard, reading: "hotend-set-point", unit: "°C", min: 205, mean: 205, max: 205, deviation: 0 },
    { ...heard, reading: "bed", unit: "°C", min: 59.6, mean: 60.01, max: 60.4 },
    {
      ...heard,
      reading: "climate/oxygen",
      unit: "%",
      min: 0.38,
      mean: 0.41,
      max: 0.47,
      ...(isSilent && { samples: 90, unheard_s: 42, gap: true }),
    },
  ];
  return { from: at - 240_000, to: at, held_s: 0, values };
}

/** What the artifact store would hold: outlines in pixels of a 1600 x 1200 frame. */
function fullReport(verdict: LayerReport["verdict"]) {
  const outline_px = [
    [900, 640],
    [985, 640],
    [985, 700],
    [900, 700],
  ];
  return {
    expectedOutline_px: [
      [
        [500, 420],
        [1100, 420],
        [1140, 800],
        [460, 800],
      ],
    ],
    findings: verdict === "fail" ? [{ class: "missing", outline_px }] : [],
  };
}
