/** The command line of the register of inspection models. */
import { type Command, Option } from "commander";
import { retirementReasons } from "../../jobs/model-event.ts";
import type { Line } from "./log-commands.ts";

const parts = () => import("./models.ts");

/** Adds `model` to the program. */
export function addModelCommands(program: Command, { terminal, end, options }: Line): void {
  const model = program
    .command("model")
    .description("inspection models: which one may judge layers in this cell, by whose word, and until when");
  model
    .command("list")
    .description("the models that the record knows, and how the configured one stands; needs no running cell")
    .addOption(options.config)
    .addOption(options.data)
    .action(async (o) => end(await (await parts()).listModels(terminal(), o)));
  model
    .command("show")
    .description("what was signed about one model, in order; needs no running cell")
    .argument("<model>", "its digest, or at least the first 8 digits")
    .addOption(options.data)
    .action(async (name, o) => end(await (await parts()).showModel(terminal(), name, o)));
  model
    .command("approve")
    .description("as QA and an engineer: let the model that the running cell's configuration names judge layers here")
    .addOption(options.config)
    .option("--from <day>", "first day on which it counts (UTC); at once without it")
    .option("--until <day>", "last day on which it counts (UTC); until it is retired without it")
    .option("--recipe <name...>", "only layers of these recipes, in their present revision; all without it")
    .addHelpText(
      "after",
      "\nRead models/CARD.md first. QA signs first, then an engineer: names and passwords are asked for, or read from standard input, a line each.",
    )
    .action(async (o) => end(await (await parts()).approveModel(terminal(), o)));
  model
    .command("retire")
    .description("as QA: the model judges no further layer here; a job that it watches holds at the end of its layer")
    .argument("<model>", "its digest, or at least the first 8 digits")
    .addOption(new Option("--reason <code>", "why").choices(Object.keys(retirementReasons)).makeOptionMandatory())
    .addOption(options.config)
    .addHelpText(
      "after",
      "\nName and password of whoever signs are asked for, or read from standard input, a line each.",
    )
    .action(async (name, o) => end(await (await parts()).retireModel(terminal(), name, o)));
}
