/** `cellward devices list`: what is plugged in and what answers, before anything is configured or trusted. */
import { constants, existsSync } from "node:fs";
import { access, readdir, readFile, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { loadConfig } from "../../config/io/load.ts";
import type { CellConfig } from "../../config/schema.ts";
import { openPort } from "../../drivers/marlin/io/port.ts";
import { readReply } from "../../drivers/marlin/reply.ts";
import { createLineSplitter } from "../../drivers/marlin/wire.ts";
import { exitCode } from "../exit-code.ts";
import { configurationRemedy } from "./remedies.ts";
import type { Terminal } from "./terminal.ts";
import { type AnsweringServer, serverAt } from "./trust.ts";

export interface ListOptions {
  readonly config?: string;
  readonly keys?: string;
  /** Addresses of OPC UA servers besides those of the configuration. */
  readonly opcua?: readonly string[];
  /** Opens each serial port and asks who is there: that restarts many boards. */
  readonly ask?: boolean;
}

/** One serial port by a name that stays with the device where it has one. */
export interface SerialPortFound {
  readonly name: string;
  readonly device: string;
  /** `by-id` names the device itself; `by-path` the socket that it is plugged into; `none` whatever comes next. */
  readonly naming: "by-id" | "by-path" | "none";
  readonly mayOpen: boolean;
  /** Process that has it open; null where none is seen. */
  readonly heldBy: string | null;
  /** Machines of the configuration that are driven over it. */
  readonly machines: readonly string[];
  /** What answered M115, where it was asked. */
  readonly identity: string | null;
}

const askedFor = 4000;
const bauds = [115_200, 250_000];

/** Exit code 0 where every server that was asked is trusted, 6 where one does not answer, 7 where one is not trusted. */
export async function listDevices(terminal: Terminal, options: ListOptions): Promise<number> {
  const loaded = options.config === undefined ? null : await loadConfig(options.config);
  if (loaded !== null && !loaded.ok) {
    const remedy = configurationRemedy(options.config ?? "");
    return terminal.trouble({ code: "configuration", what: loaded.error.join(" "), remedy }, exitCode.configuration);
  }
  const config = loaded?.value.config ?? null;
  const ports = await serialPorts(config, options.ask === true, (text) => terminal.progress(text));
  const addresses = [
    ...new Set([...(options.opcua ?? []), ...(config?.machine ?? []).flatMap(({ opcua }) => opcua?.endpoint ?? [])]),
  ];
  const servers: AnsweringServer[] = [];
  for (const address of addresses) {
    terminal.progress(`asking ${address}`);
    servers.push(await serverAt(address, config, options.keys));
  }
  terminal.result(
    { ok: servers.every(({ standing }) => standing === "trusted"), serial: ports, opcua: servers },
    [...portLines(ports), ...serverLines(servers)].join("\n"),
  );
  return codeOf(servers);
}

/** What cannot even be asked comes first, then what does not answer, then what is not trusted. */
function codeOf(servers: readonly AnsweringServer[]): number {
  const found = new Set(servers.map(({ standing }) => standing));
  if (found.has("no-address")) return exitCode.usage;
  if (found.has("unreachable")) return exitCode.deviceUnreachable;
  return found.has("untrusted") ? exitCode.refused : exitCode.ok;
}

async function serialPorts(
  config: CellConfig | null,
  ask: boolean,
  tell: (text: string) => void,
): Promise<readonly SerialPortFound[]> {
  const named = new Map<string, { name: string; naming: SerialPortFound["naming"] }>();
  for (const [folder, naming] of [
    ["/dev/serial/by-path", "by-path"],
    ["/dev/serial/by-id", "by-id"],
  ] as const) {
    for (const entry of await readdir(folder).catch(() => [])) {
      const name = join(folder, entry);
      named.set(await realpath(name).catch(() => name), { name, naming });
    }
  }
  for (const entry of await readdir("/dev").catch(() => [])) {
    const device = join("/dev", entry);
    if (/^tty(USB|ACM|AMA|S[0-9]+$)/.test(entry) && !named.has(device) && !(await isPhantom(entry))) {
      named.set(device, { name: device, naming: "none" });
    }
  }
  // A port of the configuration may be anything that behaves like one.
  for (const { marlin } of config?.machine ?? []) {
    if (!marlin || !existsSync(marlin.port)) continue;
    const device = await realpath(marlin.port);
    if (!named.has(device)) named.set(device, { name: marlin.port, naming: "none" });
  }
  const holders = await holdersOf([...named.keys()]);
  const found: SerialPortFound[] = [];
  for (const [device, { name, naming }] of [...named].sort(([a], [b]) => a.localeCompare(b))) {
    const mayOpen = await access(device, constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    );
    const heldBy = holders.get(device) ?? null;
    const machines = await machinesAt(config, device);
    if (ask && mayOpen && heldBy === null) tell(`asking ${name}`);
    const identity = ask && mayOpen && heldBy === null ? await identityAt(device) : null;
    found.push({ name, device, naming, mayOpen, heldBy, machines, identity });
  }
  return found;
}

/** A UART that the kernel lists and the board does not have. */
async function isPhantom(entry: string): Promise<boolean> {
  if (!entry.startsWith("ttyS")) return false;
  const type = await readFile(`/sys/class/tty/${entry}/type`, "utf8").catch(() => "0");
  return type.trim() === "0";
}

async function machinesAt(config: CellConfig | null, device: string): Promise<string[]> {
  const at: string[] = [];
  for (const { id, marlin } of config?.machine ?? []) {
    if (marlin && (await realpath(marlin.port).catch(() => "")) === device) at.push(id);
  }
  return at;
}

/** Which process has each device open, as far as this account may see. */
async function holdersOf(devices: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const held = new Map<string, string>();
  const wanted = new Set(devices);
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^[0-9]+$/.test(pid)) continue;
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
      if (!wanted.has(target)) continue;
      const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "?");
      held.set(target, `${name.trim()} (process ${pid})`);
    }
  }
  return held;
}

/** Asks M115 at each usual speed; the firmware's own line, or null where nothing understandable comes. */
async function identityAt(device: string): Promise<string | null> {
  for (const baud of bauds) {
    const said = await new Promise<string | null>((resolve) => {
      const split = createLineSplitter();
      const finish = (text: string | null): void => {
        clearTimeout(timer);
        clearInterval(again);
        port.close();
        resolve(text);
      };
      const timer = setTimeout(() => finish(null), askedFor);
      const port = openPort(
        { path: device, baud, lockFolder: "/tmp", writeWithin: 1000 },
        {
          opened: () => port.write("\nM115\n"),
          bytes(bytes) {
            for (const line of split(bytes)) {
              const reply = readReply(line);
              if (reply.kind === "firmware") finish(`${line.trim().slice(0, 300)} (at ${baud} baud)`);
            }
          },
          closed: () => finish(null),
        },
      );
      // A board that has restarted hears nothing for a while.
      const again = setInterval(() => port.write("\nM115\n"), 1500);
    });
    if (said !== null) return said;
  }
  return null;
}

function portLines(ports: readonly SerialPortFound[]): string[] {
  if (ports.length === 0) return ["No serial port is plugged in."];
  return ports.flatMap(({ name, device, naming, mayOpen, heldBy, machines, identity }) => [
    `${name}${name === device ? "" : ` (${device})`}`,
    {
      "by-id": "  this name stays with the device: use it in the configuration",
      "by-path": "  this name stays with the socket, not with the device: another device there gets it",
      none: "  this name goes to whatever is plugged in next: not for a configuration",
    }[naming],
    mayOpen ? "  this account may open it" : "  this account may NOT open it: it has to belong to the group dialout",
    ...(heldBy === null ? [] : [`  open in ${heldBy}`]),
    machines.length === 0
      ? "  no machine of the configuration is driven over it"
      : `  configured as ${machines.join(", ")}`,
    ...(identity === null ? [] : [`  ${identity}`]),
  ]);
}

function serverLines(servers: readonly AnsweringServer[]): string[] {
  return servers.flatMap(({ address, fault, lines }) =>
    fault === null || lines.length > 0 ? lines : [`${address}: ${fault.what}`, `  What to do: ${fault.remedy}`],
  );
}
