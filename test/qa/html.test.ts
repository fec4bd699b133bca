/** Nothing that a cell writes becomes HTML in central's page, and nothing but text becomes text in a record's page. */
import { describe, expect, test } from "vitest";
import { describeWith } from "../../src/commands/describe.ts";
import type { JobId } from "../../src/kernel/names.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import type { JsonObject } from "../../src/ledger/entry.ts";
import { type Html, html } from "../../src/qa/html.ts";
import type { CellStanding } from "../../src/qa/inbox.ts";
import { recordBody } from "../../src/qa/pages/record.ts";
import { createRecordJudge } from "../../src/qa/records.ts";
import type { KeptEntry } from "../../src/qa/store.ts";
import { createCell } from "./cell.ts";

const raw = { html: "<h1>forged</h1>" };
const tell = describeWith(() => null);

function kept(seq: number, type: string, body: JsonObject): KeptEntry {
  const bytes = utf8(JSON.stringify(body));
  const fields = {
    digest: "" as KeptEntry["digest"],
    job: "J1" as JobId,
    at: 1,
    receivedAt: 1,
    leaf: bytes,
    entry: bytes,
  };
  return { seq, type, body: bytes, ...fields };
}

describe("[F90] what a cell writes into an entry", () => {
  const bodies: readonly (readonly [string, JsonObject])[] = [
    ["AttemptEnded", { attempt: "J1-A1", job: "J1", outcome: "Completed", person: null, what: raw }],
    ["LayerInspected", { report: { reasons: [raw], findings: [], grade: "good", verdict: "pass" }, layer: 1 }],
    ["CaptureFailed", { layer: 1, take: 1, fault: { what: [raw] } }],
    ["LabelNotPrinted", { label: 1, unit: 1, fault: { what: raw } }],
    ["NonconformityRaised", { nonconformity: { toString: raw }, what: raw }],
  ];

  test("is never HTML in central's page", () => {
    const { registered } = createCell();
    const standing = { cell: registered, log: { receipt: null }, view: { jobs: new Map() }, releases: [] };
    const entries = bodies.map(([type, body], seq) => kept(seq, type, body));
    const page = recordBody(standing as unknown as CellStanding, "J1" as JobId, entries, tell, {
      evidence: html`<p>none</p>`,
      page: undefined,
    }).html;
    expect(page).not.toContain("<h1>");
    expect(page).toContain("&lt;h1&gt;forged");
  });

  test.each(bodies)("is told as text alone: %s", (type, body) => {
    const told = tell(type, body);
    for (const line of told === null ? [] : [told.title, ...told.lines]) expect(typeof line).toBe("string");
  });

  test("is text where central's judgement of the record quotes it", () => {
    const raised = { nonconformity: raw, unit: 1, attempt: null, cause: "machine", what: raw, layer: null };
    const judge = createRecordJudge();
    judge.take(kept(0, "NonconformityRaised", raised));
    for (const word of judge.missing(1)) expect(typeof word).toBe("string");
  });

  test("does not become HTML by looking like it", () => {
    expect(html`${raw as unknown as Html}`.html).not.toContain("<h1>");
    expect(html`${html`<b>${"<i>"}</b>`}`.html).toBe("<b>&lt;i&gt;</b>");
  });
});
