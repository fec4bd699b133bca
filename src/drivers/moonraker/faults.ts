/** Every fault a printer behind Moonraker can raise, in words for a technician. */
import type { Fault } from "../../equipment/machine.ts";
import { clip } from "../../kernel/text.ts";

function fault(code: string, what: string, remedy: string): Fault {
  return { code, what, remedy };
}

const inspectAndClear = "Look at the machine, remove the unfinished part and clear the plate before another try.";
const askEngineer = "Ask the engineer.";

/** Words of the printer as they may stand in a sentence. */
function quoted(text: string): string {
  return `"${clip(text.trim(), 120)}"`;
}

export const faults = {
  notReady: () =>
    fault(
      "machine-not-ready",
      "The printer is not connected or has not said who it is yet.",
      "Check that it is switched on and on the network; it is tried again by itself.",
    ),
  connectionLost: (why: string) =>
    fault(
      "connection-lost",
      `The connection to the printer's Moonraker was lost (${clip(why, 120)}).`,
      "Check network and power. A print stops by itself at the end of its layer and stays hot: assume that it is hot.",
    ),
  noSign: (seconds: number) =>
    fault(
      "no-sign-of-life",
      `The printer's Moonraker has said nothing for ${seconds} s.`,
      "Check its power and network. Assume that it is hot: if it does not cool, switch it off.",
    ),
  signInRefused: (words: string) =>
    fault(
      "sign-in-refused",
      `Moonraker does not let this cell in: ${quoted(words)}.`,
      "The engineer puts Moonraker's API key into the file that the configuration names as apiKeyFile.",
    ),
  noKey: (file: string) =>
    fault(
      "no-api-key",
      `The file with Moonraker's API key cannot be read (${clip(file, 120)}).`,
      "The engineer makes the file, readable for the cell's account alone.",
    ),
  starting: (state: string) =>
    fault(
      "klipper-not-ready",
      `Klipper, the printer's firmware on its computer, is not ready: ${quoted(state)}.`,
      "Wait a minute; if it stays so, look at the printer's own page, or switch the printer off and on.",
    ),
  halted: (words: string) =>
    fault(
      "printer-halted",
      `Klipper has shut the printer down: ${quoted(words)}.`,
      `Find out why, then restart its firmware at the printer's own page. ${inspectAndClear}`,
    ),
  restarted: () =>
    fault("machine-reset", "Klipper ended or restarted during the print.", `Check the printer. ${inspectAndClear}`),
  lacks: (sections: readonly string[]) =>
    fault(
      "klipper-lacks-sections",
      `Klipper's configuration lacks what this cell needs: ${sections.join(", ")}.`,
      "An engineer adds the sections [virtual_sdcard], [pause_resume] and [extruder] to printer.cfg and restarts Klipper.",
    ),
  wrongMachine: (expected: string, found: string) =>
    fault(
      "wrong-machine",
      `Another printer answers at this address: expected mainboard ${quoted(expected)}, found ${quoted(found)}.`,
      "Check the address; an engineer changes the configuration if the mainboard was replaced.",
    ),
  busy: () =>
    fault(
      "machine-busy",
      "The printer works on another attempt or is being made safe.",
      "Wait until that has ended, or abort it.",
    ),
  foreignPrint: (file: string) =>
    fault(
      "foreign-print",
      `The printer prints something that this cell has not started: ${quoted(file)}.`,
      "Wait for its end or cancel it at the printer's own page, and clear the plate.",
    ),
  queue: () =>
    fault(
      "foreign-queue",
      "Moonraker has a queue of its own, and jobs are waiting in it: they would start by themselves.",
      "Empty the queue at the printer's own page.",
    ),
  heated: () =>
    fault(
      "heaters-on",
      "The printer's heaters are on, and not by this cell.",
      "Switch them off at the printer's own page, and try again.",
    ),
  noTemperatures: () =>
    fault(
      "temperatures-unknown",
      "The printer has not reported its temperatures.",
      "Wait a moment; if it stays so, an engineer checks the sensors.",
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
  unknownAttempt: () =>
    fault(
      "unknown-attempt",
      "The driver knows nothing of this attempt.",
      "Look at the machine; the attempt is over and its outcome must be decided by a person.",
    ),
  attemptOver: () =>
    fault("attempt-over", "This attempt has already ended at the printer.", "A new try needs a new attempt."),
  aborted: () => fault("aborted", "The attempt was aborted before it began.", "Nothing moved and nothing was heated."),
  notStored: (why: string) =>
    fault(
      "program-not-stored",
      `The printer did not take the program (${clip(why, 160)}).`,
      "Nothing was started. Check the space on the printer's storage and its network, then try again.",
    ),
  copyDiffers: () =>
    fault(
      "copy-differs",
      "The printer's copy of the program is not the program that was sent.",
      "Nothing was started. Check the printer's storage; tell the engineer if it happens again.",
    ),
  copyChanged: () =>
    fault(
      "copy-changed",
      "The printer's copy of the program was changed or exchanged while it was printed.",
      `Nobody knows what was printed. ${inspectAndClear} Tell QA.`,
    ),
  notStarted: (words: string) =>
    fault(
      "start-refused",
      `The printer refused to start: ${quoted(words)}.`,
      `Nothing was started. Look at the printer's own page. ${askEngineer}`,
    ),
  startUnknown: () =>
    fault(
      "start-unknown",
      "The printer did not say whether it has started.",
      `Go to the printer and look. ${inspectAndClear}`,
    ),
  firmware: (words: string) =>
    fault("firmware-error", `The printer reported an error: ${quoted(words)}.`, inspectAndClear),
  endedEarly: (layers: number) =>
    fault(
      "ended-early",
      `The printer says that it is done, and has stopped after ${layers} layers only.`,
      inspectAndClear,
    ),
  touched: (action: string) =>
    fault(
      "someone-at-panel",
      `Somebody, or a sensor, ${action} at the printer itself.`,
      "Ask who is at the printer. A print that was touched from outside is not continued.",
    ),
  setPoints: () =>
    fault(
      "set-points-changed",
      "The printer's target temperatures changed while the print waited: its idle time ran out, or somebody set them.",
      `Make Klipper's [idle_timeout] longer than a hold may take. ${inspectAndClear}`,
    ),
  notResumed: (words: string) =>
    fault("not-resumed", `The printer did not go on after a layer: ${quoted(words)}.`, inspectAndClear),
  resumeUnknown: () =>
    fault(
      "resume-unknown",
      "The connection was lost while the printer was told to go on: nobody knows whether it will.",
      inspectAndClear,
    ),
  notConfirmed: () =>
    fault(
      "not-confirmed-safe",
      "The printer has not confirmed that it stands still and that its heaters are off.",
      "Go to the printer. If it is hot or moves, switch it off at its mains switch.",
    ),
  stayedHot: () =>
    fault(
      "heaters-on-at-end",
      "The program has ended, and the printer's heaters are still on.",
      "Go to the printer and switch them off. The end of the program does not fit this printer: ask the engineer.",
    ),
} as const;
