/** Entry of the child process that drives one machine on OPC UA: the pure protocol, a connection and a clock. */
import type { Fault, Reading } from "../../../equipment/machine.ts";
import type { ToChild } from "../../child-messages.ts";
import { type ChildDriver, runChild, type Surroundings } from "../../io/child-runtime.ts";
import { type OpcuaChildConfig, opcuaConfig, sessionSetup } from "../config.ts";
import { faults } from "../faults.ts";
import { createProtocol, type Protocol, type ProtocolEvent } from "../protocol.ts";
import type { Output } from "../session.ts";
import { connect } from "./connect.ts";
import { within, wordsOf } from "./deadline.ts";
import { type Link, openLink } from "./link.ts";
import { newUnitMemory, type UnitMemory } from "./packml.ts";

const tick = 50;
const telemetryEvery = 400;
const leaveMs = 3000;
const again = { first: 250, most: 5000 };
/** An orphan has this long to find its machine and end its job. */
const orphanPatience = 60_000;

runChild((setup, surroundings) => new OpcuaMachine(setup, surroundings));

class OpcuaMachine implements ChildDriver {
  readonly #equipment: Extract<ToChild, { kind: "setup" }>["equipment"];
  readonly #config: OpcuaChildConfig;
  readonly #surroundings: Surroundings;
  readonly #protocol: Protocol;
  readonly #memory: UnitMemory;
  readonly #readings = new Map<string, Reading>();
  #link: Link | null = null;
  #pause = again.first;
  #told = Number.NEGATIVE_INFINITY;
  #fresh = false;
  #connections = 0;
  #leaving = false;

  constructor(setup: Extract<ToChild, { kind: "setup" }>, surroundings: Surroundings) {
    const config = setup.config as OpcuaChildConfig;
    this.#equipment = setup.equipment;
    this.#config = { ...config, machine: opcuaConfig.parse(config.machine) };
    this.#surroundings = surroundings;
    this.#memory = newUnitMemory(setup.over);
    this.#protocol = createProtocol(sessionSetup(this.#config.machine, config.clientUri), setup.over);
    void this.#connect();
    setInterval(() => {
      this.#step({ kind: "tick" });
      this.#tellReadings();
    }, tick);
  }

  directive({ id, directive, program }: Extract<ToChild, { kind: "directive" }>): void {
    this.#step({ kind: "directive", id, directive, program });
  }

  end(orphaned: boolean): void {
    this.#step({ kind: "end", patience: orphaned ? orphanPatience : this.#config.machine.callMs });
  }

  /** Builds a connection; goes on trying, with growing pauses, for as long as this process lives. */
  async #connect(): Promise<void> {
    let over = false;
    let mine: Link | null = null;
    const lost = (): void => {
      over = true;
      // A connection that was replaced or given up has nothing to say any more.
      if (mine !== null && mine === this.#link) this.#lost(mine, faults.connectionLost());
    };
    try {
      const made = await connect(this.#config, lost);
      if (!made.ok) return this.#failed(made.error);
      const listener = {
        reading: (reading: Reading) => this.#read(reading),
        alarm: (event: Extract<ProtocolEvent, { kind: "alarm" }>["event"]) => this.#step({ kind: "alarm", event }),
        hint: () => this.#step({ kind: "hint" }),
      };
      const link = await openLink(made.value, this.#config, this.#memory, listener).catch(async (problem: unknown) => {
        await made.value.close();
        throw problem;
      });
      if (!link.ok) {
        await made.value.close();
        return this.#failed(link.error);
      }
      if (over) {
        await link.value.close(false);
        return this.#failed(faults.connectionLost());
      }
      mine = link.value;
      this.#link = mine;
      this.#pause = again.first;
      this.#step({ kind: "connected", arrival: mine.arrival });
      if (++this.#connections > this.#config.connectionsAtMost) this.#surroundings.tell({ kind: "worn" });
    } catch (problem) {
      this.#failed(faults.driverProblem(wordsOf(problem)));
    }
  }

  /** For good: the lock is given back, as far as the machine still answers. */
  async #leave(): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    const link = this.#link;
    this.#link = null;
    if (link !== null) await within(leaveMs, link.close(true)).catch(() => undefined);
    this.#surroundings.exit();
  }

  #failed(fault: Fault): void {
    this.#step({ kind: "disconnected", fault });
    this.#connectLater();
  }

  #lost(link: Link, fault: Fault): void {
    // First: closing says "lost" as well, and would begin a second round of attempts beside this one.
    this.#link = null;
    void link.close(false);
    this.#step({ kind: "disconnected", fault });
    this.#connectLater();
  }

  #connectLater(): void {
    setTimeout(() => void this.#connect(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, again.most);
  }

  #step(event: ProtocolEvent): void {
    const now = { mono: performance.now(), utc: Date.now() };
    for (const output of this.#protocol(event, now)) this.#carryOut(output);
  }

  #carryOut(output: Output): void {
    const link = this.#link;
    if (output.kind === "answer") this.#surroundings.tell(output);
    else if (output.kind === "observe") this.#surroundings.tell(output);
    else if (output.kind === "exit") void this.#leave();
    else if (link === null) return;
    else if (output.kind === "disconnect") {
      this.#link = null;
      void link.close(false);
      this.#connectLater();
    } else if (output.kind === "refresh") void link.refresh().catch(() => undefined);
    else if (output.kind === "heartbeat") {
      const { id } = output;
      const distrust = link.distrust();
      if (distrust !== null) return this.#lost(link, distrust);
      void link
        .heartbeat()
        .catch(() => null)
        .then((beat) => {
          // A machine that answers is watched: its steady values are told again, with the time of now.
          if (beat !== null) this.#fresh = true;
          this.#step({ kind: "beat", id, beat });
        });
    } else {
      const { id } = output;
      void link.request(output.request).then((reply) => this.#step({ kind: "reply", id, reply }));
    }
  }

  #read(reading: Reading): void {
    this.#readings.set(reading.name, reading);
    this.#fresh = true;
  }

  #tellReadings(): void {
    if (!this.#fresh || performance.now() - this.#told < telemetryEvery) return;
    this.#told = performance.now();
    this.#fresh = false;
    const readings = [...this.#readings.values()];
    const telemetry = { equipment: this.#equipment, at: Date.now(), hotend: null, bed: null, readings };
    this.#surroundings.tell({ kind: "telemetry", telemetry });
  }
}
