/** What `cellward doctor` says of the way to central QA: keys, certificate and authority, looked at without connecting. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { CellConfig } from "../../config/schema.ts";
import type { Check } from "./check.ts";
import { readQaKeys } from "./sync.ts";

const renewWithinDays = 30;
const dayMs = 24 * 60 * 60 * 1000;

/** One line about `[qa]`; `now` decides whether certificates are in date. */
export async function syncCheck({ qa, cell }: CellConfig, now: number): Promise<Check> {
  if (qa === undefined) {
    const remedy = "Enrol the cell at central QA and configure [qa]; until then nobody else holds its record.";
    return say("warning", "No central QA is configured: the record stays in this cell.", remedy);
  }
  try {
    await readQaKeys(qa);
  } catch (problem) {
    const what = problem instanceof Error ? problem.message : String(problem);
    return say("bad", what, "Put the files of `cellward qa enrol` in their place and correct [qa].");
  }
  let certificate: X509Certificate;
  let authority: X509Certificate;
  let isOwnKey: boolean;
  try {
    const [ca, cert, key] = await Promise.all([readFile(qa.caFile), readFile(qa.certFile), readFile(qa.keyFile)]);
    authority = new X509Certificate(ca);
    certificate = new X509Certificate(cert);
    isOwnKey = certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return say("bad", "The certificate, its key or the authority cannot be read.", "Correct the files under [qa].");
  }
  const wrong = problemOf(certificate, authority, isOwnKey, cell.id, now);
  if (wrong !== null) return say("bad", wrong, "Enrol the cell anew at central QA.");
  const days = Math.floor((Date.parse(certificate.validTo) - now) / dayMs);
  const what = `The certificate for ${qa.broker} is good for ${days} days.`;
  return days < renewWithinDays ? say("warning", what, "Enrol the cell anew at central QA.") : say("good", what, "");
}

function problemOf(
  certificate: X509Certificate,
  authority: X509Certificate,
  isOwnKey: boolean,
  cell: string,
  now: number,
): string | null {
  if (!isOwnKey) return "The certificate's key is not the one beside it.";
  if (!certificate.verify(authority.publicKey)) return "The certificate is not of the authority that is configured.";
  if (!certificate.subject.split("\n").includes(`CN=${cell}`)) {
    return `The certificate is not this cell's: its common name is not ${cell}.`;
  }
  const isInDate = Date.parse(certificate.validFrom) <= now && now < Date.parse(certificate.validTo);
  return isInDate ? null : `The certificate is valid from ${certificate.validFrom} to ${certificate.validTo}.`;
}

function say(state: Check["state"], what: string, remedy: string): Check {
  return { check: "central QA", state, what, remedy };
}
