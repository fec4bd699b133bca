/** A machine on OPC UA in memory, with answers that get lost, and the pure driver beside it in virtual time. */
import type { Program } from "../../../src/drivers/child-messages.ts";
import { opcuaConfig, sessionSetup } from "../../../src/drivers/opcua/config.ts";
import type { JobState, MainState } from "../../../src/drivers/opcua/job-state.ts";
import { createProtocol, type Protocol, type ProtocolEvent } from "../../../src/drivers/opcua/protocol.ts";
import type { JobEntry, Reply, Request } from "../../../src/drivers/opcua/requests.ts";
import { fileOf } from "../../../src/drivers/opcua/session.ts";
import type { Answer, Directive, Observation } from "../../../src/equipment/machine.ts";
import { digestOf } from "../../../src/kernel/hash.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";

/** What becomes of one command on the way: carried out or not, answered or not, or carried out when nobody waits. */
export type Fate = "good" | "answer-lost" | "lost" | "late" | "zero" | "refused" | "rejected" | "ignored";
export const fates: readonly Fate[] = ["good", "answer-lost", "lost", "late", "zero", "refused", "rejected", "ignored"];

const bytes = new TextEncoder().encode('{"operation":"press"}');
export const program: Program = { digest: digestOf(bytes), bytes, recipe: null };
const identity = { vendor: "v", model: "m", serial: "S-1", firmware: "1", simulated: true };

/** The configuration of the machine in the model. */
export const setup = sessionSetup(
  opcuaConfig.parse({
    ...{ driver: "opcua", endpoint: "opc.tcp://h:1", serial: "S-1", userFile: "u", passwordFile: "p" },
    ...{ productInstanceUri: "urn:m:1", applicationUri: "urn:m", node: { namespace: "urn:m", name: "m" } },
  }),
  "urn:cellward:test.example:cell-1",
);

interface ModelJob {
  state: MainState;
  left: number;
}

/** The machine: jobs, files, and what it really ran. */
export class ModelMachine {
  readonly jobs = new Map<string, ModelJob>();
  readonly reports = new Set<string>();
  readonly files = new Set<string>();
  readonly #theirs = new Map<string, string>();
  /** How often each job was really begun. */
  readonly runs = new Map<string, number>();
  readonly #late: { at: number; act: () => void }[] = [];
  readonly #fate: () => Fate;
  now = 0;

  constructor(fate: () => Fate) {
    this.#fate = fate;
  }

  /** Goes on by `ms`: what is on its way arrives, jobs start and end. */
  advance(ms: number): void {
    this.now += ms;
    for (const one of this.#late.splice(0)) {
      if (one.at <= this.now) one.act();
      else this.#late.push(one);
    }
    for (const [id, job] of this.jobs) {
      if (job.state === "AllowedToStart" && !this.#busy()) {
        job.state = "Running";
        this.runs.set(id, (this.runs.get(id) ?? 0) + 1);
        this.reports.add(id);
      } else if (job.state === "Running") {
        job.left -= ms;
        if (job.left <= 0) job.state = "Ended";
      }
    }
  }

  /** Another client gives it a job, with a file under a name of its own. */
  foreign(id: string, file = "their program"): void {
    this.#theirs.set(id, file);
    this.jobs.set(id, { state: "Running", left: 60_000 });
  }

  activeNow(id: string): boolean {
    const state = this.jobs.get(id)?.state;
    return state === "Running" || state === "Interrupted" || state === "AllowedToStart";
  }

  answer(request: Request): Reply | null {
    switch (request.kind) {
      case "look":
        return {
          kind: "looked",
          snapshot: { jobs: this.#list(), itemState: this.#busy() ? 3 : 2, operationMode: 3, interlocks: [] },
        };
      case "report": {
        const job = this.jobs.get(request.job);
        const known = job !== undefined || this.reports.has(request.job);
        const state: JobState = { main: job?.state ?? "Ended", sub: null };
        const report = { job: request.job, state, description: "", data: [] };
        return { kind: "reported", report: known ? report : null };
      }
      case "upload":
        this.files.add(request.name);
        return { kind: "carried-out" };
      case "remove":
        this.files.delete(request.name);
        return { kind: "carried-out" };
      case "command":
        return this.#command(request);
    }
  }

  #command(request: Extract<Request, { kind: "command" }>): Reply | null {
    const fate = this.#fate();
    const act = () => this.#carryOut(request);
    if (fate === "rejected") return { kind: "rejected", why: "BadUserAccessDenied" };
    if (fate === "refused") return { kind: "returned", status: 16n };
    if (fate === "ignored") return { kind: "returned", status: 1n };
    if (fate === "lost") return { kind: "lost", why: "no answer" };
    if (fate === "late") {
      this.#late.push({ at: this.now + 15_000, act });
      return { kind: "lost", why: "no answer" };
    }
    const done = act();
    if (fate === "answer-lost") return { kind: "lost", why: "no answer" };
    return { kind: "returned", status: done ? (fate === "zero" ? 0n : 1n) : 8n };
  }

  #carryOut({ method, job: id }: Extract<Request, { kind: "command" }>): boolean {
    const job = this.jobs.get(id);
    if (method === "StoreAndStart") {
      if (job !== undefined) return false;
      this.jobs.set(id, { state: "AllowedToStart", left: 4000 });
      return true;
    }
    if (job === undefined) return false;
    const { state } = job;
    const active = state === "Running" || state === "Interrupted";
    if (method === "Pause" && state === "Running") job.state = "Interrupted";
    else if (method === "Resume" && state === "Interrupted") job.state = "Running";
    else if ((method === "Abort" || method === "Stop") && active) job.state = "Aborted";
    else if (method === "Cancel" && !active && state !== "Ended" && state !== "Aborted") this.jobs.delete(id);
    else if (method === "Clear" && (state === "Ended" || state === "Aborted")) this.jobs.delete(id);
    else return false;
    return true;
  }

  #busy(): boolean {
    return [...this.jobs.values()].some(({ state }) => state === "Running" || state === "Interrupted");
  }

  #list(): readonly JobEntry[] {
    return [...this.jobs].map(([id, { state }]) => ({
      ...{ id, state: { main: state, sub: null } },
      parameters: new Map([["ProgramFile", this.#theirs.get(id) ?? fileOf(setup, id as AttemptId)]]),
    }));
  }
}

/** The pure driver with the model, stepped in virtual time. */
export class Rig {
  readonly machine: ModelMachine;
  readonly answers = new Map<number, Answer[]>();
  readonly heard: Observation[] = [];
  readonly #protocol: Protocol;
  readonly #pending: ProtocolEvent[] = [];
  #nextId = 1;
  /** Whether the machine's server answers at all. */
  reachable = true;
  /** Whether its list of job orders can be read. */
  readable = true;
  disconnected = 0;
  /** When the machine's certificate ends. */
  machineEnds = Number.MAX_SAFE_INTEGER;
  readonly asked = new Map<number, Directive>();
  /** Called at each answer, with the machine as it is at that moment. */
  answered: (directive: Directive, answer: Answer) => void = () => {};
  exited = false;

  constructor(fate: () => Fate, lost: readonly AttemptId[] = []) {
    this.machine = new ModelMachine(fate);
    this.#protocol = createProtocol(setup, lost);
  }

  connect(startTime = 1): void {
    const certificatesEnd = { machine: this.machineEnds, cell: Number.MAX_SAFE_INTEGER };
    const times = { startTime, currentTime: this.machine.now, certificatesEnd };
    this.#event({ kind: "connected", arrival: { identity, productInstanceUri: "urn:m:1", ...times } });
  }

  tell(directive: Directive): number {
    const id = this.#nextId++;
    this.asked.set(id, directive);
    this.#event({ kind: "directive", id, directive, program: directive.kind === "begin" ? program : null });
    return id;
  }

  event(event: ProtocolEvent): void {
    this.#event(event);
  }

  /** Lets so much time pass, in steps of 50 ms. */
  run(ms: number): void {
    for (let passed = 0; passed < ms; passed += 50) {
      this.machine.advance(50);
      for (const event of this.#pending.splice(0)) this.#event(event);
      this.#event({ kind: "tick" });
    }
  }

  #event(event: ProtocolEvent): void {
    const { now } = this.machine;
    for (const output of this.#protocol(event, { mono: now, utc: 1_000_000 + now })) {
      if (output.kind === "answer") {
        this.answers.set(output.id, [...(this.answers.get(output.id) ?? []), output.answer]);
        this.answered(this.asked.get(output.id)!, output.answer);
      } else if (output.kind === "observe") this.heard.push(output.observation);
      else if (output.kind === "exit") this.exited = true;
      else if (output.kind === "disconnect") this.disconnected += 1;
      else if (!this.reachable || (!this.readable && output.kind === "do")) this.#silence(output);
      else if (output.kind === "refresh") {
        for (const kind of ["refresh-start", "refresh-end"] as const)
          this.#pending.push({ kind: "alarm", event: { kind } });
      } else if (output.kind === "heartbeat")
        this.#pending.push({ kind: "beat", id: output.id, beat: { startTime: 1, currentTime: now + 1 } });
      else if (output.kind === "do") {
        const reply = this.machine.answer(output.request) ?? { kind: "lost", why: "silence" };
        this.#pending.push({ kind: "reply", id: output.id, reply });
      }
    }
  }

  /** The io half gives up at its deadline. */
  #silence(output: { readonly kind: string; readonly id?: number }): void {
    if (output.kind === "do")
      this.#pending.push({ kind: "reply", id: output.id!, reply: { kind: "lost", why: "no answer within 4000 ms" } });
  }
}
