/** Runs the layer network with onnxruntime: one session, one thread, fixed shapes. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as ort from "onnxruntime-node";
import type { Fault } from "../../equipment/machine.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { checkModel, readManifest } from "../model.ts";
import { inputShape } from "../tensor.ts";

/** A loaded network. */
export interface Network {
  readonly digest: Digest;
  /** Class probabilities for one input tensor, or null where it gave none; never throws. */
  run(input: Float32Array): Promise<Float32Array | null>;
}

/** Loads the model that a manifest file names; a file that is not that very model is refused. */
export async function loadNetwork(manifestPath: string): Promise<Result<Network, Fault>> {
  try {
    const manifest = readManifest(JSON.parse(await readFile(manifestPath, "utf8")));
    if (!manifest.ok) return manifest;
    const { file, sha256, inputName, outputName } = manifest.value;
    const bytes = checkModel(new Uint8Array(await readFile(join(dirname(manifestPath), file))), manifest.value);
    if (!bytes.ok) return bytes;
    const session = await ort.InferenceSession.create(bytes.value, {
      executionProviders: ["cpu"],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
    });
    return ok({
      digest: sha256,
      async run(input) {
        try {
          const results = await session.run({ [inputName]: new ort.Tensor("float32", input, inputShape) });
          const data = results[outputName]?.data;
          // A copy: the session reuses its memory for the next run.
          return data instanceof Float32Array ? data.slice() : null;
        } catch {
          return null;
        }
      },
    });
  } catch (problem) {
    const detail = problem instanceof Error ? problem.message.split("\n")[0] : "unknown";
    return err({
      code: "model-unavailable",
      what: `The inspection model cannot be loaded: ${detail}.`,
      remedy: "Check the models folder and the onnxruntime package (an engineer).",
    });
  }
}
