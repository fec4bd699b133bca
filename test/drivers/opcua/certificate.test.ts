/** Trust in a machine's certificate: each thing that can be wrong has its own sentence, and no doubt passes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CertificateFacts,
  expiryAlarm,
  hostOf,
  judgeCertificate,
  type TrustRecord,
} from "../../../src/drivers/opcua/certificate.ts";
import { acceptedPolicies, chooseEndpoint, type OfferedEndpoint } from "../../../src/drivers/opcua/policy.ts";

const day = 86_400_000;
const now = Date.UTC(2026, 10, 25);
const mine = "a".repeat(64);
const other = "b".repeat(64);
const good: CertificateFacts = {
  ...{ fingerprint: mine, subject: "CN=station", issuer: "CN=station", uris: ["urn:station:1"] },
  ...{ hosts: ["localhost", "192.0.2.7"], notBefore: now - day, notAfter: now + 365 * day },
  ...{ selfSigned: true, authority: false, keyBits: 2048 },
};
const trust: TrustRecord = { machine: "station-1", accepted: mine, configured: null, revoked: [] };
const expected = { host: "192.0.2.7", applicationUri: "urn:station:1", now };

describe("a machine's certificate", () => {
  it("[F23] that was accepted and fits is taken", () => {
    expect(judgeCertificate(good, trust, expected)).toBeNull();
    expect(judgeCertificate(good, { ...trust, accepted: null, configured: mine }, expected)).toBeNull();
    expect(judgeCertificate(good, trust, { ...expected, host: "LocalHost" })).toBeNull();
  });

  it.each<[string, Partial<CertificateFacts>, Partial<TrustRecord>, Partial<typeof expected>]>([
    ["certificate-not-trusted", {}, { accepted: null }, {}],
    ["certificate-changed", { fingerprint: other }, {}, {}],
    ["certificate-changed", {}, { configured: other }, {}],
    ["certificate-revoked", {}, { revoked: [mine] }, {}],
    ["certificate-expired", { notAfter: now }, {}, {}],
    ["certificate-not-yet-valid", { notBefore: now + 1 }, {}, {}],
    ["certificate-wrong-host", { hosts: ["elsewhere"] }, {}, {}],
    ["certificate-wrong-host", {}, {}, { host: "192.0.2.8" }],
    ["certificate-wrong-application", { uris: ["urn:station:2"] }, {}, {}],
    ["certificate-of-authority", { authority: true, selfSigned: false, issuer: "CN=ca" }, {}, {}],
    ["certificate-forged", { selfSigned: false }, {}, {}],
    ["certificate-weak", { keyBits: 1024 }, {}, {}],
  ])("[F23] is refused as %s in a sentence of its own", (code, facts, record, wanted) => {
    const fault = judgeCertificate({ ...good, ...facts }, { ...trust, ...record }, { ...expected, ...wanted });
    expect(fault?.code).toBe(code);
    for (const text of [fault?.what, fault?.remedy]) expect(text).toMatch(/^[A-Za-z`].*[.`]$/);
  });

  it("[F23] an unknown one names the command that accepts exactly it", () => {
    const fault = judgeCertificate(good, { ...trust, accepted: null }, expected);
    expect(fault?.remedy).toContain(`cellward trust accept station-1 ${mine}`);
  });

  it("[F23] only the pinned fingerprint ever passes, whatever else the certificate says", () => {
    const facts = fc.record({ fingerprint: fc.constantFrom(mine, other, "c".repeat(64)), keyBits: fc.nat(5000) });
    fc.assert(
      fc.property(facts, fc.option(fc.constantFrom(mine, other)), (some, accepted) => {
        const fault = judgeCertificate({ ...good, ...some }, { ...trust, accepted }, expected);
        expect(fault === null).toBe(some.fingerprint === accepted && some.keyBits >= 2048);
      }),
    );
  });

  it.each([
    [61, null],
    [60, null],
    [59, 300],
    [29, 500],
    [6, 800],
    [-1, 800],
  ])("[F36] warns %i days before its end with severity %s", (days, severity) => {
    const alarm = expiryAlarm("x", "The machine's", now + days * day, now);
    expect(alarm?.severity ?? null).toBe(severity);
  });

  it.each([
    ["opc.tcp://192.0.2.7:4840/x", "192.0.2.7"],
    ["opc.tcp://[2001:db8::1]:4840", "[2001:db8::1]"],
    ["opc.tcp://station.example:4840", "station.example"],
  ])("the host of %s is %s", (endpoint, host) => expect(hostOf(endpoint)).toBe(host));
});

describe("the way of talking", () => {
  const offer = (policy: string, rest: Partial<OfferedEndpoint> = {}): OfferedEndpoint => ({
    ...{ url: "opc.tcp://x:1", mode: "sign-and-encrypt", policy, takesUserName: true },
    ...rest,
  });

  it("[F23] is the best that is signed and encrypted with a policy of today", () => {
    const chosen = chooseEndpoint(["Basic256", ...acceptedPolicies].reverse().map((policy) => offer(policy)));
    expect(chosen.ok && chosen.value.policy).toBe("Aes256_Sha256_RsaPss");
  });

  it.each([
    ["no-secure-policy", []],
    ["no-secure-policy", [offer("None", { mode: "none" })]],
    ["no-secure-policy", [offer("Basic256Sha256", { mode: "sign" })]],
    ["no-secure-policy", [offer("Basic256"), offer("Basic128Rsa15")]],
    ["no-user-name", [offer("Basic256Sha256", { takesUserName: false })]],
  ])("[F23] is refused as %s where there is none", (code, offered) => {
    const chosen = chooseEndpoint(offered);
    expect(chosen.ok ? null : chosen.error.code).toBe(code);
  });
});
