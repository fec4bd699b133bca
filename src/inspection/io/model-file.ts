/** Reads the model that a manifest names, and refuses every file that is not that very model, or not its report. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Fault } from "../../equipment/machine.ts";
import { canonicalBytes } from "../../kernel/json.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { checkModel, checkReport, type ModelManifest, readManifest } from "../model.ts";

/** A model as it stands on disk, checked against its manifest. */
export interface ModelFile {
  readonly manifest: ModelManifest;
  readonly bytes: Uint8Array;
  /** The manifest as RFC 8785 bytes, over which its digest is. */
  readonly manifestBytes: Uint8Array;
  /** The validation report. */
  readonly report: Uint8Array;
}

/** Reads manifest, validation report and model; never rejects. */
export async function readModel(manifestPath: string): Promise<Result<ModelFile, Fault>> {
  try {
    const said: unknown = JSON.parse(await readFile(manifestPath, "utf8"));
    const manifest = readManifest(said);
    if (!manifest.ok) return manifest;
    const file = await readFile(join(dirname(manifestPath), manifest.value.facts.file));
    const report = new Uint8Array(await readFile(join(dirname(manifestPath), manifest.value.report)));
    const bytes = checkModel(new Uint8Array(file), manifest.value);
    const fault = checkReport(report, manifest.value);
    if (bytes.ok && fault) return err(fault);
    if (!bytes.ok) return bytes;
    return ok({ manifest: manifest.value, bytes: bytes.value, manifestBytes: canonicalBytes(said), report });
  } catch (problem) {
    return err(modelUnavailable(problem));
  }
}

/** Why a model cannot be loaded at all, in words. */
export function modelUnavailable(problem: unknown): Fault {
  const detail = problem instanceof Error ? problem.message.split("\n")[0] : "unknown";
  return {
    code: "model-unavailable",
    what: `The inspection model cannot be loaded: ${detail}.`,
    remedy: "Check the models folder and the onnxruntime package (an engineer).",
  };
}
