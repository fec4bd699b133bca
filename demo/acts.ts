/** What the demo's people do along the route, each act as a person at the panel does it: scan, press, sign. */
import type { LabelView } from "../src/hmi/api-route.ts";
import type { Panel } from "./panel.ts";
import { job, type Person, until } from "./people.ts";

/** A delivery: the code on its package, and what its paper says. */
export interface Delivery {
  /** As a scanner sends it: (01) (17) (10). */
  readonly code: string;
  readonly certificate: string;
  readonly quantity: number;
}

/** Scans a delivery into quarantine. */
export function receiveLot(panel: Panel, { code, certificate, quantity }: Delivery): Promise<unknown> {
  return panel.act("/api/lots", { code, certificate, quantity });
}

/** QA signs over what is shown of the lot; `lot` is the GTIN, a dot and the supplier's lot. */
export async function decideLot(
  panel: Panel,
  signer: Person,
  lot: string,
  status: "released" | "rejected" = "released",
): Promise<void> {
  const { digest: shown } = await panel.shownLot(lot, status);
  await panel.act(`/api/lots/${lot}/decision`, { status, shown, ...signer });
}

/** Scans a package at the machine that it goes into. */
export function loadMaterial(panel: Panel, equipment: string, code: string): Promise<unknown> {
  return panel.act(`/api/machines/${equipment}/material`, { code });
}

/** Puts a fresh tag on the printed part and scans it. */
export function tagPart(panel: Panel, code: string): Promise<unknown> {
  return panel.act(`/api/jobs/${job}/tag`, { code });
}

/** Scans the part's tag at the machine of the next step. */
export function confirmPart(panel: Panel, equipment: string, code: string): Promise<unknown> {
  return panel.act(`/api/jobs/${job}/part`, { equipment, code });
}

/** Orders the label and waits until it is printed; returns it with its PDF. */
export async function printLabel(panel: Panel): Promise<{ label: LabelView; pdf: Uint8Array }> {
  await panel.act(`/api/jobs/${job}/label`, {});
  const { label, unit } = await until("the printed label", async () => {
    const view = await panel.job(job);
    const label = view.units.find(({ number }) => number === view.unit)?.labels.at(-1);
    return label && label.state !== "requested" ? { label, unit: view.unit } : null;
  });
  if (label.state !== "printed") throw new Error(`The label is ${label.state}.`);
  return { label, pdf: await panel.labelPdf(job, unit, label.number) };
}

/** Scans the label on the device; `code` as a scanner sends it. */
export function scanLabel(panel: Panel, code: string): Promise<unknown> {
  return panel.act(`/api/jobs/${job}/label/scan`, { code });
}

/** A label that is spoilt. */
export function voidLabel(panel: Panel, why: "damaged" | "not-printed"): Promise<unknown> {
  return panel.act(`/api/jobs/${job}/label/void`, { why });
}

/** Scans the container that the device leaves in. */
export function handOver(panel: Panel, code: string): Promise<unknown> {
  return panel.act(`/api/jobs/${job}/handover`, { code });
}

/** QA reads the record and signs; rejects with the list of what is missing. */
export async function release(panel: Panel, signer: Person): Promise<void> {
  const { unit, shown } = await panel.release(job);
  await panel.act(`/api/jobs/${job}/release`, { unit, shown: shown.digest, ...signer });
}
