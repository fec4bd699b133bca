/** The commands on the inspection of layers: a score on somebody's pictures, and what people made of its verdicts. */
import { type Command, Option } from "commander";
import type { Line } from "./log-commands.ts";

/** Loaded when one of them is asked for. */
const parts = {
  commission: () => import("./inspect-commission.ts"),
  processes: () => import("./inspect-processes.ts"),
  rates: () => import("./inspect-rates.ts"),
  reactions: () => import("./inspect-reactions.ts"),
  score: () => import("./inspect-score.ts"),
};

const ownPacks = "process packs beside those that come with the program";

/** `inspect`, of a cell, and the word for `render`, which is a program of its own (bin/cellward). */
export function addInspectCommands(program: Command, { terminal, end, options: { data } }: Line): void {
  program
    .command("render")
    .usage("[options] filament|powder")
    .description("draw layers as a camera would see them, good and faulty, with their exact truth")
    .option("--help", "what can be drawn, and how")
    .action(() =>
      program.error("error: render is a program of its own: run it as bin/cellward render", { exitCode: 2 }),
    );
  const inspect = program.command("inspect").description("work with the inspection of layers");
  inspect
    .command("score")
    .description("judge a folder of pictures by its own references and compare with its labels")
    .requiredOption(
      "--set <folder>",
      "set.toml, frames, reference and more; without it the goals are measured (--full)",
    )
    .option("--out <folder>", "write overlays of the best finds and of the worst misses and false alarms")
    .option("--processes <folder>", ownPacks)
    .action(async (o) => end(await (await parts.score()).inspectScore(terminal(), o)));
  inspect
    .command("processes")
    .description("what each process pack says: phases of a layer, classes, limits and reactions")
    .option("--processes <folder>", ownPacks)
    .option("--file <file>", "one pack alone, such as one's own: whether it can be used")
    .action(async (o) => end(await (await parts.processes()).inspectProcesses(terminal(), o)));
  inspect
    .command("commission")
    .description("freeze the good frames of a camera that looks at surfaces, and say how alike they are")
    .requiredOption("--process <process>", "name of the process pack")
    .requiredOption("--frames <folder>", "a folder a phase, each with reference and, where parts show, expected")
    .requiredOption("--camera <name>", "which camera: it stands in the set-up")
    .requiredOption("--mm-per-pixel <mm>", "size of a pixel on the surface")
    .requiredOption("--out <folder>", "a new folder: the set-up and copies of the frames")
    .addOption(new Option("--recoater <way>", "its way in the picture").choices(["down", "across"]).default("down"))
    .option("--exposure-unknown", "the camera cannot say when it exposed")
    .option("--processes <folder>", ownPacks)
    .action(async (o) => end(await (await parts.commission()).inspectCommission(terminal(), o)));
  inspect
    .command("rates")
    .description("by model: how often people confirmed or overruled the inspection, or found bad what it had passed")
    .addOption(data)
    .action(async (o) => end((await parts.rates()).inspectRates(terminal(), o.data)));
  inspect
    .command("reactions")
    .description(
      "what follows a finding by a recipe: logged, warned of, held or aborted, and up to what it is tolerated",
    )
    .argument("<recipe>", "the recipe's file")
    .option("--processes <folder>", ownPacks)
    .action(async (recipe, o) =>
      end(await (await parts.reactions()).inspectReactions(terminal(), recipe, o.processes)),
    );
}
