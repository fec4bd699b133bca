/** How a mutant of a subject is made, by the subject's kind. */

import { parsePackage, printPackage } from "../../src/intake/package/container.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import { fromBase64, textOf, toBase64, utf8 } from "../../src/ledger/bytes.ts";
import type { Row } from "../../src/ledger/chain-check.ts";
import { type Entry, entryText, genesisDigest, parseEntry } from "../../src/ledger/entry.ts";
import { signAnew } from "./anew.ts";
import { mutateArchive } from "./archives.ts";
import { mutateBytes } from "./bytes.ts";
import type { CheckpointCase, DecisionCase, ExportCase, LogCase, PackageCase } from "./case.ts";
import type { Chance } from "./chance.ts";
import { mutateFolder } from "./folders.ts";
import { mutateJson, mutateText } from "./json.ts";
import type { Mutant, Tolerance } from "./mutant.ts";
import { mutateNote } from "./notes.ts";
import { mutateSignature } from "./signatures.ts";
import type { Subject } from "./subject.ts";

/** One mutant of a subject; every fourth is signed anew by the right key. */
export async function mutantOf(subject: Subject, chance: Chance): Promise<Mutant> {
  const forged = forgedOf(subject, chance);
  if (chance.int(4) > 0) return forged;
  const anew = await signAnew(forged.test, subject.whole, subject.signers, chance);
  return anew === null ? forged : { ...anew, how: `${forged.how}; ${anew.how}`, tolerated: "signed anew" };
}

function forgedOf({ whole, replays }: Subject, chance: Chance): Mutant {
  switch (whole.kind) {
    case "export":
      return mutateExport(whole, replays, chance);
    case "log":
      return mutateLog(whole, replays, chance);
    case "checkpoint":
      return mutateCheckpoint(whole, replays, chance);
    case "decision":
      return mutateDecision(whole, chance);
    case "package":
      return mutatePackage(whole, chance);
    case "folder":
      return mutateFolder(whole, `${whole.path}-mutant`, replays, chance);
    case "archive":
      return mutateArchive(whole, `${whole.path}-mutant`, replays, chance);
  }
}

function mutateExport(whole: ExportCase, replays: readonly string[], chance: Chance): Mutant {
  const { how, value } =
    chance.int(3) === 0
      ? mutateBytes(whole.data, chance)
      : asBytes(mutateJson(textOf(whole.data) ?? "", replays, chance));
  return { how, test: { ...whole, data: value }, tolerated: null };
}

function asBytes({ how, value }: { how: string; value: string }): { how: string; value: Uint8Array } {
  return { how, value: Buffer.from(value) };
}

function mutateCheckpoint(whole: CheckpointCase, replays: readonly string[], chance: Chance): Mutant {
  const { how, value, sameMeaning } = mutateNote(whole.note, replays, chance);
  // Whatever befalls the witness's line, the checkpoint itself may still be the cell's.
  const tolerated = sameMeaning
    ? "another's line"
    : textPart(value) === textPart(whole.note) || replays.includes(value)
      ? "a countersignature less"
      : null;
  return { how, test: { ...whole, note: value }, tolerated };
}

function textPart(note: string): string {
  return note.slice(0, note.indexOf("\n\n"));
}

function mutateDecision(whole: DecisionCase, chance: Chance): Mutant {
  const { how, value } = mutateEnvelope(whole.text, chance);
  return { how, test: { ...whole, text: value }, tolerated: null };
}

interface EnvelopeText {
  payload: string;
  signatures: { sig: string }[];
}

/** An envelope's text, its payload's, or one of its signatures'. */
function mutateEnvelope(text: string, chance: Chance): { how: string; value: string } {
  const envelope = JSON.parse(text) as EnvelopeText;
  const payload = textOf(fromBase64(envelope.payload) ?? new Uint8Array()) ?? "";
  const choice = chance.int(6);
  if (choice === 0) {
    const { how, value } = mutateBytes(Buffer.from(text), chance);
    return { how, value: Buffer.from(value).toString() };
  }
  if (choice === 1) {
    const { how, value } = mutateText(payload, [], chance);
    return { how: `payload: ${how}`, value: JSON.stringify({ ...envelope, payload: toBase64(utf8(value)) }) };
  }
  if (choice === 2) {
    const at = chance.int(envelope.signatures.length);
    const { how, value } = mutateSignature(
      fromBase64(envelope.signatures[at]?.sig ?? "") ?? new Uint8Array(64),
      chance,
    );
    const signatures = envelope.signatures.map((each, index) =>
      index === at ? { ...each, sig: toBase64(value) } : each,
    );
    return { how: `signature ${at}: ${how}`, value: JSON.stringify({ ...envelope, signatures }) };
  }
  return mutateJson(text, [], chance);
}

function mutatePackage(whole: PackageCase, chance: Chance): Mutant {
  const parts = parsePackage(whole.data);
  if (!parts.ok || chance.int(3) === 0) {
    const { how, value } = mutateBytes(whole.data, chance);
    return { how, test: { ...whole, data: value }, tolerated: null };
  }
  const { envelope, sealed } = parts.value;
  const text = textOf(envelope) ?? "";
  const { how, value } = mutateEnvelope(text, chance);
  const { signatures } = JSON.parse(text) as EnvelopeText;
  const turned = JSON.stringify({ ...JSON.parse(text), signatures: signatures.toReversed() });
  const test = { ...whole, data: printPackage({ envelope: Buffer.from(value), sealed }) };
  return { how, test, tolerated: value === turned ? "order of signatures" : null };
}

function mutateLog(whole: LogCase, replays: readonly string[], chance: Chance): Mutant {
  const choice = chance.int(10);
  if (choice < 3) return mutateStoredNote(whole, replays, chance);
  const at = chance.int(whole.rows.length);
  const row = whole.rows[at]!;
  const told = (how: string, rows: readonly Row[], tolerated: Tolerance | null = null): Mutant => ({
    ...{ how: `entry ${at}: ${how}`, test: { ...whole, rows }, tolerated },
  });
  if (choice < 5) {
    const column = chance.of(["entry", "body"] as const);
    const { how, value } = mutateBytes(row[column], chance);
    return told(`${column}: ${how}`, whole.rows.with(at, { ...row, [column]: value }));
  }
  if (choice < 8) {
    const column = chance.of(["entry", "body"] as const);
    const { how, value } = mutateJson(textOf(row[column]) ?? "", [], chance);
    const rows = whole.rows.with(at, { ...row, [column]: Buffer.from(value) });
    // As somebody would do it who can write the folder, but not sign: every link after it made to fit.
    return chance.int(2) === 0
      ? told(`${column}: ${how}`, rows)
      : told(`${column}: ${how}, linked anew`, relinked(whole, rows, at));
  }
  const other = chance.int(whole.rows.length);
  const renumbered = (rows: readonly Row[]) => rows.map((each, seq) => ({ ...each, seq }));
  const moved: [string, readonly Row[]][] = [
    ["missing", whole.rows.toSpliced(at, 1)],
    ["missing, renumbered", renumbered(whole.rows.toSpliced(at, 1))],
    ["doubled", renumbered(whole.rows.toSpliced(at, 0, row))],
    [`swapped with ${other}`, renumbered(whole.rows.with(at, whole.rows[other]!).with(other, row))],
    ["filed under another job", whole.rows.with(at, { ...row, job: row.job === null ? "J1" : null })],
    ["filed under another case", whole.rows.with(at, { ...row, job: row.job === null ? "" : row.job.toLowerCase() })],
    ["all after it gone", whole.rows.slice(0, at)],
    ["missing, linked anew", relinked(whole, renumbered(whole.rows.toSpliced(at, 1)), at)],
  ];
  return told(...chance.of(moved));
}

/** A stored checkpoint or countersigned checkpoint changed, moved or gone. */
function mutateStoredNote(whole: LogCase, replays: readonly string[], chance: Chance): Mutant {
  const table = chance.of(["checkpoints", "cosignatures"] as const);
  const list = whole[table];
  const at = chance.int(list.length);
  const row = list[at]!;
  const put = (how: string, rows: LogCase["checkpoints"], tolerated: Tolerance | null = null): Mutant => ({
    ...{ how: `${table} ${at}: ${how}`, test: { ...whole, [table]: rows }, tolerated },
  });
  switch (chance.int(5)) {
    case 0:
      return put(
        "gone",
        list.toSpliced(at, 1),
        table === "checkpoints" ? "a checkpoint less" : "a countersignature less",
      );
    case 1:
      return put("filed under another size", list.with(at, { ...row, size: row.size + chance.of([-1, 1, 2]) }));
    case 2: {
      const size = chance.int(whole.rows.length);
      const before = (rows: LogCase["checkpoints"]) => rows.filter((each) => each.size <= size);
      const test = {
        ...whole,
        rows: whole.rows.slice(0, size),
        checkpoints: before(whole.checkpoints),
        cosignatures: before(whole.cosignatures),
      };
      return { how: `an older image of ${size} entries`, test, tolerated: "an older end" };
    }
    default: {
      const { how, value, sameMeaning } = mutateNote(row.note, replays, chance);
      // A checkpoint's row may bear lines that its reader does not know; that of another table over the same entries too.
      const known = replays.includes(value) && textPart(value) === textPart(row.note) && table === "checkpoints";
      return put(how, list.with(at, { ...row, note: value }), sameMeaning || known ? "another's line" : null);
    }
  }
}

/** The rows from `at` on with body digests, numbers and links as they would have to be, as far as they are entries. */
function relinked({ origin }: LogCase, rows: readonly Row[], at: number): readonly Row[] {
  const heads = new Map<string, string>();
  let prev: string = genesisDigest(origin);
  return rows.map((row, seq) => {
    const entry = parseEntry(textOf(row.entry) ?? "");
    let bytes = row.entry;
    if (entry !== null && seq >= at) {
      const jobPrev = entry.job === null ? null : (heads.get(entry.job) ?? null);
      const links = { seq, prev, jobPrev, bodyDigest: digestOf(row.body) } as Partial<Entry>;
      bytes = utf8(entryText({ ...entry, ...links }));
    }
    prev = digestOf(bytes);
    if (entry !== null && entry.job !== null) heads.set(entry.job, prev);
    return { ...row, entry: bytes, job: entry === null ? row.job : entry.job };
  });
}
