/** Every fault that a machine on OPC UA can raise, in words for a technician. */
import type { Fault } from "../../equipment/machine.ts";
import { clip } from "../../kernel/text.ts";

function fault(code: string, what: string, remedy: string): Fault {
  return { code, what, remedy };
}

/** Text of the machine as it may stand in a sentence: printable, bounded. */
export function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, "?").slice(0, 120)}"`;
}

const look =
  "Look at the machine before anything else: what it did is decided by a person, and the next try is a new one.";
const again = "It is tried again by itself.";
const nothing = "Nothing was started.";
const engineer = "An engineer finds out who changed it, in person or by a call that was not received from outside.";
const date = (at: number): string => new Date(at).toISOString().slice(0, 10);
const list = (names: readonly string[]): string => (names.length === 0 ? "none" : names.slice(0, 8).join(", "));

/** Reaching the machine, and being sure that it is the right one. */
export const faults = {
  notReady: () => fault("machine-not-ready", "The machine is not connected at the moment.", `${nothing} ${again}`),
  unreadable: () =>
    fault(
      "machine-unreadable",
      "The machine's list of jobs or its state cannot be read at the moment.",
      `${nothing} ${again} If it stays so, an engineer looks at the machine's server.`,
    ),
  unreachable: (endpoint: string, why: string) =>
    fault(
      "machine-unreachable",
      `Nothing answers at ${endpoint} (${clip(why, 120)}).`,
      `Check that the machine is switched on and its network cable is in. ${again}`,
    ),
  notWatched: (seconds: number) =>
    fault(
      "no-sign-of-life",
      `The machine has not answered for ${seconds} s, although its connection stands.`,
      `Look at the machine; if its display is frozen, restart it as its manual says. ${again}`,
    ),
  valuesStopped: () =>
    fault(
      "values-stopped",
      "The machine's server answers, and sends no values and no alarms any more.",
      `The connection is made anew by itself. If it stays so, an engineer looks at the machine's server.`,
    ),
  signOfLifeNotTaken: (why: string) =>
    fault(
      "sign-of-life-not-taken",
      `The machine cannot be given this cell's sign of life (${clip(why, 120)}): it would end every job by itself.`,
      `${nothing} An engineer names a number or a truth value in \`signOfLife\`, which this cell counts up.`,
    ),
  connectionLost: () =>
    fault(
      "connection-lost",
      "The connection to the machine was lost.",
      `Check its power and its network cable. ${again}`,
    ),
  handshake: (thumbprint: string, path: string) =>
    fault(
      "machine-refuses-this-cell",
      "The machine closed the connection when this cell proved who it is; most likely it does not trust this cell's certificate, or that certificate has expired.",
      `The machine's owner accepts the certificate ${thumbprint} there; the file is ${path}. ${again}`,
    ),
  signInRefused: () =>
    fault(
      "sign-in-refused",
      "The machine refuses the user name or the password of this cell.",
      "An engineer corrects the files named by userFile and passwordFile, or the account on the machine.",
    ),
  noCredentials: (file: string, why: string) =>
    fault(
      "no-credentials",
      `The file ${file} with this cell's access to the machine cannot be read (${why}).`,
      "An engineer writes it; only the account of the cell may read it.",
    ),
  noSecurePolicy: (offered: readonly string[]) =>
    fault(
      "no-secure-policy",
      `The machine offers no way of talking that is signed and encrypted as it has to be; it offers ${list(offered)}.`,
      "An engineer switches Basic256Sha256 or better, with sign and encrypt, on at the machine.",
    ),
  noUserName: () =>
    fault(
      "no-user-name",
      "The machine takes no user name with a password.",
      "An engineer makes an account for this cell at the machine; it is never used without one.",
    ),
  certificateNotTrusted: (machine: string, fingerprint: string) =>
    fault(
      "certificate-not-trusted",
      `The certificate of ${machine} is not trusted: nobody has accepted ${fingerprint} yet.`,
      `An engineer compares it with the one that the machine itself shows, then runs \`cellward trust accept ${machine} ${fingerprint}\` with --config and --keys.`,
    ),
  certificateChanged: (machine: string, pinned: string, found: string) =>
    fault(
      "certificate-changed",
      `${machine} shows another certificate than the accepted one: ${found} instead of ${pinned}.`,
      `It may be another machine, or somebody in between. ${engineer} Only then: \`cellward trust accept ${machine} ${found}\`.`,
    ),
  certificateRevoked: (machine: string, fingerprint: string) =>
    fault(
      "certificate-revoked",
      `The certificate ${fingerprint} that ${machine} shows was revoked here.`,
      "The machine needs a new certificate; an engineer makes one there and accepts it with `cellward trust accept`.",
    ),
  certificateExpired: (at: number) =>
    fault(
      "certificate-expired",
      `The machine's certificate expired on ${date(at)}.`,
      "An engineer renews it at the machine and accepts the new one; if the date is right, check this computer's clock.",
    ),
  certificateNotYetValid: (at: number) =>
    fault(
      "certificate-not-yet-valid",
      `The machine's certificate is valid only from ${date(at)} on.`,
      "Check the clocks of the machine and of this computer; one of them is wrong.",
    ),
  certificateWrongHost: (host: string, names: readonly string[]) =>
    fault(
      "certificate-wrong-host",
      `The machine's certificate is not made out for ${quoted(host)}; it names ${list(names)}.`,
      "An engineer makes a certificate with the machine's address, or corrects the address in the configuration.",
    ),
  certificateWrongUri: (expected: string, uris: readonly string[]) =>
    fault(
      "certificate-wrong-application",
      `The machine's certificate belongs to another application: expected ${quoted(expected)}, found ${list(uris)}.`,
      "It is another machine or program. An engineer corrects applicationUri in the configuration if it was replaced.",
    ),
  certificateOfAuthority: (subject: string) =>
    fault(
      "certificate-of-authority",
      `The machine proves itself with the certificate of an authority (${quoted(subject)}), which may sign others.`,
      "An engineer gives the machine a certificate of its own.",
    ),
  certificateForged: (subject: string) =>
    fault(
      "certificate-forged",
      `The machine's certificate says that ${quoted(subject)} signed it, and its signature says otherwise.`,
      "It is damaged or forged: do not use the machine; an engineer makes a new certificate there.",
    ),
  certificateWeak: (bits: number) =>
    fault(
      "certificate-weak",
      `The machine's certificate has a key of ${bits} bits, which can be broken.`,
      "An engineer makes a certificate with a key of at least 2048 bits at the machine.",
    ),
  wrongMachine: (what: string, expected: string, found: string) =>
    fault(
      "wrong-machine",
      `Another machine answers at this address: ${what} is ${quoted(found)}, expected ${quoted(expected)}.`,
      "Connect the right machine; an engineer changes the configuration if the machine was replaced.",
    ),
  partMissing: (part: string) =>
    fault(
      "machine-part-missing",
      `The machine does not serve ${part}, which this driver needs.`,
      "An engineer compares `profile` and `node` in the configuration with the machine's address space.",
    ),
  driverProblem: (why: string) =>
    fault(
      "driver-problem",
      `The driver could not set up the connection (${why.replace(/[^\x20-\x7e]/g, "?").slice(0, 160)}).`,
      `${again} If it stays so, an engineer looks at the operating log.`,
    ),
} as const;

/** Running a job. */
export const jobFaults = {
  busy: () =>
    fault(
      "machine-busy",
      "The machine works on another attempt, or that attempt is being ended.",
      "Wait until it has ended, or abort it.",
    ),
  foreignJob: (id: string) =>
    fault(
      "foreign-job",
      `The machine works on a job order that this cell did not give it (${quoted(id)}).`,
      "Ask who started it at the machine; wait until it has ended there.",
    ),
  notIdle: (state: string) =>
    fault(
      "machine-not-idle",
      `The machine is not ready for a job: its state is ${state}, and has to be NotExecuting.`,
      `${nothing} Bring the machine into its basic position at its own panel.`,
    ),
  notProcessing: (mode: string) =>
    fault(
      "machine-not-in-processing",
      `The machine is in the operation mode ${mode}, and has to be in Processing.`,
      `${nothing} Whoever sets the machine up switches it back at its own panel.`,
    ),
  interlock: (title: string) =>
    fault(
      "interlock",
      `The machine says that ${title}, or does not say otherwise.`,
      "Put it right at the machine, by whoever is in charge of it there. A job that ran is not continued.",
    ),
  wrongProgram: () =>
    fault(
      "wrong-program",
      "The program that was handed over is not the one that was ordered.",
      `${nothing} Take the job in again; tell QA if it happens twice.`,
    ),
  noProgram: () =>
    fault(
      "no-program",
      "The ordered program is not in this cell's store.",
      `${nothing} Take the job package in again.`,
    ),
  transfer: (why: string) =>
    fault(
      "program-not-transferred",
      `The program could not be written to the machine (${clip(why, 160)}).`,
      `${nothing} Try again; if it stays so, an engineer looks at the machine's file store.`,
    ),
  readBack: () =>
    fault(
      "program-read-back-differs",
      "The program that the machine gives back is not the one that was written to it.",
      `${nothing} The machine's file store is not to be trusted: an engineer has to look at it before it is used again.`,
    ),
  startRefused: (reasons: readonly string[]) =>
    fault(
      "start-refused",
      `The machine refused to start: ${reasons.length === 0 ? "it gave no reason" : reasons.join(", ")}.`,
      `${nothing} The machine's own panel may say more.`,
    ),
  notStarted: () =>
    fault(
      "not-started",
      "The machine took the job order and did not begin it in time; it was taken back.",
      `${nothing} The machine's own panel may say what it waits for.`,
    ),
  startUnknown: (why: string) =>
    fault("start-unknown", `Nobody can say whether the machine began (${clip(why, 160)}).`, look),
  commandRefused: (command: string, reasons: readonly string[]) =>
    fault(
      "command-refused",
      `The machine refused to ${command}: ${reasons.length === 0 ? "it gave no reason" : reasons.join(", ")}.`,
      "Go to the machine; use its own panel, or its stop button if anything is wrong.",
    ),
  commandUnknown: (command: string) =>
    fault(
      "command-unknown",
      `The machine did not say, and does not show, that it was told to ${command}.`,
      "Go to the machine; use its stop button if anything is wrong.",
    ),
  notConfirmed: () =>
    fault(
      "not-confirmed-safe",
      "The machine has not confirmed that it stands still.",
      "Go to the machine. If it moves, use its stop button.",
    ),
  unknownAttempt: () => fault("unknown-attempt", "The driver knows nothing of this attempt.", look),
  attemptOver: () =>
    fault("attempt-over", "This attempt has already ended at the machine.", "A new try needs a new attempt."),
  abortedAtMachine: (words: string) =>
    fault(
      "aborted-at-machine",
      `The machine ended the job before its end${words === "" ? "" : `: ${quoted(words)}`}.`,
      look,
    ),
  vanished: () =>
    fault(
      "job-vanished",
      "The machine has no trace of the job any more: it was restarted, or somebody cleared the job at its panel.",
      look,
    ),
  outOfSight: (seconds: number, why: string) =>
    fault(
      "out-of-sight",
      `The machine was out of sight for more than ${seconds} s while it worked, so nobody knows what it did. ${clip(why, 300)}`,
      look,
    ),
  resultsUnreadable: (why: string) =>
    fault("results-unreadable", `The machine ended the job, and its results cannot be read (${why}).`, look),
  notSuccessful: (words: string) =>
    fault(
      "not-successful",
      `The machine ended the job and calls it not successful${words === "" ? "" : `: ${quoted(words)}`}.`,
      look,
    ),
  otherPart: (tag: string) =>
    fault("other-part", `The machine says that it worked on another part (${quoted(tag)}).`, look),
  noWorkMaster: () =>
    fault(
      "no-work-master",
      "The program does not say which operation of the machine it is for.",
      `${nothing} The program is wrong for this machine: ask the engineer who released it.`,
    ),
  otherProgram: () =>
    fault("other-program", "The machine says that it ran another program than the one that was ordered.", look),
} as const;
