/** The order as the design authority writes it for `cellward pack`; what is fresh or worked out is added there. */
import { z } from "zod";
import { err, ok, type Result } from "../kernel/result.ts";
import { packageOrder } from "./package/statement.ts";

const orderFile = packageOrder
  .omit({ identifierHmacs: true, recipient: true, sealedLength: true, nonce: true, recipe: true })
  .extend({
    format: z.literal("cellward-order/1"),
    /** Name of the recipe; its digest is that of the file at hand. */
    recipe: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  })
  .refine(({ notBefore, expires }) => notBefore < expires, "it expires before it may be made");

export type OrderFile = z.infer<typeof orderFile>;

/** Largest order file, in bytes. */
export const maxOrderFileBytes = 256 * 1024;

/** Reads an order file; the error names the first member that is wrong. */
export function readOrderFile(bytes: Uint8Array): Result<OrderFile, string> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return err("The order file is not JSON.");
  }
  const checked = orderFile.safeParse(value);
  if (checked.success) return ok(checked.data);
  const issue = checked.error.issues[0];
  return err(`The order file is wrong at ${issue?.path.join(".") || "its top"}: ${issue?.message ?? "unreadable"}.`);
}
