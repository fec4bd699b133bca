/** The station's trust list: read again whenever a file is put into it or taken out, so that neither is missed. */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { OPCUACertificateManager } from "node-opcua";

/** How often the list of trusted files is looked at. */
const lookMs = 300;

/** A certificate manager, and what ends it. */
export interface Trust {
  readonly certificates: OPCUACertificateManager;
  readonly certificateFile: string;
  close(): Promise<void>;
}

/**
 * Opens the folder, with a fresh key and certificate where there is none.
 * node-opcua's own watchers lose a file that is moved soon after they start, and a lost removal would leave a client
 * trusted; so they are off, and the names in the folder are compared instead.
 */
export async function openTrust(folder: string, applicationUri: string): Promise<Trust> {
  const trusted = join(folder, "trusted", "certs");
  mkdirSync(trusted, { recursive: true, mode: 0o700 });
  const certificates = new OPCUACertificateManager({
    rootFolder: folder,
    automaticallyAcceptUnknownCertificate: false,
    keySize: 2048,
    disableFileWatchers: true,
  });
  const names = () => readdirSync(trusted).sort().join("\n");
  let seen = names();
  await certificates.initialize();
  const certificateFile = await certify(certificates, folder, applicationUri);
  let reading: Promise<void> | null = null;
  const timer = setInterval(() => {
    const now = names();
    if (now === seen || reading !== null) return;
    seen = now;
    reading = certificates.reloadCertificates().finally(() => {
      reading = null;
    });
  }, lookMs);
  return {
    certificates,
    certificateFile,
    close: async () => {
      clearInterval(timer);
      await reading;
      await certificates.dispose();
    },
  };
}

/** Makes the certificate if there is none: for this machine, at the address where it listens. */
async function certify(certificates: OPCUACertificateManager, folder: string, applicationUri: string): Promise<string> {
  const outputFile = join(folder, "own", "certs", "certificate.pem");
  if (existsSync(outputFile)) return outputFile;
  await certificates.createSelfSignedCertificate({
    applicationUri,
    subject: "/CN=Cellward simulated finishing station",
    dns: ["localhost", hostname()],
    ip: ["127.0.0.1"],
    startDate: new Date(Date.now() - 3_600_000),
    validity: 3650,
    outputFile,
  });
  return outputFile;
}
