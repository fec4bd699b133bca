/** `cellward inspect rates`: how often people confirmed the inspection, overruled it, and found what it had missed. */
import { readRows } from "../../ledger/io/read-rows.ts";
import { exitCode } from "../exit-code.ts";
import { createReviewTally, ratesInWords } from "../review-rates.ts";
import type { Terminal } from "./terminal.ts";

const tellEvery = 100_000;

/** Exit code 0 where the whole record could be read, 4 where counts may be short, 3 where there is no record. */
export function inspectRates(terminal: Terminal, data: string): number {
  const tally = createReviewTally();
  let entries = 0;
  const read = readRows(data, ({ entry, body }) => {
    entries += 1;
    if (entries % tellEvery === 0) terminal.progress(`${entries} entries read`);
    tally.take(entry.type, body);
  });
  if (!read.ok) return terminal.trouble(read.error, exitCode.notReady);
  const models = tally.report();
  const { origin, unreadInAll } = read.value;
  const whole = unreadInAll === 0;
  const short = whole
    ? []
    : [`THESE COUNTS MAY BE WRONG: ${unreadInAll} entries cannot be read as written. Run \`cellward verify\`.`];
  const value = { ok: whole, origin, entries, unread: unreadInAll, models };
  terminal.result(value, [ratesInWords(models), ...short].join("\n"));
  return whole ? exitCode.ok : exitCode.verificationFailed;
}
