/** What comes from a machine is checked before it is used: sizes, structures, status names, certificates. */
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { DataType, Variant, VariantArrayType } from "node-opcua";
import { describe, expect, it } from "vitest";
import { certainlyNotDone, statusNameIn } from "../../../src/drivers/opcua/call-status.ts";
import { opcuaConfig } from "../../../src/drivers/opcua/config.ts";
import { factsOf } from "../../../src/drivers/opcua/io/certificate-facts.ts";
import { readInteger, readJobList, readReport } from "../../../src/drivers/opcua/io/decode.ts";
import { firstCertificate } from "../../../src/drivers/opcua/io/discover.ts";
import { workMasterOf } from "../../../src/drivers/opcua/starting.ts";
import { pieceBytes, piecesOf } from "../../../src/drivers/opcua/transfer.ts";
import { setup } from "./model.ts";

describe("structures", () => {
  it("[F24] whatever a machine sends is read or refused, never thrown at", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        readJobList(value);
        readReport(value);
        readInteger(value as Variant);
      }),
    );
  });

  it("[F24] a list of job orders gives ids, states by number and the texts among the parameters", () => {
    const text = (value: string) => new Variant({ dataType: DataType.String, value });
    const list = readJobList([
      {
        jobOrder: {
          jobOrderID: "a1",
          jobOrderParameters: [
            { ID: "ProgramFile", value: text("a1.json") },
            { ID: "n", value: null },
          ],
        },
        state: [
          { browsePath: { elements: [{ targetName: { name: "InterruptedSubstates" } }] }, stateNumber: 1 },
          { browsePath: { elements: null }, stateNumber: 4, stateText: { text: "Lies" } },
        ],
      },
      { jobOrder: { jobOrderID: "a2", jobOrderParameters: null }, state: null },
    ]);
    expect(list?.map(({ id, state }) => [id, state])).toEqual([
      ["a1", { main: "Interrupted", sub: "Held" }],
      ["a2", null],
    ]);
    expect([...list![0]!.parameters]).toEqual([["ProgramFile", "a1.json"]]);
    expect(readJobList([{ jobOrder: { jobOrderID: 5 }, state: [] }])).toBeNull();
    expect(readJobList(Array.from({ length: 1001 }, () => ({ jobOrder: {}, state: [] })))).toBeNull();
  });

  it("[F64] values of a report keep their kind; 64-bit numbers and what is nested are no values", () => {
    const item = (ID: string, value: Variant) => ({ ID, value });
    const scalar = (dataType: DataType, value: unknown) =>
      new Variant({ dataType, arrayType: VariantArrayType.Scalar, value });
    const data = readReport({
      ...{ jobOrderID: "a1", description: { text: "why" }, jobState: [{ browsePath: null, stateNumber: 5 }] },
      jobResponseData: [
        item("number", scalar(DataType.Double, 1.5)),
        item(
          "curve",
          new Variant({
            dataType: DataType.Double,
            arrayType: VariantArrayType.Array,
            value: new Float64Array([1, 2]),
          }),
        ),
        item("bytes", scalar(DataType.ByteString, Buffer.from([7]))),
        item("wide", scalar(DataType.UInt64, [0, 1])),
        { ...item("with-unit", scalar(DataType.Float, 2)), engineeringUnits: { unitId: 5066068, displayName: null } },
      ],
    });
    expect(data).toMatchObject({ job: "a1", description: "why", state: { main: "Ended" } });
    expect(data?.data.map(({ id, value, unit }) => [id, value, unit])).toEqual([
      ...[
        ["number", 1.5, ""],
        ["curve", [1, 2], ""],
        ["bytes", new Uint8Array([7]), ""],
        ["wide", null, ""],
      ],
      ["with-unit", 2, "mm"],
    ]);
  });
});

describe("programs", () => {
  it("[F3] the pieces of a program are no larger than the machine takes, and together are the program", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat(70_000), fc.nat(200_000), (bytes, byteString, message) => {
        const size = pieceBytes(byteString, message);
        if (byteString >= 16) expect(size).toBeLessThanOrEqual(byteString);
        const pieces = [...piecesOf(bytes, size)];
        expect(pieces.every((piece) => piece.length > 0 && piece.length <= size)).toBe(true);
        expect(Buffer.concat(pieces)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each([
    ['{"operation":"measure"}', null, "measure"],
    ['{"operation":"measure"}', { workMaster: "wm-7" }, "wm-7"],
    ['{"operation":"two words"}', null, null],
    ["G28", { other: 1 }, null],
  ])("the work master of %s with recipe %j is %s", (text, recipe, name) =>
    expect(workMasterOf(new TextEncoder().encode(text), recipe)).toBe(name),
  );
});

describe("answers that are none", () => {
  it.each([
    ["BadUserAccessDenied", true],
    ["BadTooManyOperations", true],
    ["BadTimeout", false],
    ["BadInternalError", false],
    ["BadConnectionClosed", false],
    ["Uncertain", false],
  ])("[F28] %s says for certain that nothing was done: %s", (name, certain) =>
    expect(certainlyNotDone(name)).toBe(certain),
  );

  it("finds the status in the words of an error", () => {
    expect(statusNameIn("serverError BadTooManyOperations (0x80100000)")).toBe("BadTooManyOperations");
    expect(statusNameIn("socket closed")).toBeNull();
  });
});

describe("certificates", () => {
  it("[F23] what is no certificate is refused, and of a chain the first counts", () => {
    expect(factsOf(new Uint8Array([1, 2, 3])).ok).toBe(false);
    const key = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ type: "spki", format: "der" });
    const one = new Uint8Array(key);
    expect(firstCertificate(new Uint8Array([...one, 0x30, 0x82, 9, 9]))).toEqual(one);
    expect(firstCertificate(new Uint8Array())).toEqual(new Uint8Array());
  });
});

describe("the configuration", () => {
  const good = {
    ...{ driver: "opcua", endpoint: "opc.tcp://h:4840", serial: "S", userFile: "u", passwordFile: "p" },
    ...{ productInstanceUri: "urn:m:1", applicationUri: "urn:m", node: { namespace: "urn:m", name: "m" } },
  };
  it.each([
    ["an address of another protocol", { endpoint: "http://h:80" }],
    ["an address without a port", { endpoint: "opc.tcp://h" }],
    ["words for a bit that is not the machine's own", { reasons: { 4: "x" } }],
    ["a fingerprint that is none", { fingerprint: "ab:cd" }],
    ["an unknown key", { trustAll: true }],
    ["a namespace by its index", { node: { namespace: 4, name: "m" } }],
  ])("[F90] with %s is refused", (_, change) =>
    expect(opcuaConfig.safeParse({ ...good, ...change }).success).toBe(false),
  );

  it("reads as the protocol's set-up, with heartbeats of 2 s of which three may be missed", () => {
    expect(opcuaConfig.safeParse(good).success).toBe(true);
    expect(setup.times.watch).toEqual({ every: 2000, misses: 3 });
  });
});
