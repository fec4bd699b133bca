/** The simulated printer as a program: a real terminal for its host, a unix socket for the world around it. */
import { parseArgs } from "node:util";
import { openPtyAt, type PtyEnd } from "../../pty/io/pty.ts";
import { Printer } from "../printer.ts";
import { benchPrinter, type MachineProfile } from "../profile.ts";
import { serveWorld } from "./world-link.ts";

const usage = `Simulated printer (Marlin): *SIMULATED, not for human use*
  node src/simulators/printer/io/main.ts --tty PATH --world SOCKET
    [--speed N]            machine seconds a real second: motion, heating, dwell (1)
    [--profile NAME]       keeps-heating | firmware-timeout: what happens when the host falls silent (keeps-heating)
    [--idle-timeout S]     silence before firmware-timeout turns the heaters off, real seconds (300)
    [--seed N]             seed of all noise (1)
    [--serial UUID]        identity that M115 tells
    [--plain-ok]           ok carries no numbers (no ADVANCED_OK)
    [--no-emergency-parser] M108, M112 and M410 wait in line like any other
    [--no-autoreport]      no M155
    [--baud N]             paces both directions, and a full receive ring loses bytes
    [--announce]           one JSON line on stdout for each world event
`;

/** The last program left the head at the back, out of the camera's view of the plate. */
const leftAt = { x: 75, y: 140, z: 40 };

interface Settings {
  readonly tty: string;
  readonly world: string;
  readonly speed: number;
  readonly seed: number;
  readonly profile: MachineProfile;
  readonly baud?: number;
  readonly announce: boolean;
}

function readArguments() {
  return parseArgs({
    options: {
      tty: { type: "string" },
      world: { type: "string" },
      speed: { type: "string", default: "1" },
      profile: { type: "string", default: "keeps-heating" },
      "idle-timeout": { type: "string", default: "300" },
      seed: { type: "string", default: "1" },
      serial: { type: "string", default: benchPrinter.uuid },
      "plain-ok": { type: "boolean", default: false },
      "no-emergency-parser": { type: "boolean", default: false },
      "no-autoreport": { type: "boolean", default: false },
      baud: { type: "string" },
      announce: { type: "boolean", default: false },
    },
  }).values;
}

/** The settings of the command line, or null when they make no sense. */
function readSettings(): Settings | null {
  let values: ReturnType<typeof readArguments>;
  try {
    values = readArguments();
  } catch {
    return null;
  }
  const speed = Number(values.speed);
  const seed = Number(values.seed);
  const idleS = Number(values["idle-timeout"]);
  const hostLoss = values.profile;
  const good =
    values.tty !== undefined &&
    values.world !== undefined &&
    speed > 0 &&
    speed <= 100_000 &&
    Number.isSafeInteger(seed) &&
    idleS > 0 &&
    (values.baud === undefined || Number(values.baud) >= 1200) &&
    /^[0-9A-Za-z-]{1,64}$/.test(values.serial);
  if (!good || !isHostLoss(hostLoss)) return null;
  const profile: MachineProfile = {
    ...{ ...benchPrinter, hostLoss, uuid: values.serial, idleTimeoutMs: idleS * 1000 },
    advancedOk: !values["plain-ok"],
    emergencyParser: !values["no-emergency-parser"],
    autoReport: !values["no-autoreport"],
  };
  const paced = values.baud === undefined ? {} : { baud: Number(values.baud) };
  return { tty: values.tty!, world: values.world!, speed, seed, profile, announce: values.announce, ...paced };
}

function isHostLoss(text: string): text is MachineProfile["hostLoss"] {
  return text === "keeps-heating" || text === "firmware-timeout";
}

function tell(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function announce(settings: Settings, what: string, printer: Printer, nowMs: number): void {
  if (settings.announce) tell({ event: what, simSeconds: printer.state(nowMs).simSeconds });
}

/** Turns the printer's wake-ups into timers and its lines into bytes on the terminal. */
function drive(settings: Settings): {
  printer: Printer;
  nowMs: () => number;
  pump: () => void;
  pty: () => PtyEnd | null;
} {
  const nowMs = (): number => performance.now();
  const printer = new Printer({ ...settings, restsAt: leftAt }, nowMs());
  let pty: PtyEnd | null = null;
  let timer: NodeJS.Timeout | null = null;
  let immediate: NodeJS.Immediate | null = null;
  const plug = (): void => {
    if (printer.plugged === (pty !== null)) return;
    if (pty !== null) pty.close();
    pty = printer.plugged ? openPtyAt(settings.tty, onBytes) : null;
  };
  const onBytes = (bytes: Uint8Array): void => {
    printer.receive(bytes, nowMs());
    pump();
  };
  const pump = (): void => {
    if (timer !== null) clearTimeout(timer);
    if (immediate !== null) clearImmediate(immediate);
    timer = null;
    immediate = null;
    printer.advance(nowMs());
    plug();
    for (const note of printer.takeNotes()) announce(settings, note, printer, nowMs());
    const lines = printer.takeOutput();
    if (lines.length > 0) pty?.write(Buffer.concat(lines.map((line) => line.bytes)));
    pty?.hold(printer.congested);
    const wait = printer.nextMs() - nowMs();
    if (wait === Number.POSITIVE_INFINITY) return;
    // A timer is good to a millisecond; the model itself is exact, so only what is due at once may spin.
    if (wait < 0.2) immediate = setImmediate(pump);
    else timer = setTimeout(pump, Math.min(wait, 60_000));
  };
  return { printer, nowMs, pump, pty: () => pty };
}

async function main(): Promise<void> {
  const settings = readSettings();
  if (settings === null) {
    process.stderr.write(usage);
    process.exitCode = 2;
    return;
  }
  const { printer, nowMs, pump, pty } = drive(settings);
  const note = (what: string): void => announce(settings, what, printer, nowMs());
  pump();
  const server = await serveWorld(settings.world, { printer, nowMs, changed: pump, note });
  const stop = (): void => {
    pty()?.close();
    server.close();
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  const { machineType, uuid, hostLoss } = settings.profile;
  tell({
    ready: "printer",
    simulated: true,
    tty: settings.tty,
    device: pty()?.device,
    world: settings.world,
    machineType,
    uuid,
    speed: settings.speed,
    profile: hostLoss,
    pid: process.pid,
  });
}

// Whoever started the printer may leave it behind: a closed pipe must not stop the machine.
process.stdout.on("error", () => undefined);
await main();
