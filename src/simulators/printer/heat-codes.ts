/** Temperature commands: M104, M105, M109, M140, M190, M155, M302. */
import { type Board, type Handler, type Steps, temperatureText, until } from "./board.ts";
import { type Command, numberOf } from "./command.ts";
import type { HeaterName } from "./thermal.ts";

/** Marlin's TEMP_WINDOW, TEMP_HYSTERESIS (degC) and TEMP_RESIDENCY_TIME (s). */
const windowCelsius = 1;
const hysteresisCelsius = 3;
const residencyS = 10;
/** A cooling wait gives up when this many seconds bring less than this many degrees. */
const coolingSlopeS = 60;
const coolingSlopeCelsius = 1.5;
const waitPollMs = 5;

/** M105: the ok carries the temperatures and no number. */
export const reportTemperature: Handler = (board) =>
  (function* (): Steps {
    yield until(board.nowMs + board.profile.timing.reportMs);
    board.say(`ok ${temperatureText(board.thermal)}`);
    board.okPrinted = true;
  })();

function clampTarget(board: Board, heater: HeaterName, celsius: number): number {
  return Math.min(celsius, heater === "hotend" ? board.profile.hotendMaxTarget : board.profile.bedMaxTarget);
}

function setTarget(board: Board, heater: HeaterName, celsius: number): void {
  board.thermal.setTarget(heater, clampTarget(board, heater, celsius));
  if (heater === "bed") {
    const heats = board.thermal.target("bed") > board.thermal.reading("bed");
    board.say(`//action:notification Bed ${heats ? "Heating" : "Cooling"}...`);
  }
}

/** M104, M140: sets a target; above the limit it is clamped without a word. */
export function target(heater: HeaterName): Handler {
  return (board, command) => {
    const celsius = numberOf(command, "S");
    if (celsius !== null) setTarget(board, heater, celsius);
    return undefined;
  };
}

/** M109, M190: sets a target and waits: S for heating only, R for cooling too. */
export function targetAndWait(heater: HeaterName): Handler {
  return (board, command) => {
    const asked = heatOrCool(command);
    if (asked === null) return undefined;
    setTarget(board, heater, asked.celsius);
    if (heater === "hotend") board.modal.jobStartedMs ??= board.nowMs;
    if (board.thermal.target(heater) <= board.thermal.reading(heater) && !asked.cools) return undefined;
    return waitFor(board, heater);
  };
}

function heatOrCool(command: Command): { readonly celsius: number; readonly cools: boolean } | null {
  const heat = numberOf(command, "S");
  if (heat !== null) return { celsius: heat, cools: false };
  const either = numberOf(command, "R");
  return either === null ? null : { celsius: either, cools: true };
}

function* waitFor(board: Board, heater: HeaterName): Steps {
  const { thermal, speed, profile } = board;
  board.heatingBroken = false;
  const goal = thermal.target(heater);
  const cooling = { active: thermal.reading(heater) > goal, from: thermal.reading(heater), sinceMs: board.nowMs };
  let insideSinceMs: number | null = null;
  let nextReportMs = board.nowMs;
  const residencyMs = (residencyS * 1000) / speed;
  while (!board.heatingBroken) {
    if (board.nowMs >= nextReportMs) {
      nextReportMs = board.nowMs + 1000;
      const printedMs = board.nowMs + profile.timing.reportMs;
      yield until(printedMs);
      const left = insideSinceMs === null ? "?" : residueSeconds(board.nowMs - insideSinceMs, speed);
      board.say(` ${temperatureText(thermal)} W:${left}`);
      if (board.heatingBroken) return;
    }
    const off = Math.abs(thermal.reading(heater) - goal);
    if (insideSinceMs === null) insideSinceMs = off < windowCelsius ? board.nowMs : null;
    else if (off > hysteresisCelsius) insideSinceMs = board.nowMs;
    if (insideSinceMs !== null && board.nowMs >= insideSinceMs + residencyMs) return;
    if (cooling.active && gaveUpCooling(board, heater, cooling)) return;
    const endMs = insideSinceMs === null ? Number.POSITIVE_INFINITY : insideSinceMs + residencyMs;
    const lookMs = Math.min(board.nowMs + waitPollMs, nextReportMs, endMs);
    yield { ready: (now) => now >= lookMs || board.heatingBroken, wakeMs: () => lookMs };
  }
}

function residueSeconds(elapsedMs: number, speed: number): string {
  return String(Math.max(0, Math.trunc((residencyS * 1000 - elapsedMs * speed) / 1000)));
}

function gaveUpCooling(board: Board, heater: HeaterName, cooling: { from: number; sinceMs: number }): boolean {
  if (board.nowMs < cooling.sinceMs + (coolingSlopeS * 1000) / board.speed) return false;
  const reading = board.thermal.reading(heater);
  if (cooling.from - reading < coolingSlopeCelsius) return true;
  cooling.from = reading;
  cooling.sinceMs = board.nowMs;
  return false;
}

/** M155: automatic temperature reports every S seconds. */
export const autoReport: Handler = (board, command) => {
  if (!board.profile.autoReport) {
    board.say(`echo:Unknown command: "${command.text}"`);
    return undefined;
  }
  const seconds = numberOf(command, "S");
  if (seconds === null) return undefined;
  board.modal.temperatureReportS = Math.min(60, Math.max(0, Math.trunc(seconds)));
  board.scheduleReports();
  return undefined;
};

/** M302: the temperature below which no filament is moved. */
export const coldExtrusion: Handler = (board, command) => {
  const { modal } = board;
  const celsius = numberOf(command, "S");
  const allow = numberOf(command, "P");
  if (celsius !== null) modal.minExtrudeCelsius = Math.max(0, celsius);
  else if (allow !== null) modal.minExtrudeCelsius = allow > 0 ? 0 : 170;
  else {
    const state = modal.minExtrudeCelsius > 0 ? "disabled" : "enabled";
    board.say(`echo:Cold extrudes are ${state} (min temp ${Math.trunc(modal.minExtrudeCelsius)}C)`);
  }
  return undefined;
};
