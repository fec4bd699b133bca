/** `cellward camera pose`: where the camera stands by the plate laid on the bed, whether set-up and rig agree, and where the fiducials really are. */
import { readFile } from "node:fs/promises";
import { cameraNamed } from "../../config/cameras.ts";
import { loadConfig } from "../../config/io/load.ts";
import { calibrate, type Sighting } from "../../inspection/calibrate.ts";
import { compare } from "../../inspection/calibration/agree.ts";
import { type BedPose, type Laid, placeOf, poseOnBed } from "../../inspection/calibration/bed-pose.ts";
import { covarianceOf, type LensFile, readLensFile } from "../../inspection/calibration/lens-file.ts";
import type { Rig } from "../../inspection/commission.ts";
import { findFiducials, ringCentre } from "../../inspection/fiducials.ts";
import { decodeGrey } from "../../inspection/io/decode.ts";
import { eyeOf, type Lens, type Point3 } from "../../inspection/lens.ts";
import type { Picture } from "../../inspection/picture.ts";
import { readRig } from "../../inspection/rig.ts";
import { type CameraSetup, readSetup } from "../../inspection/setup.ts";
import { firstCamera } from "../../jobs/views.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { exitCode } from "../exit-code.ts";
import { type Sheet, type SheetOptions, sheetOf, viewOf } from "../plate-sheet.ts";
import { type Compared, disagreementOf, poseWords, type SeenFiducial } from "../pose-words.ts";
import { noSuchCamera } from "./camera.ts";
import { cannotWrite } from "./camera-lens.ts";
import { openCamera } from "./eyes.ts";
import { wouldOverwrite } from "./new-file.ts";
import { configurationRemedy } from "./remedies.ts";
import type { Terminal, Trouble } from "./terminal.ts";

export interface PoseOptions extends SheetOptions {
  readonly config: string;
  /** Which of several cameras. */
  readonly camera?: string;
  /** Bed coordinates of the sheet's lower left corner, as `x,y`. */
  readonly corner: string;
  readonly turn: string;
  readonly height: string;
  readonly within: string;
  /** A picture that was taken before, instead of one that is taken now. */
  readonly picture?: string;
  readonly rigOut?: string;
}

/** A fiducial may be missed by this share of the picture's width. */
const searchShare = 0.04;

type Refused = Trouble & { readonly exit: number };

/** Exit code 0 where plate, set-up and rig agree within what is known of them; 7 where they do not, or nothing can be told. */
export async function poseByPlate(terminal: Terminal, options: PoseOptions): Promise<number> {
  const asked = await prepare(options);
  if (!asked.ok) return terminal.trouble(asked.error, asked.error.exit);
  const { sheet, laid, lens, rig, setup, picture } = asked.value;
  const pose = poseOnBed(viewOf("picture", picture, sheet), sheet.layout, laid, lens, covarianceOf(lens));
  if (!pose.ok) {
    const remedy = "Light the plate evenly, clear what covers it, and look that it lies flat on the bed.";
    return terminal.trouble(
      { code: "pose-unknown", what: `The plate does not tell: ${pose.error}.`, remedy },
      exitCode.refused,
    );
  }
  const elsewhere = whyUnlikely(pose.value, rig);
  if (elsewhere !== null) return terminal.trouble(elsewhere, exitCode.refused);
  const sightings = sightingsBy(picture, rig, pose.value);
  const fiducials = placesBy(sightings, rig, pose.value);
  const compared = comparedWith(pose.value, setup, sightings, asked.value);
  if (options.rigOut !== undefined) {
    const corrected = await writeRig(asked.value.rigText, fiducials, options.rigOut);
    if (corrected !== null) return terminal.trouble(corrected, exitCode.refused);
  }
  const trouble = disagreementOf(compared);
  const agreement = compared === null ? null : { by: compared.by, ...compared.agreement };
  const value = {
    ...{ ok: trouble === null, ...trouble },
    ...{ reprojection_px: pose.value.reprojection_px, uncertainty_mm: pose.value.uncertainty_mm },
    ...{ fiducials, agreement, rig: options.rigOut ?? null },
  };
  terminal.result(value, poseWords(pose.value, fiducials, compared, options.rigOut));
  return trouble === null ? exitCode.ok : exitCode.refused;
}

interface Asked {
  readonly sheet: Sheet;
  readonly laid: Laid;
  readonly lens: LensFile;
  readonly rig: Rig;
  readonly rigText: Record<string, unknown>;
  /** Null where the camera was not commissioned yet. */
  readonly setup: CameraSetup | null;
  readonly picture: Picture;
}

async function prepare(options: PoseOptions): Promise<Result<Asked, Refused>> {
  const laid = laidOf(options);
  if (!laid.ok) return laid;
  const sheet = sheetOf(options);
  if (!sheet.ok) return err({ ...sheet.error, exit: exitCode.usage });
  const taken = options.rigOut === undefined ? null : await wouldOverwrite(options.rigOut);
  if (taken !== null) return err({ ...taken, exit: exitCode.refused });
  const loaded = await loadConfig(options.config);
  const wrong = (code: string, what: string, remedy: string) =>
    err({ code, what, remedy, exit: exitCode.configuration });
  if (!loaded.ok) return wrong("configuration", loaded.error.join("\n"), configurationRemedy(options.config));
  const inspection = cameraNamed(loaded.value.config, options.camera ?? firstCamera);
  if (inspection === null) {
    return err({ ...noSuchCamera(loaded.value.config, options.camera ?? ""), exit: exitCode.usage });
  }
  if (inspection.lens === undefined) {
    return wrong(
      "lens-unknown",
      "The configuration names no lens file.",
      "Make one with `cellward camera lens` or `camera guide`, and name it as [inspection] lens.",
    );
  }
  const lens = readLensFile(await jsonOf(inspection.lens));
  if (!lens.ok) return err({ ...lens.error, exit: exitCode.configuration });
  const rigText = await jsonOf(inspection.rig);
  const rig = readRig(rigText);
  if (!rig.ok) return err({ ...rig.error, exit: exitCode.configuration });
  const known = await jsonOf(inspection.setup);
  const setup = known === null ? ok(null) : readSetup(known);
  if (!setup.ok) return err({ ...setup.error, exit: exitCode.configuration });
  const bytes = options.picture === undefined ? await openCamera(inspection).take() : await fileOf(options.picture);
  if (!bytes.ok) return err({ ...bytes.error, exit: exitCode.deviceUnreachable });
  const picture = await decodeGrey(bytes.value.bytes);
  if (!picture.ok) return err({ ...picture.error, exit: exitCode.refused });
  const { width, height } = picture.value;
  if (width !== lens.value.width_px || height !== lens.value.height_px) {
    const what = `The lens file is of pictures of ${lens.value.width_px} x ${lens.value.height_px} pixels, this one has ${width} x ${height}.`;
    return err({
      code: "other-lens",
      what,
      remedy: "Take both with this camera as it is set now.",
      exit: exitCode.refused,
    });
  }
  if (setup.value !== null && (setup.value.width_px !== width || setup.value.height_px !== height)) {
    const what = `The set-up is of pictures of ${setup.value.width_px} x ${setup.value.height_px} pixels, this one has ${width} x ${height}.`;
    const remedy = "Calibrate the camera as it is set now, or set it as it was.";
    return err({ code: "other-setup", what, remedy, exit: exitCode.refused });
  }
  return ok({
    ...{ sheet: sheet.value, laid: laid.value, lens: lens.value, rig: rig.value, setup: setup.value },
    ...{ rigText: rigText as Record<string, unknown>, picture: picture.value },
  });
}

function laidOf({ corner, turn, height, within }: PoseOptions): Result<Laid, Refused> {
  const wrong = (what: string, remedy: string) => err({ code: "usage", what, remedy, exit: exitCode.usage });
  const [x, y, more] = corner.split(",").map(Number);
  const isPlace = (v: number | undefined): v is number => v !== undefined && Number.isFinite(v) && Math.abs(v) < 10_000;
  if (!isPlace(x) || !isPlace(y) || more !== undefined) {
    return wrong(
      `"${corner.slice(0, 40)}" is no place on the bed.`,
      "Say it like 20,15: millimetres of the sheet's lower left corner.",
    );
  }
  const turned = ([0, 90, 180, 270] as const).find((each) => String(each) === turn);
  if (turned === undefined) return wrong("--turn is 0, 90, 180 or 270.", "Lay the sheet along the bed's edges.");
  const [z_mm, within_mm] = [Number(height), Number(within)];
  if (!(Math.abs(z_mm) <= 200) || !(within_mm > 0 && within_mm <= 20)) {
    return wrong(
      "--height and --within are millimetres.",
      "Say how high the printed side lies, and how well the sheet was laid.",
    );
  }
  return ok({ x_mm: x, y_mm: y, turn: turned, z_mm, within_mm });
}

async function fileOf(path: string): Promise<Result<{ readonly bytes: Uint8Array }, Trouble>> {
  const bytes = await readFile(path).catch(() => null);
  const remedy = "Name a JPEG picture of this camera.";
  return bytes === null ? err({ code: "picture-unreadable", what: `${path} cannot be read.`, remedy }) : ok({ bytes });
}

async function jsonOf(path: string): Promise<unknown> {
  return readFile(path, "utf8")
    .then(JSON.parse, () => null)
    .catch(() => null);
}

/** A tape tells where a camera hangs to this share of how far it looks. */
const tapeShare = 0.15;

/** A sheet of another size farther away looks the same, as does one that was turned: neither is where the rig file has the camera. */
function whyUnlikely({ lens }: BedPose, { mount }: Rig): Trouble | null {
  const [eye, far] = [eyeOf(lens), between(mount.eye, mount.target)];
  const off = between(eye, mount.eye);
  if (off <= tapeShare * far) return null;
  const place = [eye.x, eye.y, eye.z].map((v) => v.toFixed(0)).join(", ");
  return {
    code: "pose-unlikely",
    what: `By this picture the camera would hang ${off.toFixed(0)} mm from where the rig file has it, at ${place}.`,
    remedy: "Check --size, --corner and --turn against the sheet as it lies, and the mount in the rig file.",
  };
}

const between = (a: Point3, b: Point3): number => Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z);

/** The rig's fiducials where this picture shows them. */
function sightingsBy(picture: Picture, rig: Rig, { lens }: BedPose): readonly Sighting[] {
  return findFiducials(picture, lens, rig.fiducials, rig.fiducialRadius_mm, picture.width * searchShare);
}

/** Where they stand by the plate, at the heights that the rig file gives. */
function placesBy(sightings: readonly Sighting[], rig: Rig, { lens, knownTo_mm }: BedPose): readonly SeenFiducial[] {
  return sightings.flatMap((sighting) => {
    const at = placeOf(sighting, sighting.seen, rig.fiducialRadius_mm, lens);
    if (at === null) return [];
    const off_mm = thousandth(Math.hypot(at.x - sighting.at.x, at.y - sighting.at.y));
    const uncertainty_mm = thousandth(knownTo_mm(at));
    return [{ id: sighting.id, x_mm: thousandth(at.x), y_mm: thousandth(at.y), uncertainty_mm, off_mm }];
  });
}

/** The plate against the set-up; before there is one, against what the fiducials of the same picture say of the camera. */
function comparedWith(
  pose: BedPose,
  setup: CameraSetup | null,
  sightings: readonly Sighting[],
  { rig, picture, lens }: Asked,
): Compared {
  if (setup !== null) {
    const agreement = compare(pose, setup.lens, setup.uncertainty_mm, setup.plate);
    return agreement === null ? null : { by: "setup", agreement };
  }
  const body = (by: Lens, at: Point3) => ringCentre(by, at, rig.fiducialRadius_mm);
  const found = calibrate(sightings, picture, rig.middle, body, lens);
  const agreement = found.ok ? compare(pose, found.value.lens, found.value.uncertainty_mm, rig.plate) : null;
  return agreement === null ? null : { by: "fiducials", agreement };
}

const thousandth = (v: number): number => Math.round(v * 1000) / 1000;

/** The rig file with the fiducials where they were seen; null when it was written. */
async function writeRig(
  rig: Record<string, unknown>,
  found: readonly SeenFiducial[],
  path: string,
): Promise<Trouble | null> {
  const seen = new Map(found.map((each) => [each.id, each]));
  const fiducials = (rig["fiducials"] as readonly { readonly id: string; readonly at: object }[]).map((each) => {
    const place = seen.get(each.id);
    return place === undefined ? each : { ...each, at: { ...each.at, x: place.x_mm, y: place.y_mm } };
  });
  try {
    await writeDurably(path, new TextEncoder().encode(`${JSON.stringify({ ...rig, fiducials }, null, 2)}\n`), 0o600);
    return null;
  } catch (problem) {
    return cannotWrite(path, problem);
  }
}
