/** What people do along the route: tag a part, confirm it at a machine, print, scan and void its label, hand it over. */
import type { z } from "zod";
import type { EquipmentId, JobId } from "../../kernel/names.ts";
import { confirmingPart, nothing, ofJob, ofLabel, scanning, voiding } from "../requests.ts";
import { type Answer, by, type Call, problem, type Route, refusal, route, say } from "../route.ts";
import { resolveScan, type Scanned, type Wanted, wrongCode } from "../scan.ts";

export const makingRoutes: readonly Route[] = [
  route({
    method: "POST",
    url: "/api/jobs/:job/tag",
    access: "session",
    params: ofJob,
    body: scanning,
    handle: (call) =>
      scan(call, "tag", (scanned) =>
        say(call.desk, { kind: "tag-part", job: jobOf(call), tag: plainOf(scanned), person: by(call) }),
      ),
  }),
  route({
    method: "POST",
    url: "/api/jobs/:job/part",
    access: "session",
    params: ofJob,
    body: confirmingPart,
    handle: (call) =>
      scan(call, "tag", (scanned) => {
        const equipment = call.body.equipment as EquipmentId;
        const [job, tag, person] = [jobOf(call), plainOf(scanned), by(call)];
        return say(call.desk, { kind: "confirm-part", job, equipment, tag, person });
      }),
  }),
  route({
    method: "POST",
    url: "/api/jobs/:job/label",
    access: "session",
    params: ofJob,
    body: nothing,
    handle: (call) => say(call.desk, { kind: "request-label", job: jobOf(call), person: by(call) }),
  }),
  route({
    method: "POST",
    url: "/api/jobs/:job/label/scan",
    access: "session",
    params: ofJob,
    body: scanning,
    handle: (call) =>
      scan(call, "label", () =>
        say(call.desk, { kind: "scan-label", job: jobOf(call), scanned: call.body.code, person: by(call) }),
      ),
  }),
  route({
    method: "POST",
    url: "/api/jobs/:job/label/void",
    access: "session",
    params: ofJob,
    body: voiding,
    handle: (call) => say(call.desk, { kind: "void-label", job: jobOf(call), why: call.body.why, person: by(call) }),
  }),
  route({
    method: "GET",
    url: "/api/jobs/:job/units/:unit/labels/:label/pdf",
    access: "session",
    params: ofLabel,
    body: nothing,
    handle: labelPdf,
  }),
  route({
    method: "POST",
    url: "/api/jobs/:job/handover",
    access: "session",
    params: ofJob,
    body: scanning,
    handle: (call) =>
      scan(call, "container", (scanned) =>
        say(call.desk, { kind: "hand-over", job: jobOf(call), container: plainOf(scanned), person: by(call) }),
      ),
  }),
];

const jobOf = (call: { readonly params: { readonly job: string } }) => call.params.job as JobId;

/** A code of another kind is named at once; one of the right kind goes to the core, which knows whether it is the right one. */
async function scan(
  call: Call<unknown, { readonly code: string }>,
  wanted: Wanted,
  go: (scanned: Scanned) => Promise<Answer>,
): Promise<Answer> {
  const scanned = resolveScan(call.desk.controller.state(), call.body.code);
  const wrong = wrongCode(scanned, wanted) ?? nameless(scanned);
  return wrong ? refusal(409, wrong) : go(scanned);
}

/** A code that goes into the record has a digit in it: no name has one. */
function nameless(scanned: Scanned) {
  if (scanned.kind !== "free" || /[0-9]/.test(scanned.code)) return null;
  const what = "This code has no digit in it: it is not taken for a tag or a container.";
  return { code: "wrong-code", what, remedy: "Scan the code; type it only where there is no scanner." };
}

function plainOf(scanned: Scanned): string {
  return scanned.kind === "tag" ? scanned.tag : scanned.kind === "free" ? scanned.code : "";
}

/** The label as it was printed; one that was voided is not given out again. */
async function labelPdf({ desk, params }: Call<z.infer<typeof ofLabel>, unknown>): Promise<Answer> {
  const unit = (await desk.readJob(params.job))?.units.find(({ number }) => number === params.unit);
  const label = unit?.labels.find(({ number }) => number === params.label);
  if (!label?.pdf) return problem(404, "no-label", "No such label was printed.");
  if (label.state === "voided") return problem(409, "no-label", "This label was voided.", "Print a new one.");
  const pdf = await desk.evidence.get(label.pdf);
  if (!pdf.ok) return problem(404, "no-label", `The label is ${pdf.error}.`, "Void it and print a new one.");
  return { status: 200, type: "application/pdf", bytes: pdf.value };
}
