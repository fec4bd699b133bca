/** A package without its cell: every byte counts, both roles have signed, and what is sealed is what was signed. */
import { describe, expect, it } from "vitest";
import { tellOrder } from "../../src/commands/package-words.ts";
import { addSignature } from "../../src/intake/io/pack.ts";
import { parsePackage, printPackage } from "../../src/intake/package/container.ts";
import { addressRefusal, openFiles, openSigned } from "../../src/intake/package/open.ts";
import { parseStatement, printStatement, recipientFingerprint } from "../../src/intake/package/statement.ts";
import { readAnchors, type TrustAnchors } from "../../src/intake/package/trust.ts";
import { canonicalBytes, parseCanonical } from "../../src/kernel/json.ts";
import { concat, utf8 } from "../../src/ledger/bytes.ts";
import { parseEnvelope, printEnvelope, signPayload } from "../../src/ledger/dsse.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { formatKey } from "../../src/ledger/note.ts";
import {
  anchors,
  designer,
  makeCellIdentity,
  makeSigner,
  orderText,
  packed,
  released,
  releaser,
  signedBy,
} from "./packages.ts";

const identity = await makeCellIdentity();
const good = await released(identity.recipient);
const open = (bytes: Uint8Array, trust: TrustAnchors = anchors) => openSigned(bytes, trust, checkSignature);
const codeOf = (bytes: Uint8Array, trust?: TrustAnchors) => {
  const opened = open(bytes, trust);
  return opened.ok ? "opened" : opened.error.code;
};

describe("[F1] a package", () => {
  it("[F2] opens for its cell, with the files that went in", async () => {
    const opened = open(good);
    if (!opened.ok) throw new Error(opened.error.what);
    const { statement, sealed, signers } = opened.value;
    expect([signers.designAuthority.name, signers.clinicalRelease.name]).toEqual([
      designer.key.name,
      releaser.key.name,
    ]);
    const address = { origin: "test.example/cell-1", fingerprints: identity.fingerprints };
    expect(addressRefusal(opened.value, address)).toBeNull();
    const files = openFiles(statement, await identity.open(sealed));
    expect(files.ok && [...files.value.keys()]).toEqual(["identifiers.key", "print.gcode"]);
  });

  it("[L6] holds neither identifier, and the program only sealed", () => {
    const text = Buffer.from(good).toString("latin1");
    for (const secret of ["MRN-1", "1961-04-09", "19610409", "G28"]) expect(text).not.toContain(secret);
  });

  it("[F2] another cell's key opens nothing; a hybrid recipient opens with its own", async () => {
    const other = await makeCellIdentity();
    const opened = open(good);
    if (!opened.ok) throw new Error(opened.error.what);
    expect(await other.open(opened.value.sealed)).toBeNull();
    const address = { origin: "test.example/cell-1", fingerprints: other.fingerprints };
    expect(addressRefusal(opened.value, address)?.code).toBe("other-identity");
    expect(openFiles(opened.value.statement, null)).toMatchObject({ ok: false, error: { code: "other-identity" } });
    const hybrid = await makeCellIdentity("hybrid");
    const later = open(await released(hybrid.recipient));
    expect(later.ok && (await hybrid.open(later.value.sealed))?.length).toBeGreaterThan(32);
  });

  it("with any byte changed is refused before anything is decrypted", () => {
    const changed = good.slice();
    const seen = new Set<string>();
    for (let at = 0; at < good.length; at += 1) {
      changed[at] = good[at]! ^ [0x20, 0x80, 0x01][at % 3]!;
      seen.add(codeOf(changed));
      changed[at] = good[at]!;
    }
    expect([...seen].sort()).toEqual([
      "not-a-package",
      "package-altered",
      "package-oversized",
      "package-truncated",
      "signature-unknown",
    ]);
  });

  it("cut anywhere, or with something after its end, is refused", () => {
    for (let length = 0; length < good.length; length += 1) {
      expect(["package-truncated", "package-altered"]).toContain(codeOf(good.subarray(0, length)));
    }
    expect(codeOf(concat(good, Uint8Array.of(0)))).toBe("package-trailing");
    expect(codeOf(concat(good, good))).toBe("package-trailing");
  });

  it("larger than the bound is refused unread", () => {
    expect(codeOf(new Uint8Array((64 << 20) + 1))).toBe("package-oversized");
  });
});

describe("[F1] two roles sign", () => {
  const second = makeSigner("clinic.example/design-authority-2");
  const two: TrustAnchors = { ...anchors, designAuthority: [designer.key, second.key] };

  it("refuses one signature, the same key twice, two of one role, three, and strangers", async () => {
    const once = await packed(identity.recipient);
    expect(codeOf(once)).toBe("signature-missing");
    expect(codeOf(await signedBy(designer, once))).toBe("signature-doubled");
    expect(codeOf(await signedBy(second, once), two)).toBe("signature-role");
    expect(codeOf(await signedBy(makeSigner("x.example/y"), once))).toBe("signature-unknown");
    expect(codeOf(await signedBy(second, good), two)).toBe("signature-missing");
    const others: TrustAnchors = { designAuthority: [releaser.key], clinicalRelease: [second.key] };
    expect(codeOf(good, others)).toBe("signature-unknown");
  });

  it("takes the signatures in either order", async () => {
    const turned = await signedBy(designer, await packed(identity.recipient, { signer: releaser }));
    expect(codeOf(turned)).toBe("opened");
  });

  it("a hint decides nothing, and a false one is refused: no signature covers it", async () => {
    const parts = parsePackage(good);
    if (!parts.ok) throw new Error(parts.error);
    const envelope = parseEnvelope(parts.value.envelope);
    if (!envelope.ok) throw new Error(envelope.error);
    const [a, b] = envelope.value.signatures;
    const swapped = [
      { ...a!, keyid: b!.keyid },
      { ...b!, keyid: a!.keyid },
    ];
    const bytes = printPackage({ ...parts.value, envelope: printEnvelope({ ...envelope.value, signatures: swapped }) });
    expect(codeOf(bytes)).toBe("signature-unknown");
  });

  it("anchors are refused where a key stands in both roles, under whatever name, or is of another kind", () => {
    const [da, cr] = [formatKey(designer.key), formatKey(releaser.key)];
    expect(readAnchors({ designAuthority: [da], clinicalRelease: [cr] })).toMatchObject({ ok: true });
    const renamed = formatKey({ ...designer.key, name: "other.example/x", id: "00000000" });
    for (const [designAuthority, clinicalRelease, words] of [
      [[da], [cr, da], /stands in both roles/],
      [[da], [], /clinicalRelease: it names no key/],
      [[renamed], [cr], /id does not belong/],
      [["key"], [cr], /name\+8 hex digits/],
      [[cr.replace(/\+A/, "+B")], [da], /./],
    ] as const) {
      const read = readAnchors({ designAuthority, clinicalRelease });
      expect([read.ok, read.ok ? "" : read.error.join(" ")]).toEqual([false, expect.stringMatching(words)]);
    }
  });
});

describe("[F1] a signed payload", () => {
  /** Signs whatever bytes, as a design authority with broken or hostile software would. */
  async function signing(payload: Uint8Array, type = "application/vnd.in-toto+json"): Promise<Uint8Array> {
    const parts = parsePackage(good);
    if (!parts.ok) throw new Error(parts.error);
    const signatures = [await signPayload(type, payload, designer), await signPayload(type, payload, releaser)];
    return printPackage({ ...parts.value, envelope: printEnvelope({ payloadType: type, payload, signatures }) });
  }

  function statement(): { [key: string]: unknown; predicate: Record<string, unknown>; subject: object[] } {
    const opened = open(good);
    if (!opened.ok) throw new Error(opened.error.what);
    const value = parseCanonical(printStatement(opened.value.statement));
    return JSON.parse(JSON.stringify(value.ok ? value.value : null));
  }

  it.each<[string, (value: ReturnType<typeof statement>) => void, RegExp]>([
    ["another predicate", (value) => (value["predicateType"] = "https://x.example/job/2"), /its top/],
    ["a member more", (value) => (value.predicate["note"] = "hurry"), /look at predicate/],
    ["a member less", (value) => delete value.predicate["expires"], /expires/],
    ["no such day", (value) => (value.predicate["expires"] = "2026-02-30T00:00:00Z"), /expires/],
    ["a path as a file", (value) => (value.predicate["program"] = "../x"), /program/],
    ["a file that is not there", (value) => (value.predicate["program"] = "y.gcode"), /y\.gcode is missing/],
    ["an unknown pathway", (value) => (value.predicate["pathway"] = "constructor"), /predicate\.pathway/],
    ["no sealed stream", (value) => value.subject.pop(), /sealed\.age is missing|subject/],
    ["two files of one name", (value) => value.subject.unshift(value.subject[0]!), /two subjects have one name/],
    ["a hundred and one copies", (value) => (value.predicate["copies"] = 101), /copies/],
    [
      "an id of 21 signs",
      (value) => (value.predicate["id"] = "J".repeat(21)),
      /id: an order's id has at most 20 signs/,
    ],
    [
      "more material at least than at most",
      (value) => Object.assign(value.predicate["expect"] as object, { material_mm3: { min: 2, max: 1 } }),
      /expect\.material_mm3/,
    ],
    ["a title with a line break", (value) => (value.predicate["title"] = "a\nb"), /title/],
  ])("with %s is refused by name, though both have signed it", async (_, change, words) => {
    const value = statement();
    change(value);
    const opened = open(await signing(canonicalBytes(value)));
    expect(opened).toMatchObject({ ok: false, error: { code: "package-malformed" } });
    expect(opened.ok ? "" : opened.error.what).toMatch(words);
  });

  it("that is no canonical JSON, doubles a key or is of another type is refused", async () => {
    const text = new TextDecoder().decode(canonicalBytes(statement()));
    for (const bad of [text.replace(",", ", "), text.replace('"copies":1', '"copies":1,"copies":2'), "{", ""]) {
      expect(codeOf(await signing(utf8(bad)))).toBe("package-malformed");
    }
    expect(codeOf(await signing(utf8(text), "text/plain"))).toBe("package-malformed");
    expect(codeOf(await signing(utf8(text)))).toBe("opened");
  });

  it("is printed back as the same bytes", () => {
    const opened = open(good);
    if (!opened.ok) throw new Error(opened.error.what);
    const bytes = printStatement(opened.value.statement);
    const parsed = parseStatement(bytes);
    expect(parsed.ok && printStatement(parsed.value)).toEqual(bytes);
  });
});

describe("packing", () => {
  it("[F38] keeps what the order says of material and time, and tells it to whoever releases", async () => {
    const expectation = { ...orderText.expect, material_mm3: { min: 90, max: 110 }, motion_s: { min: 5, max: 9 } };
    const bytes = await released(identity.recipient, { order: { ...orderText, expect: expectation } });
    const opened = open(bytes);
    if (!opened.ok) throw new Error(opened.error.what);
    expect(opened.value.statement.order.expect).toEqual(expectation);
    expect(tellOrder(opened.value.statement)).toContain(
      "  1 layers, 1.0 x 1.0 x 1.0 mm, 90 to 110 mm3, 5 to 9 s of motion",
    );
  });

  it("refuses what is no recipient, and an order that could not be read", async () => {
    await expect(packed("age1tag1qqqq")).rejects.toThrow(/no recipient/);
    const other = identity.recipient.endsWith("q") ? "p" : "q";
    await expect(packed(identity.recipient.slice(0, -1) + other)).rejects.toThrow(/no recipient/);
    await expect(packed(identity.recipient, { order: { ...orderText, copies: 0 } })).rejects.toThrow(/copies/);
    expect(await addSignature(utf8("no package"), releaser)).toMatchObject({ ok: false });
    expect(recipientFingerprint(identity.recipient)).toBe(identity.fingerprints[0]);
  });
});
