/** A patient host in virtual time: numbers lines, waits for each ok, keeps everything it heard. */
import { xorOf } from "../../../src/simulators/printer/line.ts";
import { Printer } from "../../../src/simulators/printer/printer.ts";
import { benchPrinter, type MachineProfile } from "../../../src/simulators/printer/profile.ts";

export interface Host {
  readonly printer: Printer;
  readonly heard: string[];
  /** Milliseconds of virtual time. */
  now(): number;
  /** Lets time pass. */
  wait(ms: number): void;
  /** Writes raw text. */
  write(text: string): void;
  /** Sends numbered lines one by one; returns the lines heard for the last; throws when an ok does not come in time. */
  send(...lines: string[]): string[];
}

/** Frames a line as a host does: number, text, XOR checksum, line end. */
export function framed(number: number, text: string): string {
  const body = `N${number} ${text}`;
  return `${body}*${xorOf(body, body.length)}\n`;
}

/** A powered, booted bench printer with its host. */
export function makeHost(options: { speed?: number; seed?: number; profile?: Partial<MachineProfile> } = {}): Host {
  const profile = { ...benchPrinter, ...options.profile };
  const printer = new Printer({ profile, speed: options.speed ?? 1, seed: options.seed ?? 1 }, 0);
  const heard: string[] = [];
  let nowMs = 0;
  let number = 0;
  const take = (): void => {
    for (const line of printer.takeOutput()) heard.push(Buffer.from(line.bytes).toString("latin1").trimEnd());
  };
  const runTo = (toMs: number): void => {
    nowMs = toMs;
    printer.advance(toMs);
    take();
  };
  const host: Host = {
    printer,
    heard,
    now: () => nowMs,
    wait: (ms) => runTo(nowMs + ms),
    write: (text) => {
      printer.receive(Buffer.from(text, "latin1"), nowMs);
      take();
    },
    send: (...lines) => {
      let answers: string[] = [];
      for (const line of lines) {
        const from = heard.length;
        number += 1;
        host.write(framed(number, line));
        const deadline = nowMs + 3_600_000;
        while (!heard.slice(from).some((text) => /^ok\b/.test(text))) {
          const due = printer.nextMs();
          if (due > deadline) throw new Error(`no ok for ${line}: heard ${heard.slice(from).join(" | ")}`);
          runTo(Math.max(due, nowMs));
        }
        answers = heard.slice(from);
      }
      return answers;
    },
  };
  host.wait(1000);
  host.write(framed(0, "M110 N0"));
  return host;
}

/** A host whose machine is homed and hot, with relative extrusion. */
export function printing(options: { speed?: number; seed?: number; profile?: Partial<MachineProfile> } = {}): Host {
  const host = makeHost({ speed: 100, ...options });
  host.send("M140 S60", "M104 S205", "G28", "M190 S60", "M109 S205", "G90", "M83", "G92 E0");
  return host;
}

/** Volume of a bead in mm^3, from what the world is told. */
export function volumeOf(bead: readonly number[]): number {
  const [x0, y0, z0, x1, y1, z1, width, height] = bead as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const length = Math.hypot(x1 - x0, y1 - y0, z1 - z0);
  if (length < 0.01) return (Math.PI / 4) * width * width * height;
  return (width - height * (1 - Math.PI / 4)) * height * length;
}

/** Filament cross-section, mm^2. */
export const filamentMm2 = (Math.PI * 1.75 * 1.75) / 4;
