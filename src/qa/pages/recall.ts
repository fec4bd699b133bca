/** Recall: which devices were made with a thing, and what a device was made with; a hold on what is found in one step. */
import { type Thing, type ThingKey, thingKinds, thingOf } from "../../jobs/trace.ts";
import { type DecisionReason, decisionReasons } from "../../ledger/decision.ts";
import { reasonsFor } from "../decide.ts";
import { type Html, html } from "../html.ts";
import type { RegisteredCell } from "../judge.ts";
import { askedKinds, type FoundDevice, type HoldPlan, type Recall, reasonFor } from "../recall.ts";
import type { Viewer } from "./frame.ts";

/** What was typed into the form. */
export interface RecallAsked {
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
  readonly cell?: string | undefined;
}

/** The form, and below it what was found. */
export function recallBody(cells: readonly RegisteredCell[], asked: RecallAsked, found: Html | null): Html {
  const kinds = askedKinds.map((kind) => option(kind, thingKinds[kind].words, asked.kind));
  const places = cells.map(({ id, title }) => option(id, title, asked.cell));
  return html`<form class="panel" method="get" action="/recall"><div class="row">
<p><label for="kind">What is in question</label><select id="kind" name="kind">${kinds}</select></p>
<p><label for="name">Its name, as the record shows it</label><input id="name" name="name" required maxlength="128" value="${asked.name ?? ""}"></p>
<p><label for="cell">Cell, for what is named by its cell alone</label><select id="cell" name="cell"><option value="">Every cell</option>${places}</select></p>
<p><button class="act">Look</button></p></div>
<p class="soft">A lot is named by its GTIN, a dot and the supplier's lot; lots that it went into are searched as well. A device is named by job and copy, like J-2026-000042/1: the answer is what it was made with.</p></form>${found}`;
}

/** The devices that were found, a page of them. */
export function devicesBody(found: Recall, viewer: Viewer, asked: RecallAsked): Html {
  const { thing, total, devices, next, behind } = found;
  const rows = devices.map(row);
  return html`<h2>${total} ${total === 1 ? "device was" : "devices were"} made with ${nameOf(thing)}</h2>
${behind.length === 0 ? null : html`<p class="said" role="alert">The index is behind the record for ${behind.map(({ origin, size, of }) => `${origin} (${size} of ${of} entries)`).join(", ")}: there may be more. It is being brought up to date; look again in a while.</p>`}
${rows.length === 0 ? html`<p class="panel">${total === 0 ? "No device that central holds a record of." : "No further device."}</p>` : table(rows)}
<div class="row">${next === null ? null : html`<p><a class="button" href="${linkTo(asked, next)}">Next page</a></p>`}
${viewer.isQa && total > 0 ? html`<p><a class="button" href="/recall/hold?${queryOf(asked)}">Hold ${total === 1 ? "it" : `all ${total} of them`}</a></p>` : null}</div>`;
}

function table(rows: readonly Html[]): Html {
  return html`<div class="wide" tabindex="0" role="region" aria-label="Devices"><table><thead><tr><th scope="col">Device</th><th scope="col">Cell</th><th scope="col">State</th><th scope="col">Label</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function row({ cell, origin, job, unit, outcomes, labels }: FoundDevice): Html {
  const made =
    cell === null
      ? html`${job}, copy ${unit}`
      : html`<a href="/cells/${cell}/jobs/${job}">${job}</a>, copy ${unit} · <a href="/recall?kind=unit&amp;cell=${cell}&amp;name=${job}%2F${unit}">made with</a>`;
  return html`<tr><th scope="row">${made}</th><td>${cell ?? origin}</td><td>${stateWords(outcomes)}</td><td>${labels.map((each) => html`<code>${each}</code> `)}</td></tr>`;
}

function stateWords(outcomes: readonly string[]): Html {
  const state = outcomes.includes("scrapped")
    ? "scrapped"
    : outcomes.includes("released")
      ? "released"
      : "not released";
  return html`${state === "released" ? html`<span class="mark m2">● released</span>` : state}${outcomes.includes("simulated") ? " · SIMULATED" : ""}`;
}

/** What a device was made with, by kind. */
export function partsBody(thing: Thing, parts: readonly ThingKey[], cell: string): Html {
  const things = parts.flatMap((key) => thingOf(key) ?? []);
  const shown = [...askedKinds, "outcome" as const].filter((kind) => kind !== "unit");
  const rows = shown.flatMap((kind) => {
    const names = things.filter((each) => each.kind === kind);
    return names.length === 0
      ? []
      : [
          html`<tr><th scope="row">${thingKinds[kind].words}</th><td>${names.map((each) => html`${partLink(each, cell)}<br>`)}</td></tr>`,
        ];
  });
  return html`<h2>What ${nameOf(thing)} was made with</h2>${
    rows.length === 0
      ? html`<p class="panel">Central holds no record of it.</p>`
      : html`<div class="wide" tabindex="0" role="region" aria-label="Made with"><table><thead><tr><th scope="col">Kind</th><th scope="col">Which</th></tr></thead><tbody>${rows}</tbody></table></div>`
  }`;
}

function partLink({ kind, name, origin }: Thing, cell: string): Html {
  if (kind === "outcome") return html`${name}`;
  return html`<a href="/recall?${queryOf({ kind, name, cell: origin === null ? "" : cell })}">${name}</a>`;
}

/** What is to be signed, whole, before it is. */
export function holdBody(thing: Thing, plan: HoldPlan, viewer: Viewer, asked: RecallAsked): Html {
  const itself = plan.holds.length - plan.jobs;
  const reasons = reasonsFor.hold.map((code) =>
    option(code, decisionReasons[code as DecisionReason], reasonFor(thing.kind)),
  );
  const list = plan.holds.map(({ origin, target }) => html`<li>hold ${target.kind} ${target.id} at ${origin}</li>`);
  return html`<form class="panel" method="post" action="/recall/hold"><input type="hidden" name="token" value="${viewer.token}">
${(["kind", "name", "cell"] as const).map((field) => html`<input type="hidden" name="${field}" value="${asked[field] ?? ""}">`)}<input type="hidden" name="digest" value="${plan.digest}">
<p class="what">You are about to sign ${plan.holds.length} decisions because of ${nameOf(thing)}:</p>
<ul><li>${itself === 0 ? "none on the thing itself: a cell cannot be told to hold such a thing" : `${itself} on the thing itself, one at each cell`}</li><li>${plan.jobs} on jobs with a device in them</li><li>at ${plan.cells.join(", ")}</li></ul>
${plan.unreached === 0 ? null : html`<p class="said">${plan.unreached} devices are of cells that are not registered here any more: nobody is told about them. Call the sites.</p>`}
<p>A hold keeps a job from going on and from being released. A device that has left the cell is not stopped by it: call whoever has it.</p>
<p><label for="reason">Reason</label><select id="reason" name="reason">${reasons}</select></p>
<p><label for="password">Your password again: you sign these decisions as ${viewer.name}</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="128"></p>
<div class="row"><p><button class="act">Sign and send all</button></p><p><a class="button" href="/recall?${queryOf(asked)}">Back</a></p></div></form>
<h2>One by one</h2><ul class="panel">${list}</ul>`;
}

function nameOf({ kind, name }: Thing): string {
  return `${thingKinds[kind].noun} ${name}`;
}

function linkTo(asked: RecallAsked, after: ThingKey): Html {
  return html`/recall?${queryOf(asked)}&amp;after=${encodeURIComponent(after)}`;
}

function queryOf({ kind = "", name = "", cell = "" }: RecallAsked): string {
  return new URLSearchParams({ kind, name, cell }).toString();
}

function option(value: string, words: string, chosen: string | undefined): Html {
  return value === chosen
    ? html`<option value="${value}" selected>${words}</option>`
    : html`<option value="${value}">${words}</option>`;
}
