/** The story that a release's fixture tells: three orders, a failed layer, a rework, a refusal, a stepped clock, a hold of central QA. */

import { canonicalBytes } from "../../src/kernel/json.ts";
import type { JobId, PersonId } from "../../src/kernel/names.ts";
import {
  begun,
  bo,
  central,
  confirm,
  dispose,
  far,
  finish,
  handOver,
  labelled,
  prepareBuild,
  printed,
  release,
  result,
  rosa,
  route,
  routeBoot,
  routeStory,
  say,
  scanLabel,
  start,
  tag,
  task,
} from "../jobs/route-story.ts";
import { digest, job, type Story, seePlate, tina } from "../jobs/story.ts";

/** Whom the pseudonyms stand for; the names are made up. */
export const names: Readonly<Record<PersonId, string>> = {
  [rosa]: "Rosa Example",
  [bo]: "Bo Example",
  [tina]: "Tina Example",
};

/** What the digests of the story are digests of. */
export const artifactTexts = new Map(
  [
    ...["program", "clean", "press", "measure", "temperature-log", "force-curve", "pdf", "r", "source", "recipe"],
    ...["J1-A", "J2-A"]
      .flatMap((attempt) =>
        Array.from({ length: 12 }, (_, a) =>
          [1, 2, 3].flatMap((l) => [1, 2, 3].map((t) => `${attempt}${a}/${l}/${t}`)),
        ),
      )
      .flat(),
  ].map((text) => [digest(text), canonicalBytes(text)] as const),
);

const second = "J2" as JobId;

/** Everything that happened; all of it went through `decide`. */
export function tell(): Story {
  const story = routeStory();
  printed(story);
  tag(story);
  begun(story);
  // Too cold: judged, a nonconformity, and QA has it done again.
  finish(story, { results: [result("dry-temperature", 31, "°C")] });
  dispose(story, "rework");
  task(story);
  task(story);
  story.tell({ kind: "clock-stepped", expected: story.at, said: story.at - 86_400_000 });
  confirm(story, "T-of-nobody");
  task(story);
  labelled(story);
  scanLabel(story);
  handOver(story);
  release(story, tina);
  release(story);
  say(story, central({ action: "hold", target: { kind: "machine", id: "printer-1" }, reason: "calibration-doubt" }));
  const change = { id: second, nonce: "nonce-2", expires: far, route, copies: 2 };
  story.tell({ kind: "accept-order", order: { ...story.state.jobs[job]!.order, ...change } });
  say(story, central({ action: "lift", target: { kind: "machine", id: "printer-1" }, reason: "cleared" }));
  routeBoot(story);
  start(story, "print", tina, second);
  prepareBuild(story, second);
  start(story, "print", tina, second);
  seePlate(story, true);
  const attempt = story.state.jobs[second]!.attempts.at(-1)!.id;
  story.tell({ kind: "stop", attempt, person: tina, why: "Something does not look right." });
  return story;
}
