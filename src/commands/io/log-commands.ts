/** The commands on a log's life, as they are asked for: its key, its repair from central QA's copy, its continuation. */
import { type Command, Option } from "commander";
import type { Terminal } from "./terminal.ts";

/** What the command line gives to each of its commands. */
export interface Line {
  readonly terminal: () => Terminal;
  readonly end: (code: number) => void;
  readonly options: { readonly data: Option; readonly keys: Option; readonly config: Option };
}

/** Loaded when one of them is asked for. */
const parts = {
  continuing: () => import("./continue.ts"),
  copy: () => import("./qa-copy.ts"),
  key: () => import("./key.ts"),
  qaKey: () => import("./qa-key.ts"),
  repair: () => import("./repair.ts"),
};

/** `key`, `repair` and `continue`, of a cell. */
export function addLogCommands(program: Command, { terminal, end, options: { data, keys } }: Line): void {
  const key = program.command("key").description("the cell's signing key: who it is, handing it on, revoking it");
  key
    .command("show")
    .description("print the log's public keys, each with the sizes up to which it counts")
    .addOption(data)
    .addOption(keys)
    .action(async (o) => end(await (await parts.key()).showKeys(terminal(), o.data, o.keys)));
  const algorithms = ["ed25519", "ecdsa-p256"];
  for (const { verb, does, reasons } of handovers) {
    key
      .command(verb)
      .description(does)
      .addOption(data)
      .addOption(keys)
      .addOption(new Option("--reason <code>", "why").choices(reasons).default(reasons[0]))
      .addOption(new Option("--algorithm <name>", "of a key in a file").choices(algorithms).default("ed25519"))
      .option("--program <path...>", "the new key is held by this program (path, then its arguments; no shell)")
      .action(async (o) => end(await (await parts.key()).handKeyOver(terminal(), verb, o)));
  }
  program
    .command("repair")
    .description("bring the ledger back from central QA's copy; the cell stands still, an engineer signs")
    .addOption(data)
    .addOption(keys)
    .requiredOption("--copy <file>", "as `cellward qa copy` made it")
    .requiredOption("--witness <key>", "central QA's cosigner key, a line or a file")
    .action(async (o) => end(await (await parts.repair()).repair(terminal(), o)));
  program
    .command("continue")
    .description("continue a log whose end is lost under a new origin: two people sign, its orders are void")
    .addOption(data)
    .addOption(keys)
    .requiredOption("--origin <name>", "the new ledger's name")
    .requiredOption("--new-data <folder>", "the new ledger's data folder, empty or not there")
    .requiredOption("--new-keys <folder>", "its key folder, empty or not there")
    .requiredOption("--reason <code>", "restored, damaged, key-lost, key-exposed, forked")
    .option("--witness <key>", "central QA's cosigner key, a line or a file: its newest countersigned head is named")
    .action(async (o) => end(await (await parts.continuing()).continueLog(terminal(), o)));
}

const handovers = [
  {
    verb: "rotate",
    does: "hand the signing key on to a fresh one; the cell stands still, an engineer signs",
    reasons: ["scheduled", "replaced"],
  },
  {
    verb: "revoke",
    does: "the same where the old key may be in other hands",
    reasons: ["suspected", "exposed"],
  },
] as const;

/** `qa copy` and `qa key`, at central QA. */
export function addQaLogCommands(qa: Command, { terminal, end, options: { data, keys, config } }: Line): void {
  qa.command("copy")
    .description("write what is held of one cell's log, up to what was countersigned, for its repair")
    .addOption(config)
    .addOption(data)
    .addOption(keys)
    .requiredOption("--cell <id>", "the cell")
    .option("--origin <name>", "one of its earlier logs")
    .requiredOption("--out <file>", "the copy")
    .action(async (o) => end(await (await parts.copy()).copyLog(terminal(), o)));
  qa.command("key")
    .description("central's cosigning key")
    .command("rotate")
    .description("replace it; cells are handed the new lines")
    .addOption(keys)
    .action(async (o) => end(await (await parts.qaKey()).rotateWitness(terminal(), o.keys)));
}
