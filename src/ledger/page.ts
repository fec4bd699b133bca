/** The readable page of one job's export, whatever it is shown on: what stands on it, in the order of reading. */
import { parseCanonical } from "../kernel/json.ts";
import type { Digest } from "../kernel/names.ts";
import { artifactDigests } from "./artifacts.ts";
import { utf8 } from "./bytes.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { type Entry, type JsonObject, parseEntry } from "./entry.ts";
import type { ExportedEntry, JobExport } from "./export.ts";
import { saysSimulated } from "./simulated.ts";

/** How one kind of entry is told: a heading, and lines of plain text under it. */
export interface Described {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Tells an entry; null where it has no words of its own and the general telling will do. */
export type Describe = (type: string, body: JsonObject) => Described | null;

/** What happened, in a few sentences for the top of the page, from every entry's type and body. */
export type Summarise = (facts: readonly { readonly type: string; readonly body: JsonObject }[]) => readonly string[];

/** A picture that stands under an entry, once in a page. */
export interface PagePicture {
  readonly digest: Digest;
  readonly type: "image/jpeg" | "image/png";
  readonly bytes: Uint8Array;
}

/** One entry of the record as it is told. */
export interface PageEntry {
  readonly seq: number;
  readonly when: string;
  /** What the clock was worth, where it was not synchronised; else null. */
  readonly clock: string | null;
  readonly who: string;
  readonly title: string;
  readonly lines: readonly string[];
  readonly pictures: readonly PagePicture[];
}

/** Everything that the readable page says, on screen and on paper. */
export interface Page {
  readonly title: string;
  readonly simulated: boolean;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly summary: readonly string[];
  readonly entries: readonly PageEntry[];
  readonly digest: Digest;
  /** When the last entry was written: the record's own date. */
  readonly until: number;
}

/** Evidence that a page may show, by its digest; a record can hold more than a page can carry. */
export type Pictures = ReadonlyMap<Digest, Uint8Array>;

/** One entry of the record, for whoever tells it. */
export interface Fact {
  readonly type: string;
  readonly body: JsonObject;
  readonly at: number;
}

/** How the page's facts and entries are worded; without it, generally. */
export interface Telling {
  /** Made for a whole record: an entry can be told in the light of a later one. */
  readonly describe?: ((facts: readonly Fact[]) => Describe) | undefined;
  readonly summarise?: Summarise | undefined;
}

/** As the verifier counts: the job's own entries, and apart from them those that name the cell's starts. */
function countOf({ job }: JobExport, told: readonly { readonly entry: Entry }[]): string {
  const own = told.filter(({ entry }) => entry.job === job).length;
  const starts = told.length - own;
  return starts === 0 ? String(own) : `${own}, and ${starts} of the cell's ${starts === 1 ? "start" : "starts"}`;
}

/** The page of an export that was found good; `digest` is that of the export file, `verdict` the verifier's headline. */
export function pageOf(
  content: JobExport,
  digest: Digest,
  verdict: string,
  telling: Telling = {},
  pictures: Pictures = new Map(),
): Page {
  const { summarise = () => [] } = telling;
  const told = content.entries.map((one) => readEntry(one)).filter((one) => one !== null);
  const shown = new Set<Digest>();
  const describe =
    telling.describe?.(told.map(({ entry, body }) => ({ type: entry.type, body, at: entry.at }))) ?? (() => null);
  return {
    title: `Record of job ${content.job}`,
    simulated: told.some((one) => saysSimulated(one.body)),
    facts: [
      ["Cell", content.origin],
      ["Entries of this record", countOf(content, told)],
      ["Signed checkpoint over", covered(content)],
      ["Verdict when this was written", verdict],
      ["SHA-256 of the record file", digest],
    ],
    summary: summarise(told.map(({ entry, body }) => ({ type: entry.type, body }))),
    entries: told.map(({ entry, body }) =>
      entryOf(entry, body, describe, { pictures, shown, inside: content.artifacts }),
    ),
    digest,
    until: Math.max(0, ...told.map(({ entry }) => entry.at)),
  };
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

function covered(content: JobExport): string {
  const head = parseCheckpoint(`${content.checkpoint.split("\n\n")[0] ?? ""}\n`);
  return head.ok ? `${head.value.size} entries` : "unreadable";
}

/** Where an entry's pictures come from; `shown` holds those of entries before, so that each stands on the page once. */
interface Shelf {
  readonly pictures: Pictures;
  readonly inside: JobExport["artifacts"];
  readonly shown: Set<Digest>;
}

function entryOf(entry: Entry, body: JsonObject, describe: Describe, { pictures, inside, shown }: Shelf): PageEntry {
  const { title, lines } = describe(entry.type, body) ?? describeGenerally(entry.type, body);
  const fresh = artifactDigests(body).filter((digest) => !shown.has(digest));
  for (const digest of fresh) shown.add(digest);
  return {
    seq: entry.seq,
    when: utcText(entry.at),
    clock: entry.clockState === "synchronised" ? null : entry.clockState,
    who: entry.actorId ?? "the cell",
    title,
    lines: [...lines, ...fresh.filter((each) => inside.has(each) && !pictures.has(each)).map(notHere)],
    pictures: fresh.flatMap((digest) => {
      const bytes = pictures.get(digest);
      const type = bytes === undefined ? null : pictureType(bytes);
      return bytes === undefined || type === null ? [] : [{ digest, type, bytes }];
    }),
  };
}

/** What is too much for a page to carry. */
function notHere(digest: Digest): string {
  return `Evidence ${digest} is in the record file; it is not shown here.`;
}

function pictureType(bytes: Uint8Array): PagePicture["type"] | null {
  const begins = (...first: number[]): boolean => first.every((byte, index) => bytes[index] === byte);
  if (begins(0xff, 0xd8, 0xff)) return "image/jpeg";
  return begins(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) ? "image/png" : null;
}

function readEntry(exported: ExportedEntry): { entry: Entry; body: JsonObject } | null {
  const entry = parseEntry(exported.entry);
  const body = parseCanonical(utf8(exported.body));
  return entry === null || !body.ok ? null : { entry, body: body.value as JsonObject };
}
