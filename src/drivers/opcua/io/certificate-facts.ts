/** Reads what is judged of an X.509 certificate. */
import { X509Certificate } from "node:crypto";
import { digestOf } from "../../../kernel/hash.ts";
import { err, ok, type Result } from "../../../kernel/result.ts";
import { clip } from "../../../kernel/text.ts";
import type { CertificateFacts } from "../certificate.ts";

/** The facts of a certificate in DER, or why it cannot be read. */
export function factsOf(der: Uint8Array): Result<CertificateFacts, string> {
  try {
    const certificate = new X509Certificate(der);
    const names = namesOf(certificate.subjectAltName ?? "");
    return ok({
      fingerprint: digestOf(der),
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      uris: names.filter(([kind]) => kind === "URI").map(([, name]) => name),
      hosts: names.filter(([kind]) => kind !== "URI").map(([, name]) => name),
      notBefore: Date.parse(certificate.validFrom),
      notAfter: Date.parse(certificate.validTo),
      selfSigned: certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey),
      authority: certificate.ca,
      keyBits: certificate.publicKey.asymmetricKeyDetails?.modulusLength ?? 0,
    });
  } catch (problem) {
    return err(problem instanceof Error ? problem.message : String(problem));
  }
}

/** SHA-1 of a certificate, by which OPC UA software names it to people. */
export function thumbprintOf(der: Uint8Array): string {
  return new X509Certificate(der).fingerprint.replaceAll(":", "").toLowerCase();
}

function oneLine(name: string): string {
  return clip(name.split("\n").join(", "), 200);
}

/** `URI:urn:x, DNS:y, IP Address:z`; a name that holds odd characters is quoted as JSON there. */
function namesOf(text: string): readonly (readonly [kind: string, name: string])[] {
  const found = [...text.matchAll(/(URI|DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g)];
  return found.map(([, kind, name]) => [kind!, name!.startsWith('"') ? String(JSON.parse(name!)) : name!.trim()]);
}
