/** Who must have signed a package: two roles with keys of their own, known from the configuration and from nowhere else. */
import { err, ok, type Result } from "../../kernel/result.ts";
import { sameBytes } from "../../ledger/bytes.ts";
import { type Envelope, signersOf } from "../../ledger/dsse.ts";
import { parseKey } from "../../ledger/note.ts";
import type { SignatureCheck, VerifyingKey } from "../../ledger/signer.ts";
import { type PackageRefusal, refusePackage } from "./refusal.ts";

/** Trust anchors: the public keys of each role. */
export interface TrustAnchors {
  readonly designAuthority: readonly VerifyingKey[];
  readonly clinicalRelease: readonly VerifyingKey[];
}

/** The two who signed. */
export interface Signers {
  readonly designAuthority: VerifyingKey;
  readonly clinicalRelease: VerifyingKey;
}

const roleNames = { designAuthority: "design authority", clinicalRelease: "clinical release" } as const;
const mostKeys = 16;
const printable = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/;

/** Reads the anchors from lines of text, one list a role; the errors say what is wrong with which. */
export function readAnchors(lines: {
  readonly designAuthority: readonly string[];
  readonly clinicalRelease: readonly string[];
}): Result<TrustAnchors, readonly string[]> {
  const problems: string[] = [];
  const read = (role: keyof TrustAnchors): VerifyingKey[] =>
    lines[role].flatMap((line) => {
      const key = parseSigningKey(line);
      if (!key.ok) problems.push(`trust.${role}: ${key.error}.`);
      return key.ok ? [key.value] : [];
    });
  const anchors = { designAuthority: read("designAuthority"), clinicalRelease: read("clinicalRelease") };
  for (const role of ["designAuthority", "clinicalRelease"] as const) {
    if (lines[role].length === 0) problems.push(`trust.${role}: it names no key, so that nothing could be taken in.`);
    if (lines[role].length > mostKeys) problems.push(`trust.${role}: it names more than ${mostKeys} keys.`);
  }
  for (const key of anchors.designAuthority) {
    if (!anchors.clinicalRelease.some((other) => isSameKey(key, other))) continue;
    problems.push(`trust: the key ${key.name} (${key.id}) stands in both roles; whoever designs does not release.`);
  }
  return problems.length === 0 ? ok(anchors) : err(problems);
}

/** A public key that signs packages: Ed25519, with a name that can be shown. */
export function parseSigningKey(line: string): Result<VerifyingKey, string> {
  const key = parseKey(line);
  if (!key.ok) return key;
  if (key.value.type !== 1) return err(`the key ${key.value.name} is not Ed25519`);
  return printable.test(key.value.name)
    ? key
    : err("a key's name is of letters, digits, dot, slash, hyphen, underscore");
}

/** True for the same key, whatever it is called. */
export function isSameKey(a: VerifyingKey, b: VerifyingKey): boolean {
  return a.type === b.type && sameBytes(a.publicKey, b.publicKey);
}

/** Both signers of an envelope with exactly one signature of each role, or what is wrong. */
export function checkSigners(
  envelope: Envelope,
  { designAuthority, clinicalRelease }: TrustAnchors,
  check: SignatureCheck,
): Result<Signers, PackageRefusal> {
  const found = signersOf(envelope, [...designAuthority, ...clinicalRelease], check);
  const [first, second] = found;
  if (found.includes(null)) {
    const what = "A signature on the package is of no key that this cell trusts, or the package was changed.";
    return err(refusePackage("signature-unknown", what));
  }
  if (!first || !second || found.length > 2) {
    const what = first
      ? `The package has ${found.length === 1 ? "one signature" : "more than two signatures"}, and takes two.`
      : "The package is not signed.";
    return err(refusePackage("signature-missing", what));
  }
  if (isSameKey(first, second)) {
    const what = `The package is signed twice with the same key (${first.name}).`;
    return err(refusePackage("signature-doubled", what));
  }
  const roleOf = (key: VerifyingKey) =>
    designAuthority.some((each) => isSameKey(each, key)) ? "designAuthority" : "clinicalRelease";
  if (roleOf(first) === roleOf(second)) {
    const missing = roleOf(first) === "designAuthority" ? "clinicalRelease" : "designAuthority";
    const what = `Both signatures are of ${roleNames[roleOf(first)]} (${first.name}, ${second.name}); ${roleNames[missing]} has not signed.`;
    return err(refusePackage("signature-role", what));
  }
  return ok(
    roleOf(first) === "designAuthority"
      ? { designAuthority: first, clinicalRelease: second }
      : { designAuthority: second, clinicalRelease: first },
  );
}
