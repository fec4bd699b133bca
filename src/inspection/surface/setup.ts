/** The set-up of a camera that looks at surfaces: the good frames of each phase, frozen when the machine was commissioned. */
import { z } from "zod";
import { type ProcessPack, packFormat, readPack, runningJudge, type SurfaceRules } from "../../jobs/process-pack.ts";
import { digestOfValue } from "../../kernel/hash.ts";
import { canonicalBytes } from "../../kernel/json.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";

export const surfaceSetupFormat = "cellward-surface-setup-1";
/** Fewer good frames than this tell too little of how far good layers stray. */
export const fewestFrames = 5;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const layer = z.int().min(0).max(1e9).nullable();

const setupSchema = z.strictObject({
  format: z.literal(surfaceSetupFormat),
  camera: z.string().min(1).max(120),
  madeAt: z.number().min(0).max(9e15),
  /** Size of every frame, in pixels, and of a pixel on the surface. */
  width: z.int().min(64).max(20_000),
  height: z.int().min(64).max(20_000),
  mm_per_pixel: z.number().min(0.0001).max(100),
  /** The way of the recoater in the picture: streaks lie along it. */
  recoater: z.enum(["down", "across"]),
  /** True where the camera cannot say when it exposed. */
  exposureUnknown: z.boolean(),
  /** Within which pack it was made: of that time, whole. */
  pack: z.looseObject({ format: z.literal(packFormat) }),
  phases: z
    .array(
      z.strictObject({
        phase: z.string(),
        /** Good frames in the order of their layers; a file is named by its digest. */
        frames: z
          .array(z.strictObject({ frame: digest, layer, expected: digest.nullable() }))
          .min(fewestFrames)
          .max(24),
      }),
    )
    .min(1)
    .max(4),
});

export type SurfaceSetup = Omit<z.infer<typeof setupSchema>, "pack"> & { readonly pack: ProcessPack };

/** Checks a set-up, its pack and that both fit; the error is a sentence. */
export function readSurfaceSetup(value: unknown): Result<SurfaceSetup, string> {
  const checked = setupSchema.safeParse(value);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    return err(`The surface set-up is wrong at ${issue?.path.join(".") || "its top"}: ${issue?.message}.`);
  }
  const pack = readPack(canonicalBytes(checked.data.pack));
  if (!pack.ok) return pack;
  const { phases } = checked.data;
  const problem = pack.value.phases.map((its) => phaseProblem(its, phases)).find((each) => each !== null);
  if (problem !== undefined) return err(problem ?? "");
  if (phases.length !== pack.value.phases.length) return err("The surface set-up has a phase that its pack has not.");
  return ok({ ...checked.data, pack: pack.value });
}

function phaseProblem(of: ProcessPack["phases"][number], phases: z.infer<typeof setupSchema>["phases"]): string | null {
  const judge = runningJudge(of);
  if (judge.by !== "surface" || judge.parts === "apart") {
    return `The phase ${of.id} is not one that is judged by its surface, layer by layer.`;
  }
  const its = phases.find(({ phase }) => phase === of.id);
  if (its === undefined) return `The surface set-up has no good frames of the phase ${of.id}.`;
  const withParts = its.frames.filter(({ expected }) => expected !== null).length;
  if (withParts === 0 || (judge.parts === "levelled" && withParts === its.frames.length)) return null;
  return judge.parts === "levelled"
    ? `Of the phase ${of.id} ${withParts} good frames have an expected picture and the others none: all have to, or none.`
    : `The phase ${of.id} shows no parts: its good frames have no expected pictures.`;
}

/** What the good frames are, whatever is written beside them: the judge's own name in the record. */
export function lookDigest({ pack, phases, mm_per_pixel, recoater }: SurfaceSetup): Digest {
  return digestOfValue({ pack, phases, mm_per_pixel, recoater });
}

const turned = { "streak down": "streak across", "streak across": "streak down" } as const;
const turnedLines = { columns: "rows", rows: "columns" } as const;

/** What a pack says of a recoater that moves down the picture, for one that moves across it. */
export function rulesAlong(rules: SurfaceRules, recoater: SurfaceSetup["recoater"]): SurfaceRules {
  if (recoater === "down") return rules;
  const classes = rules.classes.map((each) => ({
    ...each,
    detectors: each.detectors.map((its) => (its === "streak down" || its === "streak across" ? turned[its] : its)),
    ...(each.lines !== undefined && { lines: turnedLines[each.lines] }),
  }));
  return { ...rules, classes };
}
