/** Entry of the inspector's own process: decodes, compares and runs the network; dies with its parent. */
import { setPriority } from "node:os";
import { type BuildInHand, openBuild } from "../build.ts";
import { challenge } from "../challenge.ts";
import { decodeGrey } from "./decode.ts";
import type { News, Order } from "./messages.ts";
import { loadNetwork, type Network } from "./network.ts";

/** Whoever would hear may end at this very moment: without a listener of its own that would be an uncaught error. */
function say(news: News): void {
  if (process.connected) process.send?.(news, undefined, undefined, () => {});
}

process.on("disconnect", () => process.exit(0));

const manifestPath = process.argv[2] ?? "models/manifest.json";
const network = await loadNetwork(manifestPath);
if (network.ok) serve(network.value);
else {
  say({ kind: "unfit", fault: network.error });
}

function serve(loaded: Network): void {
  let open: { readonly attempt: string; readonly build: BuildInHand } | null = null;
  const tools = {
    decode: decodeGrey,
    modelDigest: loaded.inHand.model,
    infer: (input: Float32Array) => loaded.run(input),
    lap: () => performance.now(),
  };
  const obey = async (order: Order): Promise<News> => {
    const { id } = order;
    if (order.kind === "begin") {
      const opened = await openBuild(order.build, tools);
      open = opened.ok ? { attempt: order.build.attempt, build: opened.value } : null;
      return opened.ok ? { kind: "done", id } : { kind: "fault", id, fault: opened.error };
    }
    if (order.kind === "end") {
      if (open?.attempt === order.attempt) open = null;
      return { kind: "done", id };
    }
    if (order.kind === "challenge") {
      const report = await challenge(order.request, tools);
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
  // One after the other: a frame is judged against the reference that the one before may have set.
  let queue: Promise<void> = Promise.resolve();
  process.on("message", (order: Order) => {
    queue = queue.then(async () => say(await obey(order)));
  });
  // A machine that is printing needs the processor more than the judgement of its picture does.
  setPriority(5);
  say({ kind: "ready", inHand: loaded.inHand });
}

const notOpen = {
  code: "build-not-open",
  what: "The inspector does not have this build in hand.",
  remedy: "Begin the build at the inspector first (a restart of the cell does so).",
} as const;
