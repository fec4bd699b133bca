/** Reconciliation of labels (21 CFR 820.45, ISO 13485 7.5.1): each one issued ends on its device or is voided. */

/** One thing that happened to a printed label. */
export interface LabelMove {
  readonly what: "issued" | "applied" | "voided";
  /** The label's own identifier; a second print of the same content is another label. */
  readonly label: string;
  /** The copy of the order that it is for, or was put on. */
  readonly unit: number;
}

export interface LabelAccount {
  readonly issued: number;
  readonly applied: number;
  readonly voided: number;
  /** What does not add up, one sentence each; empty when `issued = applied + voided` and the unit bears one label. */
  readonly problems: readonly string[];
}

/** The labels of one unit, from all moves of the job in their order. */
export function accountForLabels(moves: readonly LabelMove[], unit: number): LabelAccount {
  const standing = new Map<string, LabelMove["what"]>();
  const problems: string[] = [];
  for (const move of moves) {
    const stranger = strangeMove(move, moves, unit);
    if (stranger !== null) problems.push(stranger);
    if (move.unit !== unit) continue;
    const wrong = wrongMove(standing.get(move.label), move);
    if (wrong === null) standing.set(move.label, move.what);
    else problems.push(wrong);
  }
  const those = (what: LabelMove["what"]): string[] =>
    [...standing].filter(([, last]) => last === what).map(([label]) => label);
  const [open, applied, voided] = [those("issued"), those("applied"), those("voided")];
  for (const label of open) {
    problems.push(`Label ${label} of copy ${unit} was issued and is neither applied nor voided.`);
  }
  if (applied.length === 0) problems.push(`Copy ${unit} bears no label.`);
  if (applied.length > 1) problems.push(`Copy ${unit} bears ${applied.length} labels: ${applied.join(", ")}.`);
  return { issued: standing.size, applied: applied.length, voided: voided.length, problems };
}

/** A label that was issued for this unit and put on another one, or the other way round; null where it is not so. */
function strangeMove(move: LabelMove, moves: readonly LabelMove[], unit: number): string | null {
  if (move.what !== "applied") return null;
  const issue = moves.find((each) => each.what === "issued" && each.label === move.label);
  if (issue === undefined || issue.unit === move.unit || (issue.unit !== unit && move.unit !== unit)) return null;
  return `Label ${move.label} was issued for copy ${issue.unit} and applied to copy ${move.unit}.`;
}

/** Why a label that stands at `last` cannot make this move; null where it can. An applied label can still be voided. */
function wrongMove(last: LabelMove["what"] | undefined, { what, label, unit }: LabelMove): string | null {
  if (what === "issued") return last === undefined ? null : `Label ${label} of copy ${unit} was issued twice.`;
  if (last === undefined) return `Label ${label} was ${what} for copy ${unit}, for which it was never issued.`;
  if (last === "voided") return `Label ${label} of copy ${unit} was ${what} after it had been voided.`;
  return last === what ? `Label ${label} of copy ${unit} was ${what} twice.` : null;
}
