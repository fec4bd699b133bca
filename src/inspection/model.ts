/** What a model's manifest says, and whether its file is that very model: each refusal with its own sentence and remedy (feature 52). */
import { z } from "zod";
import type { Fault } from "../equipment/machine.ts";
import type { ModelFacts } from "../jobs/model-event.ts";
import { digestOf, digestOfValue } from "../kernel/hash.ts";
import { type Digest, isDigest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { type OnnxProblem, portsOf, problemIn } from "./onnx.ts";
import { channels, classes, inputShape, outputShape } from "./tensor.ts";

const digest = z.string().refine((text) => isDigest(text), "not a SHA-256");
const shape = z.array(z.int().positive()).min(1).max(8);
const words = z.string().min(1).max(500);
const count = z.int().nonnegative();

/** `manifest.json` of a model: everything that is signed for when the model is approved. */
const manifestSchema = z.strictObject({
  format: z.literal("cellward-model-2"),
  file: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,60}\.onnx$/),
  sha256: digest,
  licence: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 .+()-]{0,63}$/),
  input: z.strictObject({ name: words, shape, channels: z.array(words) }),
  output: z.strictObject({ name: words, shape, classes: z.array(words) }),
  parameters: count,
  limits: words,
  training: z.strictObject({
    /** Name of the data set; it stands in every approval. */
    data: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/),
    seeds: words,
    /** The program that made the data, as it was then. */
    script: z.strictObject({ file: words, sha256: digest }),
    builds: count,
    validationBuilds: count,
    stages: words,
    note: words,
    lastStageSteps: count,
    lastStageValidation: words,
  }),
  /** The model card, beside the manifest. */
  validation: z.strictObject({ report: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/), sha256: digest }),
});

/** A manifest that fits this program. */
export interface ModelManifest {
  readonly facts: ModelFacts;
  readonly inputName: string;
  readonly outputName: string;
  /** File name of the validation report. */
  readonly report: string;
}

/** Reads a manifest and refuses one that is made for other channels, classes or shapes. */
export function readManifest(value: unknown): Result<ModelManifest, Fault> {
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const why = `${issue?.path.join(".") || "it"}: ${issue?.message ?? "unreadable"}`;
    return err(refused("model-manifest", `its manifest is not valid (${why})`, again));
  }
  const { input, output, file, sha256, licence, training, validation } = parsed.data;
  const fits =
    same(input.shape, inputShape) &&
    same(output.shape, outputShape) &&
    same(input.channels, channels) &&
    same(output.classes, classes);
  if (!fits) {
    const why = "its manifest names other channels, classes or shapes than this program uses";
    return err(refused("model-shape", why, otherProgram));
  }
  return ok({
    facts: {
      model: sha256 as Digest,
      manifest: digestOfValue(parsed.data),
      file,
      trainingData: training.data,
      card: validation.sha256 as Digest,
      licence,
    },
    inputName: input.name,
    outputName: output.name,
    report: validation.report,
  });
}

/** Checks a model's bytes against its manifest and against what a model may contain. */
export function checkModel(
  bytes: Uint8Array,
  { facts, inputName, outputName }: ModelManifest,
): Result<Uint8Array, Fault> {
  if (digestOf(bytes) !== facts.model) {
    return err(refused("model-swapped", "its file is not the one that its manifest names", again));
  }
  const problem = problemIn(bytes);
  if (problem !== null) return err(refused(`model-${problem.kind}`, problem.why, remedies[problem.kind]));
  const ports = portsOf(bytes);
  const fits = isPort(ports.inputs, inputName, inputShape) && isPort(ports.outputs, outputName, outputShape);
  return fits
    ? ok(bytes)
    : err(refused("model-shape", "its network has other inputs or outputs than its manifest names", otherProgram));
}

/** Checks that the validation report is the one that the manifest names. */
export function checkReport(bytes: Uint8Array, { facts }: ModelManifest): Fault | null {
  if (digestOf(bytes) === facts.card) return null;
  return refused("model-report", "its validation report is not the one that its manifest names", again);
}

function isPort(ports: ReturnType<typeof portsOf>["inputs"], name: string, wanted: readonly number[]): boolean {
  const [port] = ports;
  return ports.length === 1 && port?.name === name && port.isFloat && same(port.shape, wanted);
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}

const again = "Install the released model with its manifest and its report again (an engineer).";
const otherProgram = "Install a model that is made for this version of the program (an engineer).";
const remedies: Readonly<Record<OnnxProblem["kind"], string>> = {
  file: again,
  external: "Have it exported as one file with all its weights inside (whoever trained it).",
  operators: "Have it exported with plain layers only; docs/commissioning.md names them (whoever trained it).",
};

function refused(code: string, why: string, remedy: string): Fault {
  return { code, what: `The inspection model is refused: ${why}.`, remedy };
}
