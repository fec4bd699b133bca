/** The faults that can be put into the machine or onto its wire, and the form in which they are asked for. */
import { z } from "zod";
import type { Result } from "../../kernel/result.ts";
import { err, ok } from "../../kernel/result.ts";

const armed = { atLayerZ: z.number().min(0).max(1000).optional() };
const mm = z.number().min(-1000).max(1000);
const size = z.number().min(0.05).max(100);
const heater = z.enum(["hotend", "bed"]).default("hotend");
const seed = z.number().int().min(0).max(4294967295).default(1);

/** Strikes when the real nozzle prints at `atLayerZ` mm or above; at once when that is left out. */
export const faultSchema = z.discriminatedUnion("name", [
  z.strictObject({
    name: z.literal("noise"),
    rate: z.number().min(0).max(1).default(0.001),
    direction: z.enum(["to-printer", "to-host", "both"]).default("to-printer"),
    seed,
    ...armed,
  }),
  z.strictObject({ name: z.literal("drop-ok"), count: z.number().int().min(1).max(1e6).default(1), ...armed }),
  z.strictObject({ name: z.literal("delay"), ms: z.number().min(0).max(60_000).default(500), ...armed }),
  z.strictObject({ name: z.literal("stall"), seconds: z.number().min(0).max(86_400).optional(), ...armed }),
  z.strictObject({ name: z.literal("garbage"), seed, ...armed }),
  z.strictObject({ name: z.literal("resend-storm"), rate: z.number().min(0).max(1).default(1), seed, ...armed }),
  z.strictObject({ name: z.literal("reset"), ...armed }),
  z.strictObject({ name: z.literal("kill-heater"), heater, ...armed }),
  z.strictObject({ name: z.literal("thermal-runaway"), heater, ...armed }),
  z.strictObject({ name: z.literal("unplug"), ...armed }),
  z.strictObject({ name: z.literal("replug") }),
  z.strictObject({ name: z.literal("under-extrusion"), factor: z.number().min(0).max(1).default(0.6), ...armed }),
  z.strictObject({ name: z.literal("clog"), ...armed }),
  z.strictObject({
    name: z.literal("missing-strand"),
    every: z.number().int().min(1).max(1e6).optional(),
    seconds: z.number().min(0).max(1e6).optional(),
    ...armed,
  }),
  z.strictObject({ name: z.literal("blob"), x: mm.optional(), y: mm.optional(), size: size.default(3), ...armed }),
  z.strictObject({ name: z.literal("layer-shift"), dx: mm.default(2), dy: mm.default(0), ...armed }),
  z.strictObject({
    name: z.literal("detached-part"),
    dx: mm.default(6),
    dy: mm.default(4),
    degrees: z.number().min(-180).max(180).default(12),
    seed,
    ...armed,
  }),
  z.strictObject({
    name: z.literal("foreign-object"),
    x: mm.default(60),
    y: mm.default(60),
    r: size.default(4),
    h: size.default(3),
    ...armed,
  }),
  z.strictObject({ name: z.literal("spaghetti"), seed, ...armed }),
  z.strictObject({ name: z.literal("clear") }),
]);

export type Fault = z.infer<typeof faultSchema>;

/** Reads a fault request; the error says in words what is wrong with it. */
export function readFault(value: unknown): Result<Fault, string> {
  const read = faultSchema.safeParse(value);
  return read.success ? ok(read.data) : err(z.prettifyError(read.error));
}
