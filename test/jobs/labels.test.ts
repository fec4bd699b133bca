/** The label: made from the order, printed, scanned back, voided; and a swapped one stops everything. */
import { describe, expect, it } from "vitest";
import { noAnswer } from "../../src/duties.ts";
import { omissions } from "../../src/jobs/record/omissions.ts";
import { openNonconformity } from "../../src/jobs/state.ts";
import { gs1Text, parseGs1 } from "../../src/materials/gs1.ts";
import {
  codeOf,
  dispose,
  handOver,
  labelled,
  labelPrinted,
  refusal,
  release,
  requestLabel,
  rosa,
  routeBoot,
  routeStory,
  scanLabel,
  upTo,
} from "./route-story.ts";
import { digest, job, order, type Story, tina } from "./story.ts";

const unit = (story: Story) => story.state.jobs[job]!.units[0]!;
const raised = (story: Story) => story.events.filter(({ type }) => type === "NonconformityRaised").length;
const voidLabel = (story: Story, why: "damaged" | "not-printed" = "damaged") =>
  story.tell({ kind: "void-label", job, why, person: tina });

function printedLabel(): Story {
  const story = upTo("label");
  requestLabel(story);
  labelPrinted(story);
  return story;
}

/** The code of another device of the same kind. */
function swapped(code: string, change: Record<string, string | null>): string {
  const read = parseGs1(code);
  if (!read.ok) throw new Error(read.error);
  return gs1Text({ ...read.value, ...change });
}

const notPrinted = (story: Story) =>
  story.tell({
    ...{ kind: "label-not-printed", job, unit: 1, label: unit(story).labels.at(-1)!.number },
    fault: { code: "printer", what: "The label printer has no paper.", remedy: "Put paper in." },
  });

describe("a label", () => {
  it("[F46] says what the order says, in a code that reads back", () => {
    const story = upTo("label");
    requestLabel(story);
    const [label] = unit(story).labels;
    const { id: lot, gtin, pseudonym, side, title, pathway } = order;
    expect(label?.content).toMatchObject({ lot, gtin, pseudonym, side, title, pathway, serial: "1", simulated: true });
    expect(parseGs1(codeOf(story))).toMatchObject({ ok: true, value: { gtin, lot, serial: "1", madeOn: "700101" } });
    expect(story.owed()).toMatchObject([{ kind: "print-label", repeatable: true, unit: 1, label: 1 }]);
    labelPrinted(story);
    expect(story.owed()).toEqual([]);
  });

  it("[F47] of a copy is alive once: a second request is refused until the first is voided", () => {
    const story = upTo("label");
    requestLabel(story);
    expect(refusal(requestLabel(story))).toBe("already-decided");
    labelPrinted(story);
    expect(refusal(requestLabel(story))).toBe("already-decided");
    voidLabel(story);
    expect(requestLabel(story).refusal).toBeNull();
    expect(unit(story).labels.map(({ state }) => state)).toEqual(["voided", "requested"]);
  });

  it("[F47] that is not printed yet cannot be scanned, and none that is not there can be scanned or voided", () => {
    const story = upTo("label");
    expect(refusal(scanLabel(story, "x"))).toBe("not-labelled");
    expect(refusal(voidLabel(story))).toBe("not-labelled");
    requestLabel(story);
    expect(refusal(scanLabel(story))).toBe("not-labelled");
  });

  it("[F47] is not voided while it is being printed, so that none is left over", () => {
    const story = upTo("label");
    requestLabel(story);
    expect(refusal(voidLabel(story))).toBe("not-labelled");
    labelPrinted(story);
    expect(voidLabel(story).refusal).toBeNull();
  });

  it("[F47] that the printer could not print is voided, and another is printed", () => {
    const story = upTo("label");
    requestLabel(story);
    notPrinted(story);
    expect(unit(story).labels).toMatchObject([{ state: "not-printed" }]);
    expect(refusal(scanLabel(story))).toBe("not-labelled");
    voidLabel(story, "not-printed");
    labelled(story);
    handOver(story);
    expect(release(story).refusal).toBeNull();
  });

  it("[F47][F70][L8] of a printer that is silent may lie there: it is said so, and counts until it is voided", () => {
    const story = upTo("label");
    requestLabel(story);
    const [owed] = story.owed();
    const message = noAnswer(owed!);
    expect(message).toMatchObject({ fault: { what: expect.stringContaining("it is not known") } });
    story.tell(message);
    const account = () =>
      omissions(story.state.jobs[job]!.record, 1, { demonstration: true, marked: true, objections: [] }).filter(
        ({ code }) => code === "label-account",
      );
    const open = { what: "Label 1-1 of copy 1 was issued and is neither applied nor voided." };
    expect(account()).toContainEqual(expect.objectContaining(open));
    expect(refusal(requestLabel(story))).toBe("already-decided");
    voidLabel(story, "not-printed");
    expect(account()).not.toContainEqual(expect.objectContaining(open));
    labelled(story);
    expect(account()).toEqual([]);
  });

  it("[F28][F47] late and doubled answers of the printer change nothing", () => {
    const story = printedLabel();
    const before = story.state;
    labelPrinted(story);
    notPrinted(story);
    story.tell({ kind: "label-printed", job, unit: 7, label: 1, pdf: digest("x") });
    story.tell({ kind: "label-printed", job: "J9" as typeof job, unit: 1, label: 1, pdf: digest("x") });
    expect(story.state).toEqual(before);
  });

  it("[F47][L2] is owed again after a restart, and printed once in the record", () => {
    const story = upTo("label");
    requestLabel(story);
    routeBoot(story);
    expect(story.owed()).toMatchObject([{ kind: "print-label", label: 1 }]);
    labelPrinted(story);
    labelPrinted(story);
    expect(story.events.filter(({ type }) => type === "LabelPrinted")).toHaveLength(1);
  });

  it("[F17] is asked for, scanned and voided by a technician alone", () => {
    const story = printedLabel();
    expect(refusal(requestLabel(story, rosa))).toBe("wrong-role");
    expect(refusal(scanLabel(story, codeOf(story), rosa))).toBe("wrong-role");
    expect(refusal(story.tell({ kind: "void-label", job, why: "damaged", person: rosa }))).toBe("wrong-role");
  });
});

describe("a scan", () => {
  it("[F47] of the right label completes the step; the same label with brackets or its identifier is the same", () => {
    for (const form of [(code: string) => code, (code: string) => `]d2${code}`, (code: string) => `${code}\r\n`]) {
      const story = printedLabel();
      expect(scanLabel(story, form(codeOf(story))).refusal).toBeNull();
      expect(unit(story)).toMatchObject({ completed: 5, labels: [{ state: "applied" }] });
    }
  });

  it.each([
    ["empty", ""],
    ["no GS1 code", "hello"],
    ["of another kind", "]E09506000134352"],
    ["cut off", "01095060001343"],
    ["far too long", "0".repeat(300)],
  ])("[F47] that is %s is refused, is no nonconformity, and can be done again", (_, scanned) => {
    const story = printedLabel();
    expect(refusal(scanLabel(story, scanned))).toBe("wrong-label");
    expect(raised(story)).toBe(0);
    expect(scanLabel(story).refusal).toBeNull();
  });

  it.each([
    ["serial number", { serial: "2" }, "a device that this cell does not know"],
    ["order", { lot: "J7" }, "a device that this cell does not know"],
    ["device identifier", { gtin: "09506000117843" }, "copy 1 of order J1, but not as this cell printed it"],
    ["day of manufacture", { madeOn: "700102" }, "copy 1 of order J1, but not as this cell printed it"],
    ["day of expiry", { useBy: "800101" }, "copy 1 of order J1, but not as this cell printed it"],
    ["serial number that is none", { serial: null }, "a device that this cell does not know"],
  ])("[F47][F73] of a label with another %s is refused and raises exactly one nonconformity", (_, change, whose) => {
    const story = printedLabel();
    const decision = scanLabel(story, swapped(codeOf(story), change));
    expect(refusal(decision)).toBe("wrong-label");
    expect(decision.refusal?.what).toContain(`it is that of ${whose}.`);
    expect(decision.events.map(({ type }) => type)).toEqual(["NonconformityRaised", "RequestRefused"]);
    expect(refusal(scanLabel(story))).toBe("not-startable");
    expect(refusal(requestLabel(story))).toBe("not-startable");
    expect(refusal(voidLabel(story))).toBe("not-startable");
    expect(raised(story)).toBe(1);
    expect(unit(story).completed).toBe(4);
  });

  it("[F47][F20] reworked, the label is void, another is printed, and QA who ordered it can still release", () => {
    const story = printedLabel();
    scanLabel(story, swapped(codeOf(story), { serial: "2" }));
    expect(refusal(dispose(story, "concession"))).toBe("no-such-disposition");
    dispose(story, "rework");
    expect(unit(story).labels).toMatchObject([{ state: "voided" }]);
    expect(openNonconformity(story.state.jobs[job]!)).toBeUndefined();
    labelled(story);
    handOver(story);
    expect(release(story, rosa).refusal).toBeNull();
    expect(raised(story)).toBe(1);
  });

  it("[F47][F73] scrapped, the label is void with its device", () => {
    const story = printedLabel();
    scanLabel(story, swapped(codeOf(story), { serial: "2" }));
    dispose(story, "scrap");
    expect(unit(story)).toMatchObject({ scrapped: true, labels: [{ state: "voided" }] });
  });

  it.each(["MUELLER^ANNA 4711", "(01)4711", "0112345678901231(21)MUELLER", "(01)09506000134352(21)MUELLER^ANNA"])(
    "[L6][F47] of a patient's wristband leaves nothing of it in the record: %s",
    (scanned) => {
      const story = printedLabel();
      const { events } = scanLabel(story, scanned);
      expect(events.length).toBeGreaterThan(0);
      expect(JSON.stringify(events)).not.toMatch(/MUELLER|4711|1234567890/);
    },
  );

  it("[F47] of the other copy's label is the wrong one, although the order is the same", () => {
    const story = routeStory({ copies: 2 });
    release(upTo("release", story));
    const first = story.state.jobs[job]!.units[0]!.labels[0]!.content.code;
    upTo("label", story);
    requestLabel(story);
    labelPrinted(story);
    const decision = scanLabel(story, first);
    expect(refusal(decision)).toBe("wrong-label");
    expect(decision.refusal?.what).toContain("it is that of copy 1 of order J1.");
    expect(raised(story)).toBe(1);
  });
});
