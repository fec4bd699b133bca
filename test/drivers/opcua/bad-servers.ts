/** Servers that a cell must never work with: real ones, each with one thing wrong about its certificate or its ways of talking. */
import "../../../src/qa/io/reflect.ts";
import { webcrypto } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import {
  MessageSecurityMode,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  UserTokenType,
} from "node-opcua";
import { digestOf } from "../../../src/kernel/hash.ts";
import type { Digest } from "../../../src/kernel/names.ts";

export const applicationUri = "urn:cellward.example:finishing-station:FS-0001";
const day = 86_400_000;

/** What is unusual about a certificate. */
interface Flaw {
  readonly days?: readonly [from: number, to: number];
  readonly host?: string;
  readonly uri?: string;
  readonly bits?: number;
  /** Signed by another key under the name of: `itself`, or `authority`, and then it is one itself. */
  readonly signedBy?: "itself" | "authority";
}

/** What is wrong with a server, and what this cell has to say of it. */
export interface BadServer {
  readonly fault: string;
  readonly code: string;
  readonly flaw?: Flaw;
  readonly policies?: readonly SecurityPolicy[];
  readonly modes?: readonly MessageSecurityMode[];
  readonly anonymousOnly?: true;
  /** How far this cell trusts its certificate (`yes`), and with `stolen` it is another's, without the key of it. */
  readonly trusted?: "no" | "another" | "revoked" | "stolen";
}

const weak = (policy: SecurityPolicy): Pick<BadServer, "code" | "policies"> => ({
  code: "no-secure-policy",
  policies: [policy],
});

/** Each weak way of talking, and each bad certificate. */
export const badServers: readonly BadServer[] = [
  { fault: "it offers no security at all", ...weak(SecurityPolicy.None), modes: [MessageSecurityMode.None] },
  { fault: "only Basic128Rsa15", ...weak(SecurityPolicy.Basic128Rsa15) },
  { fault: "only Basic256", ...weak(SecurityPolicy.Basic256) },
  { fault: "only signed, not encrypted", code: "no-secure-policy", modes: [MessageSecurityMode.Sign] },
  { fault: "it takes nobody by name", code: "no-user-name", anonymousOnly: true },
  { fault: "a certificate that nobody accepted", code: "certificate-not-trusted", trusted: "no" },
  { fault: "another certificate than the accepted one", code: "certificate-changed", trusted: "another" },
  { fault: "a certificate that was revoked here", code: "certificate-revoked", trusted: "revoked" },
  { fault: "an expired certificate", code: "certificate-expired", flaw: { days: [-400, -1] } },
  { fault: "a certificate of tomorrow", code: "certificate-not-yet-valid", flaw: { days: [1, 400] } },
  { fault: "a certificate of another host", code: "certificate-wrong-host", flaw: { host: "elsewhere.example" } },
  { fault: "a certificate of another application", code: "certificate-wrong-application", flaw: { uri: "urn:other" } },
  { fault: "an authority's certificate", code: "certificate-of-authority", flaw: { signedBy: "authority" } },
  { fault: "a certificate with a forged signature", code: "certificate-forged", flaw: { signedBy: "itself" } },
  { fault: "a key of 1024 bits", code: "certificate-weak", flaw: { bits: 1024 } },
  { fault: "the accepted certificate without its key", code: "machine-refuses-this-cell", trusted: "stolen" },
];

/** A server that is up, and the fingerprint of what it shows. */
export interface RunningServer {
  readonly url: string;
  readonly fingerprint: Digest;
  close(): Promise<void>;
}

/** Starts one on the loopback interface, with its keys in `folder`. */
export async function startBadServer(bad: BadServer, folder: string): Promise<RunningServer> {
  mkdirSync(folder, { recursive: true });
  const [certificateFile, privateKeyFile] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const made = await certificateOf(bad.flaw ?? {});
  writeFileSync(certificateFile, made.certificate);
  writeFileSync(privateKeyFile, made.key);
  const manager = new OPCUACertificateManager({
    rootFolder: join(folder, "pki"),
    automaticallyAcceptUnknownCertificate: true,
    keySize: 2048,
  });
  await manager.initialize();
  const server = new OPCUAServer({
    ...{ port: 0, hostname: "127.0.0.1", nodeset_filename: [nodesets.standard], certificateFile, privateKeyFile },
    ...{
      serverCertificateManager: manager,
      userCertificateManager: manager,
      allowAnonymous: bad.anonymousOnly ?? false,
    },
    securityModes: [...(bad.modes ?? [MessageSecurityMode.SignAndEncrypt])],
    securityPolicies: [...(bad.policies ?? [SecurityPolicy.Basic256Sha256])],
    userManager: { isValidUser: () => true },
    serverInfo: { applicationUri },
  });
  await server.initialize();
  const shown = bad.trusted === "stolen" ? await certificateOf({}) : made;
  const der = Buffer.from(new X509Certificate(shown.certificate).rawData);
  for (const endpoint of server.endpoints.flatMap((one) => one.endpointDescriptions())) {
    if (bad.trusted === "stolen") Object.defineProperty(endpoint, "serverCertificate", { value: der });
    if (bad.anonymousOnly === true)
      endpoint.userIdentityTokens = (endpoint.userIdentityTokens ?? []).filter(
        ({ tokenType }) => tokenType === UserTokenType.Anonymous,
      );
  }
  await server.start();
  return {
    url: server.getEndpointUrl(),
    fingerprint: digestOf(new Uint8Array(der)),
    close: async () => {
      await server.shutdown(0);
      await manager.dispose();
    },
  };
}

/** A certificate and its key (PKCS#8), both PEM. */
async function certificateOf(flaw: Flaw): Promise<{ readonly certificate: string; readonly key: string }> {
  const { days = [-1, 400], host = "127.0.0.1", uri = applicationUri, bits = 2048, signedBy } = flaw;
  const algorithm = {
    ...{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: bits },
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  cryptoProvider.set(webcrypto);
  const usage = KeyUsageFlags.nonRepudiation | KeyUsageFlags.dataEncipherment | KeyUsageFlags.keyCertSign;
  const pair = () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const keys = await pair();
  const signer = signedBy === undefined ? keys : await pair();
  const certificate = await X509CertificateGenerator.create({
    ...{ serialNumber: "01", subject: "CN=station", issuer: signedBy === "authority" ? "CN=authority" : "CN=station" },
    ...{ notBefore: new Date(Date.now() + days[0] * day), notAfter: new Date(Date.now() + days[1] * day) },
    ...{ signingAlgorithm: algorithm, publicKey: keys.publicKey, signingKey: signer.privateKey },
    extensions: [
      new BasicConstraintsExtension(signedBy === "authority", undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment | usage, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([
        { type: "url", value: uri },
        ...(host === "127.0.0.1" ? [{ type: "ip", value: host } as const] : []),
        { type: "dns", value: host === "127.0.0.1" ? hostname() : host },
      ]),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    certificate: certificate.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`,
  };
}
