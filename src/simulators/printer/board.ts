/** What command handlers see of the firmware: its modal state, its parts, and the ways to wait and to speak. */
import type { Command } from "./command.ts";
import type { Planner } from "./planner.ts";
import type { Axes, MachineProfile } from "./profile.ts";
import type { Thermal } from "./thermal.ts";

/** A wait inside a command; other commands wait with it. */
export interface Pause {
  /** True when the command can go on. */
  ready(nowMs: number): boolean;
  /** When to look again; null when only motion can end the wait. */
  wakeMs(nowMs: number): number | null;
  /** Shown by the keep-alive instead of `processing`. */
  readonly busyText?: string;
}

/** A command that takes time: yields its waits, ends when its ok may go out. */
export type Steps = Generator<Pause, void, void>;

/** Handles one command at once, or hands back the steps that take time. */
export type Handler = (board: Board, command: Command) => Steps | undefined;

type Xyz = "x" | "y" | "z";

/** G-code state that a reset loses. */
export interface Modal {
  absolute: boolean;
  extruderAbsolute: boolean;
  millimetresPerUnit: number;
  /** mm/min as F says. */
  feed: number;
  feedPercent: number;
  flowPercent: number;
  /** Commanded position, machine coordinates (E: as the planner counts it). */
  readonly position: { x: number; y: number; z: number; e: number };
  /** Logical = machine + shift (G92). */
  readonly shift: { x: number; y: number; z: number; e: number };
  readonly homed: { x: boolean; y: boolean; z: boolean };
  softEndstops: boolean;
  minExtrudeCelsius: number;
  fanSpeed: number;
  keepAliveS: number;
  temperatureReportS: number;
  positionReportS: number;
  jobStartedMs: number | null;
  powerLossRecovery: boolean;
  /** M111: 1 echoes every command. */
  debugFlags: number;
}

/** The state after power-up. */
export function freshModal(): Modal {
  return {
    absolute: true,
    extruderAbsolute: true,
    millimetresPerUnit: 1,
    feed: 1500,
    feedPercent: 100,
    flowPercent: 100,
    position: { x: 0, y: 0, z: 0, e: 0 },
    shift: { x: 0, y: 0, z: 0, e: 0 },
    homed: { x: false, y: false, z: false },
    softEndstops: true,
    minExtrudeCelsius: 170,
    fanSpeed: 0,
    keepAliveS: 2,
    temperatureReportS: 0,
    positionReportS: 0,
    jobStartedMs: null,
    powerLossRecovery: true,
    debugFlags: 0,
  };
}

export interface Board {
  readonly profile: MachineProfile;
  readonly modal: Modal;
  readonly planner: Planner;
  readonly thermal: Thermal;
  /** Machine seconds a real second (motion, heating and dwell only). */
  readonly speed: number;
  readonly nowMs: number;
  /** True place of the head less the firmware's idea of it; homing sets an axis to 0. */
  readonly misplaced: Record<Xyz, number>;
  /** Set by M108 and M876 out of band; a wait that obeys one clears it first. */
  heatingBroken: boolean;
  userBroken: boolean;
  /** Set by a handler that printed its own ok. */
  okPrinted: boolean;
  /** Number of the last accepted line. */
  lastNumber: number;
  /** Prints a line; the end is LF unless given. */
  say(line: string, end?: string): void;
  /** Halts the machine for good after these lines. */
  kill(...lastWords: string[]): void;
  /** Forgets what waits in the serial ring and asks for the next number. */
  requestResend(): void;
  /** Restarts the interval of an automatic report. */
  scheduleReports(): void;
}

/** Waits until every planned move is done. */
export function motionDone(board: Board): Pause {
  return { ready: () => board.planner.idle, wakeMs: () => null };
}

/** Waits until a real time. */
export function until(ms: number): Pause {
  return { ready: (now) => now >= ms, wakeMs: () => ms };
}

/** Position text of M114 and friends; `counts` in millimetres. */
export function positionLine(modal: Modal, at: Axes, counts: Axes, profile: MachineProfile): string {
  const show = (axis: keyof Axes): string => Math.fround(at[axis] + modal.shift[axis]).toFixed(2);
  const count = (axis: Xyz): number => Math.round(Math.fround(counts[axis]) * profile.stepsPerMm[axis]) + 0;
  const logical = `X:${show("x")} Y:${show("y")} Z:${show("z")} E:${show("e")}`;
  return `${logical} Count X:${count("x")} Y:${count("y")} Z:${count("z")}`;
}

/** `T:21.50 /0.00 B:21.40 /0.00 @:0 B@:0`, as M105 and the reports print it. */
export function temperatureText(thermal: Thermal): string {
  const show = (name: "hotend" | "bed"): string =>
    `${thermal.reading(name).toFixed(2)} /${thermal.target(name).toFixed(2)}`;
  return `T:${show("hotend")} B:${show("bed")} @:${thermal.power("hotend")} B@:${thermal.power("bed")}`;
}
