/** Camera and inspector in virtual time: they can be blind, late, wrong about the picture, and quite mad. */

import { type ChallengeOutcome, challengedClasses } from "../../src/jobs/challenge.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { Obligation } from "../../src/jobs/obligations.ts";
import type { LayerReport } from "../../src/jobs/report.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { Digest } from "../../src/kernel/names.ts";
import type { Storm } from "./printer.ts";
import type { Random, VirtualTime } from "./time.ts";

/** What a stored picture really shows; only the world knows. */
export interface Truth {
  readonly blind: boolean;
  readonly attempt: string;
  readonly layer: number;
  readonly defective: boolean;
  /** Of strands that are too thin, in mm2; null where what is wrong is something else. */
  readonly thin_mm2: number | null;
}

export interface Eye {
  capture(duty: Extract<Obligation, { kind: "capture" }>): Promise<Message>;
  inspect(duty: Extract<Obligation, { kind: "inspect" }>): Promise<Message>;
  /** Looks at planted defects; sometimes it misses one, plants too few, or does not answer. */
  challenge(name: string, isPlateEmpty: boolean): Promise<Message>;
  readonly truths: Map<string, Truth>;
  /** By the last of its pictures: whether a challenge was really passed. */
  readonly challenges: Map<string, boolean>;
  /** A technician wipes the lens. */
  mend(): void;
}

const box = { x_mm: 1, y_mm: 1, w_mm: 1, h_mm: 1 };
const finding = { class: "missing-material", box, measured: 2, limit: 1, unit: "mm", score: 0.9 };
const digest = (text: string) => digestOfValue(text) as Digest;
const fault = { code: "camera", what: "no picture", remedy: "wipe" };

/** Puts a camera over the plate. */
export function createEye(world: {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly whim: Random;
  /** How large a defect is; a chance of its own, as `whim` is. */
  readonly sizes: Random;
  /** Whether it judges by other limits; a chance of its own too. */
  readonly mixups: Random;
  readonly storm: Storm;
}): Eye {
  const { time, random, whim, sizes, mixups, storm } = world;
  const truths = new Map<string, Truth>();
  const challenges = new Map<string, boolean>();
  const defects = new Map<string, boolean>();
  const thins = new Map<string, number | null>();
  let covered = false;
  let serial = 0;
  const chance = (p: number) => random() < p * storm.strength;
  const later = <T>(value: T, slowMs: number) =>
    new Promise<T>((resolve) => {
      if (chance(0.01)) return;
      time.after(chance(0.03) ? slowMs * 100 : random() * slowMs, () => resolve(value));
    });

  function isDefective(attempt: string, layer: number): boolean {
    const name = `${attempt}/${layer}`;
    if (!defects.has(name)) defects.set(name, random() < 0.03);
    return defects.get(name) === true;
  }

  /** One that is thin goes on in the layers above more often than not. */
  function thinOf(attempt: string, layer: number): number | null {
    const name = `${attempt}/${layer}`;
    const below = thins.get(`${attempt}/${layer - 1}`) ?? null;
    const size = [1, 12, 45, 120][Math.floor(sizes() * 4)]!;
    const fresh = sizes() < 0.12 ? size : null;
    if (!thins.has(name)) thins.set(name, below !== null && below < 40 && sizes() < 0.6 ? below : fresh);
    return thins.get(name) ?? null;
  }

  return {
    truths,
    challenges,
    challenge(name, isPlateEmpty) {
      const outcome = challengeOf(isPlateEmpty);
      return later<Message>({ kind: "challenged", challenge: name, outcome }, 900);
    },
    mend() {
      covered = false;
    },
    capture({ attempt, layer, take, markedAt }) {
      if (chance(0.03)) covered = true;
      if (chance(0.03)) return later<Message>({ kind: "capture-failed", attempt, layer, take, fault }, 900);
      const frame = digest(`frame ${serial++}`);
      const [other, thin_mm2] = [isDefective(attempt, layer), thinOf(attempt, layer)];
      const defective = other || thin_mm2 !== null;
      truths.set(frame, { blind: covered, attempt, layer, defective, thin_mm2: other ? null : thin_mm2 });
      const requestedAt = chance(0.02) ? markedAt - 5_000 : Math.max(time.clock.now(), markedAt);
      const times = { requestedAt, receivedAt: requestedAt + 100, exposureStart: requestedAt };
      return later<Message>({ kind: "captured", attempt, layer, take, frame, ...times }, 900);
    },
    inspect({ attempt, layer, take, frame }) {
      if (chance(0.02)) return later<Message>({ kind: "inspection-failed", attempt, layer, take, fault }, 900);
      return later<Message>({ kind: "inspected", attempt, layer, take, report: report(frame) }, 900);
    },
  };

  /** Every other attempt is of two parts, of which the second has all defects. */
  function partsOf({ attempt, defective }: Truth): LayerReport["parts"] {
    if (Number(attempt.slice(attempt.lastIndexOf("-A") + 2)) % 2 === 1) return undefined;
    return [
      { part: 1, verdict: "pass" },
      { part: 2, verdict: defective ? "fail" : "pass" },
    ];
  }

  /** Now and then the file was exchanged under the inspector. */
  function judgeOf(): Digest {
    return digest(whim() < 0.01 * storm.strength ? "a model that nobody signed for" : "m");
  }

  function challengeOf(isPlateClean: boolean): ChallengeOutcome {
    const seen = covered || chance(0.05) ? [] : challengedClasses;
    const left = chance(0.1) ? seen.slice(1) : seen;
    const missed = chance(0.2) ? left[Math.floor(random() * left.length)] : undefined;
    const planted = left.map((name) => ({ class: name, picture: digest(name), found: name !== missed }));
    const isLayerPassed = !chance(0.05);
    const frame = digest(`challenge ${serial++}`);
    const passed = isPlateClean && isLayerPassed && left.length === challengedClasses.length && missed === undefined;
    challenges.set(frame, passed);
    const test = { limits: digest("l"), isPlateClean, isLayerPassed, layer: digest("whole"), planted };
    const artifacts = [digest(`challenge ${serial++}`), frame];
    return { artifacts, model: digest("m"), setup: digest("s"), tests: [test], reasons: [] };
  }

  function report(frame: Digest): LayerReport {
    const truth = truths.get(frame)!;
    const limits = digest(mixups() < 0.01 * storm.strength ? "own" : "l");
    const seen = { expected: digest("e"), setup: digest("s"), limits, model: judgeOf() };
    const base = { findings: [], digests: { frame, ...seen }, evidence: digest("r") };
    if (truth.blind) {
      // A mad inspector says "pass" of a picture that shows nothing.
      const said = random() < 0.3 ? "pass" : "blind";
      // Or it finds something small in it, and says nothing of being blind.
      const mad = sizes() < 0.4;
      const verdict = mad ? "fail" : said;
      const findings = mad ? [{ ...finding, class: "thin", measured: 1, unit: "mm2" }] : [];
      if (random() < 0.2)
        return {
          ...base,
          grade: "good",
          verdict,
          findings,
          digests: { ...base.digests, model: null },
          reasons: ["no net"],
        };
      return { ...base, grade: random() < 0.5 ? "unusable" : "degraded", verdict, findings, reasons: ["covered"] };
    }
    if (truth.defective) {
      const verdict = random() < 0.1 ? "pass" : "fail";
      const thin = { ...finding, class: "thin", measured: truth.thin_mm2 ?? 0, unit: "mm2" };
      const parts = partsOf(truth);
      const of = parts === undefined ? {} : { parts: [2] };
      const findings = [{ ...(truth.thin_mm2 === null ? finding : thin), ...of }];
      // One that is mad calls the layer whole, and names the part that is not.
      const forgets = parts !== undefined && verdict === "pass";
      const told = { findings: forgets ? [] : findings, ...(parts !== undefined && { parts }) };
      return { ...base, grade: "good", verdict, ...told, reasons: ["missing"] };
    }
    if (chance(0.03)) {
      const other = digest("another picture");
      return { ...base, grade: "good", verdict: "pass", reasons: [], digests: { ...base.digests, frame: other } };
    }
    const parts = partsOf(truth);
    return { ...base, grade: "good", verdict: "pass", reasons: [], ...(parts !== undefined && { parts }) };
  }
}
