/** The verdict: a pure function of the evidence and the findings. A layer passes only on positive evidence of each step. */
import type { Finding, Verdict } from "./report.ts";

/** The steps without which nobody has seen the layer. */
export const steps = ["fresh", "gate", "registration", "comparison", "network", "canary"] as const;
export type Step = (typeof steps)[number];

/** What a step says: done, or why it is no evidence. */
export type StepOutcome = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Everything the verdict depends on. A step that is absent has not happened. */
export interface Evidence {
  readonly outcomes: Partial<Readonly<Record<Step, StepOutcome>>>;
  readonly findings: readonly Finding[];
}

/** The verdict and, always, the reasons for it in words. */
export interface Decision {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
}

/** Decides. Blind comes first: what was not properly seen is neither good nor bad. */
export function decide(evidence: Evidence): Decision {
  const blind = steps.flatMap((step) => {
    const outcome = evidence.outcomes[step];
    if (outcome === undefined) return [`${stepWords[step]} did not happen`];
    return outcome.ok ? [] : [outcome.why];
  });
  if (blind.length > 0) return { verdict: "blind", reasons: blind.map((why) => `This layer was not seen: ${why}.`) };
  const unsound = evidence.findings.filter((f) => !isSound(f));
  if (unsound.length > 0) {
    return { verdict: "blind", reasons: ["This layer was not seen: a measurement came out as no number."] };
  }
  const beyond = evidence.findings.filter((f) => !(f.measured < f.limit));
  if (beyond.length > 0) return { verdict: "fail", reasons: beyond.map(inWords) };
  return { verdict: "pass", reasons: ["Seen, fresh and within every limit of the recipe."] };
}

function isSound(f: Finding): boolean {
  return [f.measured, f.limit, f.score, f.region.x_mm, f.region.y_mm, f.region.w_mm, f.region.h_mm].every(
    Number.isFinite,
  );
}

const stepWords: Readonly<Record<Step, string>> = {
  fresh: "proof that the picture is this layer's",
  gate: "the check of the picture itself",
  registration: "finding the machine's fiducials",
  comparison: "the comparison with the expected layer",
  network: "the network's judgement",
  canary: "the test with a planted defect",
};

/** One finding as a sentence: what, where, how much, and the limit. */
export function inWords(f: Finding): string {
  const where = `at x ${(f.region.x_mm + f.region.w_mm / 2).toFixed(0)} mm, y ${(f.region.y_mm + f.region.h_mm / 2).toFixed(0)} mm`;
  switch (f.class) {
    case "missing":
      return `Material of this layer is missing ${where}: ${f.measured.toFixed(1)} mm2 in one piece (limit ${f.limit} mm2).`;
    case "thin":
      return `Strands are too thin ${where}: ${f.measured.toFixed(1)} mm2 in one piece (limit ${f.limit} mm2).`;
    case "extra":
      return f.unit === "mm"
        ? `Something stands where nothing should be ${where}: ${f.measured.toFixed(1)} mm long (limit ${f.limit} mm).`
        : `Material lies beside or above its place ${where}: ${f.measured.toFixed(1)} mm2 in one piece (limit ${f.limit} mm2).`;
    case "unchanged":
      return `${(100 * f.measured).toFixed(0)} % of this layer looks exactly as before: it was not printed (limit ${(100 * f.limit).toFixed(0)} %).`;
    case "shift":
      return `The layer stands ${f.measured.toFixed(2)} mm beside the one below (limit ${f.limit} mm).`;
  }
}
