/** The number by which a machine sees that this cell lives: counted in whatever type the machine's own variable has. */

/** Types that can be counted in, and the highest number that is used of each (OPC 10000-6, 5.1.2). */
const highest = {
  ...{ Boolean: 1, SByte: 0x7f, Byte: 0xff, Int16: 0x7fff, UInt16: 0xffff, Int32: 0x7fffffff, UInt32: 0x7fffffff },
  // Two 64-bit types go as a pair of 32-bit words, of which the low one is counted; a Float holds 24 bits exactly.
  ...{ Int64: 0x7fffffff, UInt64: 0x7fffffff, Float: 0xffffff, Double: 0x7fffffff },
} as const;

export type CountedType = keyof typeof highest;

export function isCounted(type: string): type is CountedType {
  return Object.hasOwn(highest, type);
}

/** The count after `count`: another one each time, and back to 0 from the highest that the type has. */
export function nextCount(type: CountedType, count: number): number {
  return count >= highest[type] ? 0 : count + 1;
}

/** The value that is written for a count, in the form that the type has on the wire. */
export function valueOfCount(type: CountedType, count: number): boolean | number | readonly [number, number] {
  if (type === "Boolean") return count === 1;
  return type === "Int64" || type === "UInt64" ? [0, count] : count;
}
