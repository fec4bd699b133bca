/** What a machine's results mean: each characteristic beside its limits; what was not reported is never a pass (law 3). */
import { type Gauge, whyNotCalibrated } from "../../equipment/gauge.ts";
import type { Execution } from "../../equipment/machine.ts";
import type { EpochMs } from "../../kernel/units.ts";
import type { JudgedResult, NonconformityCause } from "../event.ts";
import type { Characteristic, TaskOperation } from "../order.ts";

/**
 * Every characteristic of the step with its result; one in another unit, or not a finite number, counts as missing.
 * Where the machine names no instrument, the machine itself, by its serial number, is what measured. Where the cell keeps a
 * register of instruments, a reading counts only if its instrument is in it and not overdue (feature 37).
 */
export function judgeResults(operation: TaskOperation, executed: Execution, measuring: Measuring): JudgedResult[] {
  return operation.characteristics.map((asked) => judge(asked, executed, measuring));
}

/** What is known of whatever measured. */
export interface Measuring {
  /** Serial number of the machine, which measured where it names no instrument. */
  readonly serial: string | null;
  /** The register of instruments; undefined where the cell keeps none. */
  readonly gauges: readonly Gauge[] | undefined;
  readonly at: EpochMs;
}

function judge(asked: Characteristic, executed: Execution, { serial, gauges, at }: Measuring): JudgedResult {
  const { id, unit, lower, upper } = asked;
  const said = (executed.results ?? []).filter(({ characteristic }) => characteristic === id);
  const [only] = said;
  if (said.length !== 1 || !only || only.unit !== unit || !Number.isFinite(only.value)) {
    return { characteristic: id, value: null, unit, lower, upper, gauge: null, verdict: "missing" };
  }
  const refused = gauges && whyNotCalibrated(gauges, only.gauge ?? serial, at);
  if (refused)
    return {
      characteristic: id,
      value: null,
      unit,
      lower,
      upper,
      gauge: only.gauge ?? serial,
      verdict: "missing",
      refused,
    };
  const within = (lower === null || only.value >= lower) && (upper === null || only.value <= upper);
  const { value } = only;
  const gauge = only.gauge ?? serial;
  return { characteristic: id, value, unit, lower, upper, gauge, verdict: within ? "pass" : "fail" };
}

/**
 * What keeps the step from being done, as one trouble named by the worst; null where all is well. What is missing is
 * worse than what is out of its limits, because it can never be conceded.
 */
export function troubleOf(
  operation: TaskOperation,
  results: readonly JudgedResult[],
  executed: Execution,
): { readonly cause: NonconformityCause; readonly what: string } | null {
  const titles = new Map(operation.characteristics.map(({ id, title }) => [id, title]));
  const of = (verdict: JudgedResult["verdict"]) => results.filter((each) => each.verdict === verdict);
  const stored = new Set((executed.evidence ?? []).map(({ name }) => name));
  const absent = operation.evidence.filter((name) => !stored.has(name));
  const missing = of("missing").flatMap(({ characteristic, refused }) =>
    refused === undefined ? [titles.get(characteristic)] : [],
  );
  const refusals = of("missing").flatMap(({ characteristic, refused }) =>
    refused === undefined ? [] : [`the reading of ${titles.get(characteristic)} is refused: ${refused}`],
  );
  const failed = of("fail").map(
    ({ characteristic, value, unit, lower, upper }) =>
      `${titles.get(characteristic)} is ${value} ${unit}, allowed ${limits(lower, upper)} ${unit}`,
  );
  const troubles: (readonly [NonconformityCause, string])[] = [
    ...(missing.length > 0 ? [["result-missing", `no result for ${missing.join(", ")}`] as const] : []),
    ...refusals.map((what) => ["result-missing", what] as const),
    ...(absent.length > 0 ? [["evidence-missing", `the machine gave no ${absent.join(", ")}`] as const] : []),
    ...failed.map((what) => ["result-out-of-limits", what] as const),
  ];
  const [worst] = troubles;
  return worst
    ? { cause: worst[0], what: `${operation.title}: ${troubles.map(([, what]) => what).join("; ")}.` }
    : null;
}

function limits(lower: number | null, upper: number | null): string {
  if (lower === null) return `at most ${upper}`;
  return upper === null ? `at least ${lower}` : `${lower} to ${upper}`;
}
