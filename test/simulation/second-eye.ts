/** A second camera from the other side, in some cells: it sees what the first cannot, and is missing now and then. */
import type { Message } from "../../src/jobs/message.ts";
import type { Obligation } from "../../src/jobs/obligations.ts";
import type { LayerReport, ViewReport } from "../../src/jobs/report.ts";
import { firstCamera, type ViewOfPlate } from "../../src/jobs/views.ts";
import type { Digest } from "../../src/kernel/names.ts";
import type { Truth } from "./eye.ts";
import { secondCamera as camera, digest } from "./orders.ts";
import type { Storm } from "./printer.ts";
import type { Random } from "./time.ts";

export interface SecondEye {
  /** What came of the first camera's capture, with the second one's picture beside it. */
  besideCapture(owed: Extract<Obligation, { kind: "capture" }>, message: Message): Message;
  /** What came of the first camera's inspection, with the report of each. */
  besideInspection(owed: Extract<Obligation, { kind: "inspect" }>, message: Message): Message;
  besidePlate(message: Message): Message;
  besideChallenge(message: Message): Message;
  readonly truths: Map<string, Truth>;
  /** By the last of its pictures: whether the second camera really passed its challenge. */
  readonly challenges: Map<string, boolean>;
}

/** Puts a second camera up. */
export function createSecondEye(random: Random, storm: Storm): SecondEye {
  const truths = new Map<string, Truth>();
  const challenges = new Map<string, boolean>();
  const frames: Digest[] = [];
  const chance = (p: number) => random() < p * storm.strength;
  const spoilt = new Set<string>();
  const sound = new Set<string>();

  /** Whether the far side of this layer is spoilt; the first camera never sees it. */
  function isSpoilt(name: string): boolean {
    if (!spoilt.has(name) && !sound.has(name)) (random() < 0.04 ? spoilt : sound).add(name);
    return spoilt.has(name);
  }

  function reportOf(frame: Digest): ViewReport {
    const { blind, defective } = truths.get(frame)!;
    const digests = { frame, expected: digest("e"), setup: digest("s2"), limits: digest("l"), model: digest("m") };
    const base = { camera, findings: [], digests, evidence: digest("r2"), reasons: ["seen"] };
    if (blind)
      return { ...base, grade: chance(0.2) ? "degraded" : "unusable", verdict: chance(0.2) ? "pass" : "blind" };
    const box = { x_mm: 9, y_mm: 9, w_mm: 1, h_mm: 1 };
    const finding = { class: "missing-material", box, measured: 2, limit: 1, unit: "mm", score: 0.9 };
    if (defective) return { ...base, grade: "good", verdict: "fail", findings: [finding] };
    return { ...base, grade: "good", verdict: "pass" };
  }

  return {
    truths,
    challenges,
    besideCapture({ attempt, layer }, message) {
      if (message.kind !== "captured") return message;
      // Unplugged, and the message came all the same.
      if (chance(0.03)) return message;
      const frame = chance(0.02) ? message.frame : digest(`second ${frames.length}`);
      const { requestedAt, receivedAt, exposureStart } = message;
      frames.push(frame);
      const defective = isSpoilt(`${attempt}/${layer}`);
      truths.set(frame, { blind: chance(0.03), attempt, layer, defective, thin_mm2: null });
      return { ...message, views: [{ camera, frame, requestedAt, receivedAt, exposureStart }] };
    },
    besideInspection({ views = [] }, message) {
      const own = views.find((each) => each.camera === camera);
      if (message.kind !== "inspected" || own === undefined) return message;
      const { report } = message;
      // One that says nothing of the second picture, or of the picture before it.
      if (chance(0.02)) return { ...message, report: summary(report, []) };
      const frame = chance(0.02) ? (frames.at(-2) ?? own.frame) : own.frame;
      return { ...message, report: summary(report, [reportOf(frame)]) };
    },
    besideChallenge(message) {
      if (message.kind !== "challenged" || chance(0.05)) return message;
      const { outcome } = message;
      const last = digest(`second challenge ${challenges.size}`);
      const passed = !chance(0.1);
      challenges.set(last, passed);
      const { artifacts, ...rest } = outcome;
      const own = {
        ...rest,
        setup: digest("s2"),
        artifacts: [digest(`${last}`), last],
        reasons: passed ? rest.reasons : ["missed"],
      };
      return { ...message, outcome: { ...outcome, views: [{ ...own, camera }] } };
    },
    besidePlate(message) {
      if (message.kind !== "plate-checked" || chance(0.02)) return message;
      const seen: ViewOfPlate = { camera, clear: message.clear && !chance(0.02), what: message.what, frame: null };
      return { ...message, views: [seen] };
    },
  };
}

/** What stands above the reports of the cameras is no evidence: it says what the first one says. */
function summary(report: LayerReport, others: readonly ViewReport[]): LayerReport {
  return { ...report, views: [{ camera: firstCamera, ...report }, ...others] };
}
