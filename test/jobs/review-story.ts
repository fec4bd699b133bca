/** What a person does who finds a layer bad that had passed, and who decides on it. */
import { type Decidable, meanings, shownForDisposition } from "../../src/jobs/decide/disposition.ts";
import type { Decision } from "../../src/jobs/decide/draft.ts";
import { foundBadMeaning, shownForFoundBad } from "../../src/jobs/decide/review.ts";
import type { FoundClass } from "../../src/jobs/review-event.ts";
import { openNonconformity } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import { digest, job, quentin, type Story, tina } from "./story.ts";

/** Signs that `layer` of the last attempt is bad; `change` is what differs between what was shown and what is sent. */
export function findBad(
  story: Story,
  layer: number,
  finding: FoundClass = "missing",
  {
    person = tina,
    reason = "Seen on the part itself.",
    over,
  }: Partial<Record<"reason" | "over", string>> & { person?: PersonId } = {},
): Decision {
  const attempt = story.attempt().id;
  const evidence = { frame: digest(`${attempt}/${layer}/1`), report: digest("r") };
  const said = { job, attempt, layer, finding, reason, evidence };
  const shown = digestOfValue(shownForFoundBad({ ...said, reason: over ?? reason }));
  const approval = { person, name: "sealed", at: story.at, meaning: foundBadMeaning, shown };
  return story.tell({ kind: "find-layer-bad", ...said, approval });
}

/** QA decides on what is open. */
export function settle(story: Story, disposition: Decidable, reason: string): Decision {
  const current = story.state.jobs[job]!;
  const about = openNonconformity(current)!;
  const shown = digestOfValue(shownForDisposition(current, about, disposition, reason));
  const approval = { person: quentin, name: "sealed", at: story.at, meaning: meanings[disposition], shown };
  return story.tell({ kind: "dispose", job, nonconformity: about.id, disposition, reason, approval });
}
