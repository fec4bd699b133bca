/** What the inspector's process and its supervisor say to each other. */
import type { Fault } from "../../equipment/machine.ts";
import type { ModelInHand } from "../../jobs/models.ts";
import type { ChallengeReport, ChallengeRequest } from "../challenge.ts";
import type { AcceptedFrame, Build, InspectionRequest } from "../inspector.ts";
import type { InspectionReport } from "../report.ts";

/** To the child. */
export type Order<B = Build, Q = InspectionRequest> = OrderBody<B, Q> & { readonly id: number };

export type OrderBody<B = Build, Q = InspectionRequest> =
  | { readonly kind: "begin"; readonly build: B }
  | { readonly kind: "inspect"; readonly request: Q }
  | { readonly kind: "accept"; readonly attempt: string; readonly accepted: AcceptedFrame }
  | { readonly kind: "challenge"; readonly request: ChallengeRequest }
  | { readonly kind: "end"; readonly attempt: string };

/** From the child; exactly one answer an order, and first of all `ready` or `unfit`. */
export type News<R = InspectionReport> =
  | { readonly kind: "ready"; readonly inHand: ModelInHand }
  | { readonly kind: "unfit"; readonly fault: Fault }
  | { readonly kind: "done"; readonly id: number }
  | { readonly kind: "report"; readonly id: number; readonly report: R }
  | { readonly kind: "challenged"; readonly id: number; readonly report: ChallengeReport }
  | { readonly kind: "fault"; readonly id: number; readonly fault: Fault };
