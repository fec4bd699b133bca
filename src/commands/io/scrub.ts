/** The record's scrub as the daemon runs it: what a round finds is told to the core, which records it and stops new starts. */
import type { Cell } from "../../cell.ts";
import type { OpenedLedger } from "../../ledger/io/ledger.ts";
import type { RecordDamage, Scrub } from "../../ledger/scrub.ts";

/** Starts the scrub of a cell's record. */
export function openScrub(
  opened: Pick<OpenedLedger, "scrub">,
  cell: Pick<Cell, "submit">,
  log: (message: string, facts?: Record<string, unknown>) => void,
): Scrub {
  return opened.scrub({
    onRound(damage, entries) {
      if (damage === null) log("the record was read again and is whole", { entries });
      else log(damage.what, { code: "record-damaged", rule: damage.rule, from: damage.from, to: damage.to });
      void cell.submit({ kind: "record-scrubbed", damage: forCore(damage), entries }).catch(() => undefined);
    },
    onTrouble: (what) => log(what, { code: "scrub-ended" }),
  });
}

function forCore(damage: RecordDamage | null) {
  if (damage === null) return null;
  const { rule, seq: entry, from, to, what } = damage;
  return { rule, entry, from, to, what };
}
