/** Judging the certificate with which a machine proves itself: each thing that can be wrong has its own sentence. */
import type { Fault, MachineAlarm } from "../../equipment/machine.ts";
import type { EpochMs } from "../../kernel/units.ts";
import { faults } from "./faults.ts";

/** What stands in an X.509 certificate, as far as it is judged. */
export interface CertificateFacts {
  /** SHA-256 of its DER bytes, 64 lower-case hex digits. */
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  /** URIs, DNS names and addresses of subjectAltName. */
  readonly uris: readonly string[];
  readonly hosts: readonly string[];
  readonly notBefore: EpochMs;
  readonly notAfter: EpochMs;
  /** It carries the signature of its own key. */
  readonly selfSigned: boolean;
  /** It may sign other certificates. */
  readonly authority: boolean;
  readonly keyBits: number;
}

/** What the cell knows of the machine whose certificate it should be. */
export interface TrustRecord {
  readonly machine: string;
  /** Pinned by `cellward trust accept`; null where nothing was accepted yet. */
  readonly accepted: string | null;
  /** Pinned by the configuration; null where it pins nothing. */
  readonly configured: string | null;
  /** Fingerprints that were revoked here. */
  readonly revoked: readonly string[];
}

export interface Expected {
  readonly host: string;
  readonly applicationUri: string;
  readonly now: EpochMs;
}

/** Shorter keys are refused by every policy that is taken. */
const leastKeyBits = 2048;
const dayMs = 86_400_000;

/** Why the certificate is not taken, or null. The first reason counts: who is refused for trust hears that first. */
export function judgeCertificate(facts: CertificateFacts, trust: TrustRecord, expected: Expected): Fault | null {
  return judgeTrust(facts, trust) ?? judgeContent(facts, expected);
}

/** Whether exactly this certificate is (still) the accepted one. */
export function judgeTrust({ fingerprint }: Pick<CertificateFacts, "fingerprint">, trust: TrustRecord): Fault | null {
  const { machine, accepted, configured, revoked } = trust;
  if (revoked.includes(fingerprint)) return faults.certificateRevoked(machine, fingerprint);
  if (accepted === null && configured === null) return faults.certificateNotTrusted(machine, fingerprint);
  for (const pinned of [configured, accepted]) {
    if (pinned !== null && pinned !== fingerprint) return faults.certificateChanged(machine, pinned, fingerprint);
  }
  return null;
}

/** What is wrong with a certificate whoever it belongs to; `trust show` says it as well. */
export function judgeContent(facts: CertificateFacts, { host, applicationUri, now }: Expected): Fault | null {
  if (now >= facts.notAfter) return faults.certificateExpired(facts.notAfter);
  if (now < facts.notBefore) return faults.certificateNotYetValid(facts.notBefore);
  if (facts.authority && !facts.selfSigned) return faults.certificateOfAuthority(facts.subject);
  if (!facts.selfSigned && facts.issuer === facts.subject) return faults.certificateForged(facts.subject);
  if (facts.keyBits < leastKeyBits) return faults.certificateWeak(facts.keyBits);
  if (!facts.hosts.some((name) => sameHost(name, host))) return faults.certificateWrongHost(host, facts.hosts);
  if (!facts.uris.includes(applicationUri)) return faults.certificateWrongUri(applicationUri, facts.uris);
  return null;
}

function sameHost(name: string, host: string): boolean {
  return name.toLowerCase().replace(/\.$/, "") === host.toLowerCase().replace(/^\[|\]$/g, "");
}

const warnings: readonly (readonly [days: number, severity: number])[] = [
  [7, 800],
  [30, 500],
  [60, 300],
];

/** The alarm of a certificate that ends within 60, 30 or 7 days, or null; `whose` is `The machine's` or `This cell's`. */
export function expiryAlarm(name: string, whose: string, notAfter: EpochMs, now: EpochMs): MachineAlarm | null {
  const days = Math.floor((notAfter - now) / dayMs);
  const found = warnings.find(([within]) => days < within);
  if (found === undefined) return null;
  const when = days < 0 ? "has expired" : `expires in ${days} ${days === 1 ? "day" : "days"}`;
  const what = `${whose} certificate ${when} (${dateOf(notAfter)}): renew it before, and accept the new one on both sides.`;
  // An id of its own for each step, so that the more urgent one is told although the earlier one stands.
  return { id: `${name}-${found[0]}`, active: true, severity: found[1], what, at: now };
}

/** `2026-11-25`. */
export function dateOf(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The host of an `opc.tcp` address, as it stands there. */
export function hostOf(endpoint: string): string {
  return /^opc\.tcp:\/\/(\[[^\]]*\]|[^:/]*)/.exec(endpoint)?.[1] ?? "";
}
