/** The table of requirements names the tests that there are: regenerated from the sources and compared. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { currentDocument, documentOf, type LastRun, proofsOf, withoutResults } from "../../scripts/trace.ts";
import { sourceOf } from "../house/source.ts";

const titles = { laws: { L3: "Blind" }, features: { F25: "Serial", F28: "Verified" } };
const source = sourceOf(
  "test/a.test.ts",
  'describe("line [F25]", () => { it("resends", f); it.each([1])("counts %s [L3]", f); it(`holds $' +
    '{x}`, f); }); it("other", f);',
);
const proofs = proofsOf(source.path, source.tree, []);

it("finds numbers in the names of tests and of what encloses them [F97]", () => {
  expect(proofs.map(({ name, ids }) => [name, ids])).toEqual([
    ["resends", ["F25"]],
    ["counts %s", ["F25", "L3"]],
    ["holds …", ["F25"]],
  ]);
});

it("says passed, failed, not run and not built [F97]", () => {
  const run: LastRun = {
    startTime: 0,
    testResults: [
      {
        name: "a",
        assertionResults: [
          { fullName: "line [F25] resends", status: "passed" },
          { fullName: "line [F25] counts 1 [L3]", status: "failed" },
        ],
      },
    ],
  };
  const rows = documentOf(titles, proofs, run).split("\n");
  expect(rows.find((row) => row.startsWith("| L3"))).toContain("counts %s | 0 of 1 passed |");
  expect(rows.find((row) => row.startsWith("| F25"))).toContain("| 1 of 2 passed |");
  expect(rows.find((row) => row.startsWith("| F28"))).toContain("*not built*");
  expect(rows.find((row) => row.startsWith("| F25"))).toContain("| Serial | works |");
  const noted = documentOf({ ...titles, thin: { F25: "no soak" } }, proofs, run);
  expect(noted).toContain("| Serial | *thin:* no soak |");
  expect(noted).toContain("Features with a test: 1 of 2, 1 of them thin.");
  expect(() => documentOf({ ...titles, thin: { F28: "anything" } }, proofs, run)).toThrow("F28");
  expect(documentOf(titles, proofs, null)).toContain("| not run |");
});

it("refuses a number that no list holds", () => {
  expect(() => documentOf(titles, [{ file: "a", name: "b", ids: ["F99"] }], null)).toThrow("F99");
});

it("docs/requirements.md names the tests of the code [F97]", () => {
  const committed = readFileSync(join(import.meta.dirname, "../../docs/requirements.md"), "utf8");
  if (withoutResults(committed) !== withoutResults(currentDocument())) {
    expect.fail("docs/requirements.md is behind the tests. Mend: npm run trace, and commit it.");
  }
});
