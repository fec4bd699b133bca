/** What every inspector's own process does: takes one order after the other, answers each once, and dies with its parent. */
import { setPriority } from "node:os";
import type { Fault } from "../../equipment/machine.ts";
import type { ModelInHand } from "../../jobs/models.ts";
import type { Result } from "../../kernel/result.ts";
import type { BuildInHand } from "../build.ts";
import type { ChallengeReport, ChallengeRequest } from "../challenge.ts";
import type { News, Order } from "./messages.ts";

/** What tells inspectors apart. */
export interface Served<B, Q, R> {
  readonly inHand: ModelInHand;
  open(build: B): Promise<Result<BuildInHand<Q, R>, Fault>>;
  challenge(request: ChallengeRequest): Promise<Result<ChallengeReport, Fault>>;
}

/** Whoever would hear may end at this very moment: without a listener of its own that would be an uncaught error. */
function say<R>(news: News<R>): void {
  if (process.connected) process.send?.(news, undefined, undefined, () => {});
}

/** To be called before anything takes time: a parent that is gone must not be outlived. */
export function dieWithParent(): void {
  process.on("disconnect", () => process.exit(0));
}

/** Serves, or says why it cannot. */
export function serve<B extends { readonly attempt: string }, Q extends { readonly attempt: string }, R>(
  served: Result<Served<B, Q, R>, Fault>,
): void {
  if (!served.ok) return say({ kind: "unfit", fault: served.error });
  const { inHand } = served.value;
  const obey = obedient(served.value);
  // One after the other: a frame is judged against the reference that the one before may have set.
  let queue: Promise<void> = Promise.resolve();
  process.on("message", (order: Order<B, Q>) => {
    queue = queue.then(async () => say(await obey(order)));
  });
  // A machine that is printing needs the processor more than the judgement of its picture does.
  setPriority(5);
  say({ kind: "ready", inHand });
}

/** Answers an order; remembers the build in hand between two. */
function obedient<B extends { readonly attempt: string }, Q extends { readonly attempt: string }, R>(
  served: Served<B, Q, R>,
): (order: Order<B, Q>) => Promise<News<R>> {
  let open: { readonly attempt: string; readonly build: BuildInHand<Q, R> } | null = null;
  return async (order) => {
    const { id } = order;
    if (order.kind === "begin") {
      const opened = await served.open(order.build);
      open = opened.ok ? { attempt: order.build.attempt, build: opened.value } : null;
      return opened.ok ? { kind: "done", id } : { kind: "fault", id, fault: opened.error };
    }
    if (order.kind === "end") {
      if (open?.attempt === order.attempt) open = null;
      return { kind: "done", id };
    }
    if (order.kind === "challenge") {
      const report = await served.challenge(order.request);
      return report.ok ? { kind: "challenged", id, report: report.value } : { kind: "fault", id, fault: report.error };
    }
    const attempt = order.kind === "inspect" ? order.request.attempt : order.attempt;
    if (open === null || open.attempt !== attempt) return { kind: "fault", id, fault: notOpen };
    if (order.kind === "accept") {
      const fault = await open.build.accept(order.accepted);
      return fault === null ? { kind: "done", id } : { kind: "fault", id, fault };
    }
    const report = await open.build.inspect(order.request);
    return report.ok ? { kind: "report", id, report: report.value } : { kind: "fault", id, fault: report.error };
  };
}

const notOpen = {
  code: "build-not-open",
  what: "The inspector does not have this build in hand.",
  remedy: "Begin the build at the inspector first (a restart of the cell does so).",
} as const;
