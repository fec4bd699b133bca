/** A small, pure, adversarial Marlin for tests: accepts lines as the real one does, over a wire that does damage. */
import { checksum } from "../../../src/drivers/marlin/wire.ts";

/** How the wire and the firmware misbehave; probabilities are per line. */
export interface ModelBehaviour {
  readonly advancedOk: boolean;
  readonly damageToMachine: number;
  readonly damageFromMachine: number;
  readonly lostOk: number;
  readonly doubleOk: number;
  /** Time for one command, in ms. */
  readonly commandMs: number;
  readonly emergencyParser: boolean;
  readonly thermalProtection: boolean;
}

export const calm: ModelBehaviour = {
  ...{ advancedOk: true, damageToMachine: 0, damageFromMachine: 0, lostOk: 0, doubleOk: 0 },
  ...{ commandMs: 2, emergencyParser: true, thermalProtection: true },
};

const known =
  /^(G0|G1|G21|G28|G90|G91|G92|M82|M83|M104|M105|M106|M107|M109|M110|M113|M115|M118|M140|M155|M190|M111|M114|M400|M410|M108|M204|M413)\b/;
const ringBytes = 128;
const queueLength = 8;
const uuid = "cede2a2f-41a2-4748-9b12-c55c62f367ff";

interface Queued {
  readonly text: string;
  readonly number: number | null;
}

/** The firmware and its wire. `random` gives numbers in [0, 1). */
export class ModelFirmware {
  /** Commands carried out that came with a number, in order. */
  readonly executed: string[] = [];
  /** Known commands carried out without a number: what noise made of a line. */
  readonly rogue: string[] = [];
  behaviour: ModelBehaviour;
  hotend = { actual: 20, target: 0 };
  bed = { actual: 20, target: 0 };
  dead = false;
  /** Moves that were not yet made when the machine was stopped. */
  stopped = 0;
  readonly #random: () => number;
  #ring = "";
  #line = "";
  #queue: Queued[] = [];
  #last = 0;
  #busyUntil = 0;
  #nextReport = Number.POSITIVE_INFINITY;
  #reportEvery = 0;
  #out = "";

  constructor(behaviour: ModelBehaviour, random: () => number) {
    this.behaviour = behaviour;
    this.#random = random;
  }

  /** What the host wrote, line by line damaged; the ring keeps 128 bytes and loses the rest. */
  receive(text: string): void {
    if (this.dead) return;
    for (const line of text.split(/(?<=\n)/)) {
      const sent = this.#damage(line, this.behaviour.damageToMachine);
      if (this.behaviour.emergencyParser && /^M410\b/.test(sent)) this.#quickstop();
      for (const char of sent) if (this.#ring.length < ringBytes) this.#ring += char;
    }
  }

  /** Lets time pass; returns what came back. */
  run(now: number): string {
    if (!this.dead) this.#work(now);
    const out = this.#out;
    this.#out = "";
    return out
      .split(/(?<=\n)/)
      .map((line) => this.#damage(line, this.behaviour.damageFromMachine))
      .join("");
  }

  /** Prints a line of the machine's own accord. */
  say(text: string): void {
    this.#out += `${text}\n`;
  }

  restart(): void {
    [this.#ring, this.#line, this.#queue, this.#last, this.#reportEvery] = ["", "", [], 0, 0];
    [this.#nextReport, this.#busyUntil] = [Number.POSITIVE_INFINITY, 0];
    [this.hotend, this.bed] = [
      { ...this.hotend, target: 0 },
      { ...this.bed, target: 0 },
    ];
    for (const line of ["start", "PowerUp", "Marlin 2.1.2.1", "echo: Free Memory: 0"]) this.say(line);
  }

  #work(now: number): void {
    for (let turns = 0; turns < 64; turns++) {
      if (this.#queue.length < queueLength && this.#takeByte()) continue;
      if (now < this.#busyUntil || this.#queue.length === 0) break;
      this.#execute(this.#queue.shift() as Queued, now);
      this.#busyUntil = Math.max(this.#busyUntil, now) + this.behaviour.commandMs;
    }
    if (now >= this.#nextReport) {
      this.say(` ${this.#heat()}`);
      this.#nextReport = now + this.#reportEvery;
    }
  }

  /** Reads the ring up to the next line end; false when it is empty. */
  #takeByte(): boolean {
    if (this.#ring === "") return false;
    const end = this.#ring.search(/[\n\r]/);
    const upTo = end < 0 ? this.#ring.length : end + 1;
    this.#line += this.#ring.slice(0, upTo);
    this.#ring = this.#ring.slice(upTo);
    if (end < 0) return true;
    const line = this.#line.slice(0, -1).replace(/;.*/, "").trim().slice(0, 95);
    this.#line = "";
    if (line !== "") this.#judge(line);
    return true;
  }

  #judge(line: string): void {
    if (!line.startsWith("N")) return void this.#queue.push({ text: line.replace(/\*.*$/, ""), number: null });
    const number = Number.parseInt(line.slice(1), 10);
    const jump = /M110/.test(line);
    if (!jump && number !== this.#last + 1) {
      if (number === this.#last || number === this.#last - 1) return;
      return this.#reject("Line Number is not Last Line Number+1");
    }
    const star = line.lastIndexOf("*");
    if (star < 0) return this.#reject("No Checksum with line number");
    if (Number.parseInt(line.slice(star + 1), 10) !== checksum(line.slice(0, star)))
      return this.#reject("checksum mismatch");
    this.#last = number;
    this.#queue.push({ text: line.slice(0, star).replace(/^N\d+ ?/, ""), number });
  }

  #reject(why: string): void {
    this.#ring = "";
    this.say(`Error:${why}, Last Line: ${this.#last}`);
    this.say(`Resend: ${this.#last + 1}`);
    this.say("ok");
  }

  #execute(command: Queued, now: number): void {
    if (!known.test(command.text)) this.say(`echo:Unknown command: "${command.text}"`);
    else {
      if (command.number !== null) this.executed.push(command.text);
      else if (command.text !== "M108" && command.text !== "M410") this.rogue.push(command.text);
      this.#effect(command.text, now);
    }
    const numbers = this.behaviour.advancedOk
      ? `${command.number === null ? "" : ` N${command.number}`} P15 B${Math.max(0, queueLength - 1 - this.#queue.length)}`
      : "";
    const ok = command.text.startsWith("M105") ? `ok ${this.#heat()}` : `ok${numbers}`;
    if (this.#random() >= this.behaviour.lostOk) this.say(ok);
    if (this.#random() < this.behaviour.doubleOk) this.say(ok);
  }

  #effect(text: string, now: number): void {
    const value = Number(/ [SR](-?[\d.]+)/.exec(text)?.[1] ?? Number.NaN);
    if (/^M10[49]/.test(text)) this.hotend = { actual: value, target: value };
    else if (/^M1[49]0/.test(text)) this.bed = { actual: value, target: value };
    else if (text.startsWith("M115")) this.#identify();
    else if (text.startsWith("M155")) [this.#reportEvery, this.#nextReport] = [value * 1000, now + value * 1000];
    else if (text.startsWith("M118 A1 ")) this.#out += `//${text.slice(8)}\r\n`;
  }

  #identify(): void {
    const name = "FIRMWARE_NAME:Marlin 2.1.2.1 (Nov 22 2026 17:52:46) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin";
    this.say(`${name} PROTOCOL_VERSION:1.0 MACHINE_TYPE:Model SIMULATED EXTRUDER_COUNT:1 UUID:${uuid}`);
    // Two answers in one line, as the recorded peer once did.
    this.#out += `Cap:AUTOLEVEL:0HCap:EMERGENCY_PARSER:${this.behaviour.emergencyParser ? 1 : 0}\n`;
    const protection = this.behaviour.thermalProtection ? 1 : 0;
    for (const cap of ["AUTOREPORT_TEMP:1", `THERMAL_PROTECTION:${protection}`]) this.say(`Cap:${cap}`);
  }

  #quickstop(): void {
    this.stopped++;
  }

  #heat(): string {
    const one = (heater: { actual: number; target: number }) =>
      `${heater.actual.toFixed(2)} /${heater.target.toFixed(2)}`;
    return `T:${one(this.hotend)} B:${one(this.bed)} @:0 B@:0`;
  }

  #damage(line: string, probability: number): string {
    if (line === "" || this.#random() >= probability) return line;
    const at = Math.floor(this.#random() * line.length);
    const kind = this.#random();
    if (kind < 0.2) return line.slice(0, at) + line.slice(at + 1);
    if (kind < 0.3) return line.slice(0, at);
    if (kind < 0.35) return "";
    const byte = String.fromCharCode(Math.floor(this.#random() * 256));
    return line.slice(0, at) + byte + line.slice(at + 1);
  }
}

/** The UUID that the model gives. */
export const modelUuid = uuid;
