/** Entry of the process that judges surfaces: learns the look of frozen good frames, then judges frames; dies with its parent. */
import type { Fault } from "../../equipment/machine.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { SurfaceBuild, SurfaceRequest } from "../inspector.ts";
import type { SurfaceReport } from "../report.ts";
import { type Learnt, openSurfaceBuild } from "../surface/inspect.ts";
import { decodeChannel, decodeClasses } from "./picture-file.ts";
import { dieWithParent, type Served, serve } from "./serve.ts";
import { learnSurfaceSetup } from "./surface-setup.ts";

dieWithParent();
const learnt = await learnSurfaceSetup(process.argv[2] ?? "surface.json");
serve(learnt.ok ? ok(servedBy(learnt.value)) : learnt);

function servedBy(its: Learnt): Served<SurfaceBuild, SurfaceRequest, SurfaceReport> {
  const tools = {
    decode: async (bytes: Uint8Array) => orFault(await decodeChannel(bytes)),
    decodeOutline: async (bytes: Uint8Array) => orFault(await decodeClasses(bytes)),
    lap: () => performance.now(),
  };
  return {
    inHand: { model: its.digests.model, manifest: its.digests.setup },
    open: async (build) => openSurfaceBuild(build, its, tools),
    challenge: async () => err(notChallenged),
  };
}

function orFault<T>(decoded: Result<T, string>): Result<T, Fault> {
  if (decoded.ok) return decoded;
  const what = `The camera's picture cannot be read: ${decoded.error}.`;
  const remedy = "Take the picture again; if it stays unreadable, check the camera's cable and settings.";
  return err({ code: "picture-unreadable", what, remedy });
}

const notChallenged: Fault = {
  code: "not-challenged",
  what: "The judge of surfaces cannot be challenged yet.",
  remedy: "Score it on known defects: `cellward inspect score`.",
};
