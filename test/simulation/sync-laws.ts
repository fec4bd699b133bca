/** The laws of sync: central holds exactly what the cell shows as with QA, never less, each entry once. */
import { sameBytes } from "../../src/ledger/bytes.ts";
import type { MemoryDisk } from "../../src/ledger/memory.ts";
import type { Archive } from "./archive.ts";

/** At every moment: what the cell counts as with QA, central has stored. */
export function judgeReceipts(disk: MemoryDisk, archive: Archive, accuse: (law: string) => void): void {
  const withQa = disk.cosignatures.at(-1)?.size ?? 0;
  const { length } = archive.held;
  if (withQa > length) accuse(`the cell counts ${withQa} entries as with QA, and central holds ${length}`);
  if (length > disk.rows.length) accuse(`central holds ${length} entries of ${disk.rows.length}`);
}

/** After the storm: everything has come, once, byte for byte, and the cell knows it. */
export function judgeSync(disk: MemoryDisk, archive: Archive, accuse: (law: string) => void): void {
  judgeReceipts(disk, archive, accuse);
  const withQa = disk.cosignatures.at(-1)?.size ?? 0;
  if (withQa !== disk.rows.length) accuse(`${disk.rows.length - withQa} entries never came to be with QA`);
  if (archive.isFrozen()) accuse("central believes that there are two histories");
  for (const [index, { seq, entry, body }] of archive.held.entries()) {
    const own = disk.rows[index];
    if (seq !== index) return accuse(`central holds entry ${seq} in the place of ${index}`);
    if (!own || !sameBytes(own.entry, entry) || !sameBytes(own.body, body)) {
      return accuse(`central holds another entry ${seq} than the cell`);
    }
  }
}
