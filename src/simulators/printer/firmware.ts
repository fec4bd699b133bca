/** Marlin's main loop without a clock: bytes and time in, lines and the next wake-up time out. */
import { type Board, freshModal, type Modal, type Pause, positionLine, type Steps, temperatureText } from "./board.ts";
import { handlerOf } from "./codes.ts";
import { type Command, parseCommand } from "./command.ts";
import { Intake } from "./intake.ts";
import { type EmergencyCommand, judgeLine } from "./line.ts";
import { type Motion, Planner } from "./planner.ts";
import type { MachineProfile } from "./profile.ts";
import { bannerLines } from "./texts.ts";
import type { Thermal } from "./thermal.ts";

/** Command lines that Marlin buffers (BUFSIZE). */
const commandBuffer = 8;
/** While heaters are on the protection is looked at this often, real milliseconds. */
const protectionPollMs = 250;
const quickStopMs = 1000;
const never = Number.POSITIVE_INFINITY;

export interface FirmwareParts {
  readonly profile: MachineProfile;
  readonly thermal: Thermal;
  /** Machine seconds a real second. */
  readonly speed: number;
  /** Bytes that the full receive ring does not hold are lost, as on a UART without flow control. */
  readonly overruns?: boolean;
  readonly misplaced: { x: number; y: number; z: number };
  /** Takes every printed line, end included. */
  readonly print: (text: string, atMs: number) => void;
  /** Takes every line as it is carried out. */
  readonly executed?: (line: string) => void;
  /** Takes every piece of motion that the steppers made. */
  readonly moved: (motion: Motion) => void;
}

interface Execution {
  readonly command: Command;
  readonly steps: Steps;
  pause: Pause;
  wakeMs: number;
  busyMs: number;
}

/** One boot of the firmware; a reset makes a new one. All times are milliseconds of one monotonic clock. */
export class Firmware implements Board {
  readonly profile: MachineProfile;
  readonly modal: Modal = freshModal();
  readonly planner: Planner;
  readonly thermal: Thermal;
  readonly speed: number;
  readonly misplaced: { x: number; y: number; z: number };
  nowMs: number;
  heatingBroken = false;
  userBroken = false;
  okPrinted = false;
  lastNumber = 0;
  readonly #parts: FirmwareParts;
  readonly #intake: Intake;
  readonly #queue: Command[] = [];
  #running: Execution | null = null;
  #killed = false;
  #booted = false;
  readonly #bootMs: number;
  #readAtMs: number;
  #processAtMs: number;
  #stopUntilMs = 0;
  #temperatureReportMs = never;
  #positionReportMs = never;
  #hostHeardMs: number;

  constructor(parts: FirmwareParts, bootMs: number) {
    this.#parts = parts;
    this.profile = parts.profile;
    this.#intake = new Intake(parts.overruns === true);
    this.thermal = parts.thermal;
    this.speed = parts.speed;
    this.misplaced = parts.misplaced;
    this.planner = new Planner(parts.profile, parts.speed);
    this.nowMs = bootMs;
    this.#bootMs = bootMs + 15;
    this.#readAtMs = this.#bootMs;
    this.#processAtMs = this.#bootMs;
    this.#hostHeardMs = bootMs;
  }

  get killed(): boolean {
    return this.#killed;
  }

  /** True when the host must be held back: more waits than the wire holds. */
  get congested(): boolean {
    return this.#intake.full;
  }

  /** Takes bytes at `nowMs`; call `advance` to that time first. */
  receive(bytes: Uint8Array, nowMs: number): void {
    if (this.#killed) return;
    this.#hostHeardMs = nowMs;
    this.#obey(this.#intake.receive(bytes));
    this.advance(nowMs);
  }

  /** Runs everything that falls due up to `nowMs`. */
  advance(nowMs: number): void {
    for (;;) {
      const due = this.nextMs();
      if (due > nowMs) break;
      this.#runAt(Math.max(due, this.nowMs));
    }
    this.#passTime(nowMs);
  }

  /** The time of the next event; infinite when only the host can cause one. */
  nextMs(): number {
    const motion = this.planner.nextMs() ?? never;
    const protection = this.thermal.heating ? this.nowMs + protectionPollMs : never;
    if (this.#killed) return motion;
    if (!this.#booted) return this.#bootMs;
    const wantsLine = !this.#intake.empty && this.#queue.length < commandBuffer;
    const read = wantsLine ? Math.max(this.#readAtMs, this.nowMs) : never;
    const reports = Math.min(this.#temperatureReportMs, this.#positionReportMs);
    return Math.min(motion, protection, read, this.#nextCommandMs(), reports, this.#idleTimeoutMs());
  }

  #nextCommandMs(): number {
    if (this.#running !== null)
      return Math.min(Math.max(this.#running.wakeMs, this.#stopUntilMs), this.#running.busyMs);
    return this.#queue.length === 0 ? never : Math.max(this.#processAtMs, this.#stopUntilMs);
  }

  #idleTimeoutMs(): number {
    const watches = this.profile.hostLoss === "firmware-timeout" && this.thermal.heating && this.planner.idle;
    return watches && this.#running === null ? this.#hostHeardMs + this.profile.idleTimeoutMs : never;
  }

  #passTime(nowMs: number): void {
    if (nowMs <= this.nowMs) return;
    const seconds = ((nowMs - this.nowMs) / 1000) * this.speed;
    this.nowMs = nowMs;
    const trip = this.thermal.advance(seconds, nowMs);
    if (trip === null || this.#killed) return;
    const heater = trip.heater === "hotend" ? "0" : "bed";
    this.kill(
      `Error:${trip.what}, system stopped! Heater_ID: ${heater}`,
      "Error:Printer halted. kill() called!",
      "//action:poweroff",
    );
  }

  #runAt(nowMs: number): void {
    this.#passTime(nowMs);
    this.#runMotion();
    if (this.#killed) return;
    if (!this.#booted) this.#boot();
    this.#keepAlive();
    this.#resume();
    this.#readLines();
    if (this.#running === null && this.#queue.length > 0 && nowMs >= Math.max(this.#processAtMs, this.#stopUntilMs)) {
      this.#startCommand();
    }
    this.#report();
    if (nowMs >= this.#idleTimeoutMs()) {
      this.say("Hotend Idle Timeout");
      this.thermal.allOff();
    }
  }

  #boot(): void {
    if (this.nowMs < this.#bootMs) return;
    this.#booted = true;
    for (const line of bannerLines(this.profile)) this.say(line);
  }

  #runMotion(): void {
    for (;;) {
      const due = this.planner.nextMs();
      if (due === null || due > this.nowMs) return;
      const motion = this.planner.step(due);
      if (motion !== null) this.#parts.moved(motion);
      // A command that waits for a free block takes it at the moment it falls free.
      if (this.#running !== null && !this.#killed) this.#resume();
    }
  }

  #keepAlive(): void {
    const running = this.#running;
    if (running === null || this.nowMs < running.busyMs) return;
    this.say(`echo:busy: ${running.pause.busyText ?? "processing"}`);
    running.busyMs += this.modal.keepAliveS * 1000;
  }

  #resume(): void {
    const running = this.#running;
    if (running === null || this.nowMs < this.#stopUntilMs) return;
    if (!running.pause.ready(this.nowMs)) {
      running.wakeMs = laterOf(running.pause.wakeMs(this.nowMs), this.nowMs);
      return;
    }
    this.#continue(running);
  }

  #continue(running: Execution): void {
    for (;;) {
      const next = running.steps.next();
      if (this.#killed) return;
      if (next.done === true) {
        this.#finish(running.command);
        return;
      }
      running.pause = next.value;
      if (!running.pause.ready(this.nowMs)) break;
    }
    running.wakeMs = laterOf(running.pause.wakeMs(this.nowMs), this.nowMs);
  }

  #finish(command: Command): void {
    this.#running = null;
    if (!this.okPrinted) {
      const free = `${command.okNumber} P${this.planner.free} B${commandBuffer - this.#queue.length}`;
      this.say(this.profile.advancedOk ? `ok${free}` : "ok");
    }
    this.okPrinted = false;
    this.#queue.shift();
    this.#processAtMs = this.nowMs + this.profile.timing.commandMs;
  }

  #startCommand(): void {
    const command = this.#queue[0]!;
    if ((this.modal.debugFlags & 1) === 1) this.say(`echo:${command.raw}`);
    this.#parts.executed?.(command.raw);
    const steps = handlerOf(command)(this, command);
    if (this.#killed) return;
    if (steps === undefined) {
      this.#finish(command);
      return;
    }
    const interval = this.modal.keepAliveS > 0 ? this.modal.keepAliveS * 1000 : never;
    const pause: Pause = { ready: () => true, wakeMs: () => null };
    this.#running = { command, steps, pause, wakeMs: never, busyMs: this.nowMs + interval };
    this.#continue(this.#running);
  }

  #readLines(): void {
    while (this.#queue.length < commandBuffer && this.nowMs >= this.#readAtMs) {
      const taken = this.#intake.next();
      if (taken === null) return;
      this.#takeLine(taken.text);
      this.#obey(taken.emergencies);
      if (this.#killed) return;
    }
  }

  #takeLine(raw: string): void {
    if (raw === "") return;
    const text = raw.trimStart();
    const verdict = judgeLine(text, this.lastNumber);
    if (verdict.take === "drop") return;
    if (verdict.take === "error") {
      this.say(`Error:${verdict.what}, Last Line: ${this.lastNumber}`);
      this.requestResend();
      this.#readAtMs = this.nowMs + this.profile.timing.errorMs;
      return;
    }
    this.lastNumber = verdict.lastNumber;
    this.#queue.push(parseCommand(text));
    this.#readAtMs = this.nowMs + this.profile.timing.lineMs;
  }

  #obey(emergencies: readonly EmergencyCommand[]): void {
    if (!this.profile.emergencyParser) return;
    for (const emergency of emergencies) {
      if (this.#killed) return;
      if (emergency === "M112")
        this.kill("echo:M112 Shutdown", "Error:Printer halted. kill() called!", "//action:poweroff");
      else if (emergency === "M410") this.#quickStop();
      else {
        this.userBroken = true;
        if (emergency === "M108") this.heatingBroken = true;
        this.#resume();
      }
    }
  }

  #quickStop(): void {
    this.#haltMotion();
    this.#stopUntilMs = this.nowMs + quickStopMs / this.speed;
    if (this.#running !== null) this.#running.wakeMs = this.#stopUntilMs;
  }

  #haltMotion(): void {
    const motion = this.planner.stop(this.nowMs);
    if (motion !== null) this.#parts.moved(motion);
    const { x, y, z, e } = this.planner.plan;
    // The extruder's count restarts from where it stands, in the coordinates of the commands.
    Object.assign(this.modal.position, { x, y, z, e });
  }

  #report(): void {
    if (this.nowMs >= this.#temperatureReportMs) {
      this.say(` ${temperatureText(this.thermal)}`);
      this.#temperatureReportMs += this.modal.temperatureReportS * 1000;
    }
    if (this.nowMs >= this.#positionReportMs) {
      this.say(positionLine(this.modal, this.modal.position, this.planner.positionAt(this.nowMs), this.profile));
      this.#positionReportMs += this.modal.positionReportS * 1000;
    }
  }

  scheduleReports(): void {
    const { temperatureReportS, positionReportS } = this.modal;
    const first = this.nowMs + this.profile.timing.reportMs;
    this.#temperatureReportMs = temperatureReportS > 0 ? first + temperatureReportS * 1000 : never;
    this.#positionReportMs = positionReportS > 0 ? first + positionReportS * 1000 : never;
  }

  requestResend(): void {
    this.say(`Resend: ${this.lastNumber + 1}`);
    this.say("ok");
    this.#obey(this.#intake.flush());
  }

  say(line: string, end = "\n"): void {
    this.#parts.print(line + end, this.nowMs);
  }

  kill(...lastWords: string[]): void {
    for (const line of lastWords) this.say(line);
    this.#killed = true;
    this.#running = null;
    this.#queue.length = 0;
    this.#haltMotion();
    this.thermal.allOff();
  }

  /** Where the firmware's steppers are now, machine coordinates as it believes. */
  get steppersAt(): { x: number; y: number; z: number } {
    return this.planner.positionAt(this.nowMs);
  }
}

function laterOf(wakeMs: number | null, nowMs: number): number {
  return wakeMs === null ? never : Math.max(wakeMs, nowMs + 0.01);
}
