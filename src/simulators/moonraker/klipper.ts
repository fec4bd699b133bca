/** A simulated Klipper: a file carried out line by line in scaled time, its objects as Klipper reports them, and a person at its panel. */

/** What Klipper's status objects hold; names and meanings from Klipper's status reference and recorded sessions. */
export type Objects = { readonly [object: string]: { readonly [field: string]: unknown } };

export interface KlipperOptions {
  /** Machine seconds a real second: motion, heating, dwell. */
  readonly speed: number;
  /** Machine seconds without a command after which the heaters are switched off. */
  readonly idleTimeout_s: number;
  /** Name of the mainboard in [mcu] serial. */
  readonly board: string;
}

interface Heater {
  temperature: number;
  target: number;
}

/** What stands in the printer's file, and how far it is. */
interface Print {
  readonly file: string;
  readonly bytes: Uint8Array;
  position: number;
}

export interface Klipper {
  /** Lets real time pass. */
  advance(real_ms: number): void;
  objects(): Objects;
  /** Why a command is refused, or null. `SDCARD_PRINT_FILE` goes by `start`. */
  run(script: string): string | null;
  /** True while a command waits for a heater: whatever else is asked waits behind it. */
  isBlocked(): boolean;
  start(file: string, bytes: Uint8Array): string | null;
  emergencyStop(why: string): void;
  restart(): void;
  /** Lines that were carried out since the last start, as they stood in the file. */
  executed(): readonly string[];
  /** Speed factor as somebody sets it at the panel. */
  setSpeedFactor(factor: number): void;
}

const ambient = 22;
const latin = new TextDecoder("latin1");

/** Makes a printer at rest. */
export function createKlipper(options: KlipperOptions): Klipper {
  const hotend: Heater = { temperature: ambient, target: 0 };
  const bed: Heater = { temperature: ambient, target: 0 };
  let host = { state: "ready", state_message: "Printer is ready" };
  let stats = { state: "standby", filename: "", message: "", total_duration: 0 };
  let print: Print | null = null;
  let active = false;
  let paused = false;
  let waitsFor: Heater | null = null;
  let busy_s = 0;
  /** M400: nothing further is taken before all motion has ended. */
  let drains = false;
  let idle_s = 0;
  let feed_mm_s = 50;
  let factor = 1;
  let at = { x: 0, y: 0, z: 0 };
  let relative = false;
  let done: string[] = [];

  function heat(heater: Heater, seconds: number): void {
    const aim = host.state === "ready" && heater.target > 0 ? heater.target : ambient;
    heater.temperature += (aim - heater.temperature) * (1 - Math.exp(-seconds / 4));
  }

  /** Carries out one command; what it takes goes to `busy_s`. Answers what is wrong with it, or null. */
  function carryOut(command: string): string | null {
    const words = new Map(
      [...command.matchAll(/([A-Z])(-?\d*\.?\d+)/g)].map(([, letter, value]) => [letter!, Number(value)]),
    );
    const name = command.split(" ")[0] ?? "";
    idle_s = 0;
    if (name === "G0" || name === "G1") move(words);
    else if (name === "G28") [busy_s, at] = [busy_s + 4, { x: 0, y: 0, z: 0 }];
    else if (name === "G4") busy_s += (words.get("P") ?? 0) / 1000 + (words.get("S") ?? 0);
    else if (name === "G90") relative = false;
    else if (name === "G91") relative = true;
    else if (name === "M104" || name === "M109") hotend.target = words.get("S") ?? hotend.target;
    else if (name === "M140" || name === "M190") bed.target = words.get("S") ?? bed.target;
    else if (name === "TURN_OFF_HEATERS") hotend.target = bed.target = 0;
    else if (name === "M400") drains = true;
    else if (name === "PAUSE") pause();
    else if (name === "RESUME") return resume();
    else if (name === "CANCEL_PRINT") cancel();
    else if (name === "FAIL") return "Must home axis first";
    if (name === "M109" && hotend.target > 0) waitsFor = hotend;
    if (name === "M190" && bed.target > 0) waitsFor = bed;
    return null;
  }

  function move(words: ReadonlyMap<string, number>): void {
    const f = words.get("F");
    if (f !== undefined) feed_mm_s = f / 60;
    const of = (letter: string, now: number): number => {
      const value = words.get(letter);
      return value === undefined ? now : relative ? now + value : value;
    };
    const next = { x: of("X", at.x), y: of("Y", at.y), z: of("Z", at.z) };
    const path = Math.hypot(next.x - at.x, next.y - at.y, next.z - at.z);
    busy_s += Math.max(path / (feed_mm_s * factor), 0.001);
    at = next;
  }

  function pause(): void {
    if (paused) return;
    paused = true;
    active = false;
    if (stats.state === "printing") stats = { ...stats, state: "paused" };
  }

  function resume(): string | null {
    // Klipper says so as a remark and carries on.
    if (!paused) return null;
    paused = false;
    if (print !== null) {
      active = true;
      stats = { ...stats, state: "printing" };
    }
    return null;
  }

  function cancel(): void {
    if (print !== null) stats = { ...stats, state: "cancelled" };
    [print, active, paused, busy_s] = [null, false, false, 0];
  }

  function nextLine(): void {
    if (print === null) return;
    const end = print.bytes.indexOf(10, print.position);
    if (print.position >= print.bytes.length) {
      active = false;
      print = null;
      stats = { ...stats, state: "complete" };
      return;
    }
    const stop = end === -1 ? print.bytes.length : end;
    const line = latin.decode(print.bytes.subarray(print.position, stop));
    print.position = Math.min(print.bytes.length, stop + 1);
    const command = line.replace(/;.*$/, "").trim();
    done.push(line);
    const wrong = command === "" ? null : carryOut(command);
    if (wrong === null) return;
    [active, print] = [false, null];
    hotend.target = bed.target = 0;
    stats = { ...stats, state: "error", message: wrong };
  }

  return {
    advance(real_ms) {
      let left = (real_ms / 1000) * options.speed;
      if (host.state !== "ready") return [heat(hotend, left), heat(bed, left)][0];
      if (stats.state === "printing" || stats.state === "paused") stats.total_duration += real_ms / 1000;
      idle_s += left;
      while (left > 0) {
        const slice = Math.min(left, 0.2);
        heat(hotend, slice);
        heat(bed, slice);
        left -= slice;
        if (waitsFor !== null && Math.abs(waitsFor.temperature - waitsFor.target) < 1.5) waitsFor = null;
        busy_s = Math.max(0, busy_s - slice);
        if (busy_s === 0) drains = false;
        // The planner looks ahead: lines are taken while less than two seconds of motion wait.
        while (active && waitsFor === null && !drains && busy_s < slice) nextLine();
      }
      if (active || busy_s > 0) idle_s = 0;
      if (idle_s > options.idleTimeout_s) hotend.target = bed.target = 0;
      return undefined;
    },
    objects: () => ({
      webhooks: host,
      print_stats: { ...stats, info: { total_layer: null, current_layer: null } },
      virtual_sdcard: {
        file_path: print === null ? null : `gcodes/${print.file}`,
        is_active: active,
        file_position: print?.position ?? 0,
        file_size: print?.bytes.length ?? 0,
      },
      pause_resume: { is_paused: paused },
      extruder: { temperature: Math.round(hotend.temperature * 100) / 100, target: hotend.target },
      heater_bed: { temperature: Math.round(bed.temperature * 100) / 100, target: bed.target },
      gcode_move: { speed_factor: factor, extrude_factor: 1, homing_origin: [0, 0, 0, 0] },
      toolhead: { homed_axes: "xyz" },
      configfile: { settings: { mcu: { serial: `/dev/serial/by-id/${options.board}` }, pause_resume: {} } },
    }),
    run(script) {
      if (host.state !== "ready") return host.state_message;
      for (const command of script.split("\n")) {
        const wrong = carryOut(command.trim());
        if (wrong !== null) return wrong;
      }
      return null;
    },
    isBlocked: () => waitsFor !== null && host.state === "ready",
    start(file, bytes) {
      if (host.state !== "ready") return host.state_message;
      if (active || paused) return "SD busy";
      print = { file, bytes, position: 0 };
      [active, done] = [true, []];
      stats = { state: "printing", filename: file, message: "", total_duration: 0 };
      return null;
    },
    emergencyStop(why) {
      host = { state: "shutdown", state_message: why };
      waitsFor = null;
      busy_s = 0;
      // Seen on real Klipper: the print then says "paused", and only this says what is the matter.
      if (stats.state === "printing") stats = { ...stats, state: "paused" };
      active = false;
    },
    restart() {
      host = { state: "ready", state_message: "Printer is ready" };
      stats = { state: "standby", filename: "", message: "", total_duration: 0 };
      [print, active, paused, waitsFor, busy_s] = [null, false, false, null, 0];
      hotend.target = bed.target = 0;
      factor = 1;
    },
    executed: () => done,
    setSpeedFactor(value) {
      factor = value;
    },
  };
}
