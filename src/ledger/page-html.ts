/** The readable page as self-contained HTML without scripts, everything escaped, made to be printed. */
import { toBase64 } from "./bytes.ts";
import type { Page, PageEntry, PagePicture } from "./page.ts";
import { simulatedWords } from "./simulated.ts";

/** The page as one HTML file. */
export function pageHtml(page: Page): string {
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(page.title)}</title><style>${style}</style></head><body>`,
    page.simulated ? `<p class="simulated">${simulatedWords}</p>` : "",
    `<h1>${escapeHtml(page.title)}</h1>`,
    heading(page),
    summary(page.summary),
    '<table><thead><tr><th scope="col">No.</th><th scope="col">When (UTC)</th><th scope="col">Who</th>' +
      '<th scope="col">What</th></tr></thead><tbody>',
    ...page.entries.map(row),
    "</tbody></table>",
    `<footer>${page.simulated ? `${simulatedWords}. ` : ""}SHA-256 of the record file: <code>${page.digest}</code></footer>`,
    "</body></html>\n",
  ].join("\n");
}

/** Text made safe for HTML content and quoted attributes. */
export function escapeHtml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replaceAll(/[&<>"']/g, (sign) => names[sign] ?? "");
}

function heading({ facts }: Page): string {
  const list = facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`);
  return (
    `<dl>${list.join("")}</dl><p>This page is for reading. What can be verified is the record file beside it: ` +
    `<code>cellward verify</code> says whether it is genuine, with the cell's public key from a source that you trust.</p>`
  );
}

function summary(sentences: readonly string[]): string {
  if (sentences.length === 0) return "";
  return `<h2>Summary</h2><ul>${sentences.map((each) => `<li>${escapeHtml(each)}</li>`).join("")}</ul><h2>Entries</h2>`;
}

function row({ seq, when, clock, who, title, lines, pictures }: PageEntry): string {
  return (
    `<tr><td>${seq}</td><td>${when}${clock === null ? "" : ` <small>(clock ${escapeHtml(clock)})</small>`}</td>` +
    `<td>${escapeHtml(who)}</td>` +
    `<td><strong>${escapeHtml(title)}</strong>${lines.map((line) => `<br>${escapeHtml(line)}`).join("")}` +
    `${pictures.map(picture).join("")}</td></tr>`
  );
}

function picture({ digest, type, bytes }: PagePicture): string {
  return `<br><img alt="Picture ${digest.slice(0, 12)}" src="data:${type};base64,${toBase64(bytes)}">`;
}

const style = `
body{font:15px/1.45 "Liberation Sans",Arial,sans-serif;color:#111;background:#fff;max-width:60rem;margin:1.5rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{font-weight:bold}
dd{margin:0;overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #777;padding:.35rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
td:first-child,td:nth-child(2){white-space:nowrap}thead{display:table-header-group}tr{break-inside:avoid}
img{max-width:100%;max-height:16rem;margin-top:.4rem}footer{margin-top:1rem;overflow-wrap:anywhere}
.simulated{border:4px solid #a00;color:#a00;font-size:1.6rem;font-weight:bold;padding:.5rem 1rem;text-align:center}
@media print{body{margin:0;max-width:none;font-size:10pt}@page{margin:15mm}}`;
