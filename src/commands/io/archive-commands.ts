/** The command line of archives. */
import type { Command } from "commander";
import type { Line } from "./log-commands.ts";

const parts = () => import("./archive.ts");
const key = ["--key <key>", "the cell's public key: the line itself, or a file of such lines"] as const;
const keyFolder = ["--keys <folder>", "the cell's own key folder; also opens the pictures"] as const;
const witness = ["--witness <key>", "central QA's cosigner key, a line or a file"] as const;

/** Adds `archive` to the program. */
export function addArchiveCommands(program: Command, { terminal, end, options: { data, keys } }: Line): void {
  const archive = program
    .command("archive")
    .description("a closed year of the record as a folder that proves itself; nothing is removed from the ledger");
  archive
    .command("make")
    .description("archive a closed year: it is over (UTC), countersigned, and no job begun in it is open")
    .addOption(data)
    .addOption(keys)
    .requiredOption("--year <year>", "like 2025")
    .requiredOption("--out <folder>", "the archive: a folder that is empty or not there")
    .option(...witness)
    .option("--uncosigned", "without central QA's countersignature: the cell's key alone proves it", false)
    .option("--open", "pictures and programs as plaintext: they are patients' designs", false)
    .action(async (o) => end(await (await parts()).make(terminal(), o)));
  archive
    .command("verify")
    .description("verify an archive, offline")
    .argument("<archive>")
    .option(...key)
    .option(...keyFolder)
    .option(...witness)
    .action(async (folder, o) => end(await (await parts()).verify(terminal(), folder, o)));
  archive
    .command("restore")
    .description("make a data folder, for reading, from the archives of a log's years, from its first year on")
    .argument("<archive...>")
    .requiredOption("--out <folder>", "the data folder: empty or not there")
    .option(...key)
    .option(...keyFolder)
    .option(...witness)
    .action(async (folders, o) => end(await (await parts()).restore(terminal(), folders, o)));
}
