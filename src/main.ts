/** The command line of Cellward: what can be asked of it, and the parts that answer. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { exitCode } from "./commands/exit-code.ts";
import { addArchiveCommands } from "./commands/io/archive-commands.ts";
import { addCameraCommands } from "./commands/io/camera-commands.ts";
import { addDeviceCommands } from "./commands/io/devices-commands.ts";
import { addInspectCommands } from "./commands/io/inspect-commands.ts";
import { addKeepingCommands } from "./commands/io/keeping-commands.ts";
import { addLimitCommands } from "./commands/io/limit-commands.ts";
import { addLogCommands, addQaLogCommands } from "./commands/io/log-commands.ts";
import { addModelCommands } from "./commands/io/model-commands.ts";
import { createTerminal } from "./commands/io/terminal.ts";

/** The parts of each command, loaded when it is asked for: most need little, and a running cell needs much. */
const parts = {
  schema: () => import("./config/schema.ts"),
  doctor: () => import("./commands/io/doctor.ts"),
  identity: () => import("./commands/io/identity.ts"),
  pack: () => import("./commands/io/pack.ts"),
  packages: () => import("./commands/io/packages.ts"),
  people: () => import("./commands/io/people.ts"),
  qa: () => import("./commands/io/qa.ts"),
  qaRecall: () => import("./commands/io/qa-recall.ts"),
  qaEvidence: () => import("./commands/io/qa-evidence.ts"),
  qaRun: () => import("./commands/io/qa-run.ts"),
  records: () => import("./commands/io/records.ts"),
  rejudge: () => import("./commands/io/rejudge.ts"),
  run: () => import("./commands/io/run.ts"),
  whereUsed: () => import("./commands/io/where-used.ts"),
};

/** Asked before anything is understood, so that a wrong command line is answered in the form that was asked for. */
const asksJson = process.argv.includes("--json");

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
const program = new Command("cellward")
  .description("Controller of a hospital microfactory cell.")
  .version(manifest.version)
  .option("--json", "one JSON value on standard output instead of sentences", false)
  .configureHelp({ showGlobalOptions: true })
  .addHelpText(
    "after",
    "\nExit codes: 0 ok, 2 usage, 3 not ready, 4 verification failed, 6 device unreachable, 7 refused, 78 configuration.",
  )
  .exitOverride()
  .configureOutput({
    outputError(text, write) {
      if (!asksJson) write(text);
    },
    writeErr(text) {
      if (!asksJson) process.stderr.write(text);
    },
  });

const data = new Option("--data <folder>", "data folder: the ledger and its pictures").makeOptionMandatory();
const keys = new Option("--keys <folder>", "key folder, outside the data folder").makeOptionMandatory();
const config = new Option("--config <file>", "configuration (TOML)").makeOptionMandatory();
const terminal = () => createTerminal(program.opts<{ json: boolean }>().json);
const end = (code: number) => {
  process.exitCode = code;
};
const line = { terminal, end, options: { data, keys, config } };

program
  .command("init")
  .description("make fresh keys and an empty ledger")
  .addOption(data)
  .addOption(keys)
  .requiredOption("--origin <name>", "the ledger's name, like hospital.example/cell-1")
  .option("--hybrid", "packages for this cell are sealed against quantum computers too", false)
  .action(async (o) => end(await (await parts.records()).init(terminal(), o.data, o.keys, o.origin, o.hybrid)));

program
  .command("run")
  .description("run the cell in the foreground")
  .addOption(config)
  .addOption(data)
  .addOption(keys)
  .action(async (o) => {
    // Child processes and workers must not keep a cell alive that has ended.
    process.exit(await (await parts.run()).run(terminal(), o));
  });

program
  .command("verify")
  .description("verify a data folder, a backup, an exported record or an archive")
  .argument("<path>")
  .option("--key <key>", "public key: the line itself, or a file of such lines")
  .option("--keys <folder>", "the cell's own key folder; also opens the pictures")
  .option("--witness <key>", "central QA's cosigner key, a line or a file: says whether it has countersigned")
  .action(async (path, o) => end(await (await parts.records()).verify(terminal(), path, o)));

program
  .command("export")
  .description(
    "write one job's record as a file that proves itself, and beside it a readable page (HTML) and paper (PDF)",
  )
  .argument("<job>")
  .addOption(data)
  .addOption(keys)
  .requiredOption("--out <file>", "the record (JSON); page and paper are written beside it")
  .option("--no-pictures", "leave pictures and programs out; their digests stay")
  .option(
    "--witness <key>",
    "central QA's cosigner key, a line or a file: only what it has countersigned counts as such",
  )
  .option("--from-older-image", "also from a folder that holds less than the cell has signed; page and paper say so")
  .action(async (job, o) => end(await (await parts.records()).exportRecord(terminal(), job, o)));

/** One option for each kind of thing that records name. */
function withThings(command: Command): Command {
  const kinds = ["lot", "machine", "firmware", "recipe", "model", "operator", "gauge", "udi", "equipment", "software"];
  for (const kind of [...kinds, "design", "job"]) command.option(`--${kind} <name>`, `devices made with this ${kind}`);
  return command.option("--device <job/copy>", "the other way round: what this device was made with");
}

withThings(
  program.command("where-used").description("devices of this cell by what they were made with; needs no network"),
)
  .addOption(data)
  .option("--ancestor <folder...>", "data folders of the logs that this one continues: they are read as well")
  .action(async (o) => end(await (await parts.whereUsed()).whereUsed(terminal(), o)));

program
  .command("rejudge")
  .description(
    "judge stored layers again: as they were (every report must come out the same), or under other limits or another model",
  )
  .addOption(config)
  .addOption(data)
  .addOption(keys)
  .option("--job <id>", "only this order")
  .option("--since <day>", "only attempts started from this day on (UTC), like 2026-01-31")
  .option("--limits <file>", "these inspection limits (JSON) instead of those of each build")
  .option("--model <manifest>", "this model instead of the one in the configuration")
  .option("--workers <n>", "how many builds are judged side by side (one a core)")
  .option("--out <file>", "write the whole report as JSON")
  .action(async (o) => end(await (await parts.rejudge()).rejudge(terminal(), o)));

program
  .command("backup")
  .description("copy a data folder, running or not, and verify the copy; keys are not in it")
  .addOption(data)
  .addOption(keys)
  .requiredOption("--to <folder>", "a folder that is empty or not there")
  .action(async (o) => end(await (await parts.records()).backup(terminal(), o.data, o.keys, o.to)));

program
  .command("restore")
  .description("restore a backup into an empty data folder and verify it")
  .argument("<backup>")
  .addOption(data)
  .addOption(keys)
  .action(async (from, o) => end(await (await parts.records()).restore(terminal(), from, o.keys, o.data)));

for (const add of [addArchiveCommands, addDeviceCommands, addLimitCommands, addLogCommands, addModelCommands])
  add(program, line);

program
  .command("doctor")
  .description("look at everything a cell needs and say what is missing")
  .addOption(config)
  .addOption(data)
  .addOption(keys)
  .action(async (o) => end(await (await parts.doctor()).doctor(terminal(), o)));

addCameraCommands(program, { ...line, config });
addInspectCommands(program, line);

program
  .command("recipient")
  .description("print the age recipient that packages for this cell are sealed for")
  .addOption(keys)
  .option("--new", "make a fresh identity; the ones before go on opening old packages", false)
  .option("--hybrid", "with --new: X25519 and ML-KEM-768 together", false)
  .action(async (o) => end(await (await parts.identity()).recipient(terminal(), o.keys, o)));

program
  .command("keygen")
  .description("make the key pair of a signer: design authority or clinical release")
  .requiredOption("--name <name>", "shown wherever it signs, like clinic.example/design-authority")
  .requiredOption("--out <folder>", "folder of the secret (.key) and the public line (.vkey)")
  .action(async (o) => end(await (await parts.packages()).keygen(terminal(), o.name, o.out)));

program
  .command("pack")
  .description("as design authority: judge the programs, seal them with the order for one cell, and sign")
  .requiredOption("--order <file>", "the order (JSON)")
  .requiredOption("--program <file...>", "the programs that order and recipe name")
  .option("--attach <file...>", "other files to be sealed with them, such as the geometry", [])
  .requiredOption("--identifiers <file>", "the two identifiers, a line each; - reads standard input")
  .requiredOption("--recipient <recipient>", "the cell's, as `cellward recipient` prints it")
  .requiredOption("--key <file>", "the design authority's secret key")
  .requiredOption("--out <file>", "the package (NAME.cwp)")
  .option("--recipes <folder>", "recipes to judge by", join(import.meta.dirname, "../config/recipes"))
  .option("--processes <folder>", "process packs beside those that come with the program")
  .action(async (o) => end(await (await parts.pack()).pack(terminal(), o)));

program
  .command("release")
  .description("as clinical release: read what is released, and sign it too")
  .argument("<package>")
  .requiredOption("--key <file>", "the clinical release's secret key")
  .requiredOption("--design-authority <key...>", "whose signature must be on it: public key lines, or files of them")
  .requiredOption("--out <file>", "the released package")
  .action(async (path, o) => end(await (await parts.packages()).release(terminal(), path, o)));

program
  .command("package")
  .description("work with job packages")
  .command("show")
  .description("say what a package orders, for which cell, until when and signed by whom; nothing is decrypted")
  .argument("<package>")
  .option("--key <key...>", "public keys to check the signatures with: lines, or files of them", [])
  .action(async (path, o) => end(await (await parts.packages()).showPackage(terminal(), path, o.key)));

peopleCommands(program, "who may use this cell", []);
addKeepingCommands(program, terminal, end);

const trust = program.command("trust").description("which certificates of machines on OPC UA this cell accepts");
trust
  .command("show")
  .description("what answers at a machine's address: endpoints, certificate, fingerprint, and whether it is accepted")
  .argument("<machine>", "a machine of the configuration, or an opc.tcp address")
  .addOption(config)
  .addOption(keys)
  .action(async (machine, o) => end(await (await trustCommands()).showTrust(terminal(), machine, o)));
trust
  .command("accept")
  .description("accept exactly this certificate for a machine, as compared with what the machine itself shows")
  .argument("<machine>", "a machine of the configuration")
  .argument("<fingerprint>", "SHA-256 of the certificate, as `trust show` prints it")
  .addOption(config)
  .addOption(keys)
  .action(async (machine, print, o) => end(await (await trustCommands()).acceptTrust(terminal(), machine, print, o)));
trust
  .command("list")
  .description("list what was accepted and revoked, and this cell's own certificate")
  .addOption(config)
  .addOption(keys)
  .action(async (o) => end(await (await trustCommands()).listTrust(terminal(), o)));
trust
  .command("revoke")
  .description("end the trust in a machine's certificate for good")
  .argument("<machine>", "a machine of `trust list`")
  .addOption(config)
  .addOption(keys)
  .action(async (machine, o) => end(await (await trustCommands()).revokeTrust(terminal(), machine, o)));

program
  .command("config")
  .description("work with the configuration")
  .command("schema")
  .description("print the configuration's JSON Schema")
  .action(async () => console.log(JSON.stringify((await parts.schema()).configJsonSchema(), null, 2)));

const qa = program.command("qa").description("central QA: what cells hand over is verified, kept and cosigned here");
const central = () => [config, data, keys];
qa.command("init")
  .description("make central's keys and the installation's certificate authority")
  .addOption(keys)
  .option("--name <name>", "the witness's name, as it stands in every receipt", "central-qa")
  .option("--broker-host <host...>", "names and addresses of the broker", ["localhost", "127.0.0.1"])
  .option("--evidence-host <host...>", "names and addresses of central's evidence endpoint", ["localhost", "127.0.0.1"])
  .action(async (o) => end(await (await parts.qa()).initQa(terminal(), o)));
qa.command("enrol")
  .description("make the certificate with which one cell meets the broker")
  .argument("<cell>", "the cell's id")
  .addOption(keys)
  .requiredOption("--out <folder>", "a folder to hand over to the cell")
  .action(async (cell, o) => end(await (await parts.qa()).enrol(terminal(), cell, o.keys, o.out)));
central()
  .reduce(
    (command, option) => command.addOption(option),
    qa.command("run").description("run central QA in the foreground"),
  )
  .action(async (o) => process.exit(await (await parts.qaRun()).runQa(terminal(), o)));
central()
  .reduce(
    (command, option) => command.addOption(option),
    qa.command("decide").description("sign a decision; it can forbid, and start nothing"),
  )
  .requiredOption("--cell <id>", "the cell that it is for")
  .requiredOption("--action <action>", "hold, lift, demonstration, fetch-evidence (of a job)")
  .requiredOption(
    "--target <kind:id>",
    "what it is about: cell, machine, lot, recipe, model or job, with its identifier",
  )
  .requiredOption("--reason <code>", "why, one of the fixed codes")
  .action(async (o) => end(await (await parts.qa()).decide(terminal(), o)));
central()
  .reduce(
    (command, option) => command.addOption(option),
    qa.command("verify").description("verify everything that is held, again"),
  )
  .action(async (o) => end(await (await parts.qa()).verifyQa(terminal(), o)));
withThings(
  qa.command("recall").description("devices of all cells by what they were made with, and the other way round"),
)
  .addOption(config)
  .addOption(data)
  .option("--cell <id>", "the cell, for what is named by its cell alone: operator, equipment, job, device")
  .option("--csv", "comma-separated values", false)
  .action(async (o) => end(await (await parts.qaRecall()).recallAtQa(terminal(), o)));
qa.command("reindex")
  .description("make the index of what was made with what again, from the entries")
  .addOption(config)
  .addOption(data)
  .action(async (o) => end(await (await parts.qaRecall()).reindex(terminal(), o)));
const evidence = qa.command("evidence").description("pictures, reports and programs that cells bring, sealed");
evidence
  .command("init")
  .description("make the endpoint's certificate and the evidence identity where `qa init` was of an older release")
  .addOption(keys)
  .option("--host <host...>", "names and addresses of the endpoint", ["localhost", "127.0.0.1"])
  .option("--x25519", "an identity without the post-quantum half, for other age programs", false)
  .action(async (o) => end(await (await parts.qaEvidence()).initEvidence(terminal(), o)));
evidence
  .command("verify")
  .description("hash every piece in the evidence folder again and hold it against its signed receipt")
  .addOption(config)
  .addOption(keys)
  .action(async (o) => end(await (await parts.qaEvidence()).verifyEvidence(terminal(), o)));
evidence
  .command("open")
  .description("decrypt what has come, and say whether it is what the cell's record names")
  .argument("<cell>", "the cell's id")
  .argument("<what>", "a job, or the digest of one piece")
  .addOption(config)
  .addOption(data)
  .requiredOption("--identity <file>", "the evidence identity (age)")
  .requiredOption("--out <folder>", "where the plain pieces are put; they are a patient's design")
  .action(async (cell, what, o) => end(await (await parts.qaEvidence()).openEvidence(terminal(), cell, what, o)));
addQaLogCommands(qa, line);
peopleCommands(qa, "who may use central's page", ["qa"]);
qa.command("schema")
  .description("print the configuration's JSON Schema")
  .action(async () => (await parts.qa()).printQaSchema());

/** The same at both desks: a cell's panel and central QA's page have accounts of one kind. */
function peopleCommands(desk: Command, description: string, roles: readonly string[]): void {
  const people = desk.command("people").description(description);
  const role = new Option("--role <role...>", "technician, qa, engineer");
  people
    .command("invite")
    .description("make a place for one person; prints a one-time code")
    .addOption(keys)
    .addOption(roles.length > 0 ? role.default(roles) : role.makeOptionMandatory())
    .action(async (o) => end(await (await parts.people()).invite(terminal(), o.keys, o.role)));
  people
    .command("list")
    .description("list accounts and their roles")
    .addOption(keys)
    .action(async (o) => end(await (await parts.people()).listPeople(terminal(), o.keys)));
  people
    .command("disable")
    .description("end an account for good; whoever is signed in with it is signed out at once")
    .argument("<person>", "the identifier (P-…) that `people list` prints")
    .addOption(keys)
    .action(async (person, o) => end(await (await parts.people()).disablePerson(terminal(), o.keys, person)));
  people
    .command("unlock")
    .description("end the lock after too many wrong passwords")
    .argument("<person>", "the identifier (P-…) that `people list` prints")
    .addOption(keys)
    .action(async (person, o) => end(await (await parts.people()).unlockPerson(terminal(), o.keys, person)));
}

/** OPC UA takes long to load: only who asks for it waits. */
function trustCommands(): Promise<typeof import("./commands/io/trust.ts")> {
  return import("./commands/io/trust.ts");
}

try {
  await program.parseAsync();
} catch (problem) {
  if (!(problem instanceof CommanderError)) throw problem;
  const asked = problem.exitCode === 0;
  process.exitCode = asked ? exitCode.ok : exitCode.usage;
  if (!asked && asksJson) {
    const isHelp = problem.code === "commander.help";
    const what = isHelp ? "No command was named." : problem.message.replace(/^error: /, "");
    const remedy = "Run `cellward --help`; it names every command and option.";
    createTerminal(true).trouble({ code: "usage", what, remedy }, exitCode.usage);
  }
}
