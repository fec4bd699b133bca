/** Which pieces of evidence an entry names, which of them the cell's policy sends unasked, and what central QA asks for. */
import type { Json } from "../kernel/json.ts";
import type { Digest, JobId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import { artifactDigests } from "../ledger/artifacts.ts";
import type { JsonObject } from "../ledger/entry.ts";

/**
 * What goes without being asked for. `none`: nothing. `fails`: what belongs to a layer that did not pass, a nonconformity
 * or a plate that was not clear. `sample`: besides, every nth layer and the logs of finished machines. `all`: everything.
 */
export interface EvidencePolicy {
  readonly kind: "none" | "fails" | "sample" | "all";
  readonly everyNthLayer: number;
}

/** An entry as far as evidence goes. */
export interface NamingEntry {
  readonly type: string;
  readonly job: JobId | null;
  readonly body: JsonObject;
}

/** The pieces that an entry names, and whether the policy sends them. */
export function piecesOf(
  { type, body }: NamingEntry,
  policy: EvidencePolicy,
): readonly { digest: Digest; wanted: boolean }[] {
  const wanted = isWanted(type, body, policy);
  return artifactDigests(body).map((digest) => ({ digest, wanted }));
}

function isWanted(type: string, body: JsonObject, { kind, everyNthLayer }: EvidencePolicy): boolean {
  if (kind === "none") return false;
  if (kind === "all" || isOfAFail(type, body)) return true;
  if (kind === "fails") return false;
  const { layer } = body;
  if (type === "LayerInspected") return typeof layer === "number" && layer % everyNthLayer === 0;
  return type === "FinishReported";
}

function isOfAFail(type: string, body: JsonObject): boolean {
  if (type === "LayerInspected") return memberOf(body["report"], "verdict") !== "pass";
  if (type === "PlateChecked") return body["clear"] !== true;
  return type === "NonconformityRaised";
}

/** What a recorded decision of central QA asks for: all evidence of one job, as it stood or stands from that time on. */
export interface EvidenceAsk {
  readonly job: JobId;
  readonly since: EpochMs;
}

/** The ask that an entry records; null where it records none. */
export function askOf({ type, body }: NamingEntry): EvidenceAsk | null {
  if (type !== "CentralDecided") return null;
  const decision = body["decision"];
  if (memberOf(decision, "action") !== "fetch-evidence") return null;
  const job = memberOf(memberOf(decision, "target"), "id");
  const since = memberOf(decision, "issuedAt");
  return typeof job === "string" && typeof since === "number" ? { job: job as JobId, since } : null;
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return (value as JsonObject)[name];
}
