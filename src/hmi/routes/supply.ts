/** Material at the panel: what a code is, received by scan, decided by QA's signature, loaded by scan (features 39, 40). */
import type { z } from "zod";
import { lotMeanings, shownForLot } from "../../jobs/decide/lots.ts";
import { findLot } from "../../jobs/state.ts";
import type { EquipmentId, LotId } from "../../kernel/names.ts";
import type { ScanView } from "../api-route.ts";
import { claiming, lotDecision, lotQuery, nothing, ofLot, ofMachine, receiving, scanning } from "../requests.ts";
import { type Answer, by, type Call, good, problem, type Route, refusal, route, say } from "../route.ts";
import { expiryOf, nameOfScanned, resolveScan, type Scanned, wrongCode } from "../scan.ts";
import { materialsView } from "../supply-views.ts";
import { shownView, signed } from "./signing.ts";

const noLot = () => problem(404, "unknown-lot", "There is no such lot in this cell.");

export const supplyRoutes: readonly Route[] = [
  route({
    method: "GET",
    url: "/api/materials",
    access: "session",
    params: nothing,
    body: nothing,
    handle: ({ desk, person }) => good(materialsView(desk.controller.state(), desk.looks(person))),
  }),
  // The scanner serves one page: else a page that stands open elsewhere would take codes that are meant for this one.
  route({
    method: "POST",
    url: "/api/scanner",
    access: "session",
    params: nothing,
    body: claiming,
    handle: ({ desk, body }) => {
      desk.scanner.page = body.page;
      desk.scanner.before = desk.presence().read;
      return good({ done: true });
    },
  }),
  route({
    method: "POST",
    url: "/api/scan",
    access: "session",
    params: nothing,
    body: scanning,
    handle: ({ desk, body }) => good(scanView(resolveScan(desk.controller.state(), body.code), desk.clock.now())),
  }),
  route({
    method: "POST",
    url: "/api/lots",
    access: "session",
    params: nothing,
    body: receiving,
    handle: receive,
  }),
  route({
    method: "GET",
    url: "/api/lots/:lot/shown",
    access: "session",
    params: ofLot,
    body: lotQuery,
    handle: ({ desk, params, body }) => {
      const lot = findLot(desk.controller.state(), params.lot);
      return lot ? good(shownView(desk, shownForLot(lot, body.status), lotMeanings[body.status])) : noLot();
    },
  }),
  route({
    method: "POST",
    url: "/api/lots/:lot/decision",
    access: "session",
    limit: "guess",
    params: ofLot,
    body: lotDecision,
    handle: async ({ desk, params, body }) => {
      const lot = params.lot as LotId;
      if (!findLot(desk.controller.state(), lot)) return noLot();
      const { status } = body;
      return signed(desk, body, lot, lotMeanings[status], (approval) =>
        say(desk, { kind: "decide-lot", lot, status, approval }),
      );
    },
  }),
  route({
    method: "POST",
    url: "/api/machines/:equipment/material",
    access: "session",
    params: ofMachine,
    body: scanning,
    handle: load,
  }),
];

function scanView(scanned: Scanned, at: number): ScanView {
  const what = `This is ${nameOfScanned(scanned)}.`;
  const none = { kind: scanned.kind, what, title: null, unit: null, batch: null, expires: null, lot: null };
  if (scanned.kind !== "package") return none;
  const { code, title, unit, lot } = scanned;
  return { ...none, title, unit, batch: code.lot, expires: expiryOf(code, at), lot: lot?.id ?? null };
}

/** Nothing but the code names the lot; certificate and quantity are read from the delivery's paper. */
async function receive(call: Call<unknown, z.infer<typeof receiving>>): Promise<Answer> {
  const { desk, body } = call;
  const scanned = resolveScan(desk.controller.state(), body.code);
  const found = packageIn(scanned, desk.clock.now());
  if ("answer" in found) return found.answer;
  const { gtin, batch, expires } = found;
  if (expires === null) {
    const what = "The code on the package names no day of expiry (17).";
    return problem(409, "wrong-code", what, "Ask the supplier for a code with it; it is not received without.");
  }
  const { certificate, quantity, parents } = body;
  const facts = { gtin, batch, certificate, expires, quantity, ...(parents && { parents }) };
  return say(desk, { kind: "receive-lot", ...facts, person: by(call) });
}

async function load(call: Call<z.infer<typeof ofMachine>, z.infer<typeof scanning>>): Promise<Answer> {
  const { desk, body } = call;
  const found = packageIn(resolveScan(desk.controller.state(), body.code), desk.clock.now());
  if ("answer" in found) return found.answer;
  const { gtin, batch } = found;
  const equipment = call.params.equipment as EquipmentId;
  return say(desk, { kind: "load-material", equipment, gtin, batch, person: by(call) });
}

type Package = { readonly gtin: string; readonly batch: string; readonly expires: number | null };

function packageIn(scanned: Scanned, at: number): Package | { readonly answer: Answer } {
  const wrong = wrongCode(scanned, "package");
  if (wrong) return { answer: refusal(409, wrong) };
  const code = scanned.kind === "package" || scanned.kind === "foreign" ? scanned.code : null;
  if (code?.lot) return { gtin: code.gtin, batch: code.lot, expires: expiryOf(code, at) };
  const what = "The code on the package names no lot (10).";
  return { answer: problem(409, "wrong-code", what, "Scan the code that holds the lot; the supplier prints it.") };
}
