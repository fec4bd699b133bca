/** The station's program files: small JSON documents that say what one operation does, and what they may not say. */
import { z } from "zod";
import { err, ok, type Result } from "../../kernel/result.ts";

/** A program has at most this many bytes. */
export const mostProgramBytes = 64 * 1024;

const point = { x_mm: z.number().min(-200).max(200), y_mm: z.number().min(-200).max(200) };
const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
const bath = z.strictObject({
  seconds: z.number().min(1).max(7200),
  temperature_C: z.number().min(15).max(90),
});

const cleanDry = z.strictObject({
  format: z.literal("cellward-station-program/1"),
  operation: z.literal("clean-dry"),
  wash: bath,
  dry: bath,
});
const pressSleeves = z.strictObject({
  format: z.literal("cellward-station-program/1"),
  operation: z.literal("press-sleeves"),
  /** Ram: speed while pressing, force at which the sleeve is seated, and force at which it is given up. */
  press: z.strictObject({
    speed_mm_s: z.number().min(0.1).max(10),
    seated_N: z.number().min(10).max(5000),
    most_N: z.number().min(10).max(5000),
  }),
  sleeves: z
    .array(z.strictObject({ id: name, ...point, depth_mm: z.number().min(0.5).max(30) }))
    .min(1)
    .max(8),
});
const measure = z.strictObject({
  format: z.literal("cellward-station-program/1"),
  operation: z.literal("measure"),
  points: z
    .array(
      z.strictObject({
        id: name,
        gauge: z.enum(["bore", "distance", "height"]),
        ...point,
        nominal_mm: z.number().min(0.1).max(200),
      }),
    )
    .min(1)
    .max(16),
});
const schema = z.discriminatedUnion("operation", [cleanDry, pressSleeves, measure]);

export type Program = z.infer<typeof schema>;
export type Operation = Program["operation"];
export type CleanDryProgram = z.infer<typeof cleanDry>;
export type PressProgram = z.infer<typeof pressSleeves>;
export type MeasureProgram = z.infer<typeof measure>;

/** The work masters that the station offers, in the order of the route. */
export const operations: readonly Operation[] = ["clean-dry", "press-sleeves", "measure"];

/** Reads a program file. Fails in words: not JSON, an unknown member, a value out of the station's reach. */
export function parseProgram(bytes: Uint8Array): Result<Program, string> {
  if (bytes.length > mostProgramBytes) return err(`a program has at most ${mostProgramBytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return err("the program is not JSON");
  }
  const read = schema.safeParse(value);
  if (!read.success) {
    const first = read.error.issues[0];
    return err(`the program's ${first?.path.join(".") || "content"} is not acceptable: ${first?.message ?? ""}`);
  }
  const program = read.data;
  if (program.operation === "press-sleeves" && program.press.seated_N >= program.press.most_N) {
    return err("press.seated_N has to be below press.most_N");
  }
  return ok(program);
}
