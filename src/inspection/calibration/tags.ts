/** Square tags that a camera tells apart: 6 x 6 black and white cells in a black border, far from one another and from themselves turned. */

/** Cells across a tag's code, and across the whole tag with its border. */
export const codeCells = 6;
export const tagCells = codeCells + 2;
/** Any two codes, in any of the four turns, differ in at least so many cells. */
export const leastDistance = 11;
/** So many cells may be misread and the tag is still the one and no other. */
export const mostErrors = 3;

/** A code as bits, row by row from the top left; 1 is white. */
export type TagCode = readonly number[];

const bits = codeCells * codeCells;

/** The code turned by a quarter to the right. */
export function turned(code: TagCode): TagCode {
  return code.map((_, i) => {
    const [row, column] = [Math.floor(i / codeCells), i % codeCells];
    return code[(codeCells - 1 - column) * codeCells + row]!;
  });
}

/** In how many cells two codes differ. */
export function distance(a: TagCode, b: TagCode): number {
  let differ = 0;
  for (let i = 0; i < bits; i++) if (a[i] !== b[i]) differ++;
  return differ;
}

let made: TagCode[] = [];

/**
 * The first `count` codes of the family: a lexicode as in Olson, AprilTag (ICRA 2011), taken in the order of a linear
 * congruence. A code has to be far from every earlier one in every turn, far from itself turned, and as much black as white,
 * so that no plain pattern of a machine reads as one. The same on every machine; plates name the family by its first digits.
 */
export function tagFamily(count: number): readonly TagCode[] {
  let state = 0x2545f491;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
  if (made.length >= count) return made.slice(0, count);
  const codes: TagCode[] = [];
  while (codes.length < count) {
    // The low bits of a linear congruence repeat soon: each draw gives its twelve high ones.
    const [a, b, c] = [next() >>> 20, next() >>> 20, next() >>> 20];
    const code = Array.from({ length: bits }, (_, i) => ([a, b, c][Math.floor(i / 12)]! >> (i % 12)) & 1);
    if (isFarFrom(code, codes)) codes.push(code);
  }
  made = codes;
  return codes;
}

function isFarFrom(code: TagCode, others: readonly TagCode[]): boolean {
  const white = code.reduce((sum, bit) => sum + bit, 0);
  if (white < bits / 3 || white > (2 * bits) / 3) return false;
  let turn = code;
  for (let quarter = 1; quarter < 4; quarter++) {
    turn = turned(turn);
    if (distance(code, turn) < leastDistance) return false;
  }
  return others.every((other) => nearest(code, other) >= leastDistance);
}

function nearest(code: TagCode, other: TagCode): number {
  let [least, turn] = [bits, other];
  for (let quarter = 0; quarter < 4; quarter++) {
    least = Math.min(least, distance(code, turn));
    turn = turned(turn);
  }
  return least;
}

/** Which tag a reading is, and by how many quarters to the right it was seen turned; null where it is none. */
export function readCode(
  reading: TagCode,
  family: readonly TagCode[],
): { readonly id: number; readonly turns: number; readonly errors: number } | null {
  for (const [id, code] of family.entries()) {
    let turn: TagCode = code;
    for (let turns = 0; turns < 4; turns++) {
      const errors = distance(reading, turn);
      if (errors <= mostErrors) return { id, turns, errors };
      turn = turned(turn);
    }
  }
  return null;
}
