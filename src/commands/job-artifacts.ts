/** Which artifacts of a job are still kept, and which of them are pictures of layers that passed. */
import type { Digest, JobId } from "../kernel/names.ts";
import { createArtifactAccount } from "../ledger/artifact-account.ts";
import type { JsonObject } from "../ledger/entry.ts";

interface Told {
  readonly seq: number;
  readonly job: JobId | null;
  readonly type: string;
  readonly body: JsonObject;
}

export interface JobArtifacts {
  readonly pictures: readonly Digest[];
  readonly everything: readonly Digest[];
}

export interface JobReading {
  /** Takes the next entry of the whole record. */
  take(entry: Told): void;
  /** What was found, in a fixed order. */
  found(): JobArtifacts;
}

/** Reads a job's artifacts off its entries; another job's are left out. */
export function readJobArtifacts(job: JobId): JobReading {
  const account = createArtifactAccount();
  /** By layer of an attempt: its pictures, and whether it passed in the end. */
  const layers = new Map<string, { frames: Digest[]; passed: boolean }>();
  const evidence = new Set<Digest>();
  let source: Digest | null = null;

  function layerOf({ attempt, layer }: JsonObject) {
    const name = `${String(attempt)}/${String(layer)}`;
    const found = layers.get(name) ?? { frames: [], passed: false };
    layers.set(name, found);
    return found;
  }

  return {
    take({ seq, job: of, type, body }) {
      if (of !== job) return;
      account.take(seq, of, type, body);
      if (type === "JobOrderAccepted") source = (body["order"] as { readonly source: Digest }).source;
      if (type === "LayerCaptured") layerOf(body).frames.push(...framesIn(body));
      if (type === "LayerDecided") layerOf(body).passed = body["verdict"] === "pass";
      const seen = type === "NonconformityRaised" ? (body["evidence"] as { readonly frame: Digest } | null) : null;
      if (seen) evidence.add(seen.frame);
    },
    found() {
      const kept = account.kept();
      const passed = [...layers.values()].flatMap(({ frames, passed: good }) => (good ? frames : []));
      const pictures = [...new Set(passed)].filter((digest) => kept.has(digest) && !evidence.has(digest));
      // The package holds the key under which the patient's identifiers were hashed; no entry names it as an artifact.
      const everything = new Set([
        ...kept.keys(),
        ...(source === null || account.dropped().has(source) ? [] : [source]),
      ]);
      return { pictures: pictures.sort(), everything: [...everything].sort() };
    },
  };
}

/** The pictures of a layer, of every camera that took one. */
function framesIn({ frame, views }: JsonObject): readonly Digest[] {
  const others = (views ?? []) as readonly { readonly frame: Digest }[];
  return [frame as Digest, ...others.map((each) => each.frame)];
}
