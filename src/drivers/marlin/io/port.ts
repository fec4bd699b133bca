/** A serial port that says once that it opened and once that it is gone, whatever the stream below does. */
import { read } from "node:fs";
import { promisify } from "node:util";
import { SerialPort } from "serialport";
import { noticingHangUp } from "../../hang-up.ts";
import { lockPort, type Unlock } from "./lock.ts";

export interface PortSettings {
  readonly path: string;
  readonly baud: number;
  readonly lockFolder: string;
  /** A write that the other side has not taken after so many milliseconds means that it is dead. */
  readonly writeWithin: number;
}

export interface PortListener {
  opened(): void;
  bytes(bytes: Uint8Array): void;
  /** Said once: the port could not be opened (`wasOpen` false) or is gone. */
  closed(why: string, wasOpen: boolean): void;
}

export interface Port {
  write(text: string): void;
  close(): void;
}

const binding = noticingHangUp(SerialPort.binding, promisify(read));

/** Bytes handed over and not yet taken; the window of the protocol stays far below. */
const mostUnsent = 65_536;

/** Opens a port by path. After `closed` nothing is heard of it any more. */
export function openPort(settings: PortSettings, listener: PortListener): Port {
  const lock = lockPort(settings.path, settings.lockFolder);
  if (lock.ok) return new LockedPort(settings, listener, lock.value);
  queueMicrotask(() => listener.closed(lock.error, false));
  return { write() {}, close() {} };
}

class LockedPort implements Port {
  readonly #settings: PortSettings;
  readonly #listener: PortListener;
  readonly #unlock: Unlock;
  readonly #serial: SerialPort;
  #wasOpen = false;
  #gone = false;
  #unsent = 0;
  #deadline: NodeJS.Timeout | undefined;

  constructor(settings: PortSettings, listener: PortListener, unlock: Unlock) {
    this.#settings = settings;
    this.#listener = listener;
    this.#unlock = unlock;
    // hupcl false: closing the port must not drop DTR, which resets many boards.
    const options = { path: settings.path, baudRate: settings.baud, hupcl: false, autoOpen: false, binding };
    this.#serial = new SerialPort(options);
    // These stay attached after the end: a second close or a late error was seen and must find somebody.
    this.#serial.on("error", (problem: Error) => this.#end(problem.message));
    this.#serial.on("close", (problem: Error | null) => this.#end(problem?.message ?? "closed"));
    this.#serial.on("data", (bytes: Buffer) => {
      if (!this.#gone) listener.bytes(bytes);
    });
    this.#serial.open((problem) => this.#opened(problem));
  }

  write(text: string): void {
    if (this.#gone || !this.#wasOpen) return;
    this.#unsent += text.length;
    if (this.#unsent > mostUnsent) return this.#end("it does not take what is sent");
    this.#deadline ??= setTimeout(() => this.#end("it does not take what is sent"), this.#settings.writeWithin);
    this.#serial.write(Buffer.from(text, "latin1"), () => this.#taken(text.length));
  }

  close(): void {
    this.#end("closed by the driver");
  }

  #opened(problem: Error | null): void {
    if (problem !== null) return this.#end(problem.message);
    if (this.#gone) return this.#shut();
    this.#wasOpen = true;
    this.#listener.opened();
  }

  /** Each write that is taken gives the rest its full time again. */
  #taken(bytes: number): void {
    this.#unsent -= bytes;
    if (this.#unsent > 0) this.#deadline?.refresh();
    else {
      clearTimeout(this.#deadline);
      this.#deadline = undefined;
    }
  }

  #end(why: string): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#deadline);
    this.#shut();
    this.#unlock();
    this.#listener.closed(why, this.#wasOpen);
  }

  #shut(): void {
    if (this.#serial.isOpen) this.#serial.close(() => {});
  }
}
