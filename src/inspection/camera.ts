/** The port through which pictures come: one frame for one request, or the reason why there is none. */
import type { Fault } from "../equipment/machine.ts";
import type { Result } from "../kernel/result.ts";
import type { EpochMs } from "../kernel/units.ts";

/** A frame as the camera delivered it, with the times that decide whether it can be evidence. */
export interface CameraFrame {
  /** JPEG. */
  readonly bytes: Uint8Array;
  readonly requestedAt: EpochMs;
  readonly receivedAt: EpochMs;
  /** Null where the camera does not say. */
  readonly exposureStart: EpochMs | null;
}

/** A source of pictures. Never rejects; answers in bounded time. */
export interface Camera {
  /** Takes one picture now. */
  take(): Promise<Result<CameraFrame, Fault>>;
}

/** Why a camera gave no picture, in words. */
export function noPicture(why: string): Fault {
  return {
    code: "camera-no-picture",
    what: `The camera gave no picture: ${why}.`,
    remedy: "Check the camera's power and cable; the layer holds until it is seen.",
  };
}

/** Reads an `x-exposure-start` header (milliseconds since 1970); null where it is absent or no such number. */
export function exposureOf(header: string | null | undefined): EpochMs | null {
  if (header === null || header === undefined || !/^[0-9]{1,15}(\.[0-9]{1,6})?$/.test(header)) return null;
  return Number(header);
}
