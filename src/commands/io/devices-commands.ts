/** The command line of commissioning: what is plugged in, what answers, and a program tried at a machine. */
import type { Command } from "commander";
import type { Line } from "./log-commands.ts";

const parts = {
  dryRun: () => import("./devices-dry-run.ts"),
  list: () => import("./devices-list.ts"),
  tags: () => import("./devices-tags.ts"),
  trial: () => import("./devices-try.ts"),
};
const config = ["--config <file>", "configuration (TOML)"] as const;
const keys = ["--keys <folder>", "the cell's key folder: certificates for OPC UA"] as const;
const recipe = [
  "--recipe <file>",
  "the recipe whose limits hold, where the configuration has not exactly one",
] as const;
const baud = ["--baud <n>", "speed of a serial port that is named by its path (115200)"] as const;
const dialect = ["--dialect <name>", "firmware at a serial port that is named by its path"] as const;

const listCodes = `
Exit codes: 0 every server that was asked answers, and this cell trusts it; 2 an address is none;
6 a server does not answer; 7 all answer, and one is not trusted, or in no way that is secure
enough (of no machine of the configuration, or its certificate was not accepted, changed, expired,
revoked, for another host); 78 the configuration. With --json each server has its \`standing\`:
trusted, untrusted, unreachable or no-address.`;
const dryRunCodes = `
Exit codes: 0 everything is good; 2 usage; 3 something is bad; 6 the machine does not answer or
is not trusted; 78 the configuration.`;

/** Adds `devices` to the program. */
export function addDeviceCommands(program: Command, { terminal, end }: Line): void {
  const devices = program.command("devices").description("machines before they are used: find, look, try");
  devices
    .command("list", { isDefault: true })
    .description("serial ports by names that stay, and OPC UA servers with their policies and fingerprints")
    .option(...config)
    .option(...keys)
    .option("--opcua <address...>", "also ask these servers, like opc.tcp://192.0.2.20:4840")
    .option("--ask", "open each free serial port and ask who is there; this restarts many boards", false)
    .addHelpText("after", listCodes)
    .action(async (o) => end(await (await parts.list()).listDevices(terminal(), o)));
  devices
    .command("tags")
    .description("browse a machine on OPC UA: names, values, units, status and age; reads only")
    .argument("<equipment>", "a machine of the configuration")
    .argument("[path]", "names below Objects, divided by /")
    .requiredOption(...config)
    .requiredOption(...keys)
    .option("--watch", "print the values again every second until interrupted", false)
    .action(async (named, path, o) => end(await (await parts.tags()).browseTags(terminal(), named, path, o)));
  devices
    .command("dry-run")
    .description("everything that a start would check, with nothing moved and nothing heated")
    .argument("<equipment>", "a machine of the configuration, or a serial port by its path")
    .argument("<program>", "a G-code file, or the JSON program of a machine on OPC UA")
    .option(...config)
    .option(...keys)
    .option(...recipe)
    .option(...baud)
    .option(...dialect)
    .addHelpText("after", dryRunCodes)
    .action(async (named, path, o) => end(await (await parts.dryRun()).dryRun(terminal(), named, path, o)));
  devices
    .command("try")
    .description("run a program as a prototype through the driver alone, with somebody at the machine")
    .argument("<equipment>", "a machine of the configuration, or a serial port by its path")
    .argument("<program>", "a G-code file")
    .option(...config)
    .option(...keys)
    .option(...recipe)
    .option(...baud)
    .option(...dialect)
    .option("--data <folder>", "the cell's data folder: refused while the cell runs on it")
    .option("--presence <tty>", "the scanner with the enable button, where the configuration names none")
    .option("--out <file>", "the report (JSON)")
    .action(async (named, path, o) => end(await (await parts.trial()).tryProgram(terminal(), named, path, o)));
}
