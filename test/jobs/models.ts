/** Inspection models for the stories of tests: one that a demonstration takes, and one that people would have to sign for. */
import { modelMeanings, shownForModel } from "../../src/jobs/decide/models.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { ModelFacts } from "../../src/jobs/model-event.ts";
import type { State } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { Digest, PersonId } from "../../src/kernel/names.ts";

/** Facts of a model whose digests are those of texts. */
export function modelFacts(model: Digest, manifest = digestOfValue("manifest")): ModelFacts {
  const card = digestOfValue("card");
  return { model, manifest, file: "layer-net.onnx", trainingData: "rendered-parts-1", card, licence: "Apache-2.0" };
}

/** The model of every story. */
export const testModel = modelFacts(digestOfValue("model"));

/** What a start says of it: loaded, and taken where the cell is a demonstration. */
export const testVersions = { modelDigest: testModel.model, modelManifest: testModel.manifest } as const;

const [qa, engineer] = ["model-qa", "model-engineer"] as [PersonId, PersonId];

/** Two people, who are enrolled for it, sign for a model without end. */
export function signForModel(
  story: { readonly state: State; tell(message: Message): unknown },
  facts = testModel,
): void {
  const wanted = { from: null, until: null, recipes: null };
  story.tell({ kind: "enrol", person: qa, roles: ["qa"] });
  story.tell({ kind: "enrol", person: engineer, roles: ["engineer"] });
  const shown = digestOfValue(shownForModel(story.state, facts, wanted));
  const signed = (person: PersonId) => ({ person, name: "sealed", at: 0, meaning: modelMeanings.approve, shown });
  story.tell({ kind: "approve-model", facts, wanted, approval: signed(qa), second: signed(engineer) });
}

/** The eye has this model loaded from now on, and two people have signed for it. */
export function loadModel(story: { readonly state: State; tell(message: Message): unknown }, facts: ModelFacts): void {
  if (!Object.hasOwn(story.state.models, facts.model)) signForModel(story, facts);
  const { model, manifest } = facts;
  story.tell({ kind: "inspection-status", ready: true, what: "ready", inHand: { model, manifest } });
}
