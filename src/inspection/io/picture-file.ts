/** Decodes any picture that people keep: JPEG, PNG, TIFF, WebP or BMP, 8 or 16 bits, grey or colour, to one channel. */
import sharp from "sharp";
import { err, ok, type Result } from "../../kernel/result.ts";
import { isBitmap, readBitmap } from "../bitmap.ts";
import type { RawPicture } from "../surface/field.ts";
import { mostBytes } from "./decode.ts";

/** Larger pictures are refused before they are decoded. */
const mostPixels = 24_000_000;
/** What this file decodes; whatever else stands in a folder is passed over. */
export const pictureEnding = /\.(jpe?g|png|tiff?|webp|bmp)$/i;
const formats: readonly string[] = ["jpeg", "png", "tiff", "webp"];

/**
 * One channel of a picture: the only one, or of colour `channel` (0 red, 1 green, 2 blue). Why not, in words, where it
 * is damaged, over 24 MP, over 32 MiB or of a kind that is not read.
 */
export async function decodeChannel(bytes: Uint8Array, channel: 0 | 1 | 2 = 1): Promise<Result<RawPicture, string>> {
  // PNG and TIFF keep every bit: four times a JPEG's most.
  if (bytes.length > 4 * mostBytes) return err("its file is too large");
  if (isBitmap(bytes)) {
    const bitmap = readBitmap(bytes, mostPixels);
    return bitmap.ok && tooSmall(bitmap.value) ? err("it is smaller than 64 pixels") : bitmap;
  }
  try {
    const image = sharp(bytes, { failOn: "warning", limitInputPixels: mostPixels, sequentialRead: true });
    const { channels = 0, depth, format } = await image.metadata();
    if (!formats.includes(format ?? ""))
      return err(`it is ${format ?? "no picture"}, not JPEG, PNG, TIFF, WebP or BMP`);
    if (depth !== "uchar" && depth !== "ushort")
      return err(`its pixels are "${depth}", not whole numbers of 8 or 16 bits`);
    const wide = depth === "ushort";
    const colour = channels >= 3;
    if (wide) image.toColourspace(colour ? "rgb16" : "grey16");
    const one = image.extractChannel(colour ? channel : 0);
    const { data, info } = await one.raw(wide ? { depth: "ushort" } : {}).toBuffer({ resolveWithObject: true });
    if (info.channels !== 1) return err("it has an unknown number of channels");
    if (tooSmall(info)) return err("it is smaller than 64 pixels");
    const pixels = wide
      ? new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length))
      : new Uint8Array(data.buffer, data.byteOffset, data.length);
    return ok({ width: info.width, height: info.height, data: pixels });
  } catch (problem) {
    return err(String(problem).includes("pixel limit") ? "it has more than 24 megapixels" : "it is damaged or cut off");
  }
}

function tooSmall({ width, height }: { readonly width: number; readonly height: number }): boolean {
  return width < 64 || height < 64;
}

/** A picture of classes: for every pixel the place of its value in `values`, of which the first is 0 (nothing). */
export interface ClassPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** Class index of grey pixels; colours of others as one number (red times 65536, green times 256, blue). */
  readonly values: readonly number[];
}

/** Decodes a mask. The rims that JPEG smears around a shape are taken for what they are nearer to. */
export async function decodeClasses(bytes: Uint8Array): Promise<Result<ClassPicture, string>> {
  if (isBitmap(bytes)) {
    const bitmap = readBitmap(bytes, mostPixels);
    return bitmap.ok ? ok({ ...bitmap.value, ...indexed(bitmap.value.data, 1, false) }) : bitmap;
  }
  try {
    const image = sharp(bytes, { failOn: "warning", limitInputPixels: mostPixels, sequentialRead: true });
    const { channels = 0, depth, format } = await image.metadata();
    if (!formats.includes(format ?? ""))
      return err(`it is ${format ?? "no picture"}, not JPEG, PNG, TIFF, WebP or BMP`);
    if (channels === 2 || channels === 4) image.removeAlpha();
    const wide = depth === "ushort";
    if (wide) image.toColourspace(channels >= 3 ? "rgb16" : "grey16");
    else if (channels < 3) image.toColourspace("b-w");
    const { data, info } = await image.raw(wide ? { depth: "ushort" } : {}).toBuffer({ resolveWithObject: true });
    const raw = wide ? new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length)) : data;
    return ok({ width: info.width, height: info.height, ...indexed(raw, info.channels, format === "jpeg") });
  } catch {
    return err("it is damaged or cut off");
  }
}

/** More classes than this are no classes: the rest count as the last. */
const mostClasses = 250;

function indexed(
  raw: Uint8Array | Uint16Array,
  channels: number,
  smeared: boolean,
): Pick<ClassPicture, "data" | "values"> {
  const values = [0];
  const places = new Map<number, number>([[0, 0]]);
  const data = new Uint8Array(Math.floor(raw.length / channels));
  let [last, lastPlace] = [0, 0];
  for (let i = 0, at = 0; i < data.length; i++, at += channels) {
    const isGrey = channels < 3 || (raw[at] === raw[at + 1] && raw[at] === raw[at + 2]);
    const key = isGrey ? raw[at]! : raw[at]! * 65_536 + raw[at + 1]! * 256 + raw[at + 2]!;
    const value = smeared ? (Math.max(raw[at]!, channels >= 3 ? raw[at + 1]! : 0) >= 128 ? 255 : 0) : key;
    if (value !== last) {
      let place = places.get(value);
      if (place === undefined) {
        place = Math.min(values.length, mostClasses);
        places.set(value, place);
        if (place === values.length) values.push(value);
      }
      [last, lastPlace] = [value, place];
    }
    data[i] = lastPlace;
  }
  return { data, values };
}
