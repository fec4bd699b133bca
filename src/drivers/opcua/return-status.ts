/** What a job method returned: a bitmap whose success is 1 (OPC 10031-4 v2, annex B.2). */

/** `success`: bit 0 and nothing else. `refused`: the machine names a reason. `silent`: 0 or contradictory, hence no answer. */
export type ReturnMeaning =
  | { readonly kind: "success" }
  | { readonly kind: "refused"; readonly reasons: readonly string[] }
  | { readonly kind: "silent"; readonly status: bigint };

const noError = 1n;
const reasons: ReadonlyMap<number, string> = new Map([
  [1, "it does not know the job order"],
  [2, "it cannot carry out that command"],
  [3, "the job order's state does not allow it"],
  [4, "it cannot accept the job order"],
  [32, "it calls the request invalid"],
]);
/** Bits from here on are the machine's own (B.2: implementation-specific). */
const bits = 64;
const most = (1n << 64n) - 1n;

/** Words for the machine's own bits, by the number of the bit. */
export type OwnReasons = ReadonlyMap<number, string>;

const noReasons: OwnReasons = new Map();

/**
 * Reads a ReturnStatus. A 0, which the specification does not allow, and a success beside an error are no answer: what
 * happened has to be read off the machine's state.
 */
export function readReturnStatus(status: bigint, own: OwnReasons = noReasons): ReturnMeaning {
  if (status === noError) return { kind: "success" };
  if (status <= 0n || status > most || (status & noError) !== 0n) return { kind: "silent", status };
  const set = Array.from({ length: bits }, (_, bit) => bit).filter((bit) => (status & (1n << BigInt(bit))) !== 0n);
  return { kind: "refused", reasons: set.map((bit) => reasons.get(bit) ?? own.get(bit) ?? `its own reason ${bit}`) };
}

/** True where the machine says that it has no job order of that id. */
export function saysUnknownJob(status: bigint): boolean {
  return (status & noError) === 0n && (status & 2n) !== 0n;
}
