/** `labels.csv` of a set: which frames are defective, and of what class. */
import { err, ok, type Result } from "../../kernel/result.ts";
import { stemOf } from "./names.ts";

export interface Label {
  readonly defective: boolean;
  /** Empty where none is given. */
  readonly class: string;
}

const yes: readonly string[] = ["1", "true", "yes", "y", "defect", "defective", "bad", "nok", "ng", "fail"];
const no: readonly string[] = ["0", "false", "no", "n", "", "ok", "good", "clean", "pass", "none"];
const frameNames: readonly string[] = ["frame", "file", "filename", "image", "picture", "name"];
const defectiveNames: readonly string[] = ["defective", "defect", "label", "is_defective", "anomaly"];
const classNames: readonly string[] = ["class", "classes", "kind", "type"];

/** Reads labels by the name of the frame without its ending, in small letters. Commas, semicolons or tabs part columns. */
export function readLabels(text: string): Result<ReadonlyMap<string, Label>, string> {
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== "");
  const first = lines[0] ?? "";
  const separator = [",", ";", "\t"].find((s) => first.includes(s)) ?? ",";
  const heads = cells(first, separator).map((c) => c.toLowerCase().replace(/[ -]/g, "_"));
  const column = (names: readonly string[]): number => heads.findIndex((h) => names.includes(h));
  const [frame, defective, kind] = [column(frameNames), column(defectiveNames), column(classNames)];
  if (frame < 0 || defective < 0) return err("its first line must name the columns frame, defective and class");
  const labels = new Map<string, Label>();
  for (const [at, line] of lines.slice(1).entries()) {
    const row = cells(line, separator);
    const said = (row[defective] ?? "").toLowerCase();
    const count = Number(said);
    const known = yes.includes(said) ? true : no.includes(said) ? false : Number.isFinite(count) ? count !== 0 : null;
    if (known === null) return err(`line ${at + 2} says "${row[defective]}" where 1 or 0 is expected`);
    const name = stemOf(row[frame] ?? "").toLowerCase();
    if (name === "") return err(`line ${at + 2} names no frame`);
    if (labels.has(name)) return err(`line ${at + 2} names the frame "${row[frame]}" a second time`);
    labels.set(name, { defective: known, class: known && kind >= 0 ? (row[kind] ?? "") : "" });
  }
  return labels.size === 0 ? err("it has no line but the first") : ok(labels);
}

/** Cells of one line; quotes may hold separators. */
function cells(line: string, separator: string): string[] {
  const found: string[] = [];
  let [cell, quoted] = ["", false];
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (c === '"' && quoted && line[i + 1] === '"') {
      cell += c;
      i++;
    } else if (c === '"') quoted = !quoted;
    else if (c === separator && !quoted) {
      found.push(cell.trim());
      cell = "";
    } else cell += c;
  }
  return [...found, cell.trim()];
}
