/** What follows a finding, by the signed recipe: log, warn, hold or abort. Where the recipe is silent a finding holds. */
import { type Finding, mostFindings } from "./report.ts";

/** From the mildest to the most severe. */
export const reactions = ["log", "warn", "hold", "abort"] as const;
export type Reaction = (typeof reactions)[number];

export const reactionUnits = ["mm2", "mm", "share"] as const;

/** Layers without it over which a finding can still be linked, at most. */
export const mostGap = 10;

/** What follows findings of one class, measured in one unit. */
export interface ReactionRule {
  /** One of the recipe's process pack; a finding of any other class holds. */
  readonly class: string;
  readonly unit: (typeof reactionUnits)[number];
  /** By size, in the unit: rising from 0, each step no milder than the one before. A finding takes the highest that it reaches. */
  readonly levels: readonly { readonly from: number; readonly reaction: Reaction }[];
  /** Up to what findings are tolerated that are logged or warned of; null where none is. */
  readonly tolerated: Toleration | null;
}

/** A finding that comes to one of these holds, however small it is in its own layer. */
export interface Toleration {
  /** Layers in a row with a finding of this class, wherever it lies. */
  readonly inRow: number;
  /** Layers with a finding in the same place, of whatever class. */
  readonly linked: number;
  /** Sizes of those, added up: severity is size times depth. In the unit of the rule. */
  readonly sizeLinked: number;
}

/** The reactions of a build. */
export interface ReactionRules {
  /** Findings whose boxes come this near lie in the same place. */
  readonly within_mm: number;
  /** So many layers may lack the finding, and it is linked all the same. */
  readonly gap: number;
  readonly rules: readonly ReactionRule[];
}

/** One finding with what follows it, and how far it goes back. */
export interface Reacted extends Pick<Finding, "class" | "unit" | "measured" | "box" | "parts"> {
  readonly reaction: Reaction;
  /** This layer and those right below it that have a finding of the class. */
  readonly inRow: number;
  /** This layer and those below it that have a finding in the same place, of whatever class. */
  readonly linked: number;
  readonly sizeLinked: number;
}

/** The same, as it is remembered for the layers above. */
export interface Trace extends Reacted {
  readonly layer: number;
}

/** What follows a layer that failed. */
export interface LayerReaction {
  readonly reaction: Reaction;
  readonly found: readonly Reacted[];
  /** Why a layer whose findings are each mild is held all the same; null where that is not so. */
  readonly why: string | null;
}

/** What follows the findings of a failed layer, the most severe of all. Never milder than a hold where anything is not said. */
export function reactionTo(
  rules: ReactionRules,
  layer: number,
  findings: readonly Finding[],
  traces: readonly Trace[],
): LayerReaction {
  const whys: string[] = [];
  const found = findings.map((finding): Reacted => {
    const far = reachOf(rules, layer, finding, traces);
    const rule = rules.rules.find((each) => each.class === finding.class && each.unit === finding.unit);
    const mild = levelOf(rule, finding.measured);
    const why = isTolerated(mild) ? whyNoMore(rule?.tolerated ?? null, finding, far) : null;
    if (why !== null) whys.push(why);
    const { class: kind, unit, measured, box, parts } = finding;
    const of = parts === undefined ? {} : { parts };
    return { class: kind, unit, measured, box, ...of, reaction: why === null ? mild : "hold", ...far };
  });
  const worst = found.reduce<Reaction>((most, { reaction }) => severer(most, reaction), "log");
  if (found.length === 0) return { reaction: "hold", found, why: "Nothing says what was found." };
  if (found.length >= mostFindings) {
    return { reaction: severer(worst, "hold"), found, why: "There may be more findings than the record can hold." };
  }
  return { reaction: worst, found, why: worst === "hold" ? (whys[0] ?? null) : null };
}

/** Why these findings may not be tolerated by an order with these reactions: asked of a record, whoever wrote it. Null where they may. */
export function whyNotTolerable(rules: ReactionRules | undefined, found: readonly Reacted[]): string | null {
  if (rules === undefined) return "its order tolerates nothing.";
  if (found.length === 0 || found.length >= mostFindings) return "what was found is not told.";
  for (const each of found) {
    const rule = rules.rules.find((of) => of.class === each.class && of.unit === each.unit);
    if (!isTolerated(levelOf(rule, each.measured))) {
      return `${each.class} of ${each.measured} ${each.unit} is more than its order tolerates.`;
    }
    const more = whyNoMore(rule?.tolerated ?? null, each, each);
    if (more !== null) return `its order would have held it. ${more}`;
  }
  return null;
}

/** True for what lets the next layer begin. */
export function isTolerated(reaction: Reaction): reaction is "log" | "warn" {
  return reaction === "log" || reaction === "warn";
}

/** The more severe of two. */
export function severer(a: Reaction, b: Reaction): Reaction {
  return reactions.indexOf(a) >= reactions.indexOf(b) ? a : b;
}

/** A size that is no number reaches no level, and holds. */
function levelOf(rule: ReactionRule | undefined, measured: number): Reaction {
  return rule?.levels.findLast(({ from }) => measured >= from)?.reaction ?? "hold";
}

function whyNoMore(
  limits: Toleration | null,
  { class: kind, unit }: Pick<Finding, "class" | "unit">,
  far: Pick<Reacted, "inRow" | "linked" | "sizeLinked">,
): string | null {
  if (limits === null) return `The recipe says no limit up to which it tolerates ${kind}.`;
  if (!(far.linked < limits.linked)) {
    return `Something is found in ${far.linked} layers at the same place (${kind}, limit ${limits.linked}).`;
  }
  if (!(far.sizeLinked < limits.sizeLinked)) {
    return `Over ${far.linked} layers at the same place it comes to ${far.sizeLinked} ${unit} (${kind}, limit ${limits.sizeLinked}).`;
  }
  if (!(far.inRow < limits.inRow)) {
    return `${far.inRow} layers in a row have such a finding (${kind}, limit ${limits.inRow}).`;
  }
  return null;
}

/** How far a finding goes back: by the longest and by the heaviest chain that leads to it. */
function reachOf(
  { within_mm, gap }: ReactionRules,
  layer: number,
  finding: Finding,
  traces: readonly Trace[],
): Pick<Reacted, "inRow" | "linked" | "sizeLinked"> {
  const before = traces.filter((each) => each.class === finding.class && each.layer < layer);
  const below = before.filter((each) => each.layer === layer - 1);
  // What is called thin in one layer and missing in the next is one thing: of whatever class, it is at the same place.
  const there = traces.filter(
    (each) => each.layer < layer && each.layer >= layer - 1 - gap && isNear(each.box, finding.box, within_mm),
  );
  const same = there.filter((each) => each.class === finding.class && each.unit === finding.unit);
  return {
    inRow: 1 + most(below.map(({ inRow }) => inRow)),
    linked: 1 + most(there.map(({ linked }) => linked)),
    sizeLinked: thousandth(finding.measured + most(same.map(({ sizeLinked }) => sizeLinked))),
  };
}

const thousandth = (value: number): number => Math.round(value * 1000) / 1000;
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

/** Not apart by more than `within` along either axis; boxes that are no numbers are near to everything. */
function isNear(a: Finding["box"], b: Finding["box"], within: number): boolean {
  const apart =
    a.x_mm > b.x_mm + b.w_mm + within ||
    b.x_mm > a.x_mm + a.w_mm + within ||
    a.y_mm > b.y_mm + b.h_mm + within ||
    b.y_mm > a.y_mm + a.h_mm + within;
  return !apart;
}

/** The traces that the layers above can still be linked with. */
export function tracesAfter(traces: readonly Trace[], layer: number, found: readonly Reacted[]): readonly Trace[] {
  if (found.length === 0 && traces.length === 0) return traces;
  const kept = traces.filter((each) => each.layer > layer - 1 - mostGap && each.layer !== layer);
  return [...kept, ...found.map((each) => ({ ...each, layer }))];
}

/** The reactions that a build step has, one line a class. */
export function reactionWords(reactions: ReactionRules | undefined): string[] {
  if (reactions === undefined) return ["everything that is found, and every layer that is not seen: held"];
  const { rules, within_mm, gap } = reactions;
  const told = rules.map(({ class: kind, unit, levels, tolerated }) => {
    const steps = levels.map(({ from, reaction }) => `${reaction} from ${from} ${unit}`).join(", ");
    const up =
      tolerated === null
        ? ""
        : `; held from ${tolerated.linked} layers or ${tolerated.sizeLinked} ${unit} in one place, or ${tolerated.inRow} layers in a row`;
    return `${kind}: ${steps}${up}`;
  });
  return [
    ...told,
    `one place: within ${within_mm} mm, over at most ${gap} ${gap === 1 ? "layer" : "layers"} without it`,
    "everything else that is found, and every layer that is not seen: held",
  ];
}
