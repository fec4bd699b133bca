/** The readable page of one job's export: self-contained HTML without scripts, everything escaped, made to be printed. */
import { parseCanonical } from "../kernel/json.ts";
import type { Digest } from "../kernel/names.ts";
import { artifactDigests } from "./artifacts.ts";
import { toBase64, utf8 } from "./bytes.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { type Entry, type JsonObject, parseEntry } from "./entry.ts";
import type { ExportedEntry, JobExport } from "./export.ts";

/** How one kind of entry is told: a heading, and lines of plain text under it. */
export interface Described {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Tells an entry; null where it has no words of its own and the general telling will do. */
export type Describe = (type: string, body: JsonObject) => Described | null;

/** What happened, in a few sentences for the top of the page, from every entry's type and body. */
export type Summarise = (facts: readonly { readonly type: string; readonly body: JsonObject }[]) => readonly string[];

/** The page of an export that was found good; `digest` is that of the export file. */
export function exportPage(
  content: JobExport,
  digest: Digest,
  describe: Describe = () => null,
  summarise: Summarise = () => [],
): string {
  const told = content.entries.map((one) => readEntry(one)).filter((one) => one !== null);
  const simulated = told.some((one) => saysSimulated(one.body));
  const title = `Record of job ${content.job}`;
  const shown = new Set<Digest>();
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${style}</style></head><body>`,
    simulated ? '<p class="simulated">SIMULATED, not for human use</p>' : "",
    `<h1>${escapeHtml(title)}</h1>`,
    heading(content, digest),
    summary(summarise(told.map(({ entry, body }) => ({ type: entry.type, body })))),
    '<table><thead><tr><th scope="col">No.</th><th scope="col">When (UTC)</th><th scope="col">Who</th>' +
      '<th scope="col">What</th></tr></thead><tbody>',
    ...told.map((one) => row(one.entry, one.body, content, describe, shown)),
    "</tbody></table>",
    `<footer>${simulated ? "SIMULATED, not for human use. " : ""}SHA-256 of the record file: <code>${digest}</code></footer>`,
    "</body></html>\n",
  ].join("\n");
}

/** Tells any body: one line a member, nested values as JSON. */
export function describeGenerally(type: string, body: JsonObject): Described {
  const words = type.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  const lines = Object.entries(body).map(
    ([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return { title: words.charAt(0).toUpperCase() + words.slice(1), lines };
}

/** UTC of milliseconds since 1970 as `2026-03-01 13:05:09` (proleptic Gregorian; the core has no clock and no Date). */
export function utcText(at: number): string {
  const days = Math.floor(at / 86_400_000);
  const seconds = Math.floor((at - days * 86_400_000) / 1000);
  // Years are counted from 1 March, so that the leap day is the last of its year.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)} ${time}`;
}

/** Text made safe for HTML content and quoted attributes. */
export function escapeHtml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replaceAll(/[&<>"']/g, (sign) => names[sign] ?? "");
}

function heading(content: JobExport, digest: Digest): string {
  const head = parseCheckpoint(`${content.checkpoint.split("\n\n")[0] ?? ""}\n`);
  const covered = head.ok ? `${head.value.size} entries` : "unreadable";
  const facts = [
    ["Cell", content.origin],
    ["Entries of this record", String(content.entries.length)],
    ["Signed checkpoint over", covered],
    ["SHA-256 of the record file", digest],
  ];
  const list = facts.map(([name, value]) => `<dt>${escapeHtml(name ?? "")}</dt><dd>${escapeHtml(value ?? "")}</dd>`);
  return (
    `<dl>${list.join("")}</dl><p>This page is for reading. What can be verified is the record file beside it: ` +
    `<code>cellward verify</code> says whether it is genuine, with the cell's public key from a source that you trust.</p>`
  );
}

function summary(sentences: readonly string[]): string {
  if (sentences.length === 0) return "";
  return `<h2>Summary</h2><ul>${sentences.map((each) => `<li>${escapeHtml(each)}</li>`).join("")}</ul><h2>Entries</h2>`;
}

/** One entry as a table row; `shown` holds the pictures that stood in rows before, so that each stands here once. */
function row(entry: Entry, body: JsonObject, content: JobExport, describe: Describe, shown: Set<Digest>): string {
  const { title, lines } = describe(entry.type, body) ?? describeGenerally(entry.type, body);
  const clock = entry.clockState === "synchronised" ? "" : ` <small>(clock ${escapeHtml(entry.clockState)})</small>`;
  const fresh = artifactDigests(body).filter((digest) => !shown.has(digest));
  const pictures = fresh.map((digest) => picture(digest, content.artifacts.get(digest)));
  for (const digest of fresh) shown.add(digest);
  return (
    `<tr><td>${entry.seq}</td><td>${utcText(entry.at)}${clock}</td><td>${escapeHtml(entry.actorId ?? "the cell")}</td>` +
    `<td><strong>${escapeHtml(title)}</strong>${lines.map((line) => `<br>${escapeHtml(line)}`).join("")}` +
    `${pictures.join("")}</td></tr>`
  );
}

function picture(digest: Digest, bytes: Uint8Array | undefined): string {
  const type = bytes === undefined ? null : pictureType(bytes);
  if (bytes === undefined || type === null) return "";
  return `<br><img alt="Picture ${digest.slice(0, 12)}" src="data:${type};base64,${toBase64(bytes)}">`;
}

function pictureType(bytes: Uint8Array): string | null {
  const begins = (...first: number[]): boolean => first.every((byte, index) => bytes[index] === byte);
  if (begins(0xff, 0xd8, 0xff)) return "image/jpeg";
  return begins(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) ? "image/png" : null;
}

function readEntry(exported: ExportedEntry): { entry: Entry; body: JsonObject } | null {
  const entry = parseEntry(exported.entry);
  const body = parseCanonical(utf8(exported.body));
  return entry === null || !body.ok ? null : { entry, body: body.value as JsonObject };
}

function saysSimulated(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([key, member]) => (key === "simulated" && member === true) || saysSimulated(member),
  );
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
