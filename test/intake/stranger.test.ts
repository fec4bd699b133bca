/** A package made by a stranger from docs/package-format.md alone: age's own program, and no code of this house. */
import { spawnSync } from "node:child_process";
import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeIdentity, readIdentity } from "../../src/intake/io/age.ts";
import { openSigned } from "../../src/intake/package/open.ts";
import { readAnchors } from "../../src/intake/package/trust.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { openDesk, order, program, temporaryFolder } from "./desk.ts";
import { anchors, released } from "./packages.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

/** RFC 8785 for what stands in a package: sorted members, no spaces. */
function jcs(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jcs).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${jcs(member)}`).join(",")}}`;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function age(args: readonly string[], input: Uint8Array): Buffer {
  const run = spawnSync("age", args, { input, maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(run.stderr?.toString() ?? String(run.error));
  return run.stdout;
}

interface Pair {
  readonly hint: string;
  readonly line: string;
  readonly privateKey: KeyObject;
}

function makePair(name: string): Pair {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const key = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const typed = Buffer.concat([Buffer.of(1), key]);
  const id = sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])).slice(0, 8);
  return { hint: `${name}+${id}`, line: `${name}+${id}+${typed.toString("base64")}`, privateKey };
}

function strangersPackage(recipient: string, pairs: readonly Pair[]): Uint8Array {
  const key = randomBytes(32);
  const hmac = (text: string) => createHmac("sha256", key).update(text.toUpperCase()).digest("hex");
  const files = { "identifiers.key": key, "print.gcode": Buffer.from(program) };
  const index = jcs(
    Object.entries(files).map(([name, bytes]) => ({ length: bytes.length, name, sha256: sha256(bytes) })),
  );
  const plain = Buffer.concat([uint32(index.length), Buffer.from(index), ...Object.values(files)]);
  const sealed = age(["-r", recipient], plain);
  const predicate = {
    ...order,
    identifierHmacs: [hmac("mrn-1"), hmac("1961-04-09")],
    recipient: sha256(recipient),
    sealedLength: sealed.length,
    nonce: randomBytes(16).toString("hex"),
  };
  const subject = Object.entries({ ...files, "sealed.age": sealed }).map(([name, bytes]) => ({
    digest: { sha256: sha256(bytes) },
    name,
  }));
  const payload = Buffer.from(
    jcs({
      _type: "https://in-toto.io/Statement/v1",
      predicate,
      predicateType: "https://cellward.example/job/1",
      subject,
    }),
  );
  const payloadType = "application/vnd.in-toto+json";
  const pae = Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload]);
  const signatures = pairs.map(({ hint, privateKey }) => ({
    keyid: hint,
    sig: sign(null, pae, privateKey).toString("base64"),
  }));
  const envelope = Buffer.from(jcs({ payload: payload.toString("base64"), payloadType, signatures }));
  return new Uint8Array(
    Buffer.concat([Buffer.from("cellward-package/1\n"), uint32(envelope.length), envelope, sealed]),
  );
}

describe("[F1][F2] the package format", () => {
  it("is enough for a stranger to make a package that a cell takes in", async () => {
    const [design, release] = [makePair("stranger.example/design"), makePair("stranger.example/release")];
    const trust = readAnchors({ designAuthority: [design.line], clinicalRelease: [release.line] });
    if (!trust.ok) throw new Error(trust.error.join(" "));
    const { file, recipient } = await makeIdentity("x25519");
    const identity = await readIdentity(file);
    if (!identity.ok) throw new Error(identity.error);
    const desk = await openDesk({ anchors: trust.value, identity: identity.value });
    expect(await desk.intake.take(strangersPackage(recipient, [design, release]))).toEqual({
      ok: true,
      value: { job: "J-1" },
    });
    expect(await desk.intake.identifierHmac("J-1", "mrn-1")).toBe(
      desk.story.state.jobs["J-1"]!.order.identifierHmacs[0],
    );
  });

  it("seals with age as age's own program opens it", async () => {
    const { file, recipient } = await makeIdentity("x25519");
    const keyFile = join(folder.path, "identity");
    writeFileSync(keyFile, file);
    const opened = openSigned(await released(recipient), anchors, checkSignature);
    if (!opened.ok) throw new Error(opened.error.what);
    const plain = age(["-d", "-i", keyFile], opened.value.sealed);
    expect(plain.subarray(4, 6).toString()).toBe("[{");
    expect(plain.subarray(-4).toString()).toBe("G28\n");
  });
});
