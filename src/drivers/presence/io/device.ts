/** The presence device on its tty: opens it, opens it again after it was unplugged, and hands on each proof once. */
import { read } from "node:fs";
import { promisify } from "node:util";
import { SerialPort } from "serialport";
import type { JobId } from "../../../kernel/names.ts";
import type { Clock } from "../../../kernel/ports.ts";
import type { Milliseconds } from "../../../kernel/units.ts";
import { noticingHangUp } from "../../hang-up.ts";
import { hearLine, type PresenceProof, readCode, unpaired, waitingJob } from "../pairing.ts";
import { createLineCutter, parseLine } from "../protocol.ts";

export interface PresenceOptions {
  /** The tty; a stable name such as /dev/serial/by-id/... */
  readonly path: string;
  readonly clock: Clock;
  /** Takes each proof to the core. */
  readonly onProof: (proof: PresenceProof) => void;
  /** Something changed that the screen shows. */
  readonly onChange?: () => void;
  readonly retryMs?: Milliseconds;
  /** The device says something every second; silent for longer than this, it counts as gone. */
  readonly silenceMs?: Milliseconds;
}

export interface PresenceStatus {
  readonly online: boolean;
  readonly device: string | null;
  /** The job whose code was scanned and which waits for the button. */
  readonly scanned: JobId | null;
  readonly what: string;
  /** The code that was read a moment ago, a job's or another; `number` tells one reading from the next. */
  readonly read: { readonly code: string; readonly number: number } | null;
}

export interface PresenceDevice {
  status(): PresenceStatus;
  close(): Promise<void>;
}

const binding = noticingHangUp(SerialPort.binding, promisify(read));

/** What is heard so soon after opening was said before, to nobody: a press of yesterday must not start anything today. */
const settleMs: Milliseconds = 750;

/** Starts listening; never throws: a device that is not there is waited for. */
export function openPresenceDevice(options: PresenceOptions): PresenceDevice {
  const { path, clock, onProof, onChange = () => undefined, retryMs = 1_000, silenceMs = 5_000 } = options;
  const cutter = createLineCutter();
  let pairing = unpaired;
  let port: SerialPort | null = null;
  let heardAt = clock.monotonic();
  let openedAt = heardAt;
  let closed = false;
  let cancelTimer: () => void = () => undefined;

  function open(): void {
    if (closed) return;
    const options = { path, baudRate: 115_200, autoOpen: false, lock: true, binding };
    const opened = new SerialPort(options);
    port = opened;
    heardAt = clock.monotonic();
    openedAt = heardAt;
    opened.on("data", (bytes: Buffer) => hear(bytes));
    // serialport can say close twice and error besides; gone() takes only the first for this port.
    opened.on("close", () => gone(opened));
    opened.on("error", () => gone(opened));
    opened.open((problem) => {
      if (problem) return gone(opened);
      openedAt = clock.monotonic();
      opened.flush(() => undefined);
    });
    watch();
  }

  function hear(bytes: Uint8Array): void {
    const before = pairing;
    for (const text of cutter.push(bytes)) {
      const line = parseLine(text);
      if (!line) continue;
      heardAt = clock.monotonic();
      if (heardAt - openedAt < settleMs) continue;
      const paired = hearLine(pairing, line, heardAt);
      pairing = paired.pairing;
      if (paired.proof) onProof(paired.proof);
    }
    if (before.what !== pairing.what || before.scanned !== pairing.scanned || before.read !== pairing.read) onChange();
  }

  function gone(which: SerialPort): void {
    if (port !== which) return;
    port = null;
    forget();
    if (which.isOpen) which.close(() => undefined);
    cancelTimer();
    if (!closed) cancelTimer = clock.after(retryMs, open);
  }

  function forget(): void {
    cutter.reset();
    pairing = unpaired;
    onChange();
  }

  function watch(): void {
    cancelTimer();
    cancelTimer = clock.after(silenceMs, () => {
      if (port && clock.monotonic() - heardAt >= silenceMs) return gone(port);
      watch();
    });
  }

  open();
  return {
    status: () => ({
      online: pairing.device !== null,
      device: pairing.device?.id ?? null,
      scanned: waitingJob(pairing, clock.monotonic()),
      what: pairing.what,
      read: readCode(pairing, clock.monotonic()),
    }),
    close: () => {
      closed = true;
      cancelTimer();
      const last = port;
      port = null;
      return new Promise((resolve) => (last?.isOpen ? last.close(() => resolve()) : resolve()));
    },
  };
}
