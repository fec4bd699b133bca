/** The table of commands this build of the firmware knows; what is not here is echoed as unknown and gets its ok. */
import { type Board, type Handler, motionDone, positionLine, type Steps, until } from "./board.ts";
import { type Command, has, numberOf } from "./command.ts";
import { autoReport, coldExtrusion, reportTemperature, target, targetAndWait } from "./heat-codes.ts";
import { arc, dwell, home, line, setPosition } from "./motion-codes.ts";
import { identityLines, settingsLines } from "./texts.ts";

const nothing: Handler = () => undefined;

function set(change: (board: Board, command: Command) => void): Handler {
  return (board, command) => {
    change(board, command);
    return undefined;
  };
}

const awaitMotion: Handler = (board) =>
  (function* (): Steps {
    yield motionDone(board);
  })();

const disableMotors: Handler = (board) =>
  (function* (): Steps {
    yield motionDone(board);
    Object.assign(board.modal.homed, { x: false, y: false, z: false });
  })();

/** M0, M1: prompts the host and waits for a person (M108 or M876), or for S seconds. */
function stopFor(code: string): Handler {
  return (board, command) =>
    (function* (): Steps {
      yield motionDone(board);
      const seconds = numberOf(command, "S") ?? (numberOf(command, "P") ?? 0) / 1000;
      const message = seconds > 0 ? "" : command.rest.trim();
      if (message !== "") board.say(`echo:${message}`, "\r\n");
      board.say("//action:prompt_end");
      board.say(`//action:prompt_begin ${message === "" ? `${code} Stop` : message}`);
      board.say("//action:prompt_button Continue");
      board.say("//action:prompt_show");
      board.userBroken = false;
      const endMs = seconds > 0 ? board.nowMs + seconds * 1000 : Number.POSITIVE_INFINITY;
      yield {
        ready: (now) => board.userBroken || now >= endMs,
        wakeMs: () => (seconds > 0 ? endMs : null),
        busyText: "paused for user",
      };
    })();
}

/** M118: says a text to the host; A1 puts `//` before it, E1 `echo:`. */
const sayToHost = set((board, command) => {
  let text = command.rest.trimStart();
  let prefix = "";
  for (;;) {
    const option = /^([AEP])(\d) ?/.exec(text);
    if (option === null) break;
    if (option[2] === "1" && option[1] === "A") prefix = "//";
    if (option[2] === "1" && option[1] === "E") prefix = "echo:";
    text = text.slice(option[0].length);
  }
  board.say(`${prefix}${text}`, "\r\n");
});

const powerOff: Handler = (board) =>
  (function* (): Steps {
    board.thermal.allOff();
    board.say("M106 P0 S0");
    yield motionDone(board);
    yield until(board.nowMs + 1120 / board.speed);
    board.say(`//action:notification ${board.profile.machineType} OFF.`);
  })();

const keepAlive = set((board, command) => {
  const seconds = numberOf(command, "S");
  if (seconds === null) board.say(`echo:M113 S${board.modal.keepAliveS}`);
  else board.modal.keepAliveS = Math.min(60, Math.max(0, Math.trunc(seconds)));
});

const softEndstops = set((board, command) => {
  const on = numberOf(command, "S");
  if (on !== null) {
    board.modal.softEndstops = on > 0;
    return;
  }
  const { x, y, z } = board.profile.travelMaxMm;
  const max = `X${x.toFixed(2)} Y${y.toFixed(2)} Z${z.toFixed(2)}`;
  board.say(`  M211 S${board.modal.softEndstops ? "1 ; ON" : "0 ; OFF"}`);
  board.say(`  Min:  X0.00 Y0.00 Z0.00   Max:  ${max}`);
});

const printTime = set((board) => {
  const { jobStartedMs } = board.modal;
  const seconds = jobStartedMs === null ? 0 : Math.trunc((board.nowMs - jobStartedMs) / 1000);
  const parts = [Math.trunc(seconds / 3600), Math.trunc(seconds / 60) % 60, seconds % 60];
  const text = ["h", "m", "s"].map((unit, i) => (parts[i]! > 0 || unit === "s" ? `${parts[i]}${unit}` : ""));
  const shown = text.filter((part) => part !== "").join(" ");
  board.say(`//action:notification ${shown}`, "\r\n");
  board.say(`echo:Print time: ${shown}`);
});

const extruder = set((board, command) => {
  if (command.code !== "T0") board.say(`echo:${command.code} Invalid extruder`);
});

const positionReport = set((board, command) => {
  const seconds = numberOf(command, "S");
  if (seconds === null) return;
  board.modal.positionReportS = Math.min(60, Math.max(0, Math.trunc(seconds)));
  board.scheduleReports();
});

const recovery = set((board, command) => {
  const on = numberOf(command, "S");
  if (!board.profile.powerLossRecovery) board.say(`echo:Unknown command: "${command.text}"`);
  else if (on === null) board.say(`echo:  M413 S${board.modal.powerLossRecovery ? "1 ; ON" : "0 ; OFF"}`);
  else board.modal.powerLossRecovery = on > 0;
});

const debugging = set((board, command) => {
  board.modal.debugFlags = numberOf(command, "S") ?? board.modal.debugFlags;
  board.say(`echo:DEBUG:${(board.modal.debugFlags & 1) === 1 ? "ECHO" : "Off"}`);
});

const plannedPosition = set((board) => {
  const { modal, planner, profile } = board;
  board.say(positionLine(modal, modal.position, planner.plan, profile));
});

const endstops = set((board) => {
  board.say("Reporting endstop status");
  for (const axis of ["x", "y", "z"] as const) board.say(`${axis}_min: open`);
});

/** Every command of this build by its code. */
export const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["G0", line],
  ["G1", line],
  ["G2", arc(true)],
  ["G3", arc(false)],
  ["G4", dwell],
  ["G20", set((board) => (board.modal.millimetresPerUnit = 25.4))],
  ["G21", set((board) => (board.modal.millimetresPerUnit = 1))],
  ["G28", home],
  ["G90", set((board) => Object.assign(board.modal, { absolute: true, extruderAbsolute: true }))],
  ["G91", set((board) => Object.assign(board.modal, { absolute: false, extruderAbsolute: false }))],
  ["G92", setPosition],
  ["M0", stopFor("M0")],
  ["M1", stopFor("M1")],
  ["M17", nothing],
  ["M18", disableMotors],
  ["M31", printTime],
  ["M75", set((board) => (board.modal.jobStartedMs = board.nowMs))],
  ["M76", set((board) => board.say("//action:pause"))],
  ["M77", set((board) => (board.modal.jobStartedMs = null))],
  ["M81", powerOff],
  ["M82", set((board) => (board.modal.extruderAbsolute = true))],
  ["M83", set((board) => (board.modal.extruderAbsolute = false))],
  ["M84", disableMotors],
  ["M85", nothing],
  ["M92", nothing],
  ["M104", target("hotend")],
  ["M105", reportTemperature],
  ["M106", set((board, command) => (board.modal.fanSpeed = Math.min(255, Math.max(0, numberOf(command, "S") ?? 255))))],
  ["M107", set((board) => (board.modal.fanSpeed = 0))],
  ["M108", nothing],
  ["M111", debugging],
  ["M109", targetAndWait("hotend")],
  ["M110", set((board, command) => (board.lastNumber = numberOf(command, "N") ?? board.lastNumber))],
  ["M112", nothing],
  ["M113", keepAlive],
  ["M114", plannedPosition],
  ["M115", set((board) => identityLines(board.profile).forEach((text) => void board.say(text)))],
  ["M117", nothing],
  ["M118", sayToHost],
  ["M119", endstops],
  ["M140", target("bed")],
  ["M149", nothing],
  ["M154", positionReport],
  ["M155", autoReport],
  ["M190", targetAndWait("bed")],
  ["M200", nothing],
  ["M201", nothing],
  ["M203", nothing],
  ["M204", nothing],
  ["M205", nothing],
  ["M206", nothing],
  ["M211", softEndstops],
  ["M220", set((board, command) => (board.modal.feedPercent = percent(command, board.modal.feedPercent)))],
  ["M221", set((board, command) => (board.modal.flowPercent = percent(command, board.modal.flowPercent)))],
  ["M301", nothing],
  ["M302", coldExtrusion],
  ["M304", nothing],
  ["M400", awaitMotion],
  ["M410", nothing],
  ["M413", recovery],
  ["M500", set((board) => board.say("echo:Settings Stored (627 bytes; crc 9414)"))],
  ["M501", set((board) => board.say("echo:V88 stored settings retrieved (627 bytes; crc 9414)"))],
  ["M502", set((board) => board.say("echo:Hardcoded Default Settings Loaded"))],
  ["M503", set((board) => settingsLines(board.profile).forEach((text) => void board.say(text)))],
  ["M876", nothing],
  ["M999", set((board) => board.requestResend())],
]);

function percent(command: Command, old: number): number {
  const value = numberOf(command, "S");
  return value === null || has(command, "B") ? old : Math.min(999, Math.max(10, value));
}

/** The handler of a command; unknown codes are echoed, and still get their ok. */
export function handlerOf(command: Command): Handler {
  const known = handlers.get(command.code);
  if (known !== undefined) return known;
  if (/^T\d+$/.test(command.code)) return extruder;
  return set((board) => board.say(`echo:Unknown command: "${command.text}"`));
}
