/**
 * One member of a structure, read off its bytes by the definition that the server itself gives (OPC 10000-3, 8.49; binary encoding of
 * OPC 10000-6, 5.2). What stands before it is skipped; what cannot be skipped makes it unreadable, never wrong.
 */

/** A member as StructureField has it; `type` is the number of its data type in the base namespace, null where it is another's. */
export interface Member {
  readonly name: string;
  readonly type: number | null;
  readonly isArray: boolean;
  readonly isOptional: boolean;
}

/** A structure with or without optional members; unions are not read. */
export interface Definition {
  readonly hasOptional: boolean;
  readonly members: readonly Member[];
}

/** Numbers of the built-in types, and of simple types of the base namespace that are one of them under another name. */
const sizes: ReadonlyMap<number, number> = new Map([
  ...([1, 2, 3].map((type) => [type, 1]) as [number, number][]),
  ...([4, 5].map((type) => [type, 2]) as [number, number][]),
  ...([6, 7, 10, 19].map((type) => [type, 4]) as [number, number][]),
  ...([8, 9, 11, 13, 290, 294].map((type) => [type, 8]) as [number, number][]),
  [14, 16],
]);
const texts = new Set([12, 15, 16, 295]);
const [localizedText, uint32] = [21, 7];
const mostElements = 10_000;

/** The value of the member `name`, a UInt32; null where it is left out, is no such thing, or cannot be read. */
export function countIn(bytes: Uint8Array, { hasOptional, members }: Definition, name: string): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const mask = hasOptional ? view.getUint32(0, true) : 0;
    let at = hasOptional ? 4 : 0;
    let bit = 0;
    for (const member of members) {
      const isThere = !member.isOptional || (mask & (1 << bit)) !== 0;
      if (member.isOptional) bit += 1;
      if (member.name === name)
        return isThere && member.type === uint32 && !member.isArray ? view.getUint32(at, true) : null;
      if (isThere) at = after(view, at, member);
    }
    return null;
  } catch (problem) {
    if (problem instanceof RangeError) return null;
    throw problem;
  }
}

/** Where the next member begins. Throws RangeError where that cannot be known. */
function after(view: DataView, from: number, { type, isArray }: Member): number {
  if (!isArray) return afterOne(view, from, type);
  const count = view.getInt32(from, true);
  if (count > mostElements) throw new RangeError("too many elements");
  let at = from + 4;
  for (let n = 0; n < count; n += 1) at = afterOne(view, at, type);
  return at;
}

function afterOne(view: DataView, at: number, type: number | null): number {
  const size = type === null ? undefined : sizes.get(type);
  if (size !== undefined) return at + size;
  if (type !== null && texts.has(type)) return afterText(view, at);
  if (type !== localizedText) throw new RangeError("a member of a kind that is not read");
  const mask = view.getUint8(at);
  const locale = (mask & 1) === 0 ? at + 1 : afterText(view, at + 1);
  return (mask & 2) === 0 ? locale : afterText(view, locale);
}

function afterText(view: DataView, at: number): number {
  return at + 4 + Math.max(0, view.getInt32(at, true));
}
