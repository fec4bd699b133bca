/** Faults of a printer and its wire, each struck in a running print in virtual time, with what must come of it and when. */
import { layered } from "../../toolpath/bench.ts";
import { flips, Virtual, type VirtualOptions } from "./virtual.ts";

export interface FaultRow {
  readonly fault: string;
  /** Code of the fault that ends the attempt, or takes the printer offline. */
  readonly code: string;
  /** Virtual milliseconds from the strike to the observation, at most. */
  readonly boundMs: number;
  readonly options?: VirtualOptions;
  readonly strike: (bench: Virtual) => void;
}

/** What was seen. */
export interface Seen {
  readonly code: string;
  /** Until nothing more of the job was sent, or the printer was said to be lost. */
  readonly noticedMs: number;
  /** Until the end of the attempt was told, with what is known of the heaters. */
  readonly afterMs: number;
  readonly heaters: string;
  readonly sentence: string;
}

type Way = "to-printer" | "to-host";
const text = (bytes: Uint8Array) => String.fromCharCode(...bytes);
const bytes = (line: string) => Uint8Array.from(line, (char) => char.charCodeAt(0));

/** Changes text that travels one way. */
function changing(way: Way, change: (line: string) => string): NonNullable<VirtualOptions["wire"]> {
  return (all, going) => (going === way ? bytes(change(text(all))) : all);
}

/** The printer says this of its own accord. */
function says(line: string): (bench: Virtual) => void {
  return (bench) => bench.event({ kind: "bytes", bytes: bytes(line) });
}

/** A move whose damage the XOR does not show: `7` and the last checksum digit change by the same bit. */
function damagedAlike(line: string): string {
  return line.replace(/E0\.7(.*)\*(\d+)/, (_, rest: string, sum: string) => `E0.6${rest}*${Number(sum) ^ 1}`);
}

/** Damages one line, and answers as a firmware does that counts a damaged line as taken. */
function skipping(bench: Virtual): void {
  let asked: number | null = null;
  bench.wire = changing("to-host", (line) => {
    const resend = /Resend: (\d+)/.exec(line);
    if (resend === null)
      return asked === null ? line : line.replace("checksum mismatch", "Line Number is not Last Line Number+1");
    asked ??= Number(resend[1]) + 1;
    return line.replace(/\d+/, String(asked));
  });
  const host = bench.wire;
  let done = false;
  bench.wire = (all, way) => {
    if (way === "to-host") return host(all, way);
    if (!done && /E0\.7/.test(text(all))) {
      done = true;
      return bytes(text(all).replace("E0.7", "E0.9"));
    }
    return done && asked !== null ? bytes(text(all).replace(/\*\d+/, "*1")) : all;
  };
}

export const faultRows: readonly FaultRow[] = [
  {
    ...{ fault: "The printer hangs: it neither takes nor says anything", code: "no-sign-of-life", boundMs: 8100 },
    strike: (bench) => bench.printer.inject({ name: "stall" }, bench.now),
  },
  {
    ...{ fault: "Garbage without line ends, endlessly", code: "no-sign-of-life", boundMs: 8100 },
    strike: (bench) => {
      bench.wire = (all, way) => (way === "to-host" ? all.map((byte) => (byte | 0x80) & 0xff) : all);
    },
  },
  {
    ...{ fault: "The cable is pulled and the port says so", code: "port-lost", boundMs: 30 },
    strike: (bench) => {
      bench.cut = true;
      bench.event({ kind: "closed", fault: { code: "port-lost", what: "The cable is out.", remedy: "Put it in." } });
    },
  },
  {
    ...{ fault: "The cable is cut and the port says nothing", code: "no-sign-of-life", boundMs: 8100 },
    strike: (bench) => {
      bench.cut = true;
    },
  },
  {
    ...{ fault: "The printer restarts in mid print", code: "machine-reset", boundMs: 3000 },
    strike: (bench) => bench.printer.inject({ name: "reset" }, bench.now),
  },
  {
    ...{ fault: "The printer restarts, and its line `start` is lost", code: "machine-reset", boundMs: 3000 },
    strike: (bench) => {
      bench.wire = changing("to-host", (line) => line.replace(/^start/, "\u00ffs\u0080art"));
      bench.printer.inject({ name: "reset" }, bench.now);
    },
  },
  {
    ...{ fault: "The bed gets no heat any more", code: "thermal-fault", boundMs: 90_000 },
    strike: (bench) => bench.printer.inject({ name: "kill-heater", heater: "bed" }, bench.now),
  },
  {
    ...{ fault: "The printer stops itself (kill)", code: "printer-halted", boundMs: 30 },
    strike: says("Error:Printer halted. kill() called!\n"),
  },
  {
    ...{ fault: "Pause asked for at the printer's panel", code: "someone-at-panel", boundMs: 5000 },
    strike: says("//action:pause\n"),
  },
  {
    ...{ fault: "A set point changed at the panel", code: "someone-at-panel", boundMs: 12_000 },
    strike: (bench) => {
      bench.wire = changing("to-host", (line) => line.replace("/205.00", "/230.00"));
    },
  },
  {
    ...{ fault: "A command without a number, from somebody else", code: "foreign-line", boundMs: 5000 },
    strike: (bench) => bench.printer.receive(bytes("M106 S9\n"), bench.now),
  },
  {
    ...{ fault: "Every line is damaged: a storm of resends", code: "resend-storm", boundMs: 8000 },
    strike: (bench) => bench.printer.inject({ name: "resend-storm", rate: 1, seed: 1 }, bench.now),
  },
  {
    ...{ fault: "A damaged line is skipped: a wrong Resend", code: "line-lost", boundMs: 30_000 },
    options: { profile: { advancedOk: false } },
    strike: skipping,
  },
  {
    ...{ fault: "No `ok` comes any more, though the printer talks", code: "stream-stalled", boundMs: 25_000 },
    strike: (bench) => {
      bench.wire = changing("to-host", (line) => (/^ok/.test(line) ? "" : line));
    },
  },
  {
    ...{ fault: "`busy` without end", code: "endless-command", boundMs: 1_801_000 },
    strike: (bench) => {
      bench.wire = changing("to-host", (line) =>
        /^ok|^ T:|^Error|^Resend/.test(line) ? "echo:busy: processing\n" : line,
      );
    },
  },
  {
    ...{ fault: "A damaged move whose XOR is right", code: "position-differs", boundMs: 60_000 },
    strike: (bench) => {
      let done = 0;
      bench.wire = changing("to-printer", (line) => (/E0\.7/.test(line) && done++ === 0 ? damagedAlike(line) : line));
    },
  },
  {
    ...{ fault: "The same on a wire already known to be bad", code: "damaged-line-taken", boundMs: 60_000 },
    strike: (bench) => {
      let done = 0;
      bench.wire = changing("to-printer", (line) => {
        if (!/E0\.7/.test(line)) return line;
        done++;
        return done === 1 ? line.replace("X", "Y") : done > 8 ? damagedAlike(line) : line;
      });
    },
  },
];

/** Faults that show before anything is heated. */
export const earlyRows: readonly FaultRow[] = [
  {
    ...{ fault: "1 % of bytes flipped both ways from the start of the job", code: "noisy-wire", boundMs: 30_000 },
    strike: (bench) => {
      bench.wire = flips(0.01, 3);
    },
  },
  {
    ...{ fault: "The firmware clamps a set point without a word", code: "set-point-not-taken", boundMs: 120_000 },
    options: { profile: { hotendMaxTarget: 180 } },
    strike: () => {},
  },
];

/** Strikes one fault, in the second layer or right at the start, and says what came of it. */
export function strike(row: FaultRow, early: boolean): Seen {
  const bench = new Virtual({ speed: 4, keep: false, ...row.options });
  if (!bench.open()) throw new Error("the simulated printer did not answer");
  bench.begin(layered(40));
  if (!early && !bench.until(() => bench.heard("layer-done") !== undefined)) throw new Error("no layer was made");
  const since = bench.now;
  row.strike(bench);
  bench.stoppedAt = null;
  const code = bench.end(7_200_000);
  const failed = bench.heard("failed");
  return {
    code,
    noticedMs: Math.round((bench.stoppedAt ?? bench.now) - since),
    afterMs: Math.round(bench.now - since),
    heaters: failed?.heaters ?? "",
    sentence: failed?.fault.what ?? "",
  };
}
