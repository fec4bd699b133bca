/** What a machine's results mean: each characteristic beside its limits; what was not reported is never a pass (law 3). */
import type { Execution } from "../../equipment/machine.ts";
import type { JudgedResult, NonconformityCause } from "../event.ts";
import type { Characteristic, TaskOperation } from "../order.ts";

/** Every characteristic of the step with its result; one in another unit, or not a finite number, counts as missing. */
export function judgeResults(operation: TaskOperation, executed: Execution): JudgedResult[] {
  return operation.characteristics.map((asked) => judge(asked, executed));
}

function judge(asked: Characteristic, executed: Execution): JudgedResult {
  const { id, unit, lower, upper } = asked;
  const said = (executed.results ?? []).filter(({ characteristic }) => characteristic === id);
  const [only] = said;
  if (said.length !== 1 || !only || only.unit !== unit || !Number.isFinite(only.value)) {
    return { characteristic: id, value: null, unit, lower, upper, gauge: null, verdict: "missing" };
  }
  const within = (lower === null || only.value >= lower) && (upper === null || only.value <= upper);
  const { value, gauge } = only;
  return { characteristic: id, value, unit, lower, upper, gauge, verdict: within ? "pass" : "fail" };
}

/** The one trouble that keeps the step from being done, worst first; null where all is well. */
export function troubleOf(
  operation: TaskOperation,
  results: readonly JudgedResult[],
  executed: Execution,
): { readonly cause: NonconformityCause; readonly what: string } | null {
  const titles = new Map(operation.characteristics.map(({ id, title }) => [id, title]));
  const of = (verdict: JudgedResult["verdict"]) => results.filter((each) => each.verdict === verdict);
  const missing = of("missing").map(({ characteristic }) => titles.get(characteristic));
  if (missing.length > 0) {
    return { cause: "result-missing", what: `${operation.title}: no result for ${missing.join(", ")}.` };
  }
  const failed = of("fail").map(
    ({ characteristic, value, unit, lower, upper }) =>
      `${titles.get(characteristic)} is ${value} ${unit}, allowed ${limits(lower, upper)} ${unit}`,
  );
  if (failed.length > 0) return { cause: "result-out-of-limits", what: `${operation.title}: ${failed.join("; ")}.` };
  const stored = new Set((executed.evidence ?? []).map(({ name }) => name));
  const absent = operation.evidence.filter((name) => !stored.has(name));
  return absent.length > 0
    ? { cause: "evidence-missing", what: `${operation.title}: the machine gave no ${absent.join(", ")}.` }
    : null;
}

function limits(lower: number | null, upper: number | null): string {
  if (lower === null) return `at most ${upper}`;
  return upper === null ? `at least ${lower}` : `${lower} to ${upper}`;
}
