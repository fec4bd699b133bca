/** Dangerous programs by the thousand: each that a second reader finds to leave the envelope must be refused. */
import { type GuardLimits, type ToolpathRecipe, toolpathRecipe } from "../../../src/toolpath/limits.ts";
import { planToolpath } from "../../../src/toolpath/plan.ts";
import { layered, recipe } from "../bench.ts";
import { type Envelope, whatGoesWrong } from "./firmware.ts";
import { chanceOf, mutantOf } from "./mutate.ts";

export interface Tally {
  readonly seed: number;
  readonly made: number;
  /** Of them, those that the second reader finds to leave the envelope. */
  readonly unsafe: number;
  /** Unsafe and accepted: none may be. */
  readonly accepted: readonly { readonly wrong: string; readonly text: string }[];
  /** Harmless by the second reader and refused all the same: the guard is stricter, and may be. */
  readonly strict: number;
  readonly harmless: number;
  /** By the code of the first refusal. */
  readonly codes: Readonly<Record<string, number>>;
}

/** The example's recipe, and the same with everything that a profile may allow. */
export const recipes: readonly ToolpathRecipe[] = [
  recipe,
  toolpathRecipe.parse({
    ...recipe,
    guard: {
      ...recipe.guard,
      commands: [...recipe.guard.commands, "G2", "G3", "G20", "M73", "M117"],
      originShift: true,
      inches: true,
    },
  }),
];

function envelopeOf(limits: GuardLimits): Envelope {
  const spans = ({ x, y, z }: GuardLimits["bounds_mm"]) => [x, y, z].map(({ min, max }) => [min, max] as const);
  return {
    bounds: spans(limits.bounds_mm),
    printable: spans(limits.printable_mm),
    home: [limits.home_mm.x, limits.home_mm.y, limits.home_mm.z],
    hotendMost: limits.hotend_C.max,
    bedMost: limits.bed_C.max,
    feedMost: [limits.feed_mm_min.xyMax, limits.feed_mm_min.zMax, limits.feed_mm_min.eMax],
    extrudeLeast_C: limits.extrude_C_min,
  };
}

/** Makes mutants until `count` of them are unsafe. */
export function fuzzGuard(count: number, seed: number, tell: (unsafe: number) => void = () => undefined): Tally {
  const chance = chanceOf(seed);
  const goods = [layered(2), layered(3)];
  const codes: Record<string, number> = {};
  const accepted: { wrong: string; text: string }[] = [];
  let [made, unsafe, strict, harmless] = [0, 0, 0, 0];
  while (unsafe < count) {
    const by = recipes[made % recipes.length]!;
    const bytes = mutantOf(goods[made % goods.length]!, chance);
    made++;
    const wrong = whatGoesWrong(bytes, envelopeOf(by.guard));
    const plan = planToolpath(bytes, by);
    if (wrong === null) {
      harmless++;
      if (!plan.ok) strict++;
      continue;
    }
    unsafe++;
    if (unsafe % 10_000 === 0) tell(unsafe);
    if (!plan.ok) {
      const code = plan.error[0]?.code ?? "none";
      codes[code] = (codes[code] ?? 0) + 1;
    } else if (accepted.length < 20) accepted.push({ wrong, text: Buffer.from(bytes).toString("latin1") });
  }
  return { seed, made, unsafe, accepted, strict, harmless, codes };
}
