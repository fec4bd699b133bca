/** What can go wrong between a cell and central QA, in words for a technician: what, why, who can mend it. */

/** Something that a person has to look at. */
export interface Trouble {
  readonly code: TroubleCode;
  /** What happened and why, one sentence. */
  readonly what: string;
  /** What to do about it, and who can, one sentence. */
  readonly remedy: string;
  /** Both keys have signed what it says. */
  readonly proven?: true;
}

export type TroubleCode =
  /** A countersignature that does not hold. It was not counted. */
  | "receipt-note"
  | "receipt-size"
  | "receipt-time"
  /** Central QA says that it holds less than it has countersigned. */
  | "qa-behind"
  /** Central QA holds more than this cell has, or something else. */
  | "cell-behind"
  | "fork"
  /** The same, said by nobody's signature: it stops nothing. */
  | "unproven"
  /** One entry cannot be handed over. */
  | "entry-refused"
  | "entry-too-large"
  /** What was to be sent has rotted here. */
  | "record-damaged"
  /** The broker ended this session for another one of the same name. */
  | "session-taken"
  | "connection-unstable"
  /** The broker does not let this cell in, or does not let it speak or listen. */
  | "broker-refuses"
  /** The broker is not the one that it should be, or this cell's own certificate cannot be read. */
  | "broker-untrusted"
  | "certificate-unreadable"
  /** A decision of central QA that is not one. */
  | "decision-refused";

const remedies: Record<TroubleCode, string> = {
  "receipt-note":
    "Call central QA and the engineer: its key is not the one configured here, or somebody answers for it.",
  "receipt-size": "Call central QA: it answers for another record.",
  "receipt-time": "Let the engineer compare the clocks of this cell and of central QA.",
  "qa-behind":
    "Nothing here: the cell hands over again what central QA has lost. Tell central QA, whose store was put back to an older state.",
  "cell-behind":
    "Do not use this cell: its record is an older image or a copy. Call QA and the engineer; they decide which record goes on.",
  fork: "Do not use this cell: two records claim its name. Call QA and the engineer; they decide which one goes on.",
  unproven:
    "Let the engineer look at the broker, and central QA say what it holds: who holds the broker can say this. The cell asks again.",
  "entry-refused": "Call central QA: it has put the entry aside; sync goes on when it takes the entry.",
  "entry-too-large": "Call the engineer: the entry is larger than a message may be; the record here is whole.",
  "record-damaged":
    "Start nothing new; call the engineer, who verifies the record and brings it back from central QA's copy or a backup (docs/restore.md).",
  "session-taken":
    "Let the engineer find the other controller that uses this cell's certificate, then start the cell again.",
  "connection-unstable":
    "Let the engineer look at the network and the broker, and for another controller with this cell's certificate.",
  "broker-refuses":
    "Let the engineer check this cell's certificate and the broker's list of who may speak on its topic.",
  "broker-untrusted":
    "Let the engineer check the broker's address and certificate; nothing was said to it, and nothing is until it is right.",
  "certificate-unreadable": "Let the engineer check the certificate files that the configuration names under [qa].",
  "decision-refused":
    "Call central QA: somebody sends decisions in its name, or its decision key is not the one configured here.",
};

/** A trouble with the remedy that belongs to its code. */
export function trouble(code: TroubleCode, what: string): Trouble {
  return { code, what, remedy: remedies[code] };
}
