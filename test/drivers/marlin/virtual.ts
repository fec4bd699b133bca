/** The pure driver with its real guard and the simulated printer with its real physics, in virtual time. */
import { prepare } from "../../../src/drivers/marlin/prepare.ts";
import { createProtocol, type Protocol, type ProtocolEvent } from "../../../src/drivers/marlin/protocol.ts";
import type { Output, SessionSetup } from "../../../src/drivers/marlin/session.ts";
import { asciiBytes } from "../../../src/drivers/marlin/wire.ts";
import type { Directive, Observation } from "../../../src/equipment/machine.ts";
import { digestOf } from "../../../src/kernel/hash.ts";
import { handlers } from "../../../src/simulators/printer/codes.ts";
import { parseCommand } from "../../../src/simulators/printer/command.ts";
import { Printer } from "../../../src/simulators/printer/printer.ts";
import { benchPrinter, type MachineProfile } from "../../../src/simulators/printer/profile.ts";
import { recipe } from "../../toolpath/bench.ts";
import { attempt, setupOf } from "./rig.ts";

export interface VirtualOptions {
  readonly profile?: Partial<MachineProfile>;
  readonly speed?: number;
  readonly baud?: number;
  readonly setup?: Partial<SessionSetup>;
  /** What arrives of bytes in either direction. */
  readonly wire?: (bytes: Uint8Array, way: "to-printer" | "to-host") => Uint8Array;
  /** Keeps what was executed; off for very long runs. */
  readonly keep?: boolean;
}

const tickMs = 25;

/** Both ends and everything that was said. */
export class Virtual {
  readonly printer: Printer;
  readonly protocol: Protocol;
  readonly observations: Observation[] = [];
  readonly answers = new Map<number, string>();
  /** Lines as the firmware carried them out, with numbers and checksums. */
  readonly executed: string[] = [];
  readonly telemetry: Extract<Output, { kind: "telemetry" }>[] = [];
  readonly attempt = attempt("v1");
  now = 0;
  /** While true nothing travels in either direction. */
  cut = false;
  wire: VirtualOptions["wire"];
  sentBytes = 0;
  /** When the driver first stopped the printer since this was set to null. */
  stoppedAt: number | null = null;
  #id = 0;
  #nextTick = 0;

  constructor({ profile, speed = 1, baud, setup, wire, keep = true }: VirtualOptions = {}) {
    const machine = { ...benchPrinter, ...profile };
    const executed = (line: string) => void (keep && this.executed.push(line));
    this.printer = new Printer({ profile: machine, speed, seed: 1, executed, ...(baud !== undefined && { baud }) }, 0);
    this.protocol = createProtocol(setupOf({ serial: machine.uuid, prepare, ...setup }));
    this.wire = wire;
  }

  event(event: ProtocolEvent): void {
    for (const output of this.protocol(event, { mono: this.now, utc: 1_000_000 + this.now })) this.#take(output);
  }

  #take(output: Output): void {
    if (output.kind === "write") {
      const bytes = asciiBytes(output.text);
      this.sentBytes += bytes.length;
      if (output.text.includes("M410")) this.stoppedAt ??= this.now;
      if (!this.cut) this.printer.receive(this.wire?.(bytes, "to-printer") ?? bytes, this.now);
    } else if (output.kind === "observe") this.observations.push(output.observation);
    else if (output.kind === "answer") this.answers.set(output.id, output.answer.kind);
    else if (output.kind === "telemetry") this.telemetry.splice(0, this.telemetry.length, output);
  }

  tell(directive: Directive, text?: string): number {
    const bytes = text === undefined ? null : asciiBytes(text);
    const program = bytes === null ? null : { digest: digestOf(bytes), bytes, recipe };
    this.event({ kind: "directive", id: ++this.#id, directive, program });
    return this.#id;
  }

  begin(text: string, releasedLayer = 9999): number {
    return this.tell(
      { kind: "begin", attempt: this.attempt, program: digestOf(asciiBytes(text)), releasedLayer },
      text,
    );
  }

  /** Runs until `done`; false when that did not come within `limitMs` of virtual time. */
  until(done: () => boolean, limitMs = 3_600_000): boolean {
    const end = this.now + limitMs;
    while (!done() && this.now < end) {
      this.now = Math.max(this.now, Math.min(this.printer.nextMs(), this.#nextTick));
      this.printer.advance(this.now);
      for (const { bytes } of this.printer.takeOutput())
        if (!this.cut) this.event({ kind: "bytes", bytes: this.wire?.(bytes, "to-host") ?? bytes });
      if (this.now < this.#nextTick) continue;
      this.event({ kind: "tick" });
      this.#nextTick = this.now + tickMs;
    }
    return done();
  }

  open(): boolean {
    this.event({ kind: "opened" });
    return this.until(() => this.heard("online") !== undefined, 60_000);
  }

  heard<K extends Observation["kind"]>(kind: K): Extract<Observation, { kind: K }> | undefined {
    return this.observations.findLast((o): o is Extract<Observation, { kind: K }> => o.kind === kind);
  }

  /** Runs the job to its end and says how it ended. */
  end(limitMs?: number): string {
    const over = () => this.heard("finished") !== undefined || this.heard("failed") !== undefined;
    this.until(over, limitMs);
    return this.heard("finished") !== undefined ? "finished" : (this.heard("failed")?.fault.code ?? "neither");
  }
}

/** A small repeatable generator (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Changes each byte with a probability: one bit of it, or the whole byte. */
export function flips(rate: number, seed: number, whole = false): NonNullable<VirtualOptions["wire"]> {
  const random = seeded(seed);
  return (bytes) =>
    bytes.map((byte) => {
      if (random() >= rate) return byte;
      return whole ? Math.floor(random() * 256) : byte ^ (1 << Math.floor(random() * 8));
    });
}

/** The driver's own questions and settings, which may come at any time. */
const questions = /^(?:M105|M110|M111|M113|M114|M115|M155|M410|M413|M108)\b/;

/** What of the executed lines the firmware knows as commands, without the driver's own; a repeated mark counts once. */
export function ofProgram(executed: readonly string[]): string[] {
  const known = executed.flatMap((line) => {
    const { code, text } = parseCommand(line);
    return handlers.has(code) && !questions.test(text) ? [text.trimEnd()] : [];
  });
  return known.filter((line, at) => !line.startsWith("M118 ") || known.indexOf(line) === at);
}

/** What a failed job executed that is neither a beginning of its program nor what makes the printer safe. */
export function alterationsOf(done: readonly string[], program: readonly string[]): string[] {
  const upTo = done.findIndex((line, at) => line !== program[at]);
  if (upTo < 0) return [];
  const safing = new Set(["M104 S0", "M140 S0", "M107", "G91", "G1 Z5 F600", "G90", "M400"]);
  return done.slice(upTo).filter((line) => !safing.has(line));
}
