/** `cellward camera calibrate`: one picture of the empty plate becomes the camera's set-up. */
import { readFile } from "node:fs/promises";
import { cameraNamed, camerasIn } from "../../config/cameras.ts";
import { loadConfig } from "../../config/io/load.ts";
import type { CellConfig } from "../../config/schema.ts";
import type { Fault } from "../../equipment/machine.ts";
import { type LensFile, readLensFile } from "../../inspection/calibration/lens-file.ts";
import { commission } from "../../inspection/commission.ts";
import { decodeGrey } from "../../inspection/io/decode.ts";
import { readRig } from "../../inspection/rig.ts";
import { firstCamera } from "../../jobs/views.ts";
import { digestOf, digestOfValue } from "../../kernel/hash.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { exitCode } from "../exit-code.ts";
import { emptyPlatePath, openCamera } from "./eyes.ts";
import { configurationRemedy } from "./remedies.ts";
import type { Terminal } from "./terminal.ts";

/** Takes the picture, finds the fiducials, and writes set-up and picture; refuses a calibration that does not fit. */
export async function calibrate(terminal: Terminal, configFile: string, camera = firstCamera): Promise<number> {
  const loaded = await loadConfig(configFile);
  if (!loaded.ok) {
    const remedy = configurationRemedy(configFile);
    return terminal.trouble({ code: "configuration", what: loaded.error.join("\n"), remedy }, exitCode.configuration);
  }
  const inspection = cameraNamed(loaded.value.config, camera);
  if (inspection === null) return terminal.trouble(noSuchCamera(loaded.value.config, camera), exitCode.usage);
  const rig = await readJson(inspection.rig).then(readRig, () => null);
  if (!rig) {
    const what = `The rig file ${inspection.rig} cannot be read.`;
    return terminal.trouble(
      { code: "rig-unreadable", what, remedy: "See config/bench-rig.json." },
      exitCode.configuration,
    );
  }
  if (!rig.ok) return terminal.trouble(rig.error, exitCode.configuration);
  const known = inspection.lens === undefined ? ok(null) : await knownLens(inspection.lens);
  if (!known.ok) return terminal.trouble(known.error, exitCode.configuration);
  terminal.progress("Taking a picture of the empty plate ...");
  const taken = await openCamera(inspection).take();
  if (!taken.ok) return terminal.trouble(taken.error, exitCode.deviceUnreachable);
  const picture = await decodeGrey(taken.value.bytes);
  if (!picture.ok) return terminal.trouble(picture.error, exitCode.refused);
  const { width, height } = picture.value;
  if (known.value !== null && (width !== known.value.width_px || height !== known.value.height_px)) {
    const what = `The lens file is of pictures of ${known.value.width_px} x ${known.value.height_px} pixels, the camera gives ${width} x ${height}.`;
    const remedy = "Make the lens file anew with this camera as it is set now: `cellward camera lens`.";
    return terminal.trouble({ code: "other-lens", what, remedy }, exitCode.refused);
  }
  const setup = commission(picture.value, rig.value, digestOf(taken.value.bytes), taken.value.receivedAt, known.value);
  if (!setup.ok) return terminal.trouble(setup.error, exitCode.refused);
  await writeDurably(emptyPlatePath(inspection.setup), taken.value.bytes, 0o600);
  await writeDurably(inspection.setup, new TextEncoder().encode(`${JSON.stringify(setup.value, null, 2)}\n`), 0o600);
  const { reprojection_px, uncertainty_mm } = setup.value;
  terminal.result(
    { ok: true, setup: inspection.setup, digest: digestOfValue(setup.value), reprojection_px, uncertainty_mm },
    `The camera is calibrated: fiducials fit to ${reprojection_px.toFixed(2)} px, a place on the plate is known to ` +
      `${uncertainty_mm.toFixed(3)} mm.\nSet-up: ${inspection.setup}`,
  );
  return exitCode.ok;
}

/** Which cameras there are. */
export function noSuchCamera(config: CellConfig, camera: string): Fault {
  const known = camerasIn(config).map(({ id }) => id);
  const remedy = `Name one of ${known.join(", ")} with --camera.`;
  return { code: "no-such-camera", what: `The configuration has no camera ${camera}.`, remedy };
}

/** The lens file that the configuration names. */
async function knownLens(path: string): Promise<Result<LensFile, Fault>> {
  const value = await readJson(path).catch(() => null);
  if (value !== null) return readLensFile(value);
  const what = `The lens file ${path} cannot be read.`;
  return err({
    code: "lens-file-unreadable",
    what,
    remedy: "Make it with `cellward camera lens`, or take `lens` out.",
  });
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, "utf8"));
}
