/** A station in virtual time that does a task as a whole, and keeps its own account of what it was told, did and measured. */
import type { Answer, Directive, Execution, Fault, Observation, Result } from "../../src/equipment/machine.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { AttemptId, Digest } from "../../src/kernel/names.ts";
import type { Storm } from "./printer.ts";
import type { Random, VirtualTime } from "./time.ts";
import type { Witness } from "./witness.ts";

/** What the station's work on a part was worth; only the world knows. */
export type Worth = "good" | "outside" | "incomplete" | "other-program";

export interface Station {
  perform(directive: Directive): Promise<Answer>;
  attach(hear: (observation: Observation) => void): void;
  detach(): void;
  /** What each attempt that came to its end was worth. */
  readonly worth: ReadonlyMap<string, Worth>;
}

export const stationSerial = "SIM-2";
const fault = (code: string): Fault => ({ code, what: code, remedy: "wait" });

export interface StationWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly storm: Storm;
  readonly witness: Witness;
  readonly accuse: (law: string) => void;
}

interface Work {
  readonly attempt: AttemptId;
  readonly program: Digest;
  held: boolean;
}

/** Puts an idle station into the world. */
export function createStation(world: StationWorld): Station {
  const { time, random, storm, witness, accuse } = world;
  const worth = new Map<string, Worth>();
  /** What was ever begun here; a station that starts anew forgets its own share of it. */
  const begun = new Set<string>();
  let remembered = new Set<string>();
  let work: Work | null = null;
  let hear: ((observation: Observation) => void) | null = null;
  let wireFreeAt = 0;
  let announced = false;
  const chance = (p: number) => random() < p * storm.strength;

  function say(observation: Observation): void {
    if (chance(0.02)) return;
    const listener = hear;
    const speak = () => {
      if (hear !== listener) return;
      if (observation.kind === "online") announced = true;
      listener?.(observation);
    };
    wireFreeAt = Math.max(wireFreeAt, time.elapsed() + random() * 300);
    time.after(wireFreeAt - time.elapsed(), speak);
    if (chance(0.1)) time.after(wireFreeAt - time.elapsed() + random() * 20_000, speak);
  }

  function online(): void {
    const identity = { vendor: "v", model: "s", serial: stationSerial, firmware: "f", simulated: true };
    say({ kind: "online", identity });
  }

  function begin({ attempt, program }: Extract<Directive, { kind: "begin" }>): Answer {
    if (remembered.has(attempt)) return { kind: "done" };
    if (work) return { kind: "refused", fault: fault("busy") };
    if (chance(0.03)) return { kind: "refused", fault: fault("door-open") };
    if (!witness.attempt(attempt)) accuse("law 1: the station heard of a start that is not on disk");
    if (begun.has(attempt)) accuse("law 4: the station was told to begin one attempt twice");
    begun.add(attempt);
    remembered.add(attempt);
    const current = { attempt, program, held: false };
    work = current;
    time.after(10_000 + random() * 60_000, () => come(current));
    return { kind: "done" };
  }

  /** The work has come to its end, unless something has ended it before. */
  function come(current: Work): void {
    if (work !== current) return;
    if (current.held) return void time.after(10_000, () => come(current));
    if (chance(0.02)) {
      say({ kind: "foreign-action", attempt: current.attempt, what: "The job was paused at the station's panel." });
      return void time.after(30_000, () => come(current));
    }
    work = null;
    if (chance(0.03)) return startAnew(current);
    if (chance(0.03))
      return say({ kind: "failed", attempt: current.attempt, fault: fault("overforce"), heaters: "off" });
    const [how, executed] = measure(current.program);
    worth.set(current.attempt, how);
    say({ kind: "finished", attempt: current.attempt, executed });
  }

  function measure(program: Digest): [Worth, Execution] {
    const results: Result[] = [
      { characteristic: "force", value: 260, unit: "N", gauge: random() < 0.5 ? "G-1" : null },
      { characteristic: "depth", value: 0.02, unit: "mm", gauge: null },
    ];
    const evidence = [{ name: "curve", digest: digestOfValue("curve") }];
    const good = { program, lines: 1, resends: 0, results, evidence };
    if (chance(0.02)) return ["other-program", { ...good, program: digestOfValue("other") }];
    if (chance(0.12)) return ["outside", { ...good, results: [{ ...results[0]!, value: 900 }, results[1]!] }];
    if (!chance(0.12)) return ["good", good];
    const holes: Result[][] = [
      [],
      results.slice(1),
      [...results, results[1]!],
      [results[0]!, { ...results[1]!, unit: "in" }],
      [results[0]!, { ...results[1]!, value: Number.NaN }],
    ];
    return ["incomplete", { ...good, results: holes[Math.floor(random() * holes.length)]! }];
  }

  function startAnew(current: Work): void {
    remembered = new Set();
    if (random() < 0.5) say({ kind: "offline", fault: fault("cable") });
    if (random() < 0.3) say({ kind: "gap", from: time.clock.now() - 5_000, to: time.clock.now(), what: "away" });
    if (random() < 0.3) say({ kind: "failed", attempt: current.attempt, fault: fault("reset"), heaters: "unknown" });
    time.after(5_000 + random() * 30_000, online);
  }

  function obey(directive: Directive): Answer {
    if (directive.kind === "begin") return begin(directive);
    if (directive.kind === "abort") {
      if (work?.attempt === directive.attempt) work = null;
      return { kind: "done" };
    }
    if (work?.attempt !== directive.attempt) return { kind: "refused", fault: fault("unknown-attempt") };
    work.held = directive.kind === "hold";
    return { kind: "done" };
  }

  return {
    worth,
    perform(directive) {
      return new Promise((resolve) => {
        const answer = chance(0.03) ? null : obey(directive);
        if (chance(0.02)) return;
        const lost = answer === null || chance(0.03);
        const late = chance(0.1) ? random() * 100_000 : random() * 500;
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
    },
  };
}
