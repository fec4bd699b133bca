/** Ends `npm test` with one plain line, counted from vitest's own report and the checks before it. */
import { existsSync, readFileSync } from "node:fs";

/** The part of vitest's JSON report that is counted here. */
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** What the last lines say, and the exit code; a file that could not be loaded and a failed check count as one failure each. */
export function summaryOf(
  report: Report | null,
  vitestStatus: number,
  failedChecks: readonly string[],
): { lines: string[]; code: number } {
  const lines = failedChecks.map((name) => `Check failed: ${name} (its words stand above).`);
  let failed = failedChecks.length + (report?.numFailedTests ?? 0);
  if (!report) {
    lines.push("Vitest left no report: it did not get as far as counting its tests.");
    failed++;
  }
  for (const file of report?.testResults ?? []) {
    if (file.status !== "failed" || file.assertionResults.some((test) => test.status === "failed")) continue;
    lines.push(`Test file failed outside its tests: ${file.name}`);
    failed++;
  }
  if (failed === 0 && vitestStatus !== 0) {
    lines.push(`Vitest ended with ${vitestStatus} although no test failed: an error outside the tests stands above.`);
    failed++;
  }
  lines.push(`${report?.numPassedTests ?? 0} passed, ${failed} failed`);
  return { lines, code: failed === 0 ? 0 : 1 };
}

if (import.meta.main) {
  const [path = "", status = "1", checks = ""] = process.argv.slice(2);
  const report = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Report) : null;
  const summary = summaryOf(report, Number(status), checks === "" ? [] : checks.split(", "));
  console.log(summary.lines.join("\n"));
  process.exitCode = summary.code;
}
