/** Wrong programs about what was seen of a layer, and what follows it. */
import type { Mutant } from "./mutant.ts";

export const eyeMutants: readonly Mutant[] = [
  {
    name: "degraded-is-good-enough",
    breaks: "law 3: blind is a defect",
    file: "src/jobs/decide/eyes.ts",
    from: 'report.verdict === "pass" &&\n    report.grade === "good" &&',
    to: 'report.verdict === "pass" &&',
  },
  {
    name: "no-network-no-matter",
    breaks: "law 3: positive evidence of every step",
    file: "src/jobs/decide/eyes.ts",
    from: "report.digests.model !== null &&",
    to: "",
  },
  {
    name: "a-failed-part-is-let-pass",
    breaks: "law 3: a layer passes only where each of its parts does",
    file: "src/jobs/decide/eyes.ts",
    from: 'every(({ verdict }) => verdict === "pass" || verdict === "not-made")',
    to: 'every(({ verdict }) => verdict !== "blind")',
  },
  {
    name: "nonconformity-without-its-parts",
    breaks: "a nonconformity says which parts it is about",
    file: "src/jobs/decide/eyes.ts",
    from: "...(parts.length > 0 && { parts }),",
    to: "",
  },
  {
    name: "warn-swallows-a-blind-layer",
    breaks: "law 3: no recipe tolerates what was not seen",
    file: "src/jobs/decide/eyes.ts",
    from: 'return report.verdict === "fail" && report.grade === "good" &&',
    to: 'return report.verdict === "fail" &&',
  },
  {
    name: "tolerates-without-a-network",
    breaks: "law 3: a recipe tolerates only what every step has judged",
    file: "src/jobs/decide/eyes.ts",
    from: 'report.grade === "good" && report.digests.model !== null;',
    to: 'report.grade === "good";',
  },
  {
    name: "abort-taken-for-a-hold",
    breaks: "what the recipe aborts never goes on, whoever decides",
    file: "src/jobs/evolve-attempt.ts",
    from: 'attempt.toBeAborted || event.andThen === "abort";',
    to: "attempt.toBeAborted;",
  },
  {
    name: "aborts-in-mid-layer",
    breaks: "an abort waits for the end of the layer",
    file: "src/jobs/decide/ending.ts",
    from: "if (hold?.confirmed && waits)",
    to: "if (hold?.confirmed && (waits || printed >= 0))",
  },
  {
    name: "tolerated-without-end",
    breaks: "what goes on from layer to layer is held",
    file: "src/jobs/reaction.ts",
    from: "if (!(far.linked < limits.linked)) {",
    to: "if (!(far.linked < limits.linked + 9)) {",
  },
  {
    name: "large-is-tolerated-too",
    breaks: "a finding takes the highest level that it reaches",
    file: "src/jobs/reaction.ts",
    from: "levels.findLast(",
    to: "levels.find(",
  },
  {
    name: "any-picture-will-do",
    breaks: "law 3: the picture judged is the picture taken",
    file: "src/jobs/decide/eyes.ts",
    from: "if (report.digests.frame !== look.frame) {",
    to: "if (report.digests.frame === undefined) {",
  },
  {
    name: "any-model-may-judge",
    breaks: "law 3: a layer is judged by a model that two people have signed for, as long as they have",
    file: "src/jobs/decide/eyes.ts",
    from: "if (objection) return notJudged(",
    to: "if (objection && layer < 0) return notJudged(",
  },
];
