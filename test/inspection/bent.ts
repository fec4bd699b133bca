/** Twelve kinds of bad pictures made from good ones: what happens to cameras, lenses, lamps and wires in a workshop. */
import sharp from "sharp";
import { randomOf } from "../../src/simulators/camera/random.ts";

/** Pixels of one or three channels, interleaved. */
export interface Raw {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

export const bentKinds = [
  ...(["covered", "partly covered", "out of focus", "moved", "turned", "dimmed"] as const),
  ...(["too bright", "frozen", "another camera", "torn file", "noise", "lamp to one side"] as const),
] as const;
export type BentKind = (typeof bentKinds)[number];

/** What a bad picture is made from: the good one, an earlier frame's file, and another scene. */
export interface Good {
  readonly picture: Raw;
  readonly earlier: Uint8Array;
  readonly other: Raw;
}

/** The pixels of a picture's file. */
export async function readRaw(file: Uint8Array): Promise<Raw> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height, channels: info.channels as 1 | 3 };
}

/** The file that a camera would send. `seed` says how badly; equal seeds give equal files. */
export async function bent(kind: BentKind, good: Good, seed: number): Promise<Uint8Array> {
  const random = randomOf(seed * 2_654_435_761);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const { picture } = good;
  if (kind === "frozen") return good.earlier;
  if (kind === "another camera") return await jpeg(picture, good.other);
  if (kind === "torn file") return torn(await jpeg(picture, picture), random);
  if (kind === "out of focus") {
    const blurred = sharp(picture.data, { raw: rawOf(picture) }).blur(between(2, 9) * (picture.width / 1600));
    return await blurred.jpeg({ quality: 92 }).toBuffer();
  }
  return await jpeg(picture, { ...picture, data: changed(kind, picture, between, random) });
}

const rawOf = ({ width, height, channels }: Raw) => ({ width, height, channels });

/** A JPEG in the size of `like`. */
async function jpeg(like: Raw, shown: Raw): Promise<Uint8Array> {
  const image = sharp(shown.data, { raw: rawOf(shown) }).resize(like.width, like.height, { fit: "fill" });
  return await (like.channels === 1 ? image.greyscale() : image).jpeg({ quality: 92 }).toBuffer();
}

/** Cut off somewhere, or bytes of it damaged. */
function torn(file: Uint8Array, random: () => number): Uint8Array {
  if (random() < 0.5) return file.slice(0, Math.floor(file.length * (0.1 + 0.85 * random())));
  const damaged = file.slice();
  for (let n = 0; n < 12; n++) damaged[Math.floor((0.1 + 0.9 * random()) * file.length)] = Math.floor(256 * random());
  return damaged;
}

type Between = (low: number, high: number) => number;

function changed(kind: BentKind, picture: Raw, between: Between, random: () => number): Uint8Array {
  const { width, height } = picture;
  const unit = width / 1600;
  switch (kind) {
    case "covered": {
      const level = between(0, 30);
      return each(picture, () => level + 4 * (random() + random() - 1));
    }
    case "partly covered": {
      const [x, y, r] = [between(0.1, 0.9) * width, between(0.1, 0.9) * height, between(90, 420) * unit];
      return each(picture, (v, px, py) => (Math.hypot(px - x, py - y) < r ? 12 : v));
    }
    case "moved": {
      const [turn, far] = [between(0, 2 * Math.PI), between(18, 160) * unit];
      return shifted(picture, (x, y) => [x + far * Math.cos(turn), y + far * Math.sin(turn)]);
    }
    case "turned": {
      const angle = ((random() < 0.5 ? -1 : 1) * between(1, 8) * Math.PI) / 180;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      const [mx, my] = [width / 2, height / 2];
      return shifted(picture, (x, y) => [mx + c * (x - mx) - s * (y - my), my + s * (x - mx) + c * (y - my)]);
    }
    case "dimmed": {
      const gain = between(0.1, 0.7);
      return each(picture, (v) => 255 * ((v / 255) ** 2.2 * gain) ** (1 / 2.2));
    }
    case "too bright": {
      const gain = between(2.2, 8);
      return each(picture, (v) => 255 * Math.min(1, (v / 255) ** 2.2 * gain) ** (1 / 2.2));
    }
    case "noise": {
      const size = between(20, 90);
      return each(picture, (v) => v + size * 1.22 * (random() + random() - 1));
    }
    case "lamp to one side": {
      const [lost, angle] = [between(0.45, 0.95), between(0, 2 * Math.PI)];
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      return each(picture, (v, x, y) => {
        const along = ((x / width - 0.5) * c + (y / height - 0.5) * s) / (Math.abs(c) + Math.abs(s)) + 0.5;
        return 255 * ((v / 255) ** 2.2 * (1 - lost * along)) ** (1 / 2.2);
      });
    }
    default:
      throw new Error(`${kind} is not made pixel by pixel`);
  }
}

function each({ data, width, channels }: Raw, value: (v: number, x: number, y: number) => number): Uint8Array {
  const out = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / channels);
    out[i] = value(data[i]!, pixel % width, Math.floor(pixel / width));
  }
  return new Uint8Array(out.buffer);
}

/** Where each pixel comes from; outside the picture its rim goes on. */
function shifted({ data, width, height, channels }: Raw, from: (x: number, y: number) => [number, number]): Uint8Array {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fx, fy] = from(x, y);
      const [sx, sy] = [
        Math.min(width - 1, Math.max(0, Math.round(fx))),
        Math.min(height - 1, Math.max(0, Math.round(fy))),
      ];
      for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c] = data[(sy * width + sx) * channels + c]!;
    }
  }
  return out;
}
