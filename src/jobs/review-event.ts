/** What a person says of the inspection: that a layer which it had passed is bad. */
import type { AttemptId, Digest, JobId } from "../kernel/names.ts";
import type { Approval } from "../people/person.ts";

/** What the inspection should have found, by the names that its own findings have; `other` is what it has no name for. */
export const foundClasses = ["missing", "thin", "extra", "unchanged", "shift", "other"] as const;
export type FoundClass = (typeof foundClasses)[number];

/** The machine's verdict stays as it is; the nonconformity that comes with this is decided on by QA. */
export interface LayerReviewEvent {
  readonly type: "LayerFoundBad";
  readonly job: JobId;
  readonly attempt: AttemptId;
  readonly layer: number;
  readonly finding: FoundClass;
  readonly reason: string;
  /** The picture and the report by which the layer had passed. */
  readonly evidence: { readonly frame: Digest; readonly report: Digest };
  readonly approval: Approval;
}
