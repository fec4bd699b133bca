/** The child half of every driver: hears its parent, outlives it just long enough to make the machine safe. */
import type { FromChild, ToChild } from "../child-messages.ts";

/** A driver as its child process runs it. */
export interface ChildDriver {
  directive(message: Extract<ToChild, { kind: "directive" }>): void;
  /** Make the machine safe, then call `exit`. Called once; `orphaned` when the parent has gone without a word. */
  end(orphaned: boolean): void;
}

/** Starts the driver once the parent's first message is in. */
export type StartDriver = (setup: Extract<ToChild, { kind: "setup" }>, surroundings: Surroundings) => ChildDriver;

export interface Surroundings {
  tell(message: FromChild): void;
  exit(): void;
}

const heartbeat = 1000;

/** Runs the driver until its parent ends it or dies. To be called once by the child's entry file. */
export function runChild(start: StartDriver): void {
  let driver: ChildDriver | null = null;
  let ended = false;
  const surroundings: Surroundings = { tell, exit: () => process.exit(0) };
  const end = (orphaned: boolean): void => {
    if (driver === null) process.exit(0);
    if (!ended) driver.end(orphaned);
    ended = true;
  };
  process.on("message", (message: ToChild) => {
    if (message.kind === "setup") driver ??= start(message, surroundings);
    else if (message.kind === "directive") driver?.directive(message);
    else end(false);
  });
  process.on("disconnect", () => end(true));
  process.on("SIGTERM", () => end(false));
  // An interrupt at the terminal reaches the whole group; the parent decides what it means.
  process.on("SIGINT", () => {});
  setInterval(() => tell({ kind: "alive" }), heartbeat);
}

function tell(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
