/** Members of structures by a server's own definition: what stands before is skipped, and nothing is read that is not there. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countIn, type Definition, type Member } from "../../../src/drivers/opcua/structure.ts";

const u32 = (value: number) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
const text = (words: string) => [...u32(new TextEncoder().encode(words).length), ...new TextEncoder().encode(words)];

/** A member with its bytes, of every kind that can be skipped. */
const part = fc
  .record({
    kind: fc.oneof(
      fc.constant({ type: 1, bytes: [1] }),
      fc.constant({ type: 11, bytes: [1, 2, 3, 4, 5, 6, 7, 8] }),
      fc.constant({ type: 290, bytes: [0, 0, 0, 0, 0, 0, 0, 0] }),
      fc.constant({ type: 14, bytes: Array<number>(16).fill(9) }),
      fc.string({ maxLength: 9 }).map((words) => ({ type: 12, bytes: text(words) })),
      fc.constant({ type: 12, bytes: u32(0xffffffff) }),
      fc.constantFrom(0, 1, 2, 3).map((mask) => ({
        type: 21,
        bytes: [mask, ...((mask & 1) === 0 ? [] : text("en")), ...((mask & 2) === 0 ? [] : text("words"))],
      })),
    ),
    isArray: fc.boolean(),
    isOptional: fc.boolean(),
    isThere: fc.boolean(),
  })
  .map(({ kind, isArray, isOptional, isThere }) => ({
    member: { name: "other", type: kind.type, isArray, isOptional } as Member,
    isThere: isThere || !isOptional,
    bytes: isArray ? [...u32(2), ...kind.bytes, ...kind.bytes] : kind.bytes,
  }));

const wanted = (isOptional: boolean): Member => ({ name: "CurrentLayer", type: 7, isArray: false, isOptional });

describe("[F24] a count inside a structure", () => {
  it("is found wherever the server's definition has it, and is none where the bytes leave it out", () => {
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }),
        fc.nat(0xffffffff),
        fc.boolean(),
        fc.boolean(),
        (before, count, isOptional, isThere) => {
          const all = [...before, { member: wanted(isOptional), isThere: isThere || !isOptional, bytes: u32(count) }];
          const optional = all.filter(({ member }) => member.isOptional);
          const mask = optional.reduce((bits, each, bit) => bits | (each.isThere ? 1 << bit : 0), 0);
          const hasOptional = optional.length > 0;
          const bytes = [...(hasOptional ? u32(mask) : []), ...all.flatMap((each) => (each.isThere ? each.bytes : []))];
          const definition: Definition = { hasOptional, members: all.map(({ member }) => member) };
          expect(countIn(Uint8Array.from(bytes), definition, "CurrentLayer")).toBe(
            isThere || !isOptional ? count : null,
          );
        },
      ),
    );
  });

  it("is none behind a structure that cannot be skipped, in another type, or in bytes that end or lie", () => {
    const behind: Member = { name: "State", type: null, isArray: false, isOptional: false };
    const bytes = Uint8Array.from([...u32(5), ...u32(5)]);
    expect(countIn(bytes, { hasOptional: false, members: [behind, wanted(false)] }, "CurrentLayer")).toBeNull();
    expect(
      countIn(bytes, { hasOptional: false, members: [{ ...wanted(false), type: 11 }] }, "CurrentLayer"),
    ).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(part, { maxLength: 5 }), (noise, before) => {
        const members = [...before.map(({ member }) => member), wanted(true)];
        const count = countIn(noise, { hasOptional: true, members }, "CurrentLayer");
        expect(count === null || Number.isInteger(count)).toBe(true);
      }),
    );
  });
});
