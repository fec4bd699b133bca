/** The model registry's rules: a manifest names the model by digest, and the file may hold nothing but plain layers. */
import { z } from "zod";
import type { Fault } from "../equipment/machine.ts";
import { digestOf } from "../kernel/hash.ts";
import { type Digest, isDigest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { channels, classes, inputShape, outputShape } from "./tensor.ts";

const manifestSchema = z.looseObject({
  format: z.literal("cellward-model-1"),
  file: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,60}\.onnx$/),
  sha256: z.string().refine((text) => isDigest(text), "not a SHA-256"),
  input: z.strictObject({ name: z.string(), shape: z.array(z.int()), channels: z.array(z.string()) }),
  output: z.strictObject({ name: z.string(), shape: z.array(z.int()), classes: z.array(z.string()) }),
});

/** A manifest that fits this program. */
export interface ModelManifest {
  readonly file: string;
  readonly sha256: Digest;
  readonly inputName: string;
  readonly outputName: string;
}

/** Reads a manifest and refuses one that is made for other channels, classes or shapes. */
export function readManifest(value: unknown): Result<ModelManifest, Fault> {
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success)
    return err(refused(`its manifest is not valid (${parsed.error.issues[0]?.message ?? "unreadable"})`));
  const { input, output, file, sha256 } = parsed.data;
  const fits =
    same(input.shape, inputShape) &&
    same(output.shape, outputShape) &&
    same(input.channels, channels) &&
    same(output.classes, classes);
  if (!fits) return err(refused("its manifest names other channels, classes or shapes than this program uses"));
  return ok({ file, sha256: sha256 as Digest, inputName: input.name, outputName: output.name });
}

/** Checks a model's bytes against its manifest and against what a model may contain. */
export function checkModel(bytes: Uint8Array, manifest: ModelManifest): Result<Uint8Array, Fault> {
  if (digestOf(bytes) !== manifest.sha256) return err(refused("its file is not the one that its manifest names"));
  const problem = forbiddenContent(bytes);
  return problem === null ? ok(bytes) : err(refused(problem));
}

const allowedOperators = new Set([
  ...["Conv", "Relu", "Concat", "Resize", "Softmax", "Constant", "Identity", "Add", "Mul", "MaxPool", "Upsample"],
  ...["QuantizeLinear", "DequantizeLinear", "Cast", "Shape", "Slice", "Unsqueeze", "Floor", "Gather"],
]);

/**
 * Walks the ONNX protobuf (onnx.proto3, IR version 7 and later) far enough to refuse external tensors, foreign
 * operator domains, functions and unknown operators; null where there is nothing to refuse.
 */
export function forbiddenContent(bytes: Uint8Array): string | null {
  try {
    for (const model of fields(bytes)) {
      if (model.number === 25) return "it contains functions";
      if (model.number !== 7) continue;
      for (const part of fields(model.body)) {
        const problem =
          part.number === 1 ? nodeProblem(part.body) : part.number === 5 ? tensorProblem(part.body) : null;
        if (problem !== null) return problem;
      }
    }
    return null;
  } catch {
    return "its file is no ONNX model";
  }
}

function nodeProblem(node: Uint8Array): string | null {
  const text = (body: Uint8Array): string => new TextDecoder().decode(body);
  for (const field of fields(node)) {
    if (field.number === 4 && !allowedOperators.has(text(field.body)))
      return `it uses the operator ${text(field.body).slice(0, 40)}`;
    if (field.number === 7 && text(field.body) !== "" && text(field.body) !== "ai.onnx")
      return "it uses custom operators";
  }
  return null;
}

function tensorProblem(tensor: Uint8Array): string | null {
  const outside = fields(tensor).some((f) => f.number === 13 || (f.number === 14 && f.value !== 0));
  return outside ? "it keeps weights outside its file" : null;
}

interface Field {
  readonly number: number;
  /** Bytes of a length-delimited field, else empty. */
  readonly body: Uint8Array;
  /** Value of a varint field, else 0. */
  readonly value: number;
}

/** Fields of one protobuf message; throws on anything malformed. */
function fields(bytes: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("cut off");
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value;
    }
    throw new RangeError("varint too long");
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key % 8;
    const number = Math.floor(key / 8);
    if (wire === 0) found.push({ number, body: new Uint8Array(), value: varint() });
    else {
      const length = wire === 2 ? varint() : wire === 1 ? 8 : wire === 5 ? 4 : Number.NaN;
      if (!(at + length <= bytes.length)) throw new RangeError("cut off");
      found.push({ number, body: bytes.subarray(at, at + length), value: 0 });
      at += length;
    }
  }
  return found;
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}

function refused(why: string): Fault {
  return {
    code: "model-refused",
    what: `The inspection model is refused: ${why}.`,
    remedy: "Install the released model with its manifest again (an engineer).",
  };
}
