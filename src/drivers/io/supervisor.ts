/** Keeps one driver child process running: restarts it with growing pauses, ends one that hangs. */
import { type ChildProcess, fork } from "node:child_process";

/** How a child is run. */
export interface SupervisorOptions {
  /** Path of the child's entry file. */
  readonly entry: string;
  /** Milliseconds without any message after which the child is held to hang and is killed. */
  readonly silence: number;
  /** Pause before a restart: doubles from `first` to `most` milliseconds, and starts over after a minute of life. */
  readonly pause: { readonly first: number; readonly most: number };
  /** Called for every new child, before anything else is sent; what it returns is sent first. */
  greeting(): object;
  hear(message: unknown): void;
  /** The child died although nobody asked it to; `why` is for a log. */
  died(why: string): void;
}

/** A supervised child. */
export interface Supervisor {
  /** Sends a message; false when no child runs that could hear it. */
  send(message: object): boolean;
  /** Kills a child that does not answer; it is restarted. */
  kill(): void;
  /** Starts a fresh child at once and asks the old one to end with `message`; killed after `within` ms. Nothing died. */
  replace(message: object, within: number): void;
  /** Asks the child to end with `message`, kills it after `within` ms, and restarts no more. */
  end(message: object, within: number): Promise<void>;
  /** Process id of the running child, for tests that kill it. */
  pid(): number | null;
}

/** Starts the child and keeps it running until `end`. */
export function supervise(options: SupervisorOptions): Supervisor {
  const life = new Life(options);
  life.start();
  return life;
}

const longLife = 60_000;
const secondThought = 500;

class Life implements Supervisor {
  readonly #options: SupervisorOptions;
  #child: ChildProcess | null = null;
  #pause: number;
  #startedAt = 0;
  #ending = false;
  #watch: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#pause = options.pause.first;
  }

  start(): void {
    // Nothing of the parent's command line or environment is the child's business, the search path excepted.
    const child = fork(this.#options.entry, [], {
      serialization: "advanced",
      execArgv: [],
      env: { PATH: process.env["PATH"] ?? "" },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child = child;
    this.#startedAt = performance.now();
    child.on("message", (message) => {
      this.#listen();
      if (this.#child === child) this.#options.hear(message);
    });
    // An error event (failed fork, failed send) is followed by exit or by silence; both are dealt with.
    child.on("error", () => child.kill("SIGKILL"));
    child.once("exit", (code, signal) => this.#gone(child, `exit code ${code}, signal ${signal}`));
    this.#listen();
    this.send(this.#options.greeting());
  }

  send(message: object): boolean {
    if (this.#child === null || !this.#child.connected) return false;
    this.#child.send(message, () => {});
    return true;
  }

  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  pid(): number | null {
    return this.#child?.pid ?? null;
  }

  replace(message: object, within: number): void {
    const old = this.#child;
    if (old === null || this.#ending) return;
    const limit = setTimeout(() => old.kill("SIGKILL"), within);
    old.once("exit", () => clearTimeout(limit));
    if (old.connected) old.send(message, () => {});
    this.start();
  }

  async end(message: object, within: number): Promise<void> {
    this.#ending = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === null) return;
    clearTimeout(this.#watch);
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    if (!this.send(message)) child.kill("SIGKILL");
    const limit = setTimeout(() => child.kill("SIGKILL"), within);
    await gone;
    clearTimeout(limit);
  }

  #listen(): void {
    clearTimeout(this.#watch);
    if (this.#ending) return;
    // A parent that was busy itself finds messages waiting: they get their turn before the child is judged.
    const judge = (): void => {
      this.#watch = setTimeout(() => this.kill(), secondThought);
    };
    this.#watch = setTimeout(judge, this.#options.silence);
    this.#watch.unref();
  }

  #gone(child: ChildProcess, why: string): void {
    if (this.#child !== child) return;
    this.#child = null;
    clearTimeout(this.#watch);
    if (this.#ending) return;
    if (performance.now() - this.#startedAt > longLife) this.#pause = this.#options.pause.first;
    this.#restart = setTimeout(() => this.start(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, this.#options.pause.most);
    this.#options.died(why);
  }
}
