/** Rules of central's evidence endpoint: what a request has to say, and every refusal in words. Pure. */
import { parseCanonical } from "../kernel/json.ts";
import type { Digest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { artifactDigests } from "../ledger/artifacts.ts";
import {
  evidenceHeaders,
  mostPieceBytes,
  mostSealedBytes,
  partType,
  readCount,
  readReprDigest,
} from "../ledger/evidence.ts";
import type { KeptEntry } from "./store.ts";

/** Why central does not take something now: an HTTP status, a code for programs, and what and remedy for people. */
export interface EvidenceRefusal {
  readonly status: number;
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
}

const refuse = (status: number, code: string, what: string, remedy: string): EvidenceRefusal => ({
  status,
  code,
  what,
  remedy,
});

/** Every refusal of the endpoint. */
export const evidenceRefusals = {
  unknownCell: refuse(
    403,
    "cell-unknown",
    "No cell with this certificate is registered here.",
    "Register the cell at central QA.",
  ),
  otherCell: refuse(
    403,
    "other-cell",
    "A cell reaches only its own evidence.",
    "Use this cell's own certificate and id.",
  ),
  noPlace: refuse(404, "no-place", "There is no such place.", "See docs/evidence-format.md."),
  nothing: refuse(404, "nothing", "Nothing of this piece is here.", "Begin at offset 0."),
  form: (what: string) => refuse(400, "form", what, "See docs/evidence-format.md."),
  offset: refuse(409, "offset", "Central stands at another offset.", "Ask with HEAD, and go on from there."),
  recordFirst: refuse(
    409,
    "record-first",
    "Central does not hold the entry that names this piece yet.",
    "The record goes first; try again.",
  ),
  notNamed: refuse(403, "not-named", "The entry does not name this piece.", "Send what the record names."),
  tooLarge: refuse(
    413,
    "too-large",
    `A piece has at most ${mostSealedBytes} bytes sealed, and a part ${mostPieceBytes}.`,
    "Nothing can be done: it stays in the cell.",
  ),
  differs: refuse(
    422,
    "differs",
    "What came does not have the stated digest; it was dropped.",
    "Seal it anew and begin at offset 0.",
  ),
  tooMany: refuse(429, "too-many", "Too many requests of this cell.", "Wait a minute."),
  quota: (mib: number) =>
    refuse(
      507,
      "quota-reached",
      `The evidence of this cell fills its ${mib} MiB at central QA.`,
      "Raise quotaMiB under [evidence], or move old evidence away.",
    ),
  full: refuse(
    507,
    "storage-full",
    "Central QA's disk has no room for evidence.",
    "Make room; cells try again by themselves.",
  ),
  failed: refuse(500, "failed", "Central QA could not do this.", "Look at central's log."),
  storeAway: refuse(
    503,
    "store-away",
    "Central QA's store is away.",
    "Check the database; cells try again by themselves.",
  ),
} as const;

/** A part as a request states it. */
export interface StatedPart {
  readonly offset: number;
  readonly length: number;
  readonly sealed: Digest;
  /** Bytes in this request. */
  readonly bytes: number;
  /** Number of the entry that names the piece. */
  readonly entry: number;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Reads what a request says of its part, before any byte of it is taken. */
export function readPart(headers: Headers): Result<StatedPart, EvidenceRefusal> {
  const text = (name: string) => {
    const value = headers[name];
    return typeof value === "string" ? value : undefined;
  };
  const wrong = (what: string) => err(evidenceRefusals.form(what));
  if (text("content-type") !== partType) return wrong(`A part is ${partType}.`);
  const bytes = readCount(text("content-length"));
  const offset = readCount(text(evidenceHeaders.offset));
  const length = readCount(text(evidenceHeaders.length));
  const entry = readCount(text(evidenceHeaders.entry));
  const sealed = readReprDigest(text(evidenceHeaders.digest) ?? "");
  if (bytes === null || offset === null || length === null || entry === null || sealed === null) {
    return wrong(
      "A part states content-length, upload-offset, upload-length, repr-digest (sha-256) and cellward-entry.",
    );
  }
  if (length > mostSealedBytes || bytes > mostPieceBytes) return err(evidenceRefusals.tooLarge);
  if (length < 1 || offset + bytes > length) return wrong("A part ends within its piece.");
  if (bytes === 0 && offset < length) return wrong("A part has bytes.");
  const complete = offset + bytes === length ? "?1" : "?0";
  if (text(evidenceHeaders.complete) !== complete)
    return wrong("upload-complete says ?1 with the last part, and ?0 before.");
  return ok({ offset, length, sealed, bytes, entry });
}

/** Whether an entry that central holds and has countersigned names the piece; the refusal where it does not. */
export function namingProblem(entry: KeptEntry | undefined, cosigned: number, digest: Digest): EvidenceRefusal | null {
  if (entry === undefined || entry.seq >= cosigned) return evidenceRefusals.recordFirst;
  const body = parseCanonical(entry.body);
  return body.ok && artifactDigests(body.value).includes(digest) ? null : evidenceRefusals.notNamed;
}

/** How one piece that the record names stands at central. */
export type PieceState =
  | { readonly kind: "whole"; readonly bytes: number; readonly at: number }
  | { readonly kind: "part"; readonly bytes: number; readonly length: number }
  /** The cell says that it cannot give it: it is missing there, or damaged. */
  | { readonly kind: "absent"; readonly problem: "missing" | "altered" }
  | { readonly kind: "nothing" };

/** What pages and commands read of the evidence folder. */
export interface EvidenceShelf {
  state(cell: string, digest: Digest): Promise<PieceState>;
}
