/** Writes docs/omissions.md: everything that a release can find missing, with its sentence, remedy and owner (`npm run omissions`). */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { omissionsOf } from "../src/jobs/decide/releasing.ts";
import type { Omission } from "../src/jobs/refusal.ts";
import { complete, recordOf, seeds } from "../test/jobs/omission-seeds.ts";

/** The whole document, from the omissions that the tests seed. */
export function omissionsTable(): string {
  const { story, facts } = complete();
  const [job] = Object.values(story.state.jobs).filter(({ ended }) => ended === null);
  if (!job) throw new Error("the story has no open job");
  const rows = new Map<string, Omission>();
  for (const { damage, around } of seeds) {
    const record = recordOf(damage(facts));
    for (const omission of omissionsOf(around ? around(story.state) : story.state, { ...job, record }, 1)) {
      const code = omission.code.replace(/^[^/]+\//, "*step*/");
      if (!rows.has(code)) rows.set(code, omission);
    }
  }
  return [
    "# What a release can find missing",
    "",
    "Written by `npm run omissions` from the code; a test fails when this file is behind it. A device is released only when",
    "this list is empty for it. The sentence is the one that stands on the screen and in the record of the refusal, here with the",
    "names of the guide's example; *step* is the step of the route. Each row is seeded in `test/jobs/omission-seeds.ts`: the",
    `${seeds.length} seeds damage a complete record in one place, and the release has to find exactly that.`,
    "",
    "| code | sentence | remedy | who |",
    "| --- | --- | --- | --- |",
    ...[...rows].map(([code, { what, remedy, owner }]) => `| ${code} | ${what} | ${remedy} | ${owner} |`),
    "",
  ].join("\n");
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, "../docs/omissions.md"), omissionsTable());
  console.log("Wrote docs/omissions.md.");
}
