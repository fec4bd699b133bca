/** The rates of human review equal what is known by construction, by model and by class, on any course of a job. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { summarise } from "../../src/commands/describe.ts";
import { inspectRates } from "../../src/commands/io/inspect-rates.ts";
import { createReviewTally, type ModelRates, ratesInWords } from "../../src/commands/review-rates.ts";
import { wordsOf } from "../../src/hmi/reasons.ts";
import type { Event } from "../../src/jobs/event.ts";
import type { Members } from "../../src/kernel/members.ts";
import type { JsonObject } from "../../src/ledger/entry.ts";
import { createLedger, openLedger } from "../../src/ledger/io/ledger.ts";
import { loadModel, modelFacts } from "../jobs/models.ts";
import { findBad, settle } from "../jobs/review-story.ts";
import {
  answer,
  begin,
  capture,
  cellWithOrder,
  digest,
  failing,
  firstAttempt,
  inspect,
  layerDone,
  order,
  present,
  report,
  type Story,
  tina,
} from "../jobs/story.ts";
import { draft, origin } from "../ledger/plain-drafts.ts";
import { ran } from "../qa/installation.ts";

const root = mkdtempSync(join(tmpdir(), "cellward-rates-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What a layer really is, what the inspection said of it, and what people did. */
interface Layer {
  readonly model: "a" | "b";
  readonly class: "missing" | "extra";
  readonly held: boolean;
  /** Of a held one: what QA finds. Of a passed one: whether somebody finds it bad, and whether QA agrees. */
  readonly review: "real" | "whole" | "open" | "none";
}

const layer = fc.record<Layer>({
  model: fc.constantFrom("a", "b"),
  class: fc.constantFrom("missing", "extra"),
  held: fc.boolean(),
  review: fc.constantFrom("real", "whole", "open", "none"),
});

const concessions = {
  real: wordsOf("concession", "does-not-matter"),
  whole: wordsOf("concession", "picture-misleads"),
  open: "It was decided at another place.",
} as const;

/** Prints the layers with the real core; the first one that nobody reviews ends it. */
function printed(layers: readonly Layer[]): Story {
  const print = { ...order.route[0]!, layersPlanned: layers.length + 1 };
  const story = cellWithOrder({ route: [print as (typeof order.route)[number]] });
  begin(story);
  for (const [at, each] of layers.entries()) {
    const number = at + 1;
    layerDone(story, number);
    const frame = capture(story, number);
    const said = report(
      frame,
      each.held ? { ...failing, findings: [{ ...failing.findings[0]!, class: each.class }] } : {},
    );
    loadModel(story, modelFacts(digest(each.model)));
    inspect(story, number, { ...said, digests: { ...said.digests, model: digest(each.model) } });
    if (each.held && each.review === "none") break;
    if (each.held) settle(story, "concession", concessions[each.review as keyof typeof concessions]);
    else if (each.review === "real" || each.review === "whole") {
      answer(story, "proceed");
      findBad(story, number, each.class);
      settle(story, "concession", each.review === "real" ? concessions.real : wordsOf("concession", "found-whole"));
    } else {
      answer(story, "proceed");
      continue;
    }
    present(story);
    expect(story.tell({ kind: "resume", attempt: firstAttempt, person: tina }).refusal).toBeNull();
    answer(story, "proceed");
  }
  return story;
}

function ratesOf(events: readonly Event[]): readonly ModelRates[] {
  const tally = createReviewTally();
  for (const { type, ...body } of events) tally.take(type, body as unknown as Members);
  return tally.report();
}

/** The layers that came to pass, counted plainly. */
function truthOf(layers: readonly Layer[]) {
  const end = layers.findIndex((each) => each.held && each.review === "none");
  const made = end < 0 ? layers : layers.slice(0, end + 1);
  const counts = (some: readonly Layer[]) => {
    const held = (review: Layer["review"]) => some.filter((each) => each.held && each.review === review).length;
    const foundBad = some.filter((each) => !each.held && each.review === "real").length;
    const [confirmed, overruled] = [held("real"), held("whole")];
    return {
      ...{ confirmed, overruled, unclear: held("open"), undecided: held("none"), foundBad },
      falseAlarms: { hits: overruled, all: overruled + confirmed },
      misses: { hits: foundBad, all: foundBad + confirmed },
    };
  };
  const known = (each: Layer) => each.held || each.review === "real";
  return (["a", "b"] as const)
    .filter((model) => made.some((each) => each.model === model))
    .map((model) => {
      const mine = made.filter((each) => each.model === model);
      const passed = mine.filter(({ held }) => !held).length;
      const classes = (["extra", "missing"] as const).filter((name) => mine.some((e) => e.class === name && known(e)));
      const total = counts(mine);
      const whole = total.overruled + passed - total.foundBad;
      return {
        ...{ model: digest(model), held: mine.length - passed, passed, ...total },
        falseAlarmsOfWhole: { hits: total.overruled, all: whole },
        byClass: classes.map((name) => ({ class: name, ...counts(mine.filter((each) => each.class === name)) })),
      };
    })
    .sort((one, other) => (one.model < other.model ? -1 : 1));
}

describe("[F57] the rates of human review", () => {
  it("equal what is known by construction, whatever the layers were and whatever people said of them", () => {
    fc.assert(
      fc.property(fc.array(layer, { minLength: 1, maxLength: 14 }), (layers) => {
        const { events } = printed(layers);
        expect(ratesOf(events)).toMatchObject(truthOf(layers));
        // Nothing that people say takes a verdict out of the record.
        const decided = events.filter(({ type }) => type === "LayerDecided");
        expect(decided.map((event) => "verdict" in event && event.verdict)).toEqual(
          layers.slice(0, decided.length).map(({ held }) => (held ? "fail" : "pass")),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("leave out what the recipe tolerated: it is counted beside them, and found bad it is no miss", () => {
    const model = digest("a");
    const body = { job: order.id, attempt: firstAttempt, layer: 1 };
    const said = report(digest("f"), failing);
    const events = [
      { type: "LayerInspected", ...body, take: 1, report: { ...said, digests: { ...said.digests, model } } },
      { type: "LayerDecided", ...body, verdict: "tolerated", reaction: "warn", found: [] },
      { type: "LayerFoundBad", ...body, finding: "missing" },
      { type: "NonconformityRaised", ...body, nonconformity: "N", cause: "layer-found-bad" },
    ] as unknown as Event[];
    const [rates] = ratesOf(events);
    expect(rates).toMatchObject({ model, tolerated: 1, passed: 0, held: 0, foundBad: 0, misses: { all: 0 } });
    expect(ratesInWords([rates!])).toContain("tolerated 1: found, and let go on by the recipe");
  });

  it("carry the exact interval, and say nothing where there is nothing to count", () => {
    const of = (held: boolean, review: Layer["review"]): Layer => ({ model: "a", class: "missing", held, review });
    const [rates] = ratesOf(printed([...Array(5).fill(of(true, "real")), of(false, "none")]).events);
    // Clopper and Pearson for 0 of 5: the upper end is 1 - 0.025 to the power of a fifth.
    expect(rates!.falseAlarms).toMatchObject({ hits: 0, all: 5, value: 0, low: 0 });
    expect(rates!.falseAlarms.high).toBeCloseTo(1 - 0.025 ** (1 / 5), 9);
    expect(ratesInWords([rates!])).toContain(
      "false alarms, of reviewed alarms         0 of 5, 0.0 % (95 %: 0.0 % to 52.2 %)",
    );
    expect(ratesInWords(ratesOf(printed([of(false, "none")]).events))).toContain("none to count");
    expect(ratesInWords(ratesOf([]))).toBe("No layer has been judged yet.");
  });

  it("are read from a cell's folder by a command, which exits with 3 where there is none", async () => {
    const folders = { dataDir: join(root, "data"), keysDir: join(root, "keys") };
    const made = printed([
      { model: "a", class: "missing", held: true, review: "whole" },
      { model: "a", class: "extra", held: false, review: "real" },
    ]);
    await createLedger(folders, origin);
    const opened = await openLedger({ ...folders, checkpointEveryMs: 0 });
    if (!opened.ok) throw new Error(opened.error.what);
    const drafts = made.events.map(({ type, ...body }) => draft(type, body as unknown as JsonObject));
    await opened.value.ledger.append(drafts);
    await opened.value.ledger.close();
    const asked = await ran(async (terminal) => inspectRates(terminal, folders.dataDir));
    expect(asked).toMatchObject({ code: 0, value: { ok: true, models: [{ overruled: 1, foundBad: 1, passed: 1 }] } });
    const none = await ran(async (terminal) => inspectRates(terminal, join(root, "nothing")));
    expect(none).toMatchObject({ code: 3, value: { ok: false, code: "ledger-absent" } });
  });
});

it("[F57][F71] the readable record says of one order how often the inspection was confirmed and overruled", () => {
  const { events } = printed([
    { model: "a", class: "missing", held: true, review: "whole" },
    { model: "a", class: "extra", held: true, review: "real" },
    { model: "a", class: "extra", held: false, review: "real" },
  ]);
  expect(summarise(events.map(({ type, ...body }) => ({ type, body })))).toContain(
    "Layers held by the inspection 2: confirmed by a person 1, overruled 1. Passed and found bad by a person: 1.",
  );
});
