/** A picture that this cell has never had: taken, stored, and told from an old one. */
import type { Fault } from "../../equipment/machine.ts";
import type { Camera, CameraFrame } from "../../inspection/camera.ts";
import { digestOf } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";

export type NewPicture = CameraFrame & { readonly frame: Digest };

/** Takes a picture and stores it; two exposures never give the same bytes, so one that is stored already is an old one. */
export async function takeNew(camera: Camera, artifacts: Artifacts): Promise<Result<NewPicture, Fault>> {
  const taken = await camera.take();
  if (!taken.ok) return taken;
  const frame = digestOf(taken.value.bytes);
  if (await artifacts.has(frame)) return err(repeatedPicture);
  await artifacts.put(taken.value.bytes);
  return ok({ ...taken.value, frame });
}

const repeatedPicture: Fault = {
  code: "repeated-picture",
  what: "The camera delivered a picture that this cell already has: it is an old one.",
  remedy: "Check what stands between the camera and the cell; the layer holds until a new picture shows it.",
};
