/** Beginning a job at the machine: never twice, and never said to be known when it is not. */
import type { Answer, Directive, Fault } from "../../equipment/machine.ts";
import { digestOf } from "../../kernel/hash.ts";
import { type AttemptId, isIdentifier } from "../../kernel/names.ts";
import type { Program } from "../child-messages.ts";
import { faults, jobFaults } from "./faults.ts";
import { isAtWork, isOver, isStored } from "./job-state.ts";
import { itemStates, operationModes } from "./names.ts";
import type { JobEntry, JobParameter, Procedure, Reply, Snapshot } from "./requests.ts";
import { readReturnStatus } from "./return-status.ts";
import { ask, close, fileOf, isOurs, lookAt, pause, refused, type Session, unknown } from "./session.ts";

type Begin = Extract<Directive, { kind: "begin" }>;

/** Names of the parameters of a job order; the last is that of OPC 40540, 9.1. */
export const parameterIds = {
  file: "ProgramFile",
  digest: "ProgramDigest",
  part: "PartTag",
  layers: "LayersPlanned",
} as const;

/** Carries `begin` out. A job order that the machine already has under this id is never given to it again (law 4). */
export function* beginJob(session: Session, directive: Begin, program: Program | null): Procedure<Answer> {
  const { attempt } = directive;
  if (session.doubtful.has(attempt))
    return unknown(jobFaults.startUnknown("that was the answer before, and it stays so"));
  if (session.job?.attempt === attempt || session.over.has(attempt)) return { kind: "done" };
  const why = notThis(session, directive, program);
  if (why !== null) return refused(why);
  session.starting = { attempt, aborted: false };
  try {
    return yield* start(session, directive, program!);
  } finally {
    session.starting = null;
  }
}

function notThis(session: Session, directive: Begin, program: Program | null): Fault | null {
  if (session.endBy !== null || !session.connected) return faults.notReady();
  if (session.job !== null) return jobFaults.busy();
  if (program === null) return jobFaults.noProgram();
  return digestOf(program.bytes) === directive.program ? null : jobFaults.wrongProgram();
}

function* start(session: Session, directive: Begin, { bytes, recipe }: Program): Procedure<Answer> {
  const { attempt, program } = directive;
  const workMaster = workMasterOf(bytes, recipe);
  if (workMaster === null) return refused(jobFaults.noWorkMaster());
  const first = yield* lookAt(session);
  if (first === null) return refused(unseen(session));
  const there = entryOf(first, attempt);
  if (there !== null) return adopt(session, directive, there);
  const unfit = notReady(first);
  if (unfit !== null) return refused(unfit);
  yield* clearEnded(session, first);
  const name = fileOf(session.setup, attempt);
  const written = yield* ask({ kind: "upload", name, bytes, digest: program });
  const why = yield* stopped(session, written);
  if (why !== null) {
    session.leftovers.add(name);
    return refused(why);
  }
  const parameters: JobParameter[] = [
    { id: parameterIds.file, value: name },
    { id: parameterIds.digest, value: program },
    ...(directive.part === undefined ? [] : [{ id: parameterIds.part, value: directive.part }]),
  ];
  const layers = layersIn(recipe);
  if (layers !== null) parameters.push({ id: parameterIds.layers, value: layers });
  const order = { workMaster, parameters };
  const said = yield* ask({ kind: "command", method: "StoreAndStart", job: attempt, order });
  const answer = yield* settle(session, directive, said);
  if (answer.kind !== "done") session.leftovers.add(name);
  if (answer.kind === "unknown") {
    session.doubtful.add(attempt);
    close(session, attempt);
  }
  return answer;
}

/** Why the machine could not be looked at. */
export function unseen({ connected }: Session): Fault {
  return connected ? faults.unreadable() : faults.notReady();
}

/** The recipe's part for this machine names the work master; where it does not, a JSON program's `operation` does. */
export function workMasterOf(bytes: Uint8Array, recipe: unknown): string | null {
  return nameIn(recipe, "workMaster") ?? nameIn(parsed(bytes), "operation");
}

/** How many layers the recipe's part for this machine says that the job has. */
function layersIn(recipe: unknown): number | null {
  const found =
    typeof recipe === "object" && recipe !== null ? (recipe as Record<string, unknown>)["layersPlanned"] : null;
  return typeof found === "number" && Number.isInteger(found) && found > 0 && found <= 1_000_000 ? found : null;
}

function nameIn(value: unknown, member: string): string | null {
  const found = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[member] : null;
  return typeof found === "string" && isIdentifier(found) ? found : null;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

/** Why the start goes no further after the transfer, or null: a fault of it, an abort meanwhile, another state. */
function* stopped(session: Session, written: Reply): Procedure<Fault | null> {
  if (written.kind === "refused") return written.fault;
  if (written.kind === "lost" || written.kind === "rejected") return jobFaults.transfer(written.why);
  if (written.kind !== "carried-out") return faults.notReady();
  const second = yield* lookAt(session);
  if (session.starting?.aborted === true) return jobFaults.attemptOver();
  return second === null ? unseen(session) : notReady(second);
}

export function entryOf(snapshot: Snapshot, job: string): JobEntry | null {
  return snapshot.jobs.find(({ id }) => id === job) ?? null;
}

/** Why the machine may not be given a job now; what it does not serve is not asked for. */
export function notReady({ jobs, itemState, operationMode, interlocks }: Snapshot): Fault | null {
  const open = interlocks.find(({ holds }) => !holds);
  if (open !== undefined) return jobFaults.interlock(open.title);
  const other = jobs.find(({ state }) => isAtWork(state) || state?.main === "AllowedToStart");
  if (other !== undefined) return jobFaults.foreignJob(other.id);
  if (itemState !== null && itemState !== itemStates.NotExecuting)
    return jobFaults.notIdle(stateName(itemStates, itemState));
  if (operationMode !== null && operationMode !== operationModes.Processing)
    return jobFaults.notProcessing(stateName(operationModes, operationMode));
  return null;
}

function stateName(names: Readonly<Record<string, number>>, number: number): string {
  return Object.keys(names).find((name) => names[name] === number) ?? `number ${number}`;
}

/** Job orders of ours that are over make room; others are nobody's business here. */
function* clearEnded(session: Session, { jobs }: Snapshot): Procedure<void> {
  for (const entry of jobs) {
    if (!isOver(entry.state) || !isOurs(session, entry)) continue;
    const said = yield* ask({ kind: "command", method: "Clear", job: entry.id as AttemptId });
    if (said.kind !== "returned") return;
  }
}

/** The machine has this very job order: it is watched from now on, whatever became of it. */
function adopt(session: Session, directive: Begin, entry: JobEntry): Answer {
  // A machine that drops the parameters cannot say whose it is; one that keeps them can.
  if (entry.parameters.has(parameterIds.file) && !isOurs(session, entry))
    return refused(jobFaults.foreignJob(entry.id));
  const ran = entry.parameters.get(parameterIds.digest);
  if (ran !== undefined && ran !== directive.program) return unknown(jobFaults.otherProgram());
  open(session, directive);
  return { kind: "done" };
}

function open(session: Session, { attempt, program, part }: Begin): void {
  session.job = {
    attempt,
    program,
    file: fileOf(session.setup, attempt),
    part: part ?? null,
    broken: null,
    reportTries: 0,
    told: "proceed",
  };
  session.nextLook = session.now.mono;
}

/**
 * Reads off the machine's state what became of a start, whatever it returned. `refused` needs its word that it did not
 * begin, and no trace of the job; a lost answer without a trace stays unknown, because the order may still be under way.
 */
function* settle(session: Session, directive: Begin, said: Reply): Procedure<Answer> {
  if (said.kind === "unsent") return refused(faults.notReady());
  const { start, ask: asking, step } = session.setup.times;
  const meaning = said.kind === "returned" ? readReturnStatus(said.status, session.setup.reasons) : null;
  const until = session.now.mono + (said.kind === "lost" ? asking : start);
  let seen = false;
  for (;;) {
    const snapshot = yield* lookAt(session);
    if (snapshot !== null) {
      seen = true;
      const trace = yield* traceOf(snapshot, directive.attempt);
      if (trace === "begun") {
        open(session, directive);
        return { kind: "done" };
      }
      if (trace === "none" && said.kind === "rejected") return refused(jobFaults.startRefused([said.why]));
      if (trace === "none" && meaning?.kind === "refused") return refused(jobFaults.startRefused(meaning.reasons));
      if (trace === "stored" && (session.now.mono >= until || meaning?.kind === "refused"))
        return yield* takeBack(session, directive);
    }
    if (session.now.mono >= until) return unsettled(said, seen);
    yield* pause(step);
  }
}

/** Whether the machine shows that it began: in its list, or by a report of a job that is gone from the list. */
function* traceOf(snapshot: Snapshot, attempt: AttemptId): Procedure<"begun" | "stored" | "none" | "unclear"> {
  const entry = entryOf(snapshot, attempt);
  if (entry !== null) return isStored(entry.state) ? "stored" : entry.state === null ? "unclear" : "begun";
  const reply = yield* ask({ kind: "report", job: attempt });
  if (reply.kind !== "reported") return "unclear";
  return reply.report === null ? "none" : "begun";
}

function unsettled(said: Reply, seen: boolean): Answer {
  // It returned, so nothing is under way, and the machine shows no trace: it does not keep to the specification.
  if (said.kind === "returned" && said.status !== 1n && seen)
    return refused(jobFaults.startRefused([`it returned ${said.status} and shows no trace of the job`]));
  const why = said.kind === "lost" ? said.why : "it says that it did, and shows no trace of the job";
  return unknown(jobFaults.startUnknown(seen ? why : `it cannot be asked; ${why}`));
}

/** A job order that does not begin is taken back; it counts as not begun only when the machine shows it no more. */
function* takeBack(session: Session, directive: Begin): Procedure<Answer> {
  const { attempt } = directive;
  const until = session.now.mono + session.setup.times.change;
  for (;;) {
    const said = yield* ask({ kind: "command", method: "Cancel", job: attempt });
    if (said.kind === "rejected") yield* ask({ kind: "command", method: "Abort", job: attempt });
    const snapshot = yield* lookAt(session);
    const entry = snapshot === null ? null : entryOf(snapshot, attempt);
    if (snapshot !== null && entry === null) return refused(jobFaults.notStarted());
    if (entry?.state?.main === "Aborted") return refused(jobFaults.notStarted());
    if (isAtWork(entry?.state ?? null) || entry?.state?.main === "Ended") {
      open(session, directive);
      return { kind: "done" };
    }
    if (session.now.mono >= until) return unknown(jobFaults.startUnknown("its order could not be taken back"));
    yield* pause(session.setup.times.step);
  }
}
