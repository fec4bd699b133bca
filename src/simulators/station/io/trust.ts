/** The station's trust list: a client is known while its certificate lies in the folder of the trusted, and only then. */
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { OPCUACertificateManager, type StatusCode, StatusCodes } from "node-opcua";

/** Most certificates that are kept for somebody to look at: a stranger cannot fill the disk. */
const mostRejected = 100;

/** Keys and certificate of the station, and its trust list behind them. */
export interface Trust {
  readonly certificates: OPCUACertificateManager;
  readonly certificateFile: string;
  close(): Promise<void>;
}

/**
 * Opens the folder of the station's own key and certificate, made where there is none, and the one with the two lists.
 * They are read at each new channel. node-opcua's manager keeps an index that its watchers follow: a client that
 * knocks while its file is being moved lands in both lists and stays refused, and a missed removal leaves it trusted.
 */
export async function openTrust(folder: string, lists: string, applicationUri: string): Promise<Trust> {
  const [trusted, rejected] = [join(lists, "trusted", "certs"), join(lists, "rejected")];
  for (const path of [trusted, rejected]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const certificates = new OPCUACertificateManager({
    rootFolder: folder,
    automaticallyAcceptUnknownCertificate: false,
    keySize: 2048,
    disableFileWatchers: true,
  });
  await certificates.initialize();
  const check = async (chain: Buffer | Buffer[]): Promise<StatusCode> => {
    const shown = Array.isArray(chain) ? chain[0] : chain;
    return shown === undefined ? StatusCodes.BadCertificateInvalid : judge(shown, trusted, rejected);
  };
  certificates.checkCertificate = check as typeof certificates.checkCertificate;
  return {
    certificates,
    certificateFile: await certify(certificates, folder, applicationUri),
    close: () => certificates.dispose(),
  };
}

/** Good for a certificate that lies among the trusted and is in date; a stranger's is kept to be looked at. */
function judge(shown: Buffer, trusted: string, rejected: string): StatusCode {
  const certificate = certificateOf(shown);
  if (certificate === null) return StatusCodes.BadCertificateInvalid;
  const der = certificate.raw;
  const known = readdirSync(trusted).some((name) => certificateOf(read(join(trusted, name)))?.raw.equals(der) === true);
  if (known) {
    const now = Date.now();
    const inDate = now >= certificate.validFromDate.getTime() && now <= certificate.validToDate.getTime();
    return inDate ? StatusCodes.Good : StatusCodes.BadCertificateTimeInvalid;
  }
  const file = join(rejected, `${createHash("sha1").update(der).digest("hex")}.pem`);
  if (!existsSync(file) && readdirSync(rejected).length < mostRejected) writeFileSync(file, certificate.toString());
  return StatusCodes.BadCertificateUntrusted;
}

/** A certificate from PEM or DER, or null. */
function certificateOf(bytes: Buffer | null): X509Certificate | null {
  try {
    return bytes === null ? null : new X509Certificate(bytes);
  } catch {
    return null;
  }
}

/** A file's bytes, or null: somebody may be moving it just now. */
function read(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
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
