/** Decisions: the form for hold and stop-use, with fixed reasons and the password again, and the list of all that were made. */
import { type Decision, type DecisionReason, decisionReasons } from "../../ledger/decision.ts";
import { type Action, actions, contentOf, reasonsFor, stateOfDecision, targetKinds } from "../decide.ts";
import { type Html, html } from "../html.ts";
import { originsOf } from "../logs.ts";
import type { OfficeState } from "../office.ts";
import { isKnown } from "../review.ts";
import type { KeptDecision } from "../store.ts";
import { ago, paged, type Viewer } from "./frame.ts";

/** What the form begins with, from a proposal or from what was typed before. */
export interface Begun {
  readonly cell?: string | undefined;
  readonly action?: string | undefined;
  readonly kind?: string | undefined;
  readonly id?: string | undefined;
  readonly reason?: string | undefined;
}

const decisionsOnAPage = 50;

/** The form (for QA) and the list. */
export function decisionsBody(state: OfficeState, viewer: Viewer, begun: Begun, page: string | undefined): Html {
  const { shown, links } = paged([...state.decisions].reverse(), decisionsOnAPage, page, "/decisions");
  const rows = shown.map((kept) => row(kept, state));
  return html`${viewer.isQa ? form(state, viewer, begun) : html`<p class="panel">Only QA decides.</p>`}
<h2>Made</h2>${links}${
    rows.length === 0
      ? html`<p class="panel">None yet.</p>`
      : html`<div class="wide" tabindex="0" role="region" aria-label="Decisions"><table><thead><tr><th scope="col">Decision</th><th scope="col">Cell</th><th scope="col">Why</th><th scope="col">Made</th><th scope="col">At the cell</th></tr></thead><tbody>${rows}</tbody></table></div>`
  }`;
}

const actionWords: Readonly<Record<Action, string>> = {
  hold: "Hold: nothing that uses it starts",
  lift: "Lift a hold",
  demonstration: "Mark as a demonstration: nothing is for human use",
  "fetch-evidence": "Ask for the pictures and reports of a job",
};

function form({ cells }: OfficeState, viewer: Viewer, begun: Begun): Html {
  const cellOptions = cells.map(({ cell }) => option(cell.id, cell.title, begun.cell));
  const groups = actions.map(
    (action) =>
      html`<optgroup label="${action}">${reasonsFor[action].map((code) => option(code, reasonWords(code), begun.reason))}</optgroup>`,
  );
  return html`<form class="panel" method="post" action="/decisions"><input type="hidden" name="token" value="${viewer.token}">
<p>A decision is signed, sent until the cell's own record holds it, and blocks the next start there. It can forbid; it can start nothing.</p>
<p><label for="cell">Cell</label><select id="cell" name="cell">${cellOptions}</select></p>
<p><label for="action">Decision</label><select id="action" name="action">${actions.map((action) => option(action, actionWords[action], begun.action))}</select></p>
<p><label for="kind">About</label><select id="kind" name="kind">${targetKinds.map((kind) => option(kind, kind, begun.kind))}</select></p>
<p class="soft">A lot is named by its GTIN, a dot and the supplier's lot; recipe and model by their digest; all as the record shows them.</p>
<p><label for="id">Its identifier</label><input id="id" name="id" required maxlength="128" pattern="[A-Za-z0-9][A-Za-z0-9._\\/\\-]*" value="${begun.id ?? ""}"></p>
<p><label for="reason">Reason</label><select id="reason" name="reason">${groups}</select></p>
<p><label for="password">Your password again: you sign this decision as ${viewer.name}</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="128"></p>
<button class="act">Sign and send</button></form>`;
}

function liftLink({ action, target }: Decision, cell: string | undefined, state: string): Html | null {
  if (action !== "hold" || cell === undefined || state === "expired") return null;
  const { kind, id } = target;
  return html`<br><a href="/decisions?cell=${cell}&amp;action=lift&amp;kind=${kind}&amp;id=${id}&amp;reason=cleared">Lift it</a>`;
}

function option(value: string, words: string, chosen: string | undefined): Html {
  return value === chosen
    ? html`<option value="${value}" selected>${words}</option>`
    : html`<option value="${value}">${words}</option>`;
}

function reasonWords(code: DecisionReason): string {
  return decisionReasons[code];
}

function row(kept: KeptDecision, { cells, now }: OfficeState): Html | null {
  const content = contentOf(kept);
  const standing = cells.find(({ cell }) => originsOf(cell).includes(kept.origin));
  if (content === null) return null;
  const state = stateOfDecision(content, standing?.decisions ?? new Set(), now);
  const isOver = standing !== undefined && standing.cell.origin !== kept.origin;
  const words = {
    recorded: "in the cell's record",
    sent: isOver
      ? html`<span class="mark m2">● its log is over, never recorded</span>`
      : html`<span class="mark m3">▲ on its way</span>`,
    expired: html`<span class="mark m2">● expired, never recorded</span>`,
  } as const;
  const doubt =
    standing === undefined || isKnown(standing.known, content.target)
      ? null
      : html`<br><span class="mark m2">● no entry of this cell names it: is it the right one?</span>`;
  return html`<tr><td>${content.action} ${content.target.kind} ${content.target.id}${doubt}<br><code>${content.id}</code></td><td>${standing?.cell.title ?? kept.origin}</td>
<td>${decisionReasons[content.reason]}</td><td>${kept.person ?? "on the console"}, ${ago(kept.at, now)}</td><td>${words[state]}${liftLink(content, standing?.cell.id, state)}</td></tr>`;
}
