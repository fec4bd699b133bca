/** Every fault a Marlin printer can raise, in words for a technician. */
import type { Fault } from "../../equipment/machine.ts";
import { clip } from "../../kernel/text.ts";
import type { Stranger } from "./reply.ts";

function fault(code: string, what: string, remedy: string): Fault {
  return { code, what, remedy };
}

const inspectAndClear = "Look at the machine, remove the unfinished part and clear the plate before another try.";

const strangers: Record<Stranger, readonly [string, string]> = {
  klipper: [
    "Klipper answers at this port: it takes lines whose checksum is wrong, so a damaged line would be printed.",
    "Connect this printer through Moonraker: an engineer sets the driver `moonraker` in the configuration.",
  ],
  grbl: [
    "A Grbl or grblHAL controller answers at this port: it is a mill, a laser or a plotter, and no printer.",
    "Plug in the printer; an engineer checks the path in the configuration.",
  ],
  reprapfirmware: [
    "RepRapFirmware answers at this port: it marks layers and says who it is in another way than this driver reads.",
    "This printer is not driven over its serial port: an engineer asks for a driver for its network interface.",
  ],
};

/** Text of the machine as it may stand in a sentence: printable, bounded. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, "?").slice(0, 80)}"`;
}

export const faults = {
  notReady: () =>
    fault(
      "machine-not-ready",
      "The printer is not connected or has not said who it is yet.",
      "Check that it is switched on and its cable is in; it is tried again by itself.",
    ),
  noSign: (seconds: number) =>
    fault(
      "no-sign-of-life",
      `The printer has said nothing for ${seconds} s.`,
      "Check its power and cable; if its display is frozen, switch it off and on. Assume that it is hot.",
    ),
  portLost: (why: string) =>
    fault(
      "port-lost",
      `The serial connection to the printer was lost (${clip(why, 120)}).`,
      "Put the cable back in. Assume that the printer is hot: if it does not cool, switch it off.",
    ),
  portRefused: (why: string) =>
    fault(
      "port-refused",
      `The printer's serial port cannot be opened (${clip(why, 120)}).`,
      "Check the cable and that no other program uses the port; an engineer checks the path in the configuration.",
    ),
  reset: () => fault("machine-reset", "The printer restarted by itself.", `Check its power supply. ${inspectAndClear}`),
  halted: (text: string) =>
    fault(
      "printer-halted",
      `The printer stopped itself and waits for a restart: ${quoted(text)}.`,
      `Find out why it stopped, then switch it off and on. ${inspectAndClear}`,
    ),
  thermal: (text: string) =>
    fault(
      "thermal-fault",
      `The printer's heater protection tripped: ${quoted(text)}.`,
      "Switch the printer off, let it cool, and have an engineer check heater and sensor before it is used again.",
    ),
  firmware: (text: string) =>
    fault("firmware-error", `The printer reported an error: ${quoted(text)}.`, inspectAndClear),
  unknownCommand: (command: string) =>
    fault(
      "unknown-command",
      `The printer does not know a command of the program: ${quoted(command)}.`,
      "The program does not fit this printer's firmware: ask the engineer who released the recipe.",
    ),
  notExtruded: (text: string) =>
    fault(
      "not-extruded",
      `The printer refused to push filament: ${quoted(text)}.`,
      `The part has a gap there. ${inspectAndClear}`,
    ),
  panel: (action: string) =>
    fault(
      "someone-at-panel",
      `Somebody, or a sensor, asked the printer itself to ${action}.`,
      "Ask who is at the printer. A print that was touched from outside is not continued.",
    ),
  resendStorm: (count: number) =>
    fault(
      "resend-storm",
      `The connection to the printer is too noisy: ${count} lines had to be repeated.`,
      "Check or replace the USB cable and keep it away from motors and mains cables.",
    ),
  endless: (minutes: number) =>
    fault(
      "endless-command",
      `The printer has been busy with one command for ${minutes} minutes.`,
      `It hangs, or cannot reach its temperature. ${inspectAndClear}`,
    ),
  lineLost: () =>
    fault(
      "line-lost",
      "The printer received a damaged line and did not take it again: it would have gone on without that line.",
      `The firmware does not repeat lines as it must: ask the engineer. ${inspectAndClear}`,
    ),
  damagedLine: () =>
    fault(
      "damaged-line-taken",
      "The printer carried out a line that was damaged on its way: its own echo is not what was sent.",
      `Check or replace the USB cable and keep it away from motors and mains cables. ${inspectAndClear}`,
    ),
  elsewhere: (found: string, expected: string) =>
    fault(
      "position-differs",
      `At the end of a layer the printer says that it is at ${found}, and the program left it at ${expected}.`,
      `A line was lost or changed, or somebody moved the printer. ${inspectAndClear}`,
    ),
  notTaken: (heater: string, sent: number, found: number) =>
    fault(
      "set-point-not-taken",
      `The ${heater} was set to ${sent} °C and the printer shows a set point of ${found} °C.`,
      "The firmware limits this heater: ask the engineer who released the recipe.",
    ),
  foreignSetPoint: (heater: string, expected: number, found: number) =>
    fault(
      "someone-at-panel",
      `The set point of the ${heater} went from ${expected} °C to ${found} °C, and not by this cell.`,
      "Ask who is at the printer. A print that was touched from outside is not continued.",
    ),
  stranger: (peer: Stranger) => fault("wrong-firmware", strangers[peer][0], strangers[peer][1]),
  otherFirmware: (found: string, expected: string) =>
    fault(
      "wrong-firmware",
      `The printer runs ${quoted(found)}; this cell is configured for ${quoted(expected)}.`,
      "An engineer checks the printer and the dialect in the configuration.",
    ),
  wrongModel: (expected: string, found: string) =>
    fault(
      "wrong-machine",
      `Another kind of printer answers at this port: expected ${quoted(expected)}, found ${quoted(found)}.`,
      "Plug in the right printer; an engineer changes the configuration if the printer was replaced.",
    ),
  resumesByItself: () =>
    fault(
      "power-loss-recovery",
      "The printer would go on with a print by itself after a power cut, and cannot be told not to.",
      "An engineer switches power-loss recovery off in the firmware (M413 S0, then M500 at the bench).",
    ),
  noisyWire: (count: number) =>
    fault(
      "noisy-wire",
      `The connection to the printer was tried before the print and damaged ${count} of 20 lines.`,
      "Nothing was heated or moved. Check or replace the USB cable and keep it away from motors and mains cables.",
    ),
  stalled: () =>
    fault(
      "stream-stalled",
      "The printer still talks but no longer confirms what it is sent.",
      `Switch the printer off and on. ${inspectAndClear}`,
    ),
  foreignLine: () =>
    fault(
      "foreign-line",
      "The printer carried out a line without a number: a damaged line, or a command from somebody else.",
      `Check the cable, and that nothing else talks to the printer. ${inspectAndClear}`,
    ),
  noMark: (layer: number) =>
    fault(
      "no-layer-mark",
      `The printer did not confirm the end of layer ${layer}.`,
      `The recipe or the firmware does not support layer marks (M118). ${inspectAndClear}`,
    ),
  wrongMachine: (expected: string, found: string) =>
    fault(
      "wrong-machine",
      `Another printer answers at this port: expected ${quoted(expected)}, found ${quoted(found)}.`,
      "Plug in the right printer; an engineer changes the configuration if the printer was replaced.",
    ),
  noProtection: () =>
    fault(
      "no-thermal-protection",
      "The printer's firmware does not confirm that its thermal runaway protection is switched on.",
      "Such a printer can catch fire and is not used here: an engineer installs a firmware with protection, or, where a dialect cannot tell, proves it at the machine and writes the proof into the configuration.",
    ),
  noTemperatures: () =>
    fault(
      "temperatures-unknown",
      "The printer has not reported its temperatures recently.",
      "Wait a moment; if it stays so, an engineer checks the sensors.",
    ),
  heated: () =>
    fault(
      "heaters-on",
      "The printer's heaters are already on, and not by this cell.",
      "Switch them off at the printer's panel, or wait until the cell has done so, and try again.",
    ),
  busy: () =>
    fault(
      "machine-busy",
      "The printer works on another attempt or is being made safe.",
      "Wait until that has ended, or abort it.",
    ),
  wrongProgram: () =>
    fault(
      "wrong-program",
      "The program that was handed over is not the one that was ordered.",
      "Nothing was started. Take the job in again; tell QA if it happens twice.",
    ),
  noProgram: () =>
    fault(
      "no-program",
      "The ordered program is not in this cell's store.",
      "Nothing was started. Take the job package in again.",
    ),
  unsafe: (what: string) =>
    fault("unsafe-toolpath", what, "The program is not safe for this printer: ask the engineer who released it."),
  unknownAttempt: () =>
    fault(
      "unknown-attempt",
      "The driver knows nothing of this attempt.",
      "Look at the machine; the attempt is over and its outcome must be decided by a person.",
    ),
  attemptOver: () =>
    fault("attempt-over", "This attempt has already ended at the printer.", "A new try needs a new attempt."),
  notConfirmed: () =>
    fault(
      "not-confirmed-safe",
      "The printer has not confirmed that its heaters are off.",
      "Go to the printer. If it is hot or moves, switch it off at its mains switch.",
    ),
  driverLost: () =>
    fault(
      "driver-lost",
      "The driver process of the printer ended unexpectedly, so nobody knows what the printer did since.",
      "It restarts by itself and switches the heaters off. Look at the printer; the part in it is not continued.",
    ),
} as const;
