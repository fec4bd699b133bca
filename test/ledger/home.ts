/** A key folder copied so that it counts as the one in which the cell ran: what an image of a disk gives, and no copy of files. */
import { chmodSync, cpSync } from "node:fs";
import { readFloor, writeFloor } from "../../src/ledger/io/floor.ts";

/** Copies it; the floor there is written once more, as the file that it now is. */
export async function imageKeys(from: string, to: string, origin: string): Promise<void> {
  cpSync(from, to, { recursive: true });
  chmodSync(to, 0o700);
  const floor = await readFloor(to, origin);
  if (floor === null) throw new Error(`no floor in ${to}`);
  await writeFloor(to, origin, floor, floor.closed);
}
