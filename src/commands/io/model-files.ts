/** Models as they lie on the disk: the one that the configuration names, and the one that comes with the program. */
import { join } from "node:path";
import type { Fault } from "../../equipment/machine.ts";
import { readModel } from "../../inspection/io/model-file.ts";
import type { ModelFacts } from "../../jobs/model-event.ts";
import { ok, type Result } from "../../kernel/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";

const shipped = join(import.meta.dirname, "../../../models/manifest.json");

/** What a manifest says, read and checked with its file and its report just as the inspection does. */
export async function readFacts(manifestPath: string): Promise<Result<ModelFacts, Fault>> {
  const model = await readModel(manifestPath);
  return model.ok ? ok(model.value.manifest.facts) : model;
}

/** The same, with network, manifest and card stored: who approves a model approves what the cell keeps from then on. */
export async function keepModel(
  manifestPath: string,
  artifacts: Pick<Artifacts, "put">,
): Promise<Result<ModelFacts, Fault>> {
  const model = await readModel(manifestPath);
  if (!model.ok) return model;
  const { manifest, bytes, manifestBytes, report } = model.value;
  for (const each of [bytes, manifestBytes, report]) await artifacts.put(each);
  return ok(manifest.facts);
}

/** The model that comes with the program, for a demonstration to take; null where it cannot be used. */
export async function readShippedModel(): Promise<ModelFacts | null> {
  const facts = await readFacts(shipped);
  return facts.ok ? facts.value : null;
}
