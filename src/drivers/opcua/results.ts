/** What a job reported at its end: measured values with their units, curves as evidence, and what it says of itself. */
import type { Result as Measured } from "../../equipment/machine.ts";
import { digestOf } from "../../kernel/hash.ts";
import { canonicalBytes } from "../../kernel/json.ts";
import { type Digest, isDigest, isIdentifier } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { clip } from "../../kernel/text.ts";
import type { ReportItem } from "./requests.ts";

/** A curve or a log, with the bytes that are stored. */
export interface Evidence {
  readonly name: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

export interface Outcome {
  readonly results: readonly Measured[];
  readonly evidence: readonly Evidence[];
  /** SHA-256 of the program that the machine says it ran; null where it does not say. */
  readonly program: Digest | null;
  /** The part that the machine says it worked on. */
  readonly part: string | null;
  /** JobResult of OPC 40001-3: false where the machine itself calls the job not successful. */
  readonly successful: boolean;
}

/** Members of a report that are about the job, not about the part. */
const ids = { program: "ProgramDigest", part: "PartTag", result: "JobResult", software: "SoftwareRevision" } as const;
const about = new Set<string>(Object.values(ids));
const jobResultSuccessful = 1;
const most = { results: 256, evidence: 16, bytes: 1 << 20 } as const;

/** Reads JobResponseData; the error is a reason in words for a sentence. Texts of other names say nothing and are skipped. */
export function readResults(data: readonly ReportItem[]): Result<Outcome, string> {
  const seen = new Set<string>();
  const results: Measured[] = [];
  const evidence: Evidence[] = [];
  for (const item of data) {
    if (seen.has(item.id)) return err(`${shown(item)} is there twice`);
    seen.add(item.id);
    if (about.has(item.id)) continue;
    const taken = takeItem(item, results, evidence);
    if (taken !== null) return err(taken);
  }
  if (results.length > most.results || evidence.length > most.evidence) return err("there are too many of them");
  const text = (id: string): string | null => {
    const value = data.find((item) => item.id === id)?.value;
    return typeof value === "string" ? value : null;
  };
  const digest = text(ids.program)?.toLowerCase() ?? null;
  if (digest !== null && !isDigest(digest)) return err(`${ids.program} is no digest`);
  const result = data.find((item) => item.id === ids.result)?.value;
  const successful = result === undefined || result === jobResultSuccessful;
  return ok({ results, evidence, program: digest, part: text(ids.part), successful });
}

/** Why the item cannot be taken, or null. */
function takeItem(item: ReportItem, results: Measured[], evidence: Evidence[]): string | null {
  const { id, value, unit } = item;
  if (value === null || typeof value === "string" || typeof value === "boolean") return null;
  if (!isIdentifier(id)) return `${shown(item)} is not a name`;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return `${id} is not a number`;
    results.push({ characteristic: id, value, unit, gauge: gaugeOf(item) });
    return null;
  }
  const bytes = value instanceof Uint8Array ? value : curveBytes(id, value, unit);
  if (bytes === null) return `${id} holds something that is not a number`;
  if (bytes.length > most.bytes) return `${id} is too large`;
  evidence.push({ name: id, digest: digestOf(bytes), bytes });
  return null;
}

/** A curve as it is stored: canonical JSON, so that the same values have the same digest. */
function curveBytes(name: string, values: readonly number[], unit: string): Uint8Array | null {
  if (!values.every(Number.isFinite)) return null;
  return canonicalBytes({ format: "cellward-curve/1", name, unit, values });
}

/** The instrument, where the machine names it below the value. */
function gaugeOf({ below }: ReportItem): string | null {
  const found = below.find(({ id }) => id === "Gauge" || id === "GaugeID")?.value;
  return typeof found === "string" && isIdentifier(found) ? found : null;
}

function shown({ id }: ReportItem): string {
  return `"${id.replace(/[^\x20-\x7e]/g, "?").slice(0, 40)}"`;
}

/** UNECE Recommendation 20 codes, as EUInformation.unitId carries them: the number counts, not the display name. */
const unece: Readonly<Record<string, string>> = {
  ...{ MMT: "mm", CMT: "cm", MTR: "m", "4H": "um", NEW: "N", B47: "kN", NU: "N.m", SEC: "s", MIN: "min", HUR: "h" },
  ...{ CEL: "°C", KEL: "K", GRM: "g", KGM: "kg", BAR: "bar", P1: "%", C81: "rad", DD: "°", LTR: "L", MLT: "mL" },
};

/** The unit's symbol: by its number where that is a known one, else by its display name. */
export function unitOf(unitId: number, displayName: string): string {
  const code = [24, 16, 8, 0].map((shift) => (unitId >>> shift) & 0xff).filter((byte) => byte !== 0);
  return unece[String.fromCharCode(...code)] ?? clip(displayName, 16);
}
