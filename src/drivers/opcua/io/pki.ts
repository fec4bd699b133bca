/** This cell's own certificate for OPC UA, and the folder in which it and the accepted ones lie. */

import { X509Certificate } from "node:crypto";
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { OPCUACertificateManager, setErrorLogger, setWarningLogger } from "node-opcua";
import type { CertificateFacts } from "../certificate.ts";
import { factsOf, thumbprintOf } from "./certificate-facts.ts";

/** The folder opened; close it after use. */
export interface Pki {
  readonly manager: OPCUACertificateManager;
  readonly certificateFile: string;
  readonly facts: CertificateFacts;
  /** SHA-1, as the machine's owner sees it among the certificates to accept. */
  readonly thumbprint: string;
  close(): Promise<void>;
}

const validDays = 5 * 365;
const keySize = 3072;

/**
 * Opens the folder; key and certificate are made at the first use, with `clientUri` as ApplicationUri. Trusts nobody
 * by itself. Throws where the folder cannot be used, or its certificate is for another cell.
 */
export async function openPki(folder: string, clientUri: string): Promise<Pki> {
  // The library's own words go nowhere: what they mean is said as a fault, and they may name paths and certificates.
  setErrorLogger(() => undefined);
  setWarningLogger(() => undefined);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const manager = new OPCUACertificateManager({
    rootFolder: folder,
    automaticallyAcceptUnknownCertificate: false,
    keySize,
    disableFileWatchers: true,
  });
  await manager.initialize();
  try {
    return await opened(manager, folder, clientUri);
  } catch (problem) {
    await manager.dispose();
    throw problem;
  }
}

async function opened(manager: OPCUACertificateManager, folder: string, clientUri: string): Promise<Pki> {
  const certificateFile = join(folder, "own", "certs", "cellward.pem");
  if (!existsSync(certificateFile)) await certify(manager, certificateFile, clientUri);
  const der = new Uint8Array(new X509Certificate(readFileSync(certificateFile)).raw);
  const facts = factsOf(der);
  if (!facts.ok) throw new Error(`${certificateFile}: ${facts.error}`);
  if (!facts.value.uris.includes(clientUri)) {
    throw new Error(`${certificateFile} is for ${facts.value.uris.join(", ")}, not for ${clientUri}: move it away`);
  }
  return {
    manager,
    certificateFile,
    facts: facts.value,
    thumbprint: thumbprintOf(der),
    close: () => manager.dispose(),
  };
}

/** Several processes may do this at once: whoever is first has made the certificate that all use. */
async function certify(manager: OPCUACertificateManager, file: string, applicationUri: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await manager.createSelfSignedCertificate({
    applicationUri,
    subject: "CN=Cellward",
    dns: [],
    ip: [],
    startDate: new Date(Date.now() - 3_600_000),
    validity: validDays,
    outputFile: draft,
  });
  try {
    linkSync(draft, file);
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code !== "EEXIST") throw problem;
  } finally {
    rmSync(draft, { force: true });
  }
}
