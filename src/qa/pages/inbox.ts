/** The inbox and the alarms: what is out of the ordinary, the riskiest first, each with what to do about it. */
import type { EpochMs } from "../../kernel/units.ts";
import { type Html, html } from "../html.ts";
import type { Item, Proposal } from "../item.ts";
import type { OfficeState } from "../office.ts";
import type { Fork } from "../store.ts";
import { ago, mark, paged, type Viewer } from "./frame.ts";

/** What a person may say about an item that they looked at. */
export const reviewReasons = {
  agreed: "I agree with what the cell decided.",
  called: "I called the site, and it is cleared up.",
  decided: "I made a decision about it.",
  known: "It was expected: work on the cell or on the broker.",
} as const;

export type ReviewReason = keyof typeof reviewReasons;

const itemsOnAPage = 50;

/** Items nobody has looked at, then the newest of those somebody has. */
export function inboxBody({ items, now, cells }: OfficeState, viewer: Viewer, page: string | undefined): Html {
  const open = items.filter(({ review }) => review === null);
  const done = items.filter(({ review }) => review !== null);
  const { shown, links } = paged(open, itemsOnAPage, page, "/");
  const released = cells.reduce((sum, { releases }) => sum + releases.length, 0);
  const clean = cells.reduce(
    (sum, { releases }) => sum + releases.filter(({ missing }) => missing.length === 0).length,
    0,
  );
  return html`<p class="soft">Units released: ${released}. Records that central has found complete: ${clean}. Only exceptions are listed.</p>
${links}${list(shown, now, viewer, "Nothing waits for you.")}${links}
${done.length === 0 ? null : html`<h2>Looked at</h2>${list(done.slice(0, 50), now, viewer, "")}`}`;
}

/** What concerns cells, keys and the wire rather than one device, with the evidence of forks. */
export function alarmsBody({ items, now, forks }: OfficeState, viewer: Viewer, page: string | undefined): Html {
  const own = items.filter(({ job, risk }) => job === null || risk === 1);
  const open = own.filter(({ review }) => review === null);
  const { shown, links } = paged(
    [...open, ...own.filter(({ review }) => review !== null)],
    itemsOnAPage,
    page,
    "/alarms",
  );
  return html`<p class="soft">${open.length} open, ${own.length - open.length} acknowledged. Alarms and who acknowledged them are kept for ever.</p>${links}${list(shown, now, viewer, "No alarm.")}${links}
${forks.length === 0 ? null : html`<h2>Evidence of forks</h2>${forks.map((fork) => evidence(fork, now))}`}`;
}

function list(items: readonly Item[], now: EpochMs, viewer: Viewer, empty: string): Html {
  if (items.length === 0) return html`<p class="panel">${empty}</p>`;
  return html`<ul class="items">${items.map((item) => one(item, now, viewer))}</ul>`;
}

function one(item: Item, now: EpochMs, viewer: Viewer): Html {
  const { id, risk, cell, job, what, details, remedy, since, review } = item;
  const where =
    job === null
      ? html`<a href="/cells/${cell}">Cell ${cell}</a>`
      : html`<a href="/cells/${cell}/jobs/${job}">Job ${job}</a> on ${cell}`;
  return html`<li class="item r${risk}"><p class="what">${mark(risk)}${what}</p>
${details.length === 0 ? null : html`<ul>${details.map((each) => html`<li>${each}</li>`)}</ul>`}<p>${remedy}</p><p class="soft">${where} · ${since === 0 ? "since ever" : ago(since, now)}</p>
${review === null ? act(id, item.proposal, cell, viewer) : html`<p class="soft">Looked at by ${review.person}, ${ago(review.at, now)}: ${reasonText(review.reason)}</p>`}</li>`;
}

function act(id: string, proposal: Proposal | null, cell: string, viewer: Viewer): Html | null {
  if (!viewer.isQa) return null;
  const decide =
    proposal === null
      ? null
      : html`<a class="button" href="/decisions?cell=${cell}&amp;action=${proposal.action}&amp;kind=${proposal.target.kind}&amp;id=${proposal.target.id}&amp;reason=${proposal.reason}">Decide: ${proposal.action} ${proposal.target.kind} ${proposal.target.id}</a>`;
  const options = Object.entries(reviewReasons).map(([code, words]) => html`<option value="${code}">${words}</option>`);
  const field = `r-${id.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
  return html`<form method="post" action="/reviews"><input type="hidden" name="token" value="${viewer.token}"><input type="hidden" name="item" value="${id}">
<div class="row">${decide}<p><label for="${field}">What you did</label><select id="${field}" name="reason" required><option value="">Choose</option>${options}</select></p><p><button>Looked at</button></p></div></form>`;
}

function reasonText(code: string): string {
  return code in reviewReasons ? reviewReasons[code as ReviewReason] : code;
}

function evidence({ origin, what, at, held, other }: Fork, now: EpochMs): Html {
  return html`<div class="panel"><p class="what">${origin}: ${what}</p><p class="soft">${ago(at, now)}</p>
<p>Held:</p><div class="wide" tabindex="0" role="region" aria-label="Checkpoint held"><pre><code>${held ?? "nothing"}</code></pre></div><p>Came:</p><div class="wide" tabindex="0" role="region" aria-label="Checkpoint that came"><pre><code>${other}</code></pre></div></div>`;
}
