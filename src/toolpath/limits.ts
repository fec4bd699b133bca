/** The guard's limits and the capture macro: recipe data with its schema, every number with its unit in its name. */
import { z } from "zod";
import { FOLLOWED } from "./interpreter.ts";
import { commandKey } from "./words.ts";

const millimetre = z.number().min(-2000).max(2000);
const length = z.number().positive().max(2000);
const celsius = z.number().min(0).max(500);
const feed = z.number().positive().max(60_000);

const span = (of: typeof millimetre) =>
  z
    .strictObject({ min: of, max: of })
    .readonly()
    .refine((range) => range.min <= range.max, "min must not be above max");

const box = z.strictObject({ x: span(millimetre), y: span(millimetre), z: span(millimetre) }).readonly();

const followedCommand = z
  .string()
  .regex(/^[GMT](0|[1-9][0-9]{0,3})$/)
  .refine((name) => FOLLOWED.has(commandKey(name)), "not a command that the interpreter follows");

const rate = z.number().positive().max(1_000_000);
const axes = z.strictObject({ x: rate, y: rate, z: rate, e: rate }).readonly();

/**
 * What the machine does at most, by its firmware's own settings (M201, M203, M204, M205): for the estimate of time alone. Programs may
 * not change any of it.
 */
export const motionLimits = z
  .strictObject({
    speed_mm_s: axes,
    acceleration_mm_s2: axes,
    print_mm_s2: rate,
    retract_mm_s2: rate,
    travel_mm_s2: rate,
    /** How fast a corner is taken: by junction deviation, or by the jump of speed that each axis bears (classic jerk). */
    junction: z.union([
      z.strictObject({ deviation_mm: z.number().positive().max(1) }).readonly(),
      z.strictObject({ jerk_mm_s: axes }).readonly(),
    ]),
  })
  .readonly();

/** What the machine does at most. */
export type MotionLimits = z.infer<typeof motionLimits>;

/** What a program may do on one class of machine with one recipe. */
export const guardLimits = z
  .strictObject({
    dialect: z.enum(["marlin", "klipper"]),
    /** The allow-list; everything else is refused. M118 is for the capture macro alone and is not listed here. */
    commands: z.array(followedCommand).min(1).max(64).readonly(),
    /** Where the toolhead may go. */
    bounds_mm: box,
    /** Where material may be laid down; smaller than the bounds, so that the park position stays free. */
    printable_mm: box,
    /** Places within the bounds where no part of the toolhead's path may be, each with its name for the refusal. */
    keepOut_mm: z
      .array(
        z
          .strictObject({
            title: z.string().min(1).max(60),
            x: span(millimetre),
            y: span(millimetre),
            z: span(millimetre),
          })
          .readonly(),
      )
      .max(32)
      .readonly()
      .optional(),
    /** Where the machine stands after G28. */
    home_mm: z.strictObject({ x: millimetre, y: millimetre, z: millimetre }).readonly(),
    /** Targets other than off (0). */
    hotend_C: span(celsius),
    bed_C: span(celsius),
    /** Targets that must hold while material is laid down: the material's window. */
    printing_C: z.strictObject({ hotend: span(celsius), bed: span(celsius) }).readonly(),
    /** Below this no filament is moved. */
    extrude_C_min: celsius,
    feed_mm_min: z.strictObject({ min: feed, xyMax: feed, zMax: feed, eMax: feed }).readonly(),
    filamentDiameter_mm: z.number().min(0.5).max(5),
    /** Largest cross-section of a bead. */
    bead_mm2_max: z.number().positive().max(100),
    flow_mm3_s_max: z.number().positive().max(200),
    retract_mm_max: z.number().nonnegative().max(50),
    /** Filament pushed out on one spot, beyond what a retraction pulled back. */
    prime_mm_max: z.number().nonnegative().max(200),
    layerHeight_mm: span(length),
    firstLayer_mm_max: length,
    dwell_s_max: z.number().nonnegative().max(3600),
    /** A line without its comment; the wire's 95 bytes less number and checksum. */
    lineBytes_max: z.number().int().min(16).max(82),
    lines_max: z.number().int().positive().max(50_000_000),
    layers_max: z.number().int().positive().max(100_000),
    /** G92 of X, Y or Z. */
    originShift: z.boolean(),
    /** G20. */
    inches: z.boolean(),
    /** Where it stands, the least time that the program takes is told besides. */
    motion: motionLimits.optional(),
  })
  .readonly();

/** What a program may do on one class of machine with one recipe. */
export type GuardLimits = z.infer<typeof guardLimits>;

/** How the toolhead leaves the picture at every layer mark and comes back after the verdict. */
export const captureMacro = z
  .strictObject({
    retract_mm: z.number().nonnegative().max(20),
    retractFeed_mm_min: feed,
    lift_mm: z.number().positive().max(50),
    liftFeed_mm_min: feed,
    travelFeed_mm_min: feed,
    /** Park position of slot k is (x0 + k * xStep, y); k follows from attempt and layer: the mark that a camera sees. */
    park: z
      .strictObject({
        x0_mm: millimetre,
        xStep_mm: millimetre,
        y_mm: millimetre,
        slots: z.number().int().min(1).max(64),
      })
      .readonly(),
  })
  .readonly();

/** How the toolhead leaves the picture at every layer mark and comes back after the verdict. */
export type CaptureMacro = z.infer<typeof captureMacro>;

/** When a verdict is awaited: after each layer, or at most `lag` layers later on machines that cannot wait. */
export const inspectionGate = z.union([
  z.literal("each-layer"),
  z.strictObject({ lag: z.number().int().min(1).max(100) }).readonly(),
]);

/** When a verdict is awaited. */
export type InspectionGate = z.infer<typeof inspectionGate>;

/** The toolpath's part of a recipe. */
export const toolpathRecipe = z
  .strictObject({ gate: inspectionGate, guard: guardLimits, capture: captureMacro })
  .readonly();

/** The toolpath's part of a recipe. */
export type ToolpathRecipe = z.infer<typeof toolpathRecipe>;

interface Range {
  readonly min: number;
  readonly max: number;
}

/** What the signed order says the program must be; a member left out is not checked. */
export interface OrderExpectation {
  readonly layers?: number;
  /** Outer limits of everything laid down, with the tolerance of each face. */
  readonly box_mm?: {
    readonly min: readonly [number, number, number];
    readonly max: readonly [number, number, number];
    readonly tolerance: number;
  };
  /** Material laid down in layers, in cubic millimetres. */
  readonly material_mm3?: Range | undefined;
  /** Motion and dwell at the commanded feeds, in seconds. */
  readonly motion_s?: Range | undefined;
  /** The least time that the machine's accelerations allow, in seconds; the recipe has to say them. */
  readonly least_s?: Range | undefined;
  /** The material's window by the order; the recipe's window holds as well. */
  readonly printing_C?: GuardLimits["printing_C"];
}
