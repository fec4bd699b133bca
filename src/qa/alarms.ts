/** The alarms of central QA in words: what each means, who is to do what, and which decision is proposed (law 8). */
import type { Bare } from "./item.ts";
import type { RegisteredCell } from "./judge.ts";
import type { Alarm, AlarmCode } from "./watch.ts";

/** How bad it is, what to do, and whether the cell is to be held meanwhile. */
const meanings: Readonly<
  Record<AlarmCode, { readonly risk: 1 | 2; readonly name: string; readonly remedy: string; readonly hold: boolean }>
> = {
  rollback: {
    risk: 1,
    name: "ROLLBACK",
    remedy:
      "Call the site: its database is an older image, or a copy of it speaks. Central's copy is the record. The engineer continues the cell under a new log.",
    hold: true,
  },
  clone: {
    risk: 1,
    name: "CLONE",
    remedy:
      "Call the site and have every computer but the cell's own switched off. Secure the keys: whoever copied the disk has them. The engineer gives the cell a new key.",
    hold: true,
  },
  lost: {
    risk: 1,
    name: "LOST",
    remedy:
      "Central's own database is behind what it has sworn to: find its newest backup. The cells keep everything and send it again.",
    hold: false,
  },
  gap: {
    risk: 2,
    name: "GAP",
    remedy:
      "Call the site: entries are missing between what is held and what comes. Look at the broker, then at the cell.",
    hold: false,
  },
  ancestor: {
    risk: 1,
    name: "ANCESTOR",
    remedy:
      "Call the site: the cell went on from an older image than what is held here. Orders and copies in between are neither void nor closed in its new record. Compare them before anything is made or released.",
    hold: true,
  },
  clock: {
    risk: 2,
    name: "CLOCK",
    remedy:
      "Have the engineer of the site set the clock right and look at its time server. Times in the record from then on are the cell's own word.",
    hold: false,
  },
};

/** What the inbox says of an alarm. */
export function aboutAlarm({ id, cell, code, what, at }: Alarm, cells: readonly RegisteredCell[]): Bare {
  const { risk, name, remedy, hold } = meanings[code];
  const known = cells.some((each) => each.id === cell);
  return {
    id: `alarm/${id}`,
    risk,
    cell,
    job: null,
    what: `${name}: ${what}`,
    remedy,
    since: at,
    proposal:
      hold && known ? { action: "hold", target: { kind: "cell", id: cell }, reason: "security-incident" } : null,
  };
}
