/** `cellward trust`: which certificates of machines this cell accepts; seen first, then accepted one by one. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../config/io/load.ts";
import type { CellConfig, MachineConfig } from "../../config/schema.ts";
import { pkiFolder } from "../../drivers/io/opcua.ts";
import {
  type CertificateFacts,
  dateOf,
  hostOf,
  judgeCertificate,
  judgeContent,
} from "../../drivers/opcua/certificate.ts";
import { clientUriOf } from "../../drivers/opcua/config.ts";
import { faults } from "../../drivers/opcua/faults.ts";
import { factsOf, thumbprintOf } from "../../drivers/opcua/io/certificate-facts.ts";
import { wordsOf } from "../../drivers/opcua/io/deadline.ts";
import { type DiscoveredEndpoint, discover } from "../../drivers/opcua/io/discover.ts";
import { openPki, type Pki } from "../../drivers/opcua/io/pki.ts";
import { readTrust, trustRecord, writeTrust } from "../../drivers/opcua/io/trust-store.ts";
import { chooseEndpoint, isAccepted } from "../../drivers/opcua/policy.ts";
import type { Fault } from "../../equipment/machine.ts";
import { isDigest } from "../../kernel/names.ts";
import { exitCode } from "../exit-code.ts";
import { configurationRemedy } from "./remedies.ts";
import type { Terminal } from "./terminal.ts";

export interface TrustOptions {
  readonly config: string;
  readonly keys: string;
}

type Section = NonNullable<MachineConfig["opcua"]>;

/** A machine on OPC UA as the configuration has it; an address alone is of no machine yet. */
interface Target {
  readonly id: string | null;
  readonly endpoint: string;
  readonly opcua: Section | null;
}

interface Opened {
  readonly config: CellConfig;
  readonly folder: string;
  readonly clientUri: string;
  readonly pki: Pki;
}

const answerWithin = 8000;

/** What answers at a machine's address, and whether it would be accepted; exit code 6 where nothing answers. */
export function showTrust(terminal: Terminal, named: string, options: TrustOptions): Promise<number> {
  return withFolder(terminal, options, async (opened) => {
    const target = targetOf(opened.config, named);
    if (target === null) return noSuchMachine(terminal, named);
    const found = await ask(terminal, target, opened);
    if (typeof found === "number") return found;
    const own = ownOf(opened);
    const shown = { ...target, opcua: undefined, ...describe(found, target, opened), own };
    const text = [...linesOf(shown), ...ownLines(own)].join("\n");
    terminal.result({ ok: true, ...shown }, text);
    return exitCode.ok;
  });
}

/** Pins exactly this fingerprint for the machine; refused where something else answers at its address now. */
export function acceptTrust(
  terminal: Terminal,
  machine: string,
  fingerprint: string,
  options: TrustOptions,
): Promise<number> {
  return withFolder(terminal, options, async (opened) => {
    const wanted = fingerprint.replaceAll(":", "").toLowerCase();
    if (!isDigest(wanted)) return notAFingerprint(terminal, fingerprint);
    const target = targetOf(opened.config, machine);
    if (target === null || target.id === null || target.opcua === null) return noSuchMachine(terminal, machine);
    const found = await ask(terminal, target, opened);
    if (typeof found === "number") return found;
    const certificates = certificatesOf(found);
    const facts = certificates.find((each) => each.facts.fingerprint === wanted)?.facts;
    if (facts === undefined)
      return otherAnswers(
        terminal,
        target.id,
        wanted,
        certificates.map((each) => each.facts.fingerprint),
      );
    const { endpoint, opcua, id } = target;
    const expected = { host: hostOf(endpoint), applicationUri: opcua.applicationUri, now: Date.now() };
    const trust = readTrust(opened.folder);
    if (trust.revoked.some((each) => each.fingerprint === wanted)) return revokedBefore(terminal, id, wanted);
    const wrong = judgeContent(facts, expected);
    if (wrong !== null) return terminal.trouble(wrong, exitCode.refused);
    const pin = { fingerprint: wanted, subject: facts.subject, at: Date.now() };
    writeTrust(opened.folder, { ...trust, machines: { ...trust.machines, [id]: pin } });
    const own = ownOf(opened);
    const said = `${id} is trusted with the certificate ${wanted} (${facts.subject}, until ${dateOf(facts.notAfter)}).`;
    terminal.result({ ok: true, machine: id, fingerprint: wanted, own }, [said, ...ownLines(own)].join("\n"));
    return exitCode.ok;
  });
}

/** What was accepted and revoked here. */
export function listTrust(terminal: Terminal, options: TrustOptions): Promise<number> {
  return withFolder(terminal, options, async (opened) => {
    const { machines, revoked } = readTrust(opened.folder);
    const own = ownOf(opened);
    const lines = [
      ...Object.entries(machines).map(
        ([id, pin]) => `${id}  ${pin.fingerprint}  ${pin.subject}  since ${dateOf(pin.at)}`,
      ),
      ...revoked.map(({ fingerprint, machine, at }) => `revoked  ${fingerprint}  of ${machine}  on ${dateOf(at)}`),
    ];
    const text = [...(lines.length === 0 ? ["Nothing is trusted yet."] : lines), ...ownLines(own)].join("\n");
    terminal.result({ ok: true, machines, revoked, own }, text);
    return exitCode.ok;
  });
}

/** Ends the trust in a machine's certificate for good; a running cell gives the connection up at once. */
export function revokeTrust(terminal: Terminal, machine: string, options: TrustOptions): Promise<number> {
  return withFolder(terminal, options, async ({ folder }) => {
    const trust = readTrust(folder);
    const pin = trust.machines[machine];
    if (pin === undefined) {
      const remedy = "Take the machine's name from `cellward trust list`.";
      return terminal.trouble(
        { code: "nothing-accepted", what: `Nothing was accepted for ${machine}.`, remedy },
        exitCode.refused,
      );
    }
    const { [machine]: _, ...machines } = trust.machines;
    const revoked = [...trust.revoked, { fingerprint: pin.fingerprint, machine, at: Date.now() }];
    writeTrust(folder, { machines, revoked });
    terminal.result(
      { ok: true, machine, fingerprint: pin.fingerprint },
      `The certificate ${pin.fingerprint} of ${machine} is revoked: it is never accepted again. The machine needs a new one.`,
    );
    return exitCode.ok;
  });
}

/** What answers at an address of a server, for somebody who looks around. */
export interface AnsweringServer {
  readonly address: string;
  /** The machine of the configuration that it is said to be; null where it is of none. */
  readonly machine: string | null;
  /** `trusted`: this cell would talk to it as it answers now. `untrusted`: it answers, and `fault` says why not. */
  readonly standing: "trusted" | "untrusted" | "unreachable" | "no-address";
  /** Why nothing can be said of it, or why it is not trusted. */
  readonly fault: Fault | null;
  readonly endpoints: ReturnType<typeof describe>["endpoints"];
  readonly certificates: ReturnType<typeof describe>["certificates"];
  readonly lines: readonly string[];
}

/** Asks an address, with the cell's own certificate where its key folder is given, and with one for this once where not. */
export async function serverAt(
  address: string,
  config: CellConfig | null,
  keys: string | undefined,
): Promise<AnsweringServer> {
  const clientUri = clientUriOf(config?.cell.origin ?? "looking/around");
  const passing = keys === undefined ? await mkdtemp(join(tmpdir(), "cellward-look-")) : null;
  const folder = pkiFolder(keys ?? passing ?? "");
  const target = config === null ? null : targetOf(config, address);
  const machine = target?.id ?? null;
  const nothing = { address, machine, endpoints: [], certificates: [], lines: [], standing: "unreachable" as const };
  if (!/^opc\.tcp:\/\/[^\s/]+(:\d+)?/.test(address)) {
    const remedy = "Give it like opc.tcp://192.0.2.20:4840.";
    const fault = { code: "no-address", what: `${address} is no address of a server.`, remedy };
    return { ...nothing, standing: "no-address", fault };
  }
  let pki: Pki | null = null;
  try {
    pki = await openPki(folder, clientUri);
    const found = await discover(address, pki, clientUri, answerWithin);
    const known = target ?? { id: null, endpoint: address, opcua: null };
    const described = describe(found, known, { config: config as CellConfig, folder, clientUri, pki });
    const fault = distrustOf(found, known, folder);
    const standing = fault === null ? ("trusted" as const) : ("untrusted" as const);
    const lines = [...linesOf({ ...known, ...described }), ...standingLines(fault, described.certificates)];
    return { ...nothing, ...described, standing, fault, lines };
  } catch (problem) {
    return { ...nothing, fault: faults.unreachable(address, wordsOf(problem)) };
  } finally {
    await pki?.close();
    if (passing !== null) await rm(passing, { recursive: true, force: true });
  }
}

/** Why this cell would not talk to what answers there, or null. Nobody can have accepted the certificate of an unknown machine. */
function distrustOf(found: readonly DiscoveredEndpoint[], target: Target, folder: string): Fault | null {
  const chosen = chooseEndpoint(found);
  if (!chosen.ok) return chosen.error;
  const facts = factsOf(chosen.value.certificate);
  if (!facts.ok) return faults.driverProblem(facts.error);
  const verdict = verdictOf(facts.value, target, folder);
  if (verdict !== null || target.id !== null) return verdict;
  const remedy =
    "Give it a [[machine]] section in the configuration, then `cellward trust accept` with its fingerprint.";
  return {
    code: "no-machine",
    what: `${target.endpoint} is of no machine of the configuration: nobody has accepted it.`,
    remedy,
  };
}

/** The standing in a line of its own, where no certificate's lines have said it. */
function standingLines(fault: Fault | null, certificates: AnsweringServer["certificates"]): readonly string[] {
  if (fault === null) return ["trusted"];
  const said = certificates.some(({ verdict }) => verdict?.what === fault.what);
  return said ? ["NOT TRUSTED"] : [`NOT TRUSTED: ${fault.what}`, `  What to do: ${fault.remedy}`];
}

/** Why a machine of the configuration cannot be used as it answers now, or null; looks without changing anything. */
export async function machineFault(config: CellConfig, machine: string, keys: string): Promise<Fault | null> {
  const target = targetOf(config, machine);
  const folder = pkiFolder(keys);
  if (target === null || target.id === null) return null;
  if (!existsSync(folder)) {
    const what = `Nothing was ever accepted here, so ${machine} is not trusted.`;
    const remedy = `Run \`cellward trust show ${machine}\` with --config and --keys; it says how to go on.`;
    return { code: "certificate-not-trusted", what, remedy };
  }
  const clientUri = clientUriOf(config.cell.origin);
  const pki = await openPki(folder, clientUri);
  try {
    return distrustOf(await discover(target.endpoint, pki, clientUri, answerWithin), target, folder);
  } catch (problem) {
    return faults.unreachable(target.endpoint, wordsOf(problem));
  } finally {
    await pki.close();
  }
}

async function withFolder(
  terminal: Terminal,
  { config: file, keys }: TrustOptions,
  use: (opened: Opened) => Promise<number>,
): Promise<number> {
  const loaded = await loadConfig(file);
  if (!loaded.ok) {
    const remedy = configurationRemedy(file);
    return terminal.trouble({ code: "configuration", what: loaded.error.join(" "), remedy }, exitCode.configuration);
  }
  if (!existsSync(keys)) {
    const remedy = "Name the folder that `cellward init` made with --keys.";
    return terminal.trouble(
      { code: "no-key-folder", what: `There is no key folder ${keys}.`, remedy },
      exitCode.refused,
    );
  }
  const { config } = loaded.value;
  const [folder, clientUri] = [pkiFolder(keys), clientUriOf(config.cell.origin)];
  try {
    const pki = await openPki(folder, clientUri);
    try {
      return await use({ config, folder, clientUri, pki });
    } finally {
      await pki.close();
    }
  } catch (problem) {
    const what = `The folder ${folder} cannot be used (${wordsOf(problem)}).`;
    return terminal.trouble(
      { code: "no-pki", what, remedy: "Correct its permissions, or move it away and accept anew." },
      exitCode.refused,
    );
  }
}

function targetOf(config: CellConfig, named: string): Target | null {
  if (named.startsWith("opc.tcp://")) {
    const machine = config.machine.find(({ opcua }) => opcua?.endpoint === named);
    return { id: machine?.id ?? null, endpoint: named, opcua: machine?.opcua ?? null };
  }
  const machine = config.machine.find(({ id }) => id === named);
  return machine?.opcua ? { id: machine.id, endpoint: machine.opcua.endpoint, opcua: machine.opcua } : null;
}

/** The endpoints, or the exit code after saying that nothing answers. */
async function ask(terminal: Terminal, { endpoint }: Target, { pki, clientUri }: Opened) {
  try {
    return await discover(endpoint, pki, clientUri, answerWithin);
  } catch (problem) {
    const what = `Nothing answers at ${endpoint} (${wordsOf(problem)}).`;
    const remedy = "Check that the machine is switched on, its network cable, and its address in the configuration.";
    return terminal.trouble({ code: "machine-unreachable", what, remedy }, exitCode.deviceUnreachable);
  }
}

interface Shown {
  readonly facts: CertificateFacts;
  readonly thumbprint: string;
}

/** Each certificate that the endpoints show, once. */
function certificatesOf(endpoints: readonly DiscoveredEndpoint[]): readonly Shown[] {
  const found = new Map<string, Shown>();
  for (const { certificate } of endpoints) {
    const facts = factsOf(certificate);
    if (facts.ok) found.set(facts.value.fingerprint, { facts: facts.value, thumbprint: thumbprintOf(certificate) });
  }
  return [...found.values()];
}

function describe(endpoints: readonly DiscoveredEndpoint[], target: Target, { folder }: Opened) {
  return {
    endpoints: endpoints.map(({ url, mode, policy, takesUserName }) => ({
      ...{ url, mode, policy, takesUserName },
      usable: mode === "sign-and-encrypt" && isAccepted(policy) && takesUserName,
    })),
    certificates: certificatesOf(endpoints).map(({ facts, thumbprint }) => ({
      ...facts,
      thumbprint,
      verdict: verdictOf(facts, target, folder),
    })),
  };
}

/** Why this certificate would not be taken for the machine now; null where it would. */
function verdictOf(facts: CertificateFacts, { id, endpoint, opcua }: Target, folder: string): Fault | null {
  const applicationUri = opcua?.applicationUri ?? facts.uris[0] ?? "";
  const expected = { host: hostOf(endpoint), applicationUri, now: Date.now() };
  if (id === null) return judgeContent(facts, expected);
  return judgeCertificate(facts, trustRecord(readTrust(folder), id, opcua?.fingerprint), expected);
}

function linesOf({
  id,
  endpoint,
  endpoints,
  certificates,
}: Pick<Target, "id" | "endpoint"> & ReturnType<typeof describe>) {
  return [
    `${id ?? "No machine of the configuration"} at ${endpoint}:`,
    ...endpoints.map((each) => `  ${each.usable ? "usable  " : "not used"} ${each.mode} ${each.policy}`),
    ...certificates.flatMap((each) => [
      `certificate ${each.fingerprint} (SHA-1 ${each.thumbprint})`,
      `  subject ${each.subject}; issuer ${each.issuer}`,
      `  ApplicationUri ${each.uris.join(", ") || "none"}; made out for ${each.hosts.join(", ") || "no host"}`,
      `  valid from ${dateOf(each.notBefore)} to ${dateOf(each.notAfter)}; key of ${each.keyBits} bits`,
      ...(each.verdict ? [`  ${each.verdict.what}`, `  What to do: ${each.verdict.remedy}`] : ["  accepted"]),
    ]),
  ];
}

function ownOf({ pki, clientUri }: Opened) {
  const { facts, thumbprint, certificateFile } = pki;
  return {
    file: certificateFile,
    thumbprint,
    fingerprint: facts.fingerprint,
    applicationUri: clientUri,
    notAfter: facts.notAfter,
  };
}

function ownLines({ file, thumbprint, applicationUri, notAfter }: ReturnType<typeof ownOf>): readonly string[] {
  return [
    "This cell's own certificate, for the machine's owner to accept there:",
    `  ${file}`,
    `  SHA-1 ${thumbprint}; ApplicationUri ${applicationUri}; valid to ${dateOf(notAfter)}`,
  ];
}

function noSuchMachine(terminal: Terminal, named: string): number {
  const what = `The configuration has no machine on OPC UA called ${named}.`;
  const remedy =
    "Name a machine that has a section [machine.opcua], or (for `show`) an address like opc.tcp://host:4840.";
  return terminal.trouble({ code: "no-such-machine", what, remedy }, exitCode.refused);
}

function notAFingerprint(terminal: Terminal, text: string): number {
  const what = `"${text.slice(0, 80)}" is not a fingerprint.`;
  const remedy = "Give the SHA-256 of the certificate: 64 hexadecimal digits, as `cellward trust show` prints it.";
  return terminal.trouble({ code: "not-a-fingerprint", what, remedy }, exitCode.usage);
}

function otherAnswers(terminal: Terminal, machine: string, wanted: string, found: readonly string[]): number {
  const what = `What answers for ${machine} now does not have the certificate ${wanted}; it has ${found.join(", ") || "none"}.`;
  const remedy =
    "Nothing was accepted. Compare with what the machine itself shows; if they differ, somebody may be in between.";
  return terminal.trouble({ code: "other-certificate", what, remedy }, exitCode.refused);
}

function revokedBefore(terminal: Terminal, machine: string, fingerprint: string): number {
  const what = `The certificate ${fingerprint} of ${machine} was revoked here and is never accepted again.`;
  return terminal.trouble(
    { code: "certificate-revoked", what, remedy: "Make a new certificate at the machine." },
    exitCode.refused,
  );
}
