/** A machine in memory that keeps the port's promises, for tests of what stands above drivers. */

import type { Machine, MachineTraits } from "../../src/drivers/machine.ts";
import type { Answer, Directive, Fault, MachineIdentity, Observation } from "../../src/equipment/machine.ts";
import type { AttemptId, Digest } from "../../src/kernel/names.ts";

export interface FakeMachineOptions {
  /** Layers of each program that the machine's store has. */
  readonly programs: ReadonlyMap<Digest, number>;
  readonly traits?: MachineTraits;
  readonly identity?: Partial<MachineIdentity>;
  /** Called to do the machine's next piece of work; `queueMicrotask` unless told otherwise. */
  readonly later?: (work: () => void) => void;
}

/** The machine, and what a test may do to it. */
export interface FakeMachine extends Machine {
  /** The machine cannot be reached any more. */
  lose(): void;
  /** It is back, and knows nothing of earlier attempts. */
  restore(): void;
  /** Somebody acts at its panel. */
  touch(what: string): void;
  /** The open attempt ends at the machine with this fault. */
  fail(fault: Fault): void;
  /** Everything it was told, in order. */
  readonly told: readonly Directive[];
}

interface Attempt {
  readonly id: AttemptId;
  readonly program: Digest;
  readonly layers: number;
  done: number;
  released: number;
  held: boolean;
}

const fault = (code: string): Fault => ({ code, what: `The simulated machine says ${code}.`, remedy: "Look at it." });

/** Makes a reachable machine that has begun nothing. */
export function createFakeMachine(options: FakeMachineOptions): FakeMachine {
  return new Fake(options);
}

class Fake implements FakeMachine {
  readonly traits: MachineTraits;
  readonly told: Directive[] = [];
  readonly #options: FakeMachineOptions;
  readonly #over = new Set<AttemptId>();
  #open: Attempt | null = null;
  #reachable = true;
  #closed = false;
  #hear: ((observation: Observation) => void) | null = null;

  constructor(options: FakeMachineOptions) {
    this.#options = options;
    this.traits = options.traits ?? { recognisesAttempts: false, onHostLoss: "driver" };
  }

  async perform(directive: Directive): Promise<Answer> {
    this.told.push(directive);
    if (this.#closed) return { kind: "refused", fault: fault("closed") };
    if (directive.kind === "begin") return this.#begin(directive);
    if (directive.kind === "abort") return this.#abort(directive.attempt);
    const open = this.#open;
    if (open?.id !== directive.attempt) return { kind: "refused", fault: fault("no-such-attempt") };
    if (directive.kind === "hold") open.held = true;
    else if (directive.releasedLayer >= open.released) [open.released, open.held] = [directive.releasedLayer, false];
    this.#work();
    return { kind: "done" };
  }

  observe(hear: (observation: Observation) => void): void {
    this.#hear = hear;
    this.#later(() => this.#sayOnline());
  }

  telemetry(): null {
    return null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#open = null;
  }

  lose(): void {
    this.#reachable = false;
    this.#say({ kind: "offline", fault: fault("no-sign-of-life") });
    this.#fail(fault("no-sign-of-life"), "unknown");
  }

  restore(): void {
    this.#reachable = true;
    this.#sayOnline();
  }

  touch(what: string): void {
    this.#say({ kind: "foreign-action", attempt: this.#open?.id ?? null, what });
  }

  fail(why: Fault): void {
    this.#fail(why, "off");
  }

  #begin(directive: Extract<Directive, { kind: "begin" }>): Answer {
    const { attempt, program, releasedLayer } = directive;
    if (this.#open?.id === attempt || this.#over.has(attempt)) return { kind: "done" };
    const layers = this.#options.programs.get(program);
    if (!this.#reachable || this.#open !== null) return { kind: "refused", fault: fault("machine-not-ready") };
    if (layers === undefined) return { kind: "refused", fault: fault("no-program") };
    this.#open = { id: attempt, program, layers, done: 0, released: releasedLayer, held: false };
    this.#work();
    return { kind: "done" };
  }

  #abort(attempt: AttemptId): Answer {
    if (this.#open !== null && this.#open.id !== attempt && !this.#over.has(attempt))
      return { kind: "refused", fault: fault("unknown-attempt") };
    if (this.#open?.id === attempt) this.#end();
    this.#over.add(attempt);
    return this.#reachable ? { kind: "done" } : { kind: "unknown", fault: fault("not-confirmed-safe") };
  }

  /** Makes one layer at a time; the release behind the last one ends the program. */
  #work(): void {
    this.#later(() => {
      const open = this.#open;
      if (open === null || open.held || open.released <= open.done) return;
      if (open.done === open.layers) return this.#finish(open);
      open.done++;
      const range = { min: 205, max: 205 };
      const summary = { hotend: range, bed: { min: 60, max: 60 }, durationMs: 1000, resends: 0, markedAt: open.done };
      this.#say({ kind: "layer-done", attempt: open.id, layer: open.done, summary });
      this.#work();
    });
  }

  #finish(open: Attempt): void {
    this.#end();
    const executed = { program: open.program, lines: open.layers, resends: 0 };
    this.#say({ kind: "finished", attempt: open.id, executed });
  }

  #fail(why: Fault, heaters: "off" | "unknown"): void {
    const open = this.#open;
    if (open === null) return;
    this.#end();
    this.#say({ kind: "failed", attempt: open.id, fault: why, heaters });
  }

  #end(): void {
    if (this.#open !== null) this.#over.add(this.#open.id);
    this.#open = null;
  }

  #sayOnline(): void {
    const identity = { vendor: "fake", model: "memory", serial: "fake-1", firmware: "1", simulated: true };
    if (this.#reachable) this.#say({ kind: "online", identity: { ...identity, ...this.#options.identity } });
  }

  #say(observation: Observation): void {
    if (!this.#closed) this.#hear?.(observation);
  }

  #later(work: () => void): void {
    (this.#options.later ?? queueMicrotask)(work);
  }
}
