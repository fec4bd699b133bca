/** BMP pictures, as slicers write them: what is read is what was written, and what is damaged is told in words. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBitmap } from "../../src/inspection/bitmap.ts";

interface Drawn {
  readonly width: number;
  readonly height: number;
  /** Places in the palette of 16 greys, row by row from the top. */
  readonly places: readonly number[];
}

const drawn: fc.Arbitrary<Drawn> = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) =>
    fc
      .array(fc.oneof({ weight: 4, arbitrary: fc.constant(3) }, fc.nat(15)), {
        minLength: width * height,
        maxLength: width * height,
      })
      .map((places) => ({ width, height, places })),
  );

const greys = Array.from({ length: 16 }, (_, n) => n * 17);

/** A file with a palette of 16 greys, for these pixel bytes. */
function file({ width, height }: Drawn, bits: number, compression: number, pixels: readonly number[]): Uint8Array {
  const begin = 54 + 16 * 4;
  const bytes = new Uint8Array(begin + pixels.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, begin, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, compression, true);
  view.setUint32(46, 16, true);
  for (const [n, grey] of greys.entries()) bytes.set([grey, grey, grey, 0], 54 + 4 * n);
  bytes.set(pixels, begin);
  return bytes;
}

function upwards({ width, height, places }: Drawn): number[][] {
  return Array.from({ length: height }, (_, n) => places.slice((height - 1 - n) * width, (height - n) * width));
}

function padded(row: readonly number[]): number[] {
  return [...row, ...new Array<number>((4 - (row.length % 4)) % 4).fill(0)];
}

const kinds: Readonly<Record<string, (picture: Drawn) => Uint8Array>> = {
  "8 bits": (picture) => file(picture, 8, 0, upwards(picture).flatMap(padded)),
  "4 bits": (picture) =>
    file(
      picture,
      4,
      0,
      upwards(picture).flatMap((row) =>
        padded(Array.from({ length: Math.ceil(row.length / 2) }, (_, n) => row[2 * n]! * 16 + (row[2 * n + 1] ?? 0))),
      ),
    ),
  "24 bits": (picture) =>
    file(
      picture,
      24,
      0,
      upwards(picture).flatMap((row) => padded(row.flatMap((place) => new Array<number>(3).fill(greys[place]!)))),
    ),
  "runs of 8 bits": (picture) =>
    file(picture, 8, 1, [...upwards(picture).flatMap((row) => [...runs(row), 0, 0]), 0, 1]),
};

/** Runs where neighbours are alike, values as they are where three or more differ. */
function runs(row: readonly number[]): number[] {
  const out: number[] = [];
  for (let at = 0; at < row.length; ) {
    let same = 1;
    while (at + same < row.length && row[at + same] === row[at] && same < 255) same++;
    let different = 1;
    while (at + different < row.length && row[at + different] !== row[at + different - 1]) different++;
    if (same === 1 && different >= 3) {
      const values = row.slice(at, at + different);
      out.push(0, values.length, ...values, ...(values.length % 2 === 1 ? [0] : []));
      at += values.length;
    } else {
      out.push(same, row[at]!);
      at += same;
    }
  }
  return out;
}

describe("[F51] a BMP picture", () => {
  it.each(Object.entries(kinds))("of %s is read as it was written", (_, write) => {
    fc.assert(
      fc.property(drawn, (picture) => {
        const read = readBitmap(write(picture), 1_000);
        expect(read).toMatchObject({ ok: true, value: { width: picture.width, height: picture.height } });
        expect(read.ok ? [...read.value.data] : []).toEqual(picture.places.map((place) => greys[place]));
      }),
    );
  });

  it("that is cut off, too large or changed anywhere is refused in words or read, and never throws", () => {
    fc.assert(
      fc.property(
        drawn,
        fc.constantFrom(...Object.values(kinds)),
        fc.nat(200),
        fc.nat(255),
        (picture, write, at, value) => {
          const bytes = write(picture);
          expect(readBitmap(bytes.subarray(0, bytes.length - 1 - (at % 60)), 1_000).ok).toBe(false);
          bytes[at % bytes.length] = value;
          const read = readBitmap(bytes, 1_000);
          if (read.ok) expect(read.value.data.length).toBe(read.value.width * read.value.height);
          else expect(read.error).toMatch(/^it /);
        },
      ),
    );
    expect(
      readBitmap(kinds["8 bits"]!({ width: 40, height: 12, places: new Array<number>(480).fill(0) }), 100),
    ).toEqual({
      ok: false,
      error: "it has too many pixels",
    });
  });
});
