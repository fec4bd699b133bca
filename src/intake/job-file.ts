/** A job as it comes in: the order's file, its schema, and the judgement of its program before anything is accepted. */
import { z } from "zod";
import type { JobOrder } from "../jobs/order.ts";
import { digestOf } from "../kernel/hash.ts";
import type { Digest, EquipmentId, JobId } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { planToolpath } from "../toolpath/plan.ts";
import { type Recipe, recipeDigest } from "./recipe.ts";
import { routeOf } from "./route.ts";

const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const hex256 = z.string().regex(/^[0-9a-f]{64}$/);
const triple = z.tuple([z.number(), z.number(), z.number()]);

/** The order file (`*.order.json`). Signed and encrypted packages are not built yet; this is their plain content. */
export const jobFile = z.strictObject({
  format: z.literal("cellward-job/1"),
  id: identifier,
  title: z.string().min(1).max(120),
  pseudonym: identifier,
  identifiers: z.strictObject({
    /** Key of this order alone, 32 bytes as hex. */
    key: hex256,
    /** HMAC-SHA-256 of the two identifiers, in the order in which the page asks for them. */
    hmacs: z.tuple([hex256, hex256]),
  }),
  side: z.enum(["left", "right", "none"]),
  equipment: identifier,
  recipe: identifier,
  program: z.strictObject({ file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/), sha256: hex256 }),
  expect: z.strictObject({
    layers: z.number().int().min(1).max(100_000),
    box_mm: z.strictObject({ min: triple, max: triple, tolerance: z.number().min(0).max(5) }),
  }),
  copies: z.number().int().min(1).max(100),
  notBefore: z.iso.datetime(),
  expires: z.iso.datetime(),
  nonce: z.string().min(16).max(128),
});

export type JobFile = z.infer<typeof jobFile>;

/** What intake hands to the core and to the store. */
export interface Admitted {
  readonly order: JobOrder;
  readonly identifierKey: string;
}

/** Largest order file and largest program, in bytes. */
export const maxJobFileBytes = 256 * 1024;
export const maxProgramBytes = 48 * 1024 * 1024;

/** Reads an order file; the error names the first member that is wrong. */
export function readJobFile(bytes: Uint8Array): Result<JobFile, string> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return err("The order file is not JSON.");
  }
  const checked = jobFile.safeParse(value);
  if (checked.success) return ok(checked.data);
  const issue = checked.error.issues[0];
  return err(`The order file is wrong at ${issue?.path.join(".") || "its top"}: ${issue?.message ?? "unreadable"}.`);
}

/** Judges the program against order and recipe, and makes the job order; the error is a sentence for a technician. */
export function admit(file: JobFile, source: Digest, program: Uint8Array, recipe: Recipe): Result<Admitted, string> {
  const digest = digestOf(program);
  if (digest !== file.program.sha256) {
    return err(
      `The program of order ${file.id} is not the one that was ordered (its digest differs). Ask for the order again.`,
    );
  }
  const plan = planToolpath(program, recipe.toolpath, { layers: file.expect.layers, box_mm: file.expect.box_mm });
  if (!plan.ok) {
    const first = plan.error[0];
    const more = plan.error.length > 1 ? ` (and ${plan.error.length - 1} more)` : "";
    return err(
      `The program of order ${file.id} is refused at line ${first?.line}: ${first?.what} ${first?.remedy}${more}`,
    );
  }
  const route = routeOf(recipe, {
    build: { program: digest, layersPlanned: plan.value.layers.length },
    programs: new Map(),
    equipmentOf: () => file.equipment as EquipmentId,
  });
  if (!route.ok) return route;
  const order: JobOrder = {
    id: file.id as JobId,
    title: file.title,
    pseudonym: file.pseudonym,
    identifierHmacs: file.identifiers.hmacs,
    side: file.side,
    source,
    recipe: recipeDigest(recipe),
    pathway: "demonstration",
    lineage: { scan: "", segmentation: "", design: file.id, revision: 1, approver: "", predecessor: null },
    signatures: [],
    supersedes: null,
    gtin: recipe.gtin,
    copies: file.copies,
    notBefore: Date.parse(file.notBefore),
    expires: Date.parse(file.expires),
    nonce: file.nonce,
    route: route.value,
  };
  return ok({ order, identifierKey: file.identifiers.key });
}
