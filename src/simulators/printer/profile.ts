/** What kind of machine is simulated: its travel, limits, kinematics, timing and names. */

/** One number for each axis, in the axis' unit. */
export interface Axes {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly e: number;
}

/** How long the board takes over things, in milliseconds of real time (never scaled). */
export interface BoardTiming {
  /** Between two lines taken from the serial ring. */
  readonly lineMs: number;
  /** For handling one command. */
  readonly commandMs: number;
  /** For an Error/Resend/ok triple, during which no other line is taken. */
  readonly errorMs: number;
  /** For printing a temperature report. */
  readonly reportMs: number;
}

/** Everything that makes one simulated Marlin machine differ from another. */
export interface MachineProfile {
  readonly machineType: string;
  readonly uuid: string;
  /** First line printed at boot, before `start`; null when the board prints none. */
  readonly halLine: string | null;
  /** Printed in the banner and in M115. */
  readonly compiled: { readonly date: string; readonly time: string };
  /** Settings in EEPROM are missing: the banner says so, as a fresh board does. */
  readonly freshEeprom: boolean;
  readonly travelMaxMm: { readonly x: number; readonly y: number; readonly z: number };
  /** Highest accepted targets; above them Marlin clamps without a word. */
  readonly hotendMaxTarget: number;
  readonly bedMaxTarget: number;
  readonly stepsPerMm: Axes;
  /** mm/s */
  readonly maxFeed: Axes;
  /** mm/s^2 */
  readonly maxAcceleration: Axes;
  /** mm/s^2 for printing, retracting and travelling moves (M204 P, R, T). */
  readonly acceleration: { readonly print: number; readonly retract: number; readonly travel: number };
  /** Junction deviation in mm (M205 J). */
  readonly junctionDeviationMm: number;
  /** Time lost at every step, seconds (the simulated HAL of the recorded peer loses 33 us). */
  readonly stepOverheadS: number;
  /** What the firmware does when its host falls silent with the heaters on. */
  readonly hostLoss: "keeps-heating" | "firmware-timeout";
  /** Silence after which `firmware-timeout` turns the heaters off, in real milliseconds. */
  readonly idleTimeoutMs: number;
  readonly timing: BoardTiming;
  /** `ok` carries the line's number and the free places of planner and command buffer. */
  readonly advancedOk: boolean;
  /** M108, M112, M410 and M876 act while they are still in the serial ring. */
  readonly emergencyParser: boolean;
  /** M155 exists in this build. */
  readonly autoReport: boolean;
  /** M413 (power-loss recovery) exists in this build. */
  readonly powerLossRecovery: boolean;
}

export const filamentDiameterMm = 1.75;
export const nozzleDiameterMm = 0.4;

const marlinDefaults = {
  stepsPerMm: { x: 80, y: 80, z: 400, e: 500 },
  maxFeed: { x: 300, y: 300, z: 5, e: 25 },
  maxAcceleration: { x: 3000, y: 3000, z: 100, e: 10000 },
  acceleration: { print: 3000, retract: 3000, travel: 3000 },
  junctionDeviationMm: 0.013,
} as const;

/** The peer of `../shared/data/transcripts/marlin`, timing included, so that its transcripts can be replayed. */
export const recordedPeer: MachineProfile = {
  ...marlinDefaults,
  machineType: "SimRap 1.4",
  uuid: "cede2a2f-41a2-4748-9b12-c55c62f367ff",
  halLine: "x86_64 Initialized",
  compiled: { date: "Nov 22 2026", time: "17:52:46" },
  freshEeprom: true,
  travelMaxMm: { x: 200, y: 200, z: 200 },
  hotendMaxTarget: 260,
  bedMaxTarget: 140,
  stepOverheadS: 33e-6,
  hostLoss: "keeps-heating",
  idleTimeoutMs: 300_000,
  timing: { lineMs: 0.195, commandMs: 0.27, errorMs: 0.6, reportMs: 5 },
  ...{ powerLossRecovery: false, advancedOk: true, emergencyParser: true, autoReport: true },
};

/** The bench printer of the demo: 150 x 150 x 120 mm, 0.4 mm nozzle, 1.75 mm filament, a faster board. */
export const benchPrinter: MachineProfile = {
  ...recordedPeer,
  machineType: "Bench printer SIMULATED",
  halLine: null,
  freshEeprom: false,
  travelMaxMm: { x: 150, y: 150, z: 120 },
  hotendMaxTarget: 260,
  bedMaxTarget: 110,
  maxFeed: { x: 300, y: 300, z: 12, e: 60 },
  maxAcceleration: { x: 3000, y: 3000, z: 300, e: 10000 },
  stepOverheadS: 0,
  timing: { lineMs: 0.0195, commandMs: 0.027, errorMs: 0.06, reportMs: 0.5 },
  powerLossRecovery: true,
};
