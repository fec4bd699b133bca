/** Pressing sleeves: force over stroke as a press-fit gives it, with chamfer, friction, yield, and the seat at the end. */
import { type Finding, going, type Progress, type Run, type Setting } from "./operation.ts";
import type { PressProgram } from "./program.ts";
import type { Noise } from "./random.ts";

/** The ram starts this far above the seat's edge. */
const approach_mm = 8;
const approach_mm_s = 20;
/** The force is read at each small step of the stroke, and recorded once for each larger one. */
const move_mm = 0.01;
const sample_mm = 0.05;
/** The seat is looked for from this far above the ordered depth; this far below it, the ram gives up. */
const nearlyDown_mm = 0.3;
const tooDeep_mm = 1;
/** Load cell: standard deviation of one reading. */
const reading_N = 1.5;

/** How one seat and one sleeve fit together. */
export interface Fit {
  /** Friction for each millimetre that the sleeve is in, in N/mm; grows with the interference. */
  readonly friction_N_mm: number;
  /** Height of the bump while the chamfer opens the seat, in N. */
  readonly chamfer_N: number;
  /** Force at which the plastic around the seat begins to yield, in N; beyond it the force grows more slowly. */
  readonly yield_N: number;
  /** Where the sleeve meets the shelf, in mm of stroke. */
  readonly seat_mm: number;
}

/** A fit as printing scatters it: about 10 % in friction, 0.02 mm in the depth of the shelf. */
export function fitOf(depth_mm: number, part: Noise): Fit {
  return {
    friction_N_mm: 42 * Math.max(0.5, 1 + 0.1 * part.normal()),
    chamfer_N: 28 * Math.max(0.3, 1 + 0.15 * part.normal()),
    yield_N: 320,
    seat_mm: depth_mm + 0.02 * part.normal(),
  };
}

const chamferEnd_mm = 0.8;
const seatStiffness_N_mm = 2600;
const hardening = 0.35;

/** Force in N at a stroke in mm from the seat's edge, without noise. `friction` multiplies the fit's own. */
export function pressForce_N(fit: Fit, stroke_mm: number, friction: number): number {
  if (stroke_mm <= 0) return 0;
  const chamfer = stroke_mm < chamferEnd_mm ? fit.chamfer_N * Math.sin((Math.PI * stroke_mm) / chamferEnd_mm) : 0;
  const rubbing = fit.friction_N_mm * friction * Math.min(stroke_mm, fit.seat_mm);
  const elastic = chamfer + rubbing;
  const plastic = elastic <= fit.yield_N ? elastic : fit.yield_N + hardening * (elastic - fit.yield_N);
  return plastic + seatStiffness_N_mm * Math.max(0, stroke_mm - fit.seat_mm);
}

interface Pressed {
  readonly peak_N: number;
  readonly depth_mm: number;
  readonly curve: readonly number[];
  readonly overforce: boolean;
}

/** Presses one sleeve: approach, press until seated or until the force is too high, retract. */
function ram(program: PressProgram, depth_mm: number, fit: Fit, setting: Setting) {
  const { plant, noise } = setting;
  const { speed_mm_s, seated_N, most_N } = program.press;
  const curve: number[] = [];
  let at_mm = -approach_mm;
  let peak_N = 0;
  let sampled_mm = -sample_mm;
  let result: Pressed | null = null;
  const press = (until_mm: number): Pressed | null => {
    while (at_mm < until_mm) {
      at_mm = Math.min(until_mm, at_mm + move_mm);
      const force_N = Math.max(0, pressForce_N(fit, at_mm, setting.conditions().friction) + reading_N * noise.normal());
      plant.force_N = force_N;
      peak_N = Math.max(peak_N, force_N);
      const overforce = force_N > most_N;
      // Force before the sleeve is nearly down is not the seat: a tight seat must not pass for one.
      const seated = force_N >= seated_N && at_mm > depth_mm - nearlyDown_mm;
      const ends = overforce || seated || at_mm > depth_mm + tooDeep_mm;
      if (ends || at_mm >= sampled_mm + sample_mm) note(force_N);
      if (ends) return { peak_N, depth_mm: rounded(at_mm, 1000), curve, overforce };
    }
    return null;
  };
  const note = (force_N: number): void => {
    sampled_mm = at_mm;
    curve.push(rounded(at_mm, 1000), rounded(force_N, 10));
  };
  return {
    /** The sleeve's result once the ram is back up, null before. */
    advance(dt_s: number): Pressed | null {
      if (result !== null) {
        at_mm = Math.max(-approach_mm, at_mm - approach_mm_s * dt_s);
        plant.force_N = 0;
      } else if (at_mm < 0) {
        at_mm = Math.min(0, at_mm + approach_mm_s * dt_s);
      } else {
        result = press(at_mm + speed_mm_s * dt_s);
        if (result?.overforce) return result;
      }
      plant.stroke_mm = at_mm + approach_mm;
      return result !== null && at_mm <= -approach_mm ? result : null;
    },
  };
}

/** Presses all sleeves of the program, one after the other. Results: peak force, depth and curve of each. */
export function pressSleeves(program: PressProgram, setting: Setting): Run {
  const waiting = program.sleeves.map((sleeve) => ({ sleeve, fit: fitOf(sleeve.depth_mm, setting.part) }));
  const findings: Finding[] = [];
  let next = waiting.shift()!;
  let current = ram(program, next.sleeve.depth_mm, next.fit, setting);
  const note = ({ peak_N, depth_mm, curve }: Pressed): void => {
    const { id } = next.sleeve;
    findings.push(
      { id: `${id}-peak-force`, value: rounded(peak_N, 10), unit: "N" },
      { id: `${id}-depth`, value: depth_mm, unit: "mm" },
      { id: `${id}-curve`, value: curve, unit: "mm,N" },
    );
  };
  return {
    advance(dt_s): Progress {
      const pressed = current.advance(dt_s);
      if (pressed === null) return going;
      note(pressed);
      if (pressed.overforce) {
        setting.plant.force_N = 0;
        const why = `${next.sleeve.id} took ${pressed.peak_N.toFixed(0)} N at ${pressed.depth_mm.toFixed(2)} mm, the program allows ${program.press.most_N} N`;
        return { kind: "failed", why, alarm: "press-overforce", findings };
      }
      const following = waiting.shift();
      if (following === undefined) return { kind: "done", findings };
      next = following;
      current = ram(program, next.sleeve.depth_mm, next.fit, setting);
      return going;
    },
  };
}

function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
