/** HTML by template: every value is escaped unless it is HTML made here. */

/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

type Value = string | number | Html | null | false | undefined | readonly Value[];

/** Fills a template; strings are escaped, lists joined, null, false and undefined left out. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { html: parts.map((part, index) => part + (index < values.length ? print(values[index]) : "")).join("") };
}

function print(value: Value): string {
  if (value === null || value === undefined || value === false) return "";
  if (typeof value === "string") return escapeText(value);
  if (typeof value === "number") return String(value);
  return isHtml(value) ? value.html : value.map(print).join("");
}

function isHtml(value: Html | readonly Value[]): value is Html {
  return !Array.isArray(value);
}

function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
