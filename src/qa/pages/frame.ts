/** What stands around every page: who is signed in, what is alarming, where one can go. */

import type { EpochMs, Milliseconds } from "../../kernel/units.ts";
import { utcText } from "../../ledger/page.ts";
import { type Html, html, htmlOf } from "../html.ts";
import type { Item, Risk } from "../item.ts";
import { style } from "./style.ts";

export type Place = "inbox" | "cells" | "recall" | "decisions" | "alarms";

/** Who looks at a page, and what its forms have to carry. */
export interface Viewer {
  readonly name: string;
  /** May decide and sign off. */
  readonly isQa: boolean;
  /** Ties a form to this session. */
  readonly token: string;
}

export interface Framed {
  readonly site: string;
  readonly title: string;
  readonly at: EpochMs;
  readonly viewer: Viewer;
  readonly items: readonly Item[];
  /** Whether the broker is connected. */
  readonly connected: boolean;
  readonly here: Place;
  /** What became of the last request, if it was refused. */
  readonly said?: string | undefined;
  readonly body: Html;
}

const places = [
  ["inbox", "/", "Inbox"],
  ["cells", "/cells", "Cells"],
  ["recall", "/recall", "Recall"],
  ["decisions", "/decisions", "Decisions"],
  ["alarms", "/alarms", "Alarms"],
] as const;

/** A whole page for somebody who is signed in. */
export function framed(page: Framed): string {
  const { viewer, items, here, said, at } = page;
  const open = items.filter(({ review }) => review === null);
  const urgent = open.filter(({ risk }) => risk === 1).length;
  const links = places.map(
    ([place, href, words]) =>
      html`<a href="${href}"${place === here ? current : null}>${words}${place === "alarms" && urgent > 0 ? ` (${urgent})` : null}</a>`,
  );
  return document(
    `${page.title} · ${page.site}`,
    html`<header><p class="where">Central QA · ${page.site}</p>
<p>${alarmLine(urgent, open.filter(({ job, risk }) => job === null && risk === 2).length)}</p>
<p>${page.connected ? "Broker connected" : html`<span class="mark m2">● Broker away: nothing is heard</span>`}</p>
<p>${utcText(at)} UTC</p><p>${viewer.name}${viewer.isQa ? " · QA" : " · may look"}</p>
<form method="post" action="/sign-out"><input type="hidden" name="token" value="${viewer.token}"><button class="quiet">Sign out</button></form>
</header><nav aria-label="Pages">${links}</nav>
<main>${said === undefined ? null : html`<p class="said" role="alert">${said}</p>`}<h1>${page.title}</h1>${page.body}</main>`,
  );
}

/** The gravest that waits, as on the page of alarms. */
function alarmLine(now: number, today: number): Html | string {
  if (now > 0) return html`<span class="mark m1">■ ${now} to act on now</span>`;
  return today > 0 ? html`<span class="mark m2">● ${today} to act on today</span>` : "No alarm";
}

const current = htmlOf(' aria-current="page"');

/** The page for somebody who is not: sign in, or take a place with a one-time code. Colour is only for what went wrong. */
export function signInPage(site: string, said?: string, isGood = false): string {
  return document(
    `Sign in · ${site}`,
    html`<header><p class="where">Central QA · ${site}</p></header><main>
${said === undefined ? null : html`<p class="${isGood ? "panel" : "said"}" role="alert">${said}</p>`}<h1>Sign in</h1>
<form class="panel" method="post" action="/sign-in">
<p><label for="name">Name</label><input id="name" name="name" autocomplete="username" required maxlength="64"></p>
<p><label for="password">Password or PIN</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="128"></p>
<button class="act">Sign in</button></form>
<h2>New here?</h2>
<form class="panel" method="post" action="/enrol">
<p><label for="code">One-time code</label><input id="code" name="code" autocomplete="one-time-code" required maxlength="32"></p>
<p><label for="new-name">Your name, as it is to stand under decisions</label><input id="new-name" name="name" autocomplete="name" required maxlength="64"></p>
<p><label for="new-password">A password of your own, 8 characters or more</label><input id="new-password" name="password" type="password" autocomplete="new-password" required maxlength="128"></p>
<button>Take this place</button></form></main>`,
  );
}

/** A page that says one thing and leads back. */
export function plainPage(site: string, title: string, what: string): string {
  return document(
    `${title} · ${site}`,
    html`<header><p class="where">Central QA · ${site}</p></header><main><h1>${title}</h1><p>${what}</p>
<p><a class="button" href="/">Back to the inbox</a></p></main>`,
  );
}

function document(title: string, body: Html): string {
  const sheet = htmlOf(style);
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${sheet}</style></head><body>${body}</body></html>
`.html;
}

const marks: Readonly<Record<Risk, string>> = { 1: "■ Act now", 2: "● Act today", 3: "▲ Look" };

/** Word, shape and colour of a risk. */
export function mark(risk: Risk): Html {
  return html`<span class="mark m${risk}">${marks[risk]}</span>`;
}

/** A time as people at central read it, with how long ago that was. */
export function ago(at: EpochMs, now: EpochMs): string {
  return `${utcText(at)} UTC (${age(now - at)} ago)`;
}

/** A stretch of time in the largest unit that says enough. */
export function age(stretch: Milliseconds): string {
  const seconds = Math.max(0, Math.round(stretch / 1000));
  const [count, unit] =
    seconds < 120
      ? [seconds, "s"]
      : seconds < 7_200
        ? [Math.round(seconds / 60), "min"]
        : seconds < 172_800
          ? [Math.round(seconds / 3600), "h"]
          : [Math.round(seconds / 86_400), "days"];
  return `${count} ${unit}`;
}

/** One page of a list, and how to the others. */
export interface Paged<T> {
  readonly shown: readonly T[];
  readonly links: Html | null;
}

/** Cuts a list into pages; `page` is what the address says, from 1 on, and may be anything. */
export function paged<T>(all: readonly T[], size: number, page: string | undefined, path: string): Paged<T> {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const asked = /^[1-9][0-9]{0,5}$/.test(page ?? "") ? Number(page) : 1;
  const at = Math.min(asked, pages);
  const shown = all.slice((at - 1) * size, at * size);
  if (pages === 1) return { shown, links: null };
  const to = (n: number, words: string) =>
    n < 1 || n > pages
      ? null
      : html`<a class="button" href="${path}${path.includes("?") ? "&" : "?"}page=${n}">${words}</a>`;
  const links = html`<nav class="pages" aria-label="Pages of the list"><p>Page ${at} of ${pages}, ${all.length} in all</p>${to(at - 1, "Before")}${to(at + 1, "Next")}</nav>`;
  return { shown, links };
}
