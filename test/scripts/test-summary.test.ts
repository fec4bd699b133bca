/** The last line of `npm test` never says that all is well when it is not. */
import { expect, it } from "vitest";
import { type Report, summaryOf } from "../../scripts/test-summary.ts";

const file = (status: string, ...tests: string[]) => ({
  name: "a.test.ts",
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});
const report = (passed: number, failed: number, ...testResults: Report["testResults"]): Report => ({
  numPassedTests: passed,
  numFailedTests: failed,
  testResults,
});

it("says how many passed", () => {
  const summary = summaryOf(report(3, 0, file("passed", "passed")), 0, []);
  expect(summary).toEqual({ lines: ["3 passed, 0 failed"], code: 0 });
});

it.each([
  ["a failed test", report(2, 1, file("failed", "failed")), 1, [], "2 passed, 1 failed"],
  ["a file that could not be loaded", report(2, 0, file("failed")), 1, [], "2 passed, 1 failed"],
  ["a failed check", report(2, 0), 0, ["types"], "2 passed, 1 failed"],
  ["no report at all", null, 1, [], "0 passed, 1 failed"],
  ["an error outside the tests", report(2, 0), 1, [], "2 passed, 1 failed"],
] as const)("counts %s", (_, told, status, checks, last) => {
  const summary = summaryOf(told, status, checks);
  expect(summary.lines.at(-1)).toBe(last);
  expect(summary.code).toBe(1);
});
