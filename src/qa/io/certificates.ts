/** The installation's own certificate authority: it signs the broker's certificate, central QA's, and one for each cell. */
import "./reflect.ts";
import { randomBytes, webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

type Keys = webcrypto.CryptoKeyPair;

/** A certificate and its private key (PKCS#8), both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 24 * 60 * 60 * 1000;
const authorityDays = 3_650;
const leafDays = 1_095;

cryptoProvider.set(webcrypto);

/** A fresh authority for one installation; it can sign end certificates and nothing that signs further. */
export async function createAuthority(name: string, now: number): Promise<Identity> {
  const keys = await freshKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${name}`,
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + authorityDays * dayMs),
    signingAlgorithm: algorithm,
    keys: keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await pem(keys.privateKey) };
}

/** A server's certificate for these host names and addresses. */
export function signServer(
  authority: Identity,
  name: string,
  hosts: readonly string[],
  now: number,
): Promise<Identity> {
  const names = hosts.map((value) => ({ type: /^[0-9.]+$|:/.test(value) ? ("ip" as const) : ("dns" as const), value }));
  return signLeaf(authority, name, now, [
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension(names),
  ]);
}

/** A client's certificate; its common name is the identity that the broker's topic rules go by. */
export function signClient(authority: Identity, name: string, now: number): Promise<Identity> {
  return signLeaf(authority, name, now, [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])]);
}

async function signLeaf(authority: Identity, name: string, now: number, uses: Extension[]): Promise<Identity> {
  const issuer = new X509Certificate(authority.certificate);
  const signingKey = await readKey(authority.key);
  const keys = await freshKeys();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${name}`,
    issuer: issuer.subject,
    notBefore: new Date(now - dayMs),
    notAfter: new Date(Math.min(now + leafDays * dayMs, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: signingKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer),
      ...uses,
    ],
  });
  return { certificate: certificate.toString("pem"), key: await pem(keys.privateKey) };
}

async function freshKeys(): Promise<Keys> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as Keys;
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}

function readKey(text: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(text.replace(/-----[A-Z ]+-----|\s/g, ""), "base64");
  return webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
}

/** 127 random bits: positive, and never the same twice. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString("hex");
}
