/** What the inspector's process and its supervisor say to each other. */
import type { Fault } from "../../equipment/machine.ts";
import type { ModelInHand } from "../../jobs/models.ts";
import type { ChallengeReport, ChallengeRequest } from "../challenge.ts";
import type { AcceptedFrame, Build, InspectionRequest } from "../inspector.ts";
import type { InspectionReport } from "../report.ts";

/** To the child. */
export type Order =
  | { readonly kind: "begin"; readonly id: number; readonly build: Build }
  | { readonly kind: "inspect"; readonly id: number; readonly request: InspectionRequest }
  | { readonly kind: "accept"; readonly id: number; readonly attempt: string; readonly accepted: AcceptedFrame }
  | { readonly kind: "challenge"; readonly id: number; readonly request: ChallengeRequest }
  | { readonly kind: "end"; readonly id: number; readonly attempt: string };

/** From the child; exactly one answer an order, and first of all `ready` or `unfit`. */
export type News =
  | { readonly kind: "ready"; readonly inHand: ModelInHand }
  | { readonly kind: "unfit"; readonly fault: Fault }
  | { readonly kind: "done"; readonly id: number }
  | { readonly kind: "report"; readonly id: number; readonly report: InspectionReport }
  | { readonly kind: "challenged"; readonly id: number; readonly report: ChallengeReport }
  | { readonly kind: "fault"; readonly id: number; readonly fault: Fault };
