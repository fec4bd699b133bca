/** The command line of retention, erasure and the clock. */
import { type Command, Option } from "commander";
import { holdReasons, liftReasons } from "../../jobs/retention.ts";
import type { Deed } from "./keeping.ts";
import type { Terminal } from "./terminal.ts";

const signer = "\nName and password of whoever signs are asked for, or read from standard input, a line each.";

type End = (code: number) => void;
const config = () => new Option("--config <file>", "configuration (TOML)").makeOptionMandatory();
const parts = () => import("./keeping.ts");

/** Adds `retention` and `clock` to the program; `end` is told the exit code. */
export function addKeepingCommands(program: Command, terminal: () => Terminal, end: End): void {
  addRetention(program, terminal, end);
  addClock(program, terminal, end);
}

function addRetention(program: Command, terminal: () => Terminal, end: End): void {
  const retention = program
    .command("retention")
    .description("how long what is kept, legal holds, erasure: signed by QA at the running cell")
    .addHelpText("after", signer);
  retention
    .command("show")
    .description("until when a job is kept, and what was held, erased or dropped of it")
    .argument("<job>")
    .addOption(config())
    .action(async (job, o) => end(await (await parts()).showRetention(terminal(), o.config, job)));

  const deed = async (o: { config: string }, what: Deed) => end(await (await parts()).keep(terminal(), o.config, what));
  retention
    .command("hold")
    .description("place a job, or without --job everything in the cell, under a legal hold")
    .option("--job <job>")
    .addOption(reasons(holdReasons))
    .addOption(config())
    .action((o) => deed(o, { deed: "hold", about: held(o), reason: o.reason }));
  retention
    .command("lift")
    .description("lift a legal hold")
    .option("--job <job>")
    .addOption(reasons(liftReasons))
    .addOption(config())
    .action((o) => deed(o, { deed: "lift", about: held(o), reason: o.reason }));
  retention
    .command("erase")
    .description("erase the names in a job's or a lot's signatures: a signed entry, then the end of their key")
    .option("--job <job>")
    .option("--lot <lot>")
    .addOption(config())
    .action((o, command: Command) => {
      if ((o.job === undefined) === (o.lot === undefined)) command.error("error: name either --job or --lot");
      return deed(o, { deed: "erase", about: o.job === undefined ? { about: "lot", id: o.lot } : jobOf(o.job) });
    });
  retention
    .command("drop")
    .description("drop files of a job that need not be kept any longer: a signed entry, then their end on the disk")
    .argument("<job>")
    .addOption(
      new Option("--what <files>", "pictures of layers that passed, or everything")
        .choices(["pictures", "everything"])
        .makeOptionMandatory(),
    )
    .addOption(config())
    .action((job, o) =>
      deed(o, { deed: o.what === "pictures" ? "drop-pictures" : "drop-everything", about: jobOf(job) }),
    );
}

function addClock(program: Command, terminal: () => Terminal, end: End): void {
  const clock = program.command("clock").description("the record's clock, and the way back from one that ran ahead");
  clock
    .command("show")
    .description("what the clock says, what bears it out, and which entries were written ahead of it")
    .addOption(config())
    .addHelpText("after", signer)
    .action(async (o) => end(await (await parts()).showClock(terminal(), o.config)));
  clock
    .command("correct")
    .description("as QA and a second person: sign that the clock was wrong while these entries were written")
    .requiredOption("--from <entry>", "first entry, as `clock show` prints it")
    .requiredOption("--to <entry>", "last entry")
    .addOption(config())
    .addHelpText(
      "after",
      "\nQA signs first, then a second person: names and passwords are asked for, or read from standard input, a line each.",
    )
    .action(async (o) => end(await (await parts()).correctClock(terminal(), o.config, o.from, o.to)));
}

function jobOf(id: string): Deed["about"] {
  return { about: "job", id };
}

function held({ job }: { readonly job?: string }): Deed["about"] {
  return job === undefined ? { about: "cell" } : jobOf(job);
}

function reasons(codes: object): Option {
  return new Option("--reason <code>", "why").choices(Object.keys(codes)).makeOptionMandatory();
}
