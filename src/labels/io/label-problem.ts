/** Whether an order's label can be made at all: laid out once with the order's own words, before the order is taken in. */
import type { JobOrder } from "../../jobs/order.ts";
import { labelContent } from "../label.ts";
import { labelPdf } from "./label-pdf.ts";

type Labelled = Pick<
  JobOrder,
  "id" | "title" | "gtin" | "pseudonym" | "side" | "pathway" | "copies" | "notBefore" | "route"
>;

/**
 * Why no label can be made for the order's last copy, one sentence; null where it can, or where its route has no label.
 * `cellTitle` as the label printer has it. The label is laid out as that of a simulated device, which has a line more.
 */
export async function labelProblem(order: Labelled, cellTitle: string): Promise<string | null> {
  if (!order.route.some(({ kind }) => kind === "label")) return null;
  const { id: lot, title, gtin, pseudonym, side, pathway, copies, notBefore } = order;
  const content = labelContent({
    ...{ title, gtin, lot, pseudonym, side, pathway, cellTitle },
    serial: String(copies),
    madeOn: new Date(notBefore).toISOString().slice(0, 10),
    useBy: null,
    simulated: true,
  });
  if (!content.ok) return content.error;
  const made = await labelPdf(content.value);
  return made.ok ? null : made.error;
}
