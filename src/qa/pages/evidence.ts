/** What has come of a job's evidence: digests and states; looking at pictures is left to who has the evidence identity. */
import { parseCanonical } from "../../kernel/json.ts";
import type { Digest, JobId } from "../../kernel/names.ts";
import { artifactDigests } from "../../ledger/artifacts.ts";
import type { EvidenceShelf, PieceState } from "../evidence.ts";
import { type Html, html } from "../html.ts";
import type { CellStanding } from "../inbox.ts";
import type { KeptEntry } from "../store.ts";
import type { Viewer } from "./frame.ts";

/** A piece that the record names, by the first entry that does. */
export interface NamedPiece {
  readonly digest: Digest;
  readonly seq: number;
  readonly type: string;
}

export interface ShownPiece extends NamedPiece {
  readonly state: PieceState;
}

/** Pieces of one job that are listed; the rest is counted. */
const mostShown = 200;

/** Every piece that these entries name, once, in order. */
export function namedPieces(entries: readonly KeptEntry[]): readonly NamedPiece[] {
  const pieces = new Map<Digest, NamedPiece>();
  for (const { seq, type, body } of entries) {
    const parsed = parseCanonical(body);
    if (!parsed.ok) continue;
    for (const digest of artifactDigests(parsed.value))
      if (!pieces.has(digest)) pieces.set(digest, { digest, seq, type });
  }
  return [...pieces.values()];
}

/** How each piece stands in the folder. */
export async function piecesOf(
  shelf: EvidenceShelf,
  { cell }: CellStanding,
  entries: readonly KeptEntry[],
): Promise<readonly ShownPiece[]> {
  const shown: ShownPiece[] = [];
  for (const piece of namedPieces(entries)) shown.push({ ...piece, state: await shelf.state(cell.id, piece.digest) });
  return shown;
}

/** The list, what is missing first, and the way to ask for it; `pieces` is null where central takes no evidence. */
export function evidencePanel(
  { cell }: CellStanding,
  job: JobId,
  pieces: readonly ShownPiece[] | null,
  viewer: Viewer,
): Html {
  if (pieces === null) {
    return html`<div class="panel"><h2>Evidence</h2><p>Pictures and reports stay at the cell: central has no [evidence] configured.</p></div>`;
  }
  if (pieces.length === 0) return html`<div class="panel"><h2>Evidence</h2><p>The record names none.</p></div>`;
  const come = pieces.filter(({ state }) => state.kind === "whole").length;
  const rest = pieces.filter(({ state }) => state.kind !== "whole");
  const listed = [...rest, ...pieces.filter(({ state }) => state.kind === "whole")].slice(0, mostShown);
  const more = pieces.length - listed.length;
  const ask = `/decisions?cell=${cell.id}&action=fetch-evidence&kind=job&id=${job}&reason=review`;
  return html`<div class="panel"><h2>Evidence</h2>
<p class="what">${come} of ${pieces.length} pieces have come, sealed for the evidence identity.</p>
${rest.length > 0 && viewer.isQa ? html`<p><a class="button" href="${ask}">Ask the cell for them</a></p>` : null}
<p class="soft">To look: cellward qa evidence open ${cell.id} ${job} --identity FILE --out FOLDER</p></div>
<div class="wide" tabindex="0" role="region" aria-label="Evidence"><table><thead><tr><th scope="col">Entry</th><th scope="col">Piece</th><th scope="col">Here</th></tr></thead><tbody>${listed.map(row)}</tbody></table></div>
${more > 0 ? html`<p class="soft">And ${more} more.</p>` : null}`;
}

function row({ seq, type, digest, state }: ShownPiece): Html {
  return html`<tr><td>${seq} ${type}</td><td><code>${digest}</code></td><td>${words(state)}</td></tr>`;
}

function words(state: PieceState): Html {
  if (state.kind === "whole") return html`has come, ${kib(state.bytes)}`;
  if (state.kind === "part") return html`<span class="mark m3">▲ ${kib(state.bytes)} of ${kib(state.length)}</span>`;
  if (state.kind === "nothing") return html`not here`;
  const what = state.problem === "missing" ? "does not have it" : "has it damaged";
  return html`<span class="mark m1">■ the cell says that it ${what}</span>`;
}

function kib(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`;
}
