/** Decodes a camera's JPEG to one grey channel. */
import sharp from "sharp";
import type { Fault } from "../../equipment/machine.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Picture } from "../picture.ts";

sharp.concurrency(1);
sharp.cache(false);

/** Larger pictures are refused before they are decoded. */
const mostPixels = 24_000_000;
/** Larger files are refused before they are read. */
export const mostBytes = 32 * 1024 * 1024;

/**
 * Decodes a baseline or progressive JPEG; of a colour picture the green channel is kept (sharpest and least noisy of a
 * Bayer sensor, and cheaper than a luma sum). Anything else, damaged files and pictures over 24 MP are refused.
 */
export async function decodeGrey(bytes: Uint8Array): Promise<Result<Picture, Fault>> {
  if (bytes.length > mostBytes) return err(unreadable("it is too large"));
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return err(unreadable("it is no JPEG"));
  try {
    const image = sharp(bytes, { failOn: "warning", limitInputPixels: mostPixels, sequentialRead: true });
    const { channels } = await image.metadata();
    const grey = image.extractChannel(channels === 1 ? 0 : 1);
    const { data, info } = await grey.raw().toBuffer({ resolveWithObject: true });
    if (info.channels !== 1) return err(unreadable("it has an unknown number of channels"));
    return ok({
      width: info.width,
      height: info.height,
      data: new Uint8Array(data.buffer, data.byteOffset, data.length),
    });
  } catch {
    return err(unreadable("it is damaged or cut off"));
  }
}

function unreadable(why: string): Fault {
  return {
    code: "picture-unreadable",
    what: `The camera's picture cannot be read: ${why}.`,
    remedy: "Take the picture again; if it stays unreadable, check the camera's cable and settings.",
  };
}
