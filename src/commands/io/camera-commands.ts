/** The commands on the inspection camera: a plate to print, what it tells of the lens, and the camera's place. */
import type { Command, Option } from "commander";
import type { Line } from "./log-commands.ts";

/** Loaded when one of them is asked for. */
const parts = {
  camera: () => import("./camera.ts"),
  lens: () => import("./camera-lens.ts"),
  guide: () => import("./camera-guide.ts"),
  pose: () => import("./camera-pose.ts"),
};

const which = "which of several: the id of its [[inspection.view]]; without it, [camera]";

/** `camera`, with the configuration's option. */
export function addCameraCommands(
  program: Command,
  { terminal, end, config }: Line & { readonly config: Option },
): void {
  const camera = program.command("camera").description("work with the inspection camera");
  camera
    .command("plate")
    .description("write a calibration plate as PDF, to be printed at 100 %")
    .option("--size <paper>", "a5, a4, a3, or width x height in millimetres such as 300x200", "a4")
    .requiredOption("--out <file>", "the PDF")
    .action(async (o) => end(await (await parts.lens()).writePlate(terminal(), o.size, o.out)));
  camera
    .command("lens")
    .description("find out what the lens does, from pictures of the plate held in many ways")
    .requiredOption("--pictures <folder>", "JPEG pictures of the plate, ten or more, all from this camera as it is set")
    .option("--size <paper>", "the plate's, as it was written", "a4")
    .option("--across <mm>", "the bar across as it was measured")
    .option("--down <mm>", "the bar down as it was measured")
    .requiredOption("--out <file>", "the lens file, which the configuration names as [inspection] lens")
    .action(async (o) => end(await (await parts.lens()).fitFromPictures(terminal(), o)));
  camera
    .command("guide")
    .description(
      "the same with the camera itself: takes pictures, says how to hold the plate next, ends when the lens is known",
    )
    .option("--config <file>", "configuration (TOML), whose camera takes the pictures; not needed with --from")
    .option("--camera <id>", which)
    .option("--size <paper>", "the plate's, as it was written", "a4")
    .option("--across <mm>", "the bar across as it was measured")
    .option("--down <mm>", "the bar down as it was measured")
    .option("--every <seconds>", "between two pictures", "2")
    .option("--minutes <number>", "after which it ends, whatever is lacking", "15")
    .option("--keep <folder>", "put the pictures that count there, for `camera lens` to read again")
    .option("--from <folder>", "look at the pictures of a folder instead, in the order of their names")
    .requiredOption("--out <file>", "the lens file, which the configuration names as [inspection] lens")
    .action(async (o) => end(await (await parts.guide()).guide(terminal(), o)));
  camera
    .command("pose")
    .description("find out where the camera stands by the plate laid on the bed, and whether set-up and rig agree")
    .addOption(config)
    .option("--camera <id>", which)
    .requiredOption("--corner <x,y>", "where on the bed the sheet's lower left corner lies, in millimetres")
    .option("--turn <degrees>", "0, 90, 180 or 270 counter-clockwise about that corner", "0")
    .option("--height <mm>", "of the printed side above the plate's zero", "0")
    .option("--within <mm>", "within so much of where they are said its corners lie (k = 2)", "0.5")
    .option("--size <paper>", "the plate's, as it was written", "a4")
    .option("--across <mm>", "the bar across as it was measured")
    .option("--down <mm>", "the bar down as it was measured")
    .option("--picture <file>", "a picture that was taken before; without it one is taken now")
    .option("--rig-out <file>", "write the rig file with the fiducials where they are seen")
    .action(async (o) => end(await (await parts.pose()).poseByPlate(terminal(), o)));
  camera
    .command("calibrate")
    .description("commission the camera on the empty plate")
    .addOption(config)
    .option("--camera <id>", which)
    .action(async (o) => end(await (await parts.camera()).calibrate(terminal(), o.config, o.camera)));
}
