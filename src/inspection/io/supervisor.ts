/** Keeps the inspector's process alive, bounds every wait, and turns its death into a layer without a result. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Fault } from "../../equipment/machine.ts";
import type { ModelInHand } from "../../jobs/models.ts";
import { digestOf } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { ChallengeReport, ChallengeRequest } from "../challenge.ts";
import type {
  AcceptedFrame,
  Build,
  InspectionRequest,
  Inspector,
  NoResult,
  SurfaceBuild,
  SurfaceInspector,
  SurfaceRequest,
} from "../inspector.ts";
import type { InspectionReport, SurfaceReport } from "../report.ts";
import type { News, Order, OrderBody } from "./messages.ts";

export interface InspectorOptions {
  /** Path of the model's manifest; of a judge of surfaces, its set-up's. */
  readonly manifest: string;
  /** Longest wait for one answer, in milliseconds. */
  readonly timeout_ms?: number;
  /** Longest wait until the process can be used, where that is longer. */
  readonly start_ms?: number;
  /** Entry file of the process; another one only in tests. */
  readonly entry?: string;
}

interface Worker {
  readonly process: ChildProcess;
  readonly inHand: ModelInHand;
  readonly waiting: Map<number, (news: News<unknown>) => void>;
}

const ownEntry = fileURLToPath(new URL("./child.ts", import.meta.url));
const surfaceEntry = fileURLToPath(new URL("./surface-child.ts", import.meta.url));
/** Learning the look of two phases from two dozen large frames each takes its time. */
const learning_ms = 120_000;

/** Starts the inspector's process and waits until its model is loaded and checked. */
export async function createInspector(options: InspectorOptions): Promise<Result<Inspector, Fault>> {
  const first = await start(options);
  if (!first.ok) return first;
  return ok(new Supervisor<Build, InspectionRequest, InspectionReport>(options, first.value));
}

/** Starts the process that judges surfaces, and waits until it has learnt the look of its set-up's good frames. */
export async function createSurfaceInspector(options: InspectorOptions): Promise<Result<SurfaceInspector, Fault>> {
  const its = { entry: surfaceEntry, start_ms: learning_ms, ...options };
  const first = await start(its);
  if (!first.ok) return first;
  return ok(new Supervisor<SurfaceBuild, SurfaceRequest, SurfaceReport>(its, first.value));
}

class Supervisor<
  B extends Pick<Build, "attempt" | "accepted" | "seen">,
  Q extends InspectionRequest,
  R extends Pick<InspectionReport, "verdict">,
> implements Inspector<B, Q, R>
{
  readonly inHand: ModelInHand;
  readonly #options: InspectorOptions;
  #worker: Worker | null;
  #build: B | null = null;
  #nextId = 1;
  #closed = false;

  constructor(options: InspectorOptions, worker: Worker) {
    this.#options = options;
    this.#worker = worker;
    this.inHand = worker.inHand;
  }

  async begin(build: B): Promise<Fault | null> {
    this.#build = build;
    return faultIn(await this.#ask({ kind: "begin", build }));
  }

  async inspect(request: Q): Promise<R | NoResult> {
    const { attempt, layer, take, frame } = request;
    const news = await this.#ask({ kind: "inspect", request });
    this.#remember(attempt, digestOf(frame));
    if (news.kind !== "report") {
      return { kind: "no-result", attempt, layer, take, fault: faultIn(news) ?? unexpected };
    }
    if (news.report.verdict === "pass") this.#keep(attempt, { layer, frame });
    return news.report;
  }

  async accept(attempt: string, accepted: AcceptedFrame): Promise<Fault | null> {
    const fault = faultIn(await this.#ask({ kind: "accept", attempt, accepted }));
    if (fault === null) this.#keep(attempt, accepted);
    return fault;
  }

  async challenge(request: ChallengeRequest): Promise<Result<ChallengeReport, Fault>> {
    const news = await this.#ask({ kind: "challenge", request });
    return news.kind === "challenged" ? ok(news.report) : err(faultIn(news) ?? unexpected);
  }

  async end(attempt: string): Promise<void> {
    if (this.#build?.attempt === attempt) this.#build = null;
    await this.#ask({ kind: "end", attempt });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#worker = null;
    if (worker !== null) await stop(worker);
  }

  /** What a restarted process must be told so that its next verdict is the same. */
  #keep(attempt: string, accepted: AcceptedFrame): void {
    if (this.#build?.attempt === attempt) this.#build = { ...this.#build, accepted };
  }

  #remember(attempt: string, digest: Digest): void {
    if (this.#build?.attempt === attempt) this.#build = { ...this.#build, seen: [...this.#build.seen, digest] };
  }

  async #ask(body: OrderBody<B, Q>): Promise<News<R>> {
    if (this.#closed) return { kind: "fault", id: 0, fault: closedFault };
    const alive = this.#worker?.process.connected === true;
    const ready = alive ? null : await this.#revive(body.kind !== "begin");
    if (ready !== null) return { kind: "fault", id: 0, fault: ready };
    const worker = this.#worker;
    if (worker === null) return { kind: "fault", id: 0, fault: closedFault };
    // A challenge is half a dozen judgements in one.
    const patience_ms = (this.#options.timeout_ms ?? 15_000) * (body.kind === "challenge" ? 6 : 1);
    return send<R>(worker, { ...body, id: this.#nextId++ }, patience_ms);
  }

  async #revive(reopen: boolean): Promise<Fault | null> {
    const started = await start(this.#options);
    if (!started.ok) return started.error;
    if (this.#closed) {
      await stop(started.value);
      return closedFault;
    }
    const { model, manifest } = started.value.inHand;
    if (model !== this.inHand.model || manifest !== this.inHand.manifest) {
      await stop(started.value);
      return changedModel;
    }
    this.#worker = started.value;
    if (!reopen || this.#build === null) return null;
    const order: Order<B, Q> = { kind: "begin", id: this.#nextId++, build: this.#build };
    return faultIn(await send(started.value, order, this.#options.timeout_ms ?? 15_000));
  }
}

async function start(options: InspectorOptions): Promise<Result<Worker, Fault>> {
  const process = fork(options.entry ?? ownEntry, [options.manifest], {
    serialization: "advanced",
    execArgv: ["--max-old-space-size=512"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const waiting = new Map<number, (news: News<unknown>) => void>();
  const hello = new Promise<News | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), options.start_ms ?? options.timeout_ms ?? 15_000);
    const finish = (news: News | null): void => {
      clearTimeout(timer);
      resolve(news);
    };
    process.once("message", (news: News) => finish(news));
    process.once("exit", () => finish(null));
    process.once("error", () => finish(null));
  });
  process.on("message", (news: News) => {
    if (news.kind !== "ready" && news.kind !== "unfit") waiting.get(news.id)?.(news);
  });
  const news = await hello;
  if (news?.kind === "ready") return ok({ process, inHand: news.inHand, waiting });
  await stop({ process });
  return err(news?.kind === "unfit" ? news.fault : notStarted);
}

function send<R>(worker: Worker, order: Order<unknown, unknown>, timeout_ms: number): Promise<News<R>> {
  return new Promise((resolve) => {
    const finish = (news: News<R>): void => {
      clearTimeout(timer);
      worker.waiting.delete(order.id);
      worker.process.off("exit", onExit);
      resolve(news);
    };
    const onExit = (): void => finish({ kind: "fault", id: order.id, fault: diedFault });
    const timer = setTimeout(() => {
      // A process that does not answer is of no further use; the next order starts a fresh one.
      worker.process.kill("SIGKILL");
      finish({ kind: "fault", id: order.id, fault: lateFault });
    }, timeout_ms);
    // What a process says is what its entry says: that is the one place where the two meet.
    worker.waiting.set(order.id, finish as (news: News<unknown>) => void);
    worker.process.once("exit", onExit);
    worker.process.send(order, (problem) => {
      if (problem !== null) finish({ kind: "fault", id: order.id, fault: diedFault });
    });
  });
}

function stop({ process }: Pick<Worker, "process">): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    process.once("exit", () => resolve());
    process.kill("SIGKILL");
  });
}

function faultIn(news: News<unknown>): Fault | null {
  return news.kind === "fault" ? news.fault : null;
}

const again = "The layer holds. Take the picture again; if this repeats, call an engineer.";
const diedFault: Fault = {
  code: "inspector-died",
  what: "The inspector stopped while it judged the picture.",
  remedy: again,
};
const lateFault: Fault = { code: "inspector-late", what: "The inspector did not answer in time.", remedy: again };
const notStarted: Fault = { code: "inspector-not-started", what: "The inspector could not be started.", remedy: again };
const unexpected: Fault = { code: "inspector-confused", what: "The inspector gave no usable answer.", remedy: again };
const closedFault: Fault = { code: "inspector-closed", what: "The inspector is shut down.", remedy: again };
const changedModel: Fault = {
  code: "model-changed",
  what: "The inspection model on disk, or its manifest, is another one than at the start of this run.",
  remedy: "Finish or abort the job, then restart the cell (an engineer).",
};
