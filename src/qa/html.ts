/** HTML by template: every value is escaped unless it is HTML made here. */

/** Text that is HTML already; only what is made in this file counts as such, whatever a value looks like. */
export interface Html {
  readonly html: string;
}

type Value = string | number | Html | null | false | undefined | readonly Value[];

/** What was made here: an object that came as JSON, from a cell or anybody, can never be in it. */
const made = new WeakSet<object>();

/** Fills a template; strings are escaped, lists joined, null, false and undefined left out. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return htmlOf(parts.map((part, index) => part + (index < values.length ? print(values[index]) : "")).join(""));
}

/** Text of this program's own that is HTML or CSS already; never for what came from outside. */
export function htmlOf(text: string): Html {
  const value: Html = { html: text };
  made.add(value);
  return value;
}

function print(value: Value): string {
  if (value === null || value === undefined || value === false) return "";
  if (typeof value === "string") return escapeText(value);
  if (typeof value !== "object") return escapeText(String(value));
  if (isList(value)) return value.map(print).join("");
  // The types cannot say what an entry's body holds: what was not made here is shown as the text that it is.
  return made.has(value) ? value.html : escapeText(JSON.stringify(value));
}

function isList(value: Html | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value);
}

function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
