/** A printer in virtual time that keeps its own account of what it was told and what it made. */
import type { Answer, Directive, Fault, Observation } from "../../src/equipment/machine.ts";
import type { AttemptId, Digest } from "../../src/kernel/names.ts";
import type { Random, VirtualTime } from "./time.ts";
import type { Witness } from "./witness.ts";

export interface Storm {
  /** 0 calm .. 1 every chance of trouble as written. */
  strength: number;
}

export interface Printer {
  perform(directive: Directive): Promise<Answer>;
  /** A controller listens; its driver says who is there. */
  attach(hear: (observation: Observation) => void): void;
  /** The controller is gone. */
  detach(): void;
  /** A person takes everything off the plate; false while the machine is at work. */
  clearPlate(): boolean;
  plateOccupied(): boolean;
  /** Somebody puts something on the plate; not while the machine is at work. */
  layDown(): void;
  /** How many parts came off whole, by job. */
  readonly made: Map<string, number>;
  /** Attempts that were aborted in the middle of a layer. */
  readonly interrupted: ReadonlySet<string>;
}

interface Run {
  readonly attempt: AttemptId;
  readonly program: Digest;
  printed: number;
  released: number;
  holding: boolean;
  busy: boolean;
}

export const serial = "SIM-1";
const fault = (code: string): Fault => ({ code, what: code, remedy: "wait" });

export interface PrinterWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly storm: Storm;
  readonly witness: Witness;
  readonly lag: number;
  readonly planned: number;
  readonly accuse: (law: string) => void;
}

/** Puts a cold, empty printer into the world. */
export function createPrinter(world: PrinterWorld): Printer {
  const { time, random, storm, witness, accuse } = world;
  const made = new Map<string, number>();
  const interrupted = new Set<string>();
  const begun = new Set<string>();
  let part: AttemptId | null = null;
  let run: Run | null = null;
  let hear: ((observation: Observation) => void) | null = null;
  let wireFreeAt = 0;
  let announced = false;
  const chance = (p: number) => random() < p * storm.strength;

  function say(observation: Observation, delayMs = random() * 200): void {
    if (chance(0.01)) return;
    const listener = hear;
    const speak = () => {
      if (hear !== listener) return;
      if (observation.kind === "online") announced = true;
      listener?.(observation);
    };
    // One wire: news may be late, but it does not overtake.
    wireFreeAt = Math.max(wireFreeAt, time.elapsed() + delayMs);
    time.after(wireFreeAt - time.elapsed(), speak);
    if (chance(0.05)) time.after(delayMs + random() * 20_000, speak);
  }

  function online(): void {
    say({ kind: "online", identity: { vendor: "v", model: "m", serial, firmware: "f", simulated: true } });
  }

  function begin(directive: Extract<Directive, { kind: "begin" }>): Answer {
    if (begun.has(directive.attempt)) return { kind: "done" };
    if (run) return { kind: "refused", fault: fault("busy") };
    if (!witness.attempt(directive.attempt)) accuse("law 1: the machine heard of a start that is not on disk");
    if (part !== null) accuse("the machine was told to start with a part in it");
    begun.add(directive.attempt);
    part = directive.attempt;
    run = { ...directive, printed: 0, released: directive.releasedLayer, holding: false, busy: false };
    nextLayer(run);
    return { kind: "done" };
  }

  function nextLayer(current: Run): void {
    if (run !== current || current.busy || current.holding) return;
    const layer = current.printed + 1;
    if (layer > current.released) return;
    const accepted = witness.attempt(current.attempt)?.accepted ?? -1;
    if (layer > accepted + 1 + world.lag) accuse(`law 3: layer ${layer} begun with ${accepted} accepted`);
    if (layer > world.planned) return finish(current);
    current.busy = true;
    time.after(2_000 + random() * 30_000, () => {
      current.busy = false;
      if (run !== current) return;
      current.printed = layer;
      const nothing = { min: 0, max: 0 };
      const summary = { hotend: nothing, bed: nothing, durationMs: 1, resends: 0, markedAt: time.clock.now() };
      say({ kind: "layer-done", attempt: current.attempt, layer, summary });
      if (chance(0.01)) touch(current.attempt);
      if (chance(0.004)) return forget(current);
      nextLayer(current);
    });
  }

  /** Somebody at the printer's own panel; its driver tells. */
  function touch(attempt: AttemptId | null): void {
    say({ kind: "foreign-action", attempt, what: "Somebody set another speed at the printer's panel." });
  }

  function finish(current: Run): void {
    run = null;
    const job = current.attempt.slice(0, current.attempt.lastIndexOf("-A"));
    made.set(job, (made.get(job) ?? 0) + 1);
    say({ kind: "finished", attempt: current.attempt, executed: { program: current.program, lines: 1, resends: 0 } });
  }

  function forget(current: Run): void {
    run = null;
    if (random() < 0.5)
      say({ kind: "failed", attempt: current.attempt, fault: fault("machine-reset"), heaters: "unknown" });
    if (random() < 0.5) say({ kind: "offline", fault: fault("cable") });
    time.after(5_000 + random() * 30_000, online);
  }

  function proceed(directive: Extract<Directive, { kind: "proceed" | "hold" }>): Answer {
    if (run?.attempt !== directive.attempt) return { kind: "refused", fault: fault("unknown-attempt") };
    run.holding = directive.kind === "hold";
    if (directive.kind === "proceed") run.released = Math.max(run.released, directive.releasedLayer);
    const waits = run.holding && !run.busy;
    nextLayer(run);
    return { kind: "done", ...(waits && { waits }) };
  }

  function abort(directive: Extract<Directive, { kind: "abort" }>): Answer {
    if (run?.attempt === directive.attempt && run.busy) interrupted.add(run.attempt);
    if (run?.attempt === directive.attempt) run = null;
    return { kind: "done" };
  }

  function obey(directive: Directive): Answer {
    if (directive.kind === "begin") return begin(directive);
    if (directive.kind === "abort") return abort(directive);
    return proceed(directive);
  }

  return {
    made,
    interrupted,
    perform(directive) {
      return new Promise((resolve) => {
        const lostOnTheWay = chance(0.03);
        const answer = lostOnTheWay ? null : obey(directive);
        if (chance(0.02)) return;
        const late = chance(0.1) ? random() * 150_000 : random() * 500;
        const lost = answer === null || chance(0.03);
        time.after(late, () => resolve(lost ? { kind: "unknown", fault: fault("no-answer") } : answer));
      });
    },
    attach(listener) {
      hear = listener;
      announced = false;
      if (chance(0.5)) time.after(random() * 90_000, () => hear === listener && online());
      else online();
      time.after(60_000, function again() {
        if (hear !== listener) return;
        if (!announced) online();
        time.after(120_000, again);
      });
    },
    detach() {
      hear = null;
      const current = run;
      // Its driver parks and cools it soon after the controller's death, or the machine stops at its next gate.
      if (current && random() < 0.7) {
        time.after(random() * 10_000, () => {
          if (run === current) run = null;
        });
      }
    },
    clearPlate() {
      if (run) return false;
      part = null;
      return true;
    },
    plateOccupied: () => part !== null,
    layDown() {
      if (!run) part = "a tool" as AttemptId;
      if (!run && chance(0.3)) touch(null);
    },
  };
}
