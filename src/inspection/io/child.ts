/** Entry of the inspector's own process: decodes, compares and runs the network; dies with its parent. */
import { ok } from "../../kernel/result.ts";
import { openBuild } from "../build.ts";
import { challenge } from "../challenge.ts";
import type { Build, InspectionRequest } from "../inspector.ts";
import type { InspectionReport } from "../report.ts";
import { decodeGrey } from "./decode.ts";
import { loadNetwork, type Network } from "./network.ts";
import { dieWithParent, type Served, serve } from "./serve.ts";

dieWithParent();
const manifestPath = process.argv[2] ?? "models/manifest.json";
const network = await loadNetwork(manifestPath);
serve(network.ok ? ok(servedBy(network.value)) : network);

function servedBy(loaded: Network): Served<Build, InspectionRequest, InspectionReport> {
  const tools = {
    decode: decodeGrey,
    modelDigest: loaded.inHand.model,
    infer: (input: Float32Array) => loaded.run(input),
    lap: () => performance.now(),
  };
  return {
    inHand: loaded.inHand,
    open: (build) => openBuild(build, tools),
    challenge: (request) => challenge(request, tools),
  };
}
