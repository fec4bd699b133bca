/** Washing and drying: a bath and a chamber that follow their set values late, and readings with noise. */
import { type Finding, going, type Progress, type Run, type Setting } from "./operation.ts";
import type { CleanDryProgram } from "./program.ts";

/** Time constants of water and chamber in seconds: they are 63 % there after this time. */
const washerLag_s = 12;
const dryerLag_s = 18;
/** A set value counts as reached within this distance. */
const reached_K = 0.5;
/** Thermometers: standard deviation of one reading. */
const reading_K = 0.08;
/** Above this the dryer's own thermostat switches off: PLA softens not far above. */
export const dryerLimit_C = 55;

/** First-order lag: how far a temperature gets toward its target in `dt_s`. */
export function lagged(now_C: number, target_C: number, lag_s: number, dt_s: number): number {
  return target_C + (now_C - target_C) * Math.exp(-dt_s / lag_s);
}

/** Washes, then dries. Results: lowest bath temperature while washing, highest chamber temperature, time in the chamber. */
export function cleanDry(program: CleanDryProgram, setting: Setting): Run {
  const { plant, noise } = setting;
  let phase: "heat-wash" | "wash" | "heat-dry" | "dry" = "heat-wash";
  let left_s = program.wash.seconds;
  let washMin_C = Number.POSITIVE_INFINITY;
  let dryMax_C = Number.NEGATIVE_INFINITY;
  let dried_s = 0;
  const findings = (): Finding[] => [
    { id: "wash-temperature-min", value: hundredths(washMin_C), unit: "C" },
    { id: "dry-temperature-max", value: hundredths(dryMax_C), unit: "C" },
    { id: "dry-duration", value: hundredths(dried_s), unit: "s" },
  ];
  const wash = (dt_s: number): void => {
    plant.washer_C = lagged(plant.washer_C, program.wash.temperature_C, washerLag_s, dt_s);
    if (phase === "heat-wash") {
      if (Math.abs(plant.washer_C - program.wash.temperature_C) < reached_K) phase = "wash";
      return;
    }
    washMin_C = Math.min(washMin_C, plant.washer_C + reading_K * noise.normal());
    left_s -= dt_s;
    if (left_s > 1e-9) return;
    phase = "heat-dry";
    left_s = program.dry.seconds;
  };
  const dry = (dt_s: number): Progress => {
    const target_C = program.dry.temperature_C + setting.conditions().dryerRunaway_K;
    plant.dryer_C = lagged(plant.dryer_C, target_C, dryerLag_s, dt_s);
    const reading_C = plant.dryer_C + reading_K * noise.normal();
    dryMax_C = Math.max(dryMax_C, reading_C);
    if (reading_C > dryerLimit_C) {
      const why = `the dryer reached ${reading_C.toFixed(1)} C, its limit is ${dryerLimit_C} C`;
      return { kind: "failed", why, alarm: "dryer-overtemperature", findings: findings() };
    }
    if (phase === "heat-dry") {
      if (plant.dryer_C > program.dry.temperature_C - reached_K) phase = "dry";
      return going;
    }
    dried_s += dt_s;
    left_s -= dt_s;
    return left_s > 1e-9 ? going : { kind: "done", findings: findings() };
  };
  return {
    advance(dt_s) {
      if (phase === "heat-dry" || phase === "dry") return dry(dt_s);
      wash(dt_s);
      return going;
    },
  };
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
