/** The pure driver and the model firmware on one bench, in virtual time. */

import { dialects } from "../../../src/drivers/marlin/dialect.ts";
import { defaultLimits } from "../../../src/drivers/marlin/link.ts";
import type { PrintPlan, Section } from "../../../src/drivers/marlin/plan.ts";
import { createProtocol, type Protocol, type ProtocolEvent } from "../../../src/drivers/marlin/protocol.ts";
import {
  defaultTimes,
  type Output,
  type ProgramSource,
  type SessionSetup,
} from "../../../src/drivers/marlin/session.ts";
import { asciiBytes } from "../../../src/drivers/marlin/wire.ts";
import type { Answer, Directive, Fault, Observation } from "../../../src/equipment/machine.ts";
import { digestOf } from "../../../src/kernel/hash.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { err, ok, type Result } from "../../../src/kernel/result.ts";
import { calm, type ModelBehaviour, ModelFirmware, modelUuid } from "./model.ts";

export const attempt = (name: string): AttemptId => name as AttemptId;
/** Virtual time of one step, in ms. */
const stepMs = 5;

/** A program of `layers` layers with `moves` moves each; `;LAYER` comments part it. */
export function programOf(layers: number, moves: number): string {
  const layer = (n: number) =>
    [`;LAYER ${n}`, ...Array.from({ length: moves }, (_, i) => `G1 X${n} Y${i} E${n + i / 100} ; move`)].join("\n");
  const all = Array.from({ length: layers }, (_, i) => layer(i + 1)).join("\n");
  return `; head\nM140 S60\nM104 S205\nG28\nM109 S205\n${all}\n;END\nG1 X0 Y0\nM104 S0\nM140 S0\n; tail`;
}

export function sourceOf(text: string): ProgramSource {
  const bytes = asciiBytes(text);
  return { digest: digestOf(bytes), bytes, recipe: null };
}

/** Cuts a program of {@link programOf}; a line `BAD` is refused as a whole, `LATE` only when it is sent. */
export function planOf(program: ProgramSource): Result<PrintPlan, Fault> {
  const text = String.fromCharCode(...program.bytes);
  const unsafe: Fault = { code: "unsafe-toolpath", what: "bad line", remedy: "none" };
  if (text.includes("BAD")) return err(unsafe);
  const cuts = [...text.matchAll(/^;(?:LAYER|END)/gm)].map((match) => match.index);
  const layers: Section[] = cuts.slice(0, -1).map((start, i) => ({ start, end: cuts[i + 1]! }));
  return ok({
    ...{ bytes: program.bytes, layers, preamble: { start: 0, end: cuts[0]! } },
    postamble: { start: cuts.at(-1)!, end: text.length },
    newGuard: () => ({
      line: (start, end) => (text.slice(start, end).includes("LATE") ? unsafe : null),
      insert: () => null,
      place: () => ({ x: Number.NaN, y: Number.NaN, z: Number.NaN, e: Number.NaN }),
      capture: (layer) => ({ before: [`G1 X${layer} Y140`], after: [`G1 X${layer} Y75`] }),
    }),
  });
}

export function setupOf(changes: Partial<SessionSetup> = {}): SessionSetup {
  return {
    ...{ port: "usb-Test_printer-if00", machineType: null, dialect: dialects["marlin-2"], protectionProven: false },
    ...{ serial: modelUuid, vendor: "test", park: ["G91", "G1 Z5 F600", "G90"], prepare: planOf },
    ...{ times: defaultTimes, limits: defaultLimits },
    ...changes,
  };
}

/** Both ends, and everything that was said. */
export class Rig {
  readonly firmware: ModelFirmware;
  readonly protocol: Protocol;
  readonly observations: Observation[] = [];
  readonly answers = new Map<number, Answer>();
  readonly written: string[] = [];
  exited = false;
  /** While true nothing travels in either direction. */
  cut = false;
  now = 0;
  #id = 1;

  constructor(behaviour: Partial<ModelBehaviour> = {}, random: () => number = () => 0.5, setup = setupOf()) {
    this.firmware = new ModelFirmware({ ...calm, ...behaviour }, random);
    this.protocol = createProtocol(setup);
  }

  event(event: ProtocolEvent): void {
    for (const output of this.protocol(event, { mono: this.now, utc: 1_000_000 + this.now })) this.#take(output);
  }

  tell(directive: Directive, program: ProgramSource | null = null): number {
    const id = this.#id++;
    this.event({ kind: "directive", id, directive, program });
    return id;
  }

  /** One step of virtual time. */
  step(): void {
    this.now += stepMs;
    const text = this.firmware.run(this.now);
    if (text !== "" && !this.cut) this.event({ kind: "bytes", bytes: latin1(text) });
    this.event({ kind: "tick" });
  }

  /** Runs until `done`; false when that did not come within `limitMs` of virtual time. */
  until(done: () => boolean, limitMs = 60_000): boolean {
    const end = this.now + limitMs;
    while (!done() && this.now < end) this.step();
    return done();
  }

  open(): boolean {
    this.event({ kind: "opened" });
    return this.until(() => this.heard("online") !== undefined);
  }

  heard<K extends Observation["kind"]>(kind: K): Extract<Observation, { kind: K }> | undefined {
    return this.observations.find((o): o is Extract<Observation, { kind: K }> => o.kind === kind);
  }

  layers(): number[] {
    return this.observations.flatMap((o) => (o.kind === "layer-done" ? [o.layer] : []));
  }

  #take(output: Output): void {
    if (output.kind === "write") {
      this.written.push(output.text);
      if (!this.cut) this.firmware.receive(output.text);
    } else if (output.kind === "observe") this.observations.push(output.observation);
    else if (output.kind === "answer") {
      if (this.answers.has(output.id)) throw new Error(`directive ${output.id} was answered twice`);
      this.answers.set(output.id, output.answer);
    } else if (output.kind === "exit") this.exited = true;
  }
}

export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);
}
