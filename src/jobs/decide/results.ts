/** What a machine's results mean: each characteristic beside its limits; what was not reported is never a pass (law 3). */
import type { Execution } from "../../equipment/machine.ts";
import type { JudgedResult, NonconformityCause } from "../event.ts";
import type { Characteristic, TaskOperation } from "../order.ts";

/**
 * Every characteristic of the step with its result; one in another unit, or not a finite number, counts as missing.
 * Where the machine names no instrument, the machine itself, by its serial number, is what measured.
 */
export function judgeResults(operation: TaskOperation, executed: Execution, serial: string | null): JudgedResult[] {
  return operation.characteristics.map((asked) => judge(asked, executed, serial));
}

function judge(asked: Characteristic, executed: Execution, serial: string | null): JudgedResult {
  const { id, unit, lower, upper } = asked;
  const said = (executed.results ?? []).filter(({ characteristic }) => characteristic === id);
  const [only] = said;
  if (said.length !== 1 || !only || only.unit !== unit || !Number.isFinite(only.value)) {
    return { characteristic: id, value: null, unit, lower, upper, gauge: null, verdict: "missing" };
  }
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
  const missing = of("missing").map(({ characteristic }) => titles.get(characteristic));
  const failed = of("fail").map(
    ({ characteristic, value, unit, lower, upper }) =>
      `${titles.get(characteristic)} is ${value} ${unit}, allowed ${limits(lower, upper)} ${unit}`,
  );
  const troubles: (readonly [NonconformityCause, string])[] = [
    ...(missing.length > 0 ? [["result-missing", `no result for ${missing.join(", ")}`] as const] : []),
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
