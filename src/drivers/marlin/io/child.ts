/** Entry of the child process that drives one Marlin printer: the pure protocol, a serial port and a clock. */
import type { Reading } from "../../../equipment/machine.ts";
import { assert } from "../../../kernel/assert.ts";
import type { ToChild } from "../../child-messages.ts";
import { type ChildDriver, runChild, type Surroundings } from "../../io/child-runtime.ts";
import { type MarlinConfig, marlinConfig, sessionSetup } from "../config.ts";
import { faults } from "../faults.ts";
import { prepare } from "../prepare.ts";
import { createProtocol, type Protocol, type ProtocolEvent } from "../protocol.ts";
import { defaultTimes, type Output } from "../session.ts";
import { openPort, type Port } from "./port.ts";

const tick = 20;
const writeWithin = 5000;
const telemetryEvery = 400;
const reopen = { first: 250, most: 5000 };

runChild((setup, surroundings) => new Printer(setup, surroundings));

class Printer implements ChildDriver {
  readonly #equipment: Extract<ToChild, { kind: "setup" }>["equipment"];
  readonly #config: MarlinConfig;
  readonly #surroundings: Surroundings;
  readonly #protocol: Protocol;
  #port: Port | null = null;
  #pause = reopen.first;
  #telemetryAt = Number.NEGATIVE_INFINITY;

  constructor(setup: Extract<ToChild, { kind: "setup" }>, surroundings: Surroundings) {
    this.#equipment = setup.equipment;
    this.#config = marlinConfig.parse(setup.config);
    this.#surroundings = surroundings;
    this.#protocol = createProtocol(sessionSetup(this.#config, prepare), setup.over);
    this.#open();
    setInterval(() => this.#step({ kind: "tick" }), tick);
  }

  directive(message: Extract<ToChild, { kind: "directive" }>): void {
    const { id, directive, program } = message;
    this.#step({ kind: "directive", id, directive, program });
  }

  end(orphaned: boolean): void {
    // Who closes waits for the end; an orphan has all the time that cooling may need.
    this.#step({ kind: "end", patience: orphaned ? defaultTimes.end : this.#config.livenessMs });
  }

  #open(): void {
    const { port: path, baud, lockFolder } = this.#config;
    this.#port = openPort(
      { path, baud, lockFolder, writeWithin },
      {
        opened: () => {
          this.#pause = reopen.first;
          this.#step({ kind: "opened" });
        },
        bytes: (bytes) => this.#step({ kind: "bytes", bytes }),
        closed: (why, wasOpen) => this.#closed(why, wasOpen),
      },
    );
  }

  #closed(why: string, wasOpen: boolean): void {
    this.#port = null;
    this.#step({ kind: "closed", fault: wasOpen ? faults.portLost(why) : faults.portRefused(why) });
    setTimeout(() => this.#open(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, reopen.most);
  }

  #step(event: ProtocolEvent): void {
    const now = { mono: performance.now(), utc: Date.now() };
    // One write for all of a step's lines: each costs more than the lines do.
    let text = "";
    for (const output of this.#protocol(event, now)) {
      if (output.kind === "write") text += output.text;
      else this.#carryOut(output);
    }
    if (text !== "") this.#port?.write(text);
  }

  #carryOut(output: Exclude<Output, { kind: "write" }>): void {
    if (output.kind === "answer" || output.kind === "observe") this.#surroundings.tell(output);
    else if (output.kind === "remark") this.#surroundings.tell(output);
    else if (output.kind === "exit") this.#surroundings.exit();
    else this.#tellHeat(output);
  }

  #tellHeat(output: Extract<Output, { kind: "telemetry" }>): void {
    const { hotend, bed, at: mono } = output.heat;
    assert(Number.isFinite(mono), "a report has its time");
    if (mono - this.#telemetryAt < telemetryEvery) return;
    this.#telemetryAt = mono;
    this.#surroundings.tell({
      kind: "telemetry",
      telemetry: { equipment: this.#equipment, at: output.utc, hotend, bed, readings: readingsOf(output) },
    });
  }
}

/** What was sent and confirmed beside what is reported, so that both can be watched. */
function readingsOf({ commanded, resends, utc: at }: Extract<Output, { kind: "telemetry" }>): Reading[] {
  const readings: Reading[] = [{ name: "resends", value: resends, unit: "1", at }];
  for (const heater of ["hotend", "bed"] as const) {
    const value = commanded[heater];
    if (value !== null) readings.push({ name: `${heater}-commanded`, value, unit: "°C", at });
  }
  return readings;
}
