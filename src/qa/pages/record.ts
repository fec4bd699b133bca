/** The record of one job as central holds it: its verification first, then every entry in words. */
import type { Json } from "../../kernel/json.ts";
import { parseCanonical } from "../../kernel/json.ts";
import type { JobId } from "../../kernel/names.ts";
import { textOf } from "../../ledger/bytes.ts";
import { checkEntry, isFinding } from "../../ledger/chain-check.ts";
import type { JsonObject } from "../../ledger/entry.ts";
import { type Describe, type Described, describeGenerally, utcText } from "../../ledger/page.ts";
import { type Html, html } from "../html.ts";
import type { CellStanding } from "../inbox.ts";
import type { KeptEntry } from "../store.ts";
import { paged } from "./frame.ts";

/** How a job's entries were found when they were looked at again just now. */
export interface JobCheck {
  readonly sound: boolean;
  readonly words: string;
}

/** Checks the job's own chain again: each entry's form, its body's digest, its link to the one before, and the receipt. */
export function checkJob(entries: readonly KeptEntry[], job: JobId, cosigned: number): JobCheck {
  let prev: string | null = null;
  for (const { seq, entry, body } of entries) {
    const checked = checkEntry(entry, body, seq);
    if (isFinding(checked)) return { sound: false, words: checked.what };
    if (checked.entry.job !== job || checked.entry.jobPrev !== prev) {
      return { sound: false, words: `Entry ${seq} does not follow the job's entry before it.` };
    }
    prev = checked.digest;
  }
  const last = entries.at(-1)?.seq ?? -1;
  const covered =
    last < cosigned
      ? `all of them cosigned by central (receipt over ${cosigned} entries)`
      : `cosigned up to entry ${cosigned - 1} only`;
  return { sound: true, words: `${entries.length} entries, unbroken from the first, ${covered}.` };
}

const entriesOnAPage = 300;

/** The readable record; who signed is a pseudonym here, names never leave the cell. */
export function recordBody(
  standing: CellStanding,
  job: JobId,
  entries: readonly KeptEntry[],
  describe: Describe,
  { evidence, page }: { readonly evidence: Html; readonly page: string | undefined },
): Html {
  const { cell, view, log, releases } = standing;
  const known = view.jobs.get(job);
  const check = checkJob(entries, job, log.receipt?.size ?? 0);
  const own = releases.filter((each) => each.job === job);
  const { shown, links } = paged(entries, entriesOnAPage, page, `/cells/${cell.id}/jobs/${job}`);
  const rows = shown.map((entry) => row(entry, describe));
  return html`${known?.simulated ? html`<p class="simulated">SIMULATED, not for human use</p>` : null}
<div class="panel"><p class="what">${check.sound ? "Verified" : html`<span class="mark m1">■ NOT VERIFIED</span>`}: ${check.words}</p>
<p>${known?.title ?? job} · ${known?.outcome ?? "open"} · <a href="/cells/${cell.id}">${cell.title}</a></p>
${own.map(({ unit, missing }) => html`<p>Unit ${unit} released: ${missing.length === 0 ? "central finds its record complete." : html`<span class="mark m1">■ not complete</span>`}</p>${missing.length === 0 ? null : html`<ul>${missing.map((each) => html`<li>${each}</li>`)}</ul>`}`)}
<p><a class="button" href="/cells/${cell.id}/jobs/${job}/entries.json?log=${encodeURIComponent(log.origin)}">Entries as JSON</a></p></div>
${evidence}${links}
<div class="wide" tabindex="0" role="region" aria-label="Entries"><table><thead><tr><th scope="col">No.</th><th scope="col">When (UTC)</th><th scope="col">What</th></tr></thead><tbody>${rows}</tbody></table></div>${links}`;
}

function row({ seq, at, type, body }: KeptEntry, describe: Describe): Html {
  const parsed = parseCanonical(body);
  const members: JsonObject = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  const told = tell(describe, type, members);
  return html`<tr><td>${seq}</td><td>${utcText(at)}</td><td><strong>${told.title}</strong>${told.lines.map((line) => html`<br>${line}`)}</td></tr>`;
}

/** A cell may be newer than central: an entry that the words do not fit is told member by member. */
function tell(describe: Describe, type: string, members: JsonObject): Described {
  try {
    return describe(type, members) ?? describeGenerally(type, members);
  } catch {
    return describeGenerally(type, members);
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The job's entries as central holds them, with the largest receipt: exact texts, for whoever verifies elsewhere. */
export function entriesFile(standing: CellStanding, job: JobId, entries: readonly KeptEntry[]): unknown {
  const { log } = standing;
  return {
    format: "cellward-qa-entries/1",
    origin: log.origin,
    job,
    receipt: log.receipt,
    entries: entries.map(({ seq, entry, body, receivedAt }) => ({
      seq,
      entry: textOf(entry),
      body: textOf(body),
      receivedAt,
    })),
  };
}
