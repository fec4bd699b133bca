/** Packages for tests: signers of both roles, a cell's identity, and the example's order around a small program. */
import { generateKeyPairSync, sign } from "node:crypto";
import { type Identity, makeIdentity, readIdentity } from "../../src/intake/io/age.ts";
import { addSignature, type Ingredients, makePackage, type OrderText } from "../../src/intake/io/pack.ts";
import type { TrustAnchors } from "../../src/intake/package/trust.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { publicHalf } from "../../src/ledger/io/crypto.ts";
import type { Signer } from "../../src/ledger/signer.ts";

/** A fresh Ed25519 signer. */
export function makeSigner(name: string): Signer {
  const { privateKey } = generateKeyPairSync("ed25519");
  return {
    key: publicHalf(name, privateKey),
    sign: async (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

export const designer = makeSigner("clinic.example/design-authority");
export const releaser = makeSigner("clinic.example/clinical-release");
export const anchors: TrustAnchors = { designAuthority: [designer.key], clinicalRelease: [releaser.key] };

/** An age identity, freshly made and read back. */
export async function makeCellIdentity(kind: "x25519" | "hybrid" = "x25519"): Promise<Identity> {
  const read = await readIdentity((await makeIdentity(kind)).file);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

export const orderText: OrderText = {
  id: "J-1",
  title: "Surgical drill guide",
  pseudonym: "CASE-1",
  side: "left",
  cell: "test.example/cell-1",
  recipe: { name: "small", digest: "0".repeat(64) },
  program: "print.gcode",
  pathway: "demonstration",
  prescription: { prescriber: null, characteristics: null, deviceClass: null, implantable: null },
  lineage: {
    scan: "1.2.3",
    segmentation: "SEG-1",
    design: "DESIGN-1",
    revision: 1,
    approver: "DA-1",
    predecessor: null,
  },
  expect: { layers: 1, box_mm: { min: [0, 0, 0], max: [1, 1, 1], tolerance: 0.5 } },
  copies: 1,
  notBefore: "2026-01-01T00:00:00Z",
  expires: "2036-01-01T00:00:00Z",
  supersedes: null,
};

/** A package with the design authority's signature only. */
export async function packed(recipient: string, change: Partial<Ingredients> = {}): Promise<Uint8Array> {
  const made = await makePackage({
    order: orderText,
    identifiers: ["MRN-1", "1961-04-09"],
    files: [{ name: "print.gcode", bytes: utf8("G28\n") }],
    recipient,
    signer: designer,
    ...change,
  });
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

/** The same, signed by the clinical release too. */
export async function released(recipient: string, change: Partial<Ingredients> = {}): Promise<Uint8Array> {
  return signedBy(releaser, await packed(recipient, change));
}

export async function signedBy(signer: Signer, bytes: Uint8Array): Promise<Uint8Array> {
  const made = await addSignature(bytes, signer);
  if (!made.ok) throw new Error(made.error);
  return made.value;
}
