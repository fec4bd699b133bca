/** Encodes frames as JPEG. */
import sharp from "sharp";
import type { Frame } from "../renderer.ts";

sharp.concurrency(1);

/** Baseline JPEG at quality 92, as IP cameras send it. */
export function jpegOf(frame: Frame, quality = 92): Promise<Buffer> {
  const raw = { width: frame.width, height: frame.height, channels: 3 } as const;
  return sharp(frame.rgb, { raw }).jpeg({ quality }).toBuffer();
}
