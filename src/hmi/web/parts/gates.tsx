/** Why something can or cannot start: every gate, the shut ones first, each with remedy and owner; paged. */
import { useSignal } from "@preact/signals";
import type { Gate } from "../../../jobs/refusal.ts";
import { set } from "../set.ts";
import { ownerWords, plain } from "../words.ts";
import { Pager } from "./pager.tsx";

const rank = { shut: 0, "not-built": 1, open: 2 } as const;
const words = { shut: "Missing", "not-built": "Not built yet", open: "In order" } as const;
const marks = { shut: "✕", "not-built": "–", open: "✓" } as const;

/** How many gates are shut, in words. */
export function gateSummary(gates: readonly Gate[]): string {
  const shut = gates.filter((gate) => gate.state === "shut").length;
  if (shut === 0) return "It can start.";
  return shut === 1 ? "It cannot start: one thing is missing." : `It cannot start: ${shut} things are missing.`;
}

/** The list: `perPage` with their remedies at a time, then those in order, twice as many and a line each. */
export function Gates({ gates, perPage }: { readonly gates: readonly Gate[]; readonly perPage: number }) {
  const page = useSignal(0);
  const sorted = [...gates].sort((a, b) => rank[a.state] - rank[b.state]);
  const pages = [
    ...chunks(
      sorted.filter((gate) => gate.state !== "open"),
      perPage,
    ),
    ...chunks(
      sorted.filter((gate) => gate.state === "open"),
      perPage * 2,
    ),
  ];
  const at = Math.max(0, Math.min(page.value, pages.length - 1));
  return (
    <>
      <ul class="gates">
        {(pages[at] ?? []).map((gate) => (
          <li key={gate.gate} class={`gate ${gate.state}`} data-gate={gate.gate}>
            <span class="mark" aria-hidden="true">
              {marks[gate.state]}
            </span>
            <div>
              <strong>
                {plain(gate.gate)}: {words[gate.state].toLowerCase()}
              </strong>
              <span>{gate.what}</span>
              {gate.remedy === "" ? null : (
                <span class="remedy">
                  {ownerWords[gate.owner]}: {gate.remedy}
                </span>
              )}
            </div>
          </li>
        ))}
      </ul>
      <Pager page={at} pages={pages.length} onPage={(to) => set(page, to)} what="Gates" />
    </>
  );
}

function chunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}
