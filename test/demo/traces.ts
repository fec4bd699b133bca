/** Looks for traces of a text in anything that was written: as it is, in other encodings, packed, or inside what was packed. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gunzipSync, inflateSync } from "node:zlib";

/** Forms in which a text can stand somewhere, each with its name. */
export function formsOf(text: string): readonly (readonly [form: string, bytes: Buffer])[] {
  const utf8 = Buffer.from(text);
  const wide = Buffer.from(text, "utf16le");
  return [
    ["plain", utf8],
    ["UTF-16LE", wide],
    ["UTF-16BE", Buffer.from(wide).swap16()],
    ["hex", Buffer.from(utf8.toString("hex"))],
    ["HEX", Buffer.from(utf8.toString("hex").toUpperCase())],
    ["URL", Buffer.from(encodeURIComponent(text))],
    ["form", Buffer.from(encodeURIComponent(text).replaceAll("%20", "+"))],
    ...[utf8, wide].flatMap((bytes) => [0, 1, 2].flatMap((shift) => base64At(bytes, shift))),
  ];
}

/** What is sure to stand in base64 of something that holds these bytes, when `shift` bytes come before within a group of three. */
function base64At(bytes: Buffer, shift: number): (readonly [string, Buffer])[] {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
  const from = shift === 0 ? 0 : 4;
  const until = Math.floor((shift + bytes.length) / 3) * 4;
  const core = text.slice(from, until);
  const forms = new Set([core, core.replaceAll("+", "-").replaceAll("/", "_")]);
  return [...forms].map((form) => ["base64", Buffer.from(form)] as const);
}

/** Names of the forms in which one of the texts stands in these bytes, or in what is packed in them. */
export function tracesIn(bytes: Buffer, texts: readonly string[], depth = 2): string[] {
  const here = texts.flatMap((text) =>
    formsOf(text).flatMap(([form, needle]) => (bytes.includes(needle) ? [`${text} (${form})`] : [])),
  );
  if (depth === 0) return here;
  const inside = [...gzipped(bytes), ...deflated(bytes), ...encoded(bytes)];
  return [...here, ...inside.flatMap((each) => tracesIn(each, texts, depth - 1).map((found) => `${found}, packed`))];
}

const tolerant = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1 << 26 } as const;

function* gzipped(bytes: Buffer): Iterable<Buffer> {
  const magic = Buffer.from([0x1f, 0x8b, 0x08]);
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    try {
      yield gunzipSync(bytes.subarray(at), tolerant);
    } catch {
      // It only looked like a gzip stream.
    }
  }
}

/** The streams of a PDF. */
function* deflated(bytes: Buffer): Iterable<Buffer> {
  if (!bytes.subarray(0, 5).equals(Buffer.from("%PDF-"))) return;
  for (let at = bytes.indexOf("stream\n"); at >= 0; at = bytes.indexOf("stream\n", at + 1)) {
    try {
      yield inflateSync(bytes.subarray(at + 7), tolerant);
    } catch {
      // A stream that is not packed.
    }
  }
}

/** Runs of base64 that hold something packed: plain text in them is found by its forms. */
function* encoded(bytes: Buffer): Iterable<Buffer> {
  const text = bytes.toString("latin1");
  for (const [run] of text.matchAll(/H4sI[A-Za-z0-9+/_-]{16,}/g)) yield Buffer.from(run, "base64");
}

export interface Found {
  readonly where: string;
  readonly traces: readonly string[];
}

/** Every file in these folders that holds a trace, or whose name does. */
export function tracesUnder(folders: readonly string[], texts: readonly string[]): { files: number; found: Found[] } {
  const found: Found[] = [];
  let files = 0;
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const where = join(entry.parentPath, entry.name);
      const bytes = entry.isFile() ? readFileSync(where) : Buffer.alloc(0);
      if (entry.isFile()) files += 1;
      const traces = [...tracesIn(Buffer.from(entry.name), texts, 0), ...tracesIn(bytes, texts)];
      if (traces.length > 0) found.push({ where, traces });
    }
  }
  return { files, found };
}
