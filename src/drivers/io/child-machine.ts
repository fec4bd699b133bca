/** A machine whose driver runs in a child process: the parent half, the same for every driver. */
import type { Answer, Directive, Fault, Observation, Telemetry } from "../../equipment/machine.ts";
import type { AttemptId, Digest, EquipmentId } from "../../kernel/names.ts";
import { childFaults } from "../child-faults.ts";
import type { FromChild, Program, ToChild } from "../child-messages.ts";
import type { Machine, MachineTraits } from "../machine.ts";
import { type Supervisor, supervise } from "./supervisor.ts";

/** Fetches the program of an attempt with the recipe of its order, or null where the cell does not have it. */
export type LoadProgram = (program: Digest, attempt: AttemptId) => Promise<Omit<Program, "digest"> | null>;

/** How the machine is driven. Times in milliseconds. */
export interface ChildMachineOptions {
  readonly equipment: EquipmentId;
  readonly traits: MachineTraits;
  readonly entry: string;
  /** The driver's configuration, handed to the child as it is. */
  readonly config: unknown;
  readonly loadProgram: LoadProgram;
  /** Stores what an observation brings as evidence; an observation whose evidence cannot be stored is a lost driver. */
  readonly storeEvidence?: (bytes: Uint8Array) => Promise<Digest>;
  /** Longest time for an answer, by directive; after it the child is killed and the answer is `unknown`. */
  readonly answerWithin: Readonly<Record<Directive["kind"], number>>;
  /** Longest time for `close`, in which the machine is made safe. */
  readonly closeWithin: number;
  /** Called with technical detail that is no observation: a child's death. */
  readonly log?: (what: string) => void;
  /** Called with what the machine said and the driver has no meaning for. */
  readonly remark?: (text: string) => void;
}

/** A machine behind a child process; `childPid` lets tests kill the child as the world would. */
export interface ChildMachine extends Machine {
  childPid(): number | null;
}

/** Directives not answered yet; more at once means that something is wrong with the caller. */
const mostPending = 16;
const childSilence = 10_000;
const rememberedAttempts = 1000;
const oldChildWithin = 5000;

/** Starts the child and fills the port. Never throws: a machine that cannot be reached is an observation. */
export function createChildMachine(options: ChildMachineOptions): ChildMachine {
  return new ParentHalf(options);
}

interface Pending {
  readonly directive: Directive;
  readonly resolve: (answer: Answer) => void;
  readonly limit: NodeJS.Timeout;
}

class ParentHalf implements ChildMachine {
  readonly traits: MachineTraits;
  readonly #options: ChildMachineOptions;
  readonly #supervisor: Supervisor;
  readonly #pending = new Map<number, Pending>();
  readonly #attempts = new Map<AttemptId, "loading" | "aborted" | "open" | "over">();
  #hear: ((observation: Observation) => void) | null = null;
  #unheard: Observation[] = [];
  #telemetry: Telemetry | null = null;
  #keeping: Promise<void> | null = null;
  #nextId = 1;
  #closed = false;

  constructor(options: ChildMachineOptions) {
    this.traits = options.traits;
    this.#options = options;
    this.#supervisor = supervise({
      entry: options.entry,
      silence: childSilence,
      pause: { first: 250, most: 30_000 },
      greeting: () => this.#setup(),
      hear: (message) => this.#take(message as FromChild),
      died: (why) => this.#died(why),
    });
  }

  async perform(directive: Directive): Promise<Answer> {
    if (this.#closed || this.#pending.size >= mostPending) return refused(childFaults.overloaded());
    if (directive.kind === "begin") return this.#begin(directive);
    const state = this.#attempts.get(directive.attempt);
    if (state === "loading" || state === "aborted") {
      if (directive.kind !== "abort") return refused(childFaults.notBegun());
      this.#attempts.set(directive.attempt, "aborted");
      return { kind: "done" };
    }
    if (this.#supervisor.pid() !== null) return this.#ask(directive, null);
    return directive.kind === "abort" && state !== undefined
      ? unknown(childFaults.lost())
      : refused(childFaults.down());
  }

  observe(hear: (observation: Observation) => void): void {
    this.#hear = hear;
    const unheard = this.#unheard;
    this.#unheard = [];
    for (const observation of unheard) hear(observation);
  }

  telemetry(): Telemetry | null {
    return this.#telemetry;
  }

  childPid(): number | null {
    return this.#supervisor.pid();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#supervisor.end({ kind: "end" } satisfies ToChild, this.#options.closeWithin);
    this.#answerAll();
  }

  #setup(): ToChild {
    const over = [...this.#attempts].filter(([, state]) => state === "over").map(([attempt]) => attempt);
    return { kind: "setup", equipment: this.#options.equipment, config: this.#options.config, over };
  }

  async #begin(directive: Extract<Directive, { kind: "begin" }>): Promise<Answer> {
    const { attempt } = directive;
    const state = this.#attempts.get(attempt);
    if (state === "loading" || state === "aborted") return refused(childFaults.notBegun());
    if (state !== undefined) return this.#ask(directive, null);
    this.#attempts.set(attempt, "loading");
    const found = await this.#load(directive.program, attempt);
    const aborted = this.#attempts.get(attempt) === "aborted";
    this.#attempts.delete(attempt);
    if (aborted || this.#closed) return refused(childFaults.notBegun());
    if (found === null) return refused(childFaults.noProgram());
    this.#remember(attempt, "open");
    const answer = await this.#ask(directive, { digest: directive.program, ...found });
    if (answer.kind === "refused") this.#attempts.delete(attempt);
    return answer;
  }

  async #load(program: Digest, attempt: AttemptId): Promise<Omit<Program, "digest"> | null> {
    const limit = new AbortController();
    const expired = new Promise<null>((resolve) => {
      const timer = setTimeout(() => resolve(null), this.#options.answerWithin.begin / 2);
      limit.signal.addEventListener("abort", () => clearTimeout(timer));
    });
    const loaded = this.#options.loadProgram(program, attempt).catch(() => null);
    const found = await Promise.race([loaded, expired]);
    limit.abort();
    return found;
  }

  #ask(directive: Directive, program: Program | null): Promise<Answer> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      const limit = setTimeout(() => this.#supervisor.kill(), this.#options.answerWithin[directive.kind]);
      this.#pending.set(id, { directive, resolve, limit });
      const sent = this.#supervisor.send({ kind: "directive", id, directive, program } satisfies ToChild);
      if (!sent)
        this.#answer(id, directive.kind === "abort" ? unknown(childFaults.lost()) : refused(childFaults.down()));
    });
  }

  #answer(id: number, answer: Answer): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.limit);
    const { kind, attempt } = pending.directive;
    if (kind === "abort" && answer.kind === "done") this.#remember(attempt, "over");
    pending.resolve(answer);
  }

  #answerAll(): void {
    for (const id of [...this.#pending.keys()]) this.#answer(id, unknown(childFaults.lost()));
  }

  #take(message: FromChild): void {
    if (message.kind === "answer") this.#answer(message.id, message.answer);
    else if (message.kind === "observe") {
      const { observation } = message;
      if (observation.kind === "failed" || observation.kind === "finished") this.#remember(observation.attempt, "over");
      this.#keepAndSay(observation, message.blobs ?? []);
    } else if (message.kind === "telemetry") this.#telemetry = message.telemetry;
    else if (message.kind === "worn") this.#refresh();
    else if (message.kind === "remark") this.#options.remark?.(message.text);
  }

  /** A worn child is replaced between two attempts, and asks again where one is under way. */
  #refresh(): void {
    const busy = [...this.#attempts.values()].some((state) => state !== "over");
    if (busy || this.#pending.size > 0 || this.#closed) return;
    this.#options.log?.(`driver child of ${this.#options.equipment} is replaced by a fresh one`);
    this.#supervisor.replace({ kind: "end" } satisfies ToChild, oldChildWithin);
  }

  /** In order: what is said after an observation with evidence waits until that evidence is stored. */
  #keepAndSay(observation: Observation, blobs: readonly Uint8Array[]): void {
    const store = this.#options.storeEvidence;
    if (blobs.length === 0 && this.#keeping === null) return this.#say(observation);
    const kept = (this.#keeping ?? Promise.resolve()).then(async () => {
      for (const bytes of blobs) await store?.(bytes);
      this.#say(observation);
    });
    const settled = kept
      .catch(() => this.#supervisor.kill())
      .finally(() => {
        if (this.#keeping === settled) this.#keeping = null;
      });
    this.#keeping = settled;
  }

  #say(observation: Observation): void {
    if (this.#closed) return;
    if (this.#hear !== null) this.#hear(observation);
    else if (this.#unheard.length < rememberedAttempts) this.#unheard.push(observation);
  }

  /** Nobody knows what the machine did since its driver died: open attempts end, waiting directives are unknown. */
  #died(why: string): void {
    this.#options.log?.(`driver child of ${this.#options.equipment} died: ${why}`);
    const fault: Fault = childFaults.lost();
    this.#telemetry = null;
    const open = [...this.#attempts].filter(([, state]) => state === "open").map(([attempt]) => attempt);
    this.#answerAll();
    this.#say({ kind: "offline", fault });
    for (const attempt of open) {
      this.#remember(attempt, "over");
      this.#say({ kind: "failed", attempt, fault, heaters: "unknown" });
    }
  }

  #remember(attempt: AttemptId, state: "open" | "over"): void {
    this.#attempts.set(attempt, state);
    for (const [oldest, its] of this.#attempts) {
      if (this.#attempts.size <= rememberedAttempts) break;
      if (its === "over") this.#attempts.delete(oldest);
    }
  }
}

function refused(fault: Fault): Answer {
  return { kind: "refused", fault };
}

function unknown(fault: Fault): Answer {
  return { kind: "unknown", fault };
}
