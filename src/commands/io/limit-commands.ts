/** The command line of limit sets. */
import { type Command, Option } from "commander";
import { limitReasons } from "../../jobs/limit-event.ts";
import type { Line } from "./log-commands.ts";

const desk = () => import("./limit-desk.ts");
const signs = "names and passwords are asked for, or read from standard input, a line each.";

/** Adds `limits` to the program. */
export function addLimitCommands(program: Command, { terminal, end, options }: Line): void {
  const limits = program
    .command("limits")
    .description("limit sets: the recipe's inspection limits made tighter by what whole layers of this cell came to");
  limits
    .command("propose")
    .description("measure the whole layers of the record and propose limits that keep a budget of false pauses")
    .addOption(options.config)
    .addOption(options.data)
    .addOption(options.keys)
    .option("--recipe <name>", "of this recipe, in its present revision; that of the newest build without it")
    .option("--camera <id>", "of what this camera saw; [camera] without it")
    .option("--one-in <layers>", "whole layers of which one may be held", "10000")
    .option("--confidence <percent>", "that this budget is kept", "95")
    .option("--workers <number>", "builds measured side by side; one a core without it")
    .option("--out <file>", "write the proposal, for QA and an engineer to sign")
    .action(async (o) => end(await (await import("./limits.ts")).proposeLimits(terminal(), o)));
  limits
    .command("list")
    .description("the sets in force; needs no running cell")
    .addOption(options.data)
    .action(async (o) => end((await desk()).listLimits(terminal(), o)));
  limits
    .command("approve")
    .description("as QA and an engineer: layers are judged by this set from the next start on")
    .argument("<file>", "a proposal, as `limits propose --out` wrote it")
    .addOption(options.config)
    .addHelpText("after", `\nQA signs first, then an engineer: ${signs}`)
    .action(async (file, o) => end(await (await desk()).approveLimits(terminal(), file, o)));
  limits
    .command("withdraw")
    .description("as QA: the recipe's own limits count again from the next start on")
    .argument("<set>", "its digest, or at least the first 8 digits")
    .addOption(new Option("--reason <code>", "why").choices(Object.keys(limitReasons)).makeOptionMandatory())
    .addOption(options.config)
    .addHelpText("after", `\nName and password of whoever signs: ${signs}`)
    .action(async (set, o) => end(await (await desk()).withdrawLimits(terminal(), set, o)));
}
