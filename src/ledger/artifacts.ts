/** The Artifacts port (pictures, programs, evidence, by SHA-256 of their plaintext) and where bodies name artifacts. */
import type { Json } from "../kernel/json.ts";
import { type Digest, isDigest } from "../kernel/names.ts";
import type { Result } from "../kernel/result.ts";

export type ArtifactProblem =
  /** No artifact of that digest is stored. */
  | "missing"
  /** What is stored cannot be decrypted, or is not what its digest says. */
  | "altered";

/** Large evidence beside the ledger: content-addressed, encrypted at rest, never changed. */
export interface Artifacts {
  /** Stores bytes (at most the store's limit, else RangeError) and resolves when they are durable. */
  put(bytes: Uint8Array): Promise<Digest>;
  /** The plaintext, checked against its digest. */
  get(digest: Digest): Promise<Result<Uint8Array, ArtifactProblem>>;
  has(digest: Digest): Promise<boolean>;
  /** Removes an artifact that need not be kept; true where one was there. */
  remove(digest: Digest): Promise<boolean>;
  /** All digests stored, in order. */
  list(): Promise<readonly Digest[]>;
}

const singleKeys = new Set(["frame", "evidence", "program"]);

/** Digests that a body says are in the store: members `frame`, `evidence`, `program`, and lists named `artifacts`, at any depth. */
export function artifactDigests(body: Json): readonly Digest[] {
  const found = new Set<Digest>();
  visit(body, found);
  return [...found];
}

function visit(value: Json, found: Set<Digest>): void {
  if (value === null || typeof value !== "object") return;
  if (isList(value)) {
    for (const item of value) visit(item, found);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (singleKeys.has(key)) note(member, found);
    if (key === "artifacts" && isList(member)) for (const item of member) note(item, found);
    visit(member, found);
  }
}

function note(value: Json, found: Set<Digest>): void {
  if (typeof value === "string" && isDigest(value)) found.add(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
