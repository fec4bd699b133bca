/** Which artifacts a record names must still be there, and which its entries say were dropped by policy. */
import type { Json } from "../kernel/json.ts";
import { type Digest, isDigest } from "../kernel/names.ts";
import { artifactDigests } from "./artifacts.ts";

/** Type of the entry by which artifacts of its job need not be kept any longer; its body lists them as `dropped`. */
export const dropType = "ArtifactsDropped";

/** The artifacts that an entry drops; none where it is of another type. */
export function droppedDigests(type: string, body: Json): readonly Digest[] {
  if (type !== dropType || body === null || typeof body !== "object" || Array.isArray(body)) return [];
  const { dropped } = body as { readonly dropped?: Json };
  return Array.isArray(dropped) ? dropped.filter((one) => typeof one === "string" && isDigest(one)) : [];
}

interface Naming {
  readonly job: string | null;
  /** The first entry of this job that names it. */
  readonly seq: number;
  dropped: boolean;
}

/** Follows entries in their order. An artifact is dropped when every job that names it has dropped it, and none names it again. */
export interface ArtifactAccount {
  take(seq: number, job: string | null, type: string, body: Json): void;
  /** Those that must be there, each with the first entry that names it. */
  kept(): ReadonlyMap<Digest, number>;
  /** Those that were dropped: whether they are there or not is no matter. */
  dropped(): ReadonlySet<Digest>;
}

/** An account in which nothing stands. */
export function createArtifactAccount(): ArtifactAccount {
  const namings = new Map<Digest, Naming[]>();

  function name(digest: Digest, job: string | null, seq: number): void {
    const all = namings.get(digest);
    const mine = all?.find((each) => each.job === job);
    if (mine) mine.dropped = false;
    else if (all) all.push({ job, seq, dropped: false });
    else namings.set(digest, [{ job, seq, dropped: false }]);
  }

  return {
    take(seq, job, type, body) {
      for (const digest of artifactDigests(body)) name(digest, job, seq);
      // What belongs to no job is the cell's own, and is never dropped.
      if (job === null) return;
      for (const digest of droppedDigests(type, body)) {
        const mine = namings.get(digest)?.find((each) => each.job === job);
        if (mine) mine.dropped = true;
      }
    },
    kept() {
      const all = [...namings].flatMap(([digest, each]): [Digest, number][] => {
        const standing = each.find(({ dropped }) => !dropped);
        return standing ? [[digest, standing.seq]] : [];
      });
      return new Map(all);
    },
    dropped: () =>
      new Set([...namings].flatMap(([digest, each]) => (each.every((one) => one.dropped) ? [digest] : []))),
  };
}
