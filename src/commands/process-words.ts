/** A process pack in words: what is looked at in each layer, what can be found, how far recipes may go, and what follows. */
import {
  type PackJudge,
  type PackLimit,
  type ProcessPack,
  packDigest,
  surfaceDetectors,
  surfaceOf,
} from "../jobs/process-pack.ts";

const judgeWords = {
  toolpath: "by the toolpath, against the layer below",
  surface: "by the surface, against the camera's own good frames",
} as const;

const units = { mm: "mm", mm2: "mm²", share: "share" } as const;

/** The pack, a line each. */
export function packInWords(pack: ProcessPack): string[] {
  const { process, revision, title, phases } = pack;
  return [
    `${process}, revision ${revision}: ${title}`,
    `  SHA-256 ${packDigest(pack)}`,
    ...phases.flatMap((phase) => [
      `  phase ${phase.id}: ${phase.title}, taken ${phase.taken}`,
      ...phase.judges.flatMap((judge) => judgeInWords(judge)),
    ]),
  ];
}

function judgeInWords(judge: PackJudge): string[] {
  const unseen = unasked(judge);
  return [
    `    judged ${judgeWords[judge.by]}`,
    ...judge.classes.map(
      (each) =>
        `      ${each.class} (${units[each.unit]}): ${each.words}; by ${each.detectors.join(", ")} from ${each.limit}${toldBy(each)}; ${each.reaction.default} where the recipe is silent, nothing milder than ${each.reaction.softest}`,
    ),
    ...(unseen.length === 0 ? [] : [`      NOT LOOKED AT: ${unseen.join(", ")}`]),
    ...Object.entries(judge.limits).map(([name, limit]) => `      ${limitInWords(name, limit)}`),
  ];
}

function toldBy(each: PackJudge["classes"][number]): string {
  return "lines" in each && each.lines !== undefined ? `, one of the same ${each.lines} is the same` : "";
}

function limitInWords(name: string, { words, unit, default: usual, least, most }: PackLimit): string {
  return `limit ${name}: ${words}; ${usual ?? "none"} (${least} to ${most}${unit === "" ? "" : ` ${unit}`})`;
}

/** Ways of looking at a surface that no class of the pack asks for: nobody would see what they show. */
function unasked(judge: PackJudge): string[] {
  if (judge.by !== "surface") return [];
  const can = { part: judge.parts === "levelled", beside: judge.parts === "apart" } as const;
  return surfaceDetectors.filter((detector) => {
    const isPossible = detector === "part" || detector === "beside" ? can[detector] : true;
    return isPossible && !judge.classes.some(({ detectors }) => detectors.some((its) => its === detector));
  });
}

/** How many surfaces a pack has judged by good frames: they can be scored. */
export function scorable({ phases }: ProcessPack): string[] {
  return phases.flatMap((phase) => (surfaceOf(phase) === null ? [] : [phase.id]));
}
