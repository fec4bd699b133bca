/** Runs the layer network with onnxruntime: one session, one thread, fixed shapes. */
import * as ort from "onnxruntime-node";
import type { Fault } from "../../equipment/machine.ts";
import type { ModelInHand } from "../../jobs/models.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { inputShape } from "../tensor.ts";
import { modelUnavailable, readModel } from "./model-file.ts";

/** A loaded network. */
export interface Network {
  readonly inHand: ModelInHand;
  /** Class probabilities for one input tensor, or null where it gave none; never throws. */
  run(input: Float32Array): Promise<Float32Array | null>;
}

/** Loads the model that a manifest file names; a file that is not that very model is refused. */
export async function loadNetwork(manifestPath: string): Promise<Result<Network, Fault>> {
  try {
    const model = await readModel(manifestPath);
    if (!model.ok) return model;
    const { facts, inputName, outputName } = model.value.manifest;
    const session = await ort.InferenceSession.create(model.value.bytes, {
      executionProviders: ["cpu"],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
    });
    return ok({
      inHand: { model: facts.model, manifest: facts.manifest },
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
    return err(modelUnavailable(problem));
  }
}
