/** Entry of the child process that drives one printer behind Moonraker: the pure protocol, a WebSocket, HTTP and a clock. */
import { readFileSync } from "node:fs";
import type { Fault } from "../../../equipment/machine.ts";
import type { ToChild } from "../../child-messages.ts";
import { type ChildDriver, runChild, type Surroundings } from "../../io/child-runtime.ts";
import { prepare } from "../../marlin/prepare.ts";
import { type MoonrakerConfig, moonrakerConfig, sessionSetup } from "../config.ts";
import { faults } from "../faults.ts";
import { createProtocol, type Protocol, type ProtocolEvent } from "../protocol.ts";
import type { Output } from "../session.ts";
import { read, remove, type Server, store } from "./files.ts";
import { openSocket, type Socket } from "./socket.ts";

const tick = 50;
const telemetryEvery = 400;
const again = { first: 250, most: 5000 };
/** An orphan has this long to reach its printer and end its print. */
const orphanPatience = 60_000;

runChild((setup, surroundings) => new Printer(setup, surroundings));

class Printer implements ChildDriver {
  readonly #equipment: Extract<ToChild, { kind: "setup" }>["equipment"];
  readonly #config: MoonrakerConfig;
  readonly #surroundings: Surroundings;
  readonly #server: Server;
  readonly #protocol: Protocol;
  #socket: Socket | null = null;
  #pause = again.first;
  #told = Number.NEGATIVE_INFINITY;

  constructor(setup: Extract<ToChild, { kind: "setup" }>, surroundings: Surroundings) {
    this.#equipment = setup.equipment;
    this.#config = moonrakerConfig.parse(setup.config);
    this.#surroundings = surroundings;
    const { url, apiKeyFile, caFile } = this.#config;
    const apiKey = textOf(apiKeyFile);
    const ca = caFile === undefined ? null : bytesOf(caFile);
    this.#server = { url, apiKey, ca };
    this.#protocol = createProtocol(sessionSetup(this.#config, apiKey, prepare), setup.over);
    setInterval(() => this.#step({ kind: "tick" }), tick);
    // Without the key it asks for, it is never tried whether this cell would be let in without one.
    if (apiKeyFile !== undefined && apiKey === null) this.#step({ kind: "closed", fault: faults.noKey(apiKeyFile) });
    else this.#open();
  }

  directive({ id, directive, program }: Extract<ToChild, { kind: "directive" }>): void {
    this.#step({ kind: "directive", id, directive, program });
  }

  end(orphaned: boolean): void {
    this.#step({ kind: "end", patience: orphaned ? orphanPatience : this.#config.callMs });
  }

  #open(): void {
    const socket: Socket = openSocket(this.#server, {
      opened: () => {
        this.#pause = again.first;
        this.#step({ kind: "opened" });
      },
      message: (text) => this.#step({ kind: "message", text }),
      closed: (why, refused) => this.#closed(socket, refused ? faults.signInRefused(why) : faults.connectionLost(why)),
    });
    this.#socket = socket;
  }

  #closed(socket: Socket, fault: Fault): void {
    // One that was given up has nothing to say any more.
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#step({ kind: "closed", fault });
    this.#openLater();
  }

  #openLater(): void {
    setTimeout(() => this.#open(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, again.most);
  }

  #step(event: ProtocolEvent): void {
    const now = { mono: performance.now(), utc: Date.now() };
    for (const output of this.#protocol(event, now)) this.#carryOut(output);
  }

  #carryOut(output: Output): void {
    if (output.kind === "send") this.#socket?.send(output.text);
    else if (output.kind === "answer" || output.kind === "observe") this.#surroundings.tell(output);
    else if (output.kind === "telemetry") this.#tellHeat(output);
    else if (output.kind === "exit") this.#surroundings.exit();
    else if (output.kind === "reconnect") this.#reconnect();
    else void this.#transfer(output);
  }

  #reconnect(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#openLater();
  }

  async #transfer(output: Extract<Output, { kind: "store" | "read" | "remove" }>): Promise<void> {
    const { token, file } = output;
    try {
      if (output.kind === "store") await store(this.#server, file, output.copy);
      else if (output.kind === "remove") await remove(this.#server, file);
      const digest = output.kind === "read" ? await read(this.#server, file) : null;
      this.#step({ kind: "transferred", token, outcome: { ok: true, digest } });
    } catch (problem) {
      const why = problem instanceof Error ? problem.message : String(problem);
      this.#step({ kind: "transferred", token, outcome: { ok: false, why } });
    }
  }

  #tellHeat({ heat, utc }: Extract<Output, { kind: "telemetry" }>): void {
    if (performance.now() - this.#told < telemetryEvery) return;
    this.#told = performance.now();
    const { hotend, bed } = heat;
    this.#surroundings.tell({ kind: "telemetry", telemetry: { equipment: this.#equipment, at: utc, hotend, bed } });
  }
}

/** The text of a file without white space around it; null where there is none or it cannot be read. */
function textOf(file: string | undefined): string | null {
  const bytes = file === undefined ? null : bytesOf(file);
  return bytes === null ? null : bytes.toString("utf8").trim();
}

function bytesOf(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}
