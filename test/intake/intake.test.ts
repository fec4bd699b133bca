/** Intake over the real core: a good package becomes a job, everything else a sentence in the record and nothing more. */
import { createHmac } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Ingredients } from "../../src/intake/io/pack.ts";
import { packDigest } from "../../src/jobs/process-pack.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import type { Clock } from "../../src/kernel/ports.ts";
import { concat, utf8 } from "../../src/ledger/bytes.ts";
import { openArtifacts } from "../../src/ledger/io/artifacts.ts";
import { cellWithOrder } from "../jobs/story.ts";
import { packOf } from "../packs.ts";
import {
  goodPackage,
  identity,
  labelledOrder,
  marker,
  openDesk,
  order,
  program,
  quickClock,
  temporaryFolder,
  unreleased,
  washingOrder,
} from "./desk.ts";
import { designer, makeCellIdentity, makeSigner, released, signedBy } from "./packages.ts";

describe("[F1] a good package", () => {
  it("[F2][F3][L5] becomes a job that nobody has started, and is kept with its program under its digest", async () => {
    const desk = await openDesk();
    const bytes = await goodPackage();
    expect(await desk.intake.take(bytes)).toEqual({ ok: true, value: { job: "J-1" } });
    expect(desk.said).toMatchObject([{ kind: "accept-order", order: { id: "J-1", source: digestOf(bytes) } }]);
    const job = desk.story.state.jobs["J-1"]!;
    expect(job.order.route[0]).toMatchObject({ program: digestOf(program), layersPlanned: 3 });
    expect(job.attempts).toEqual([]);
    expect(await desk.artifacts.list()).toEqual(
      [digestOf(bytes), digestOf(program), packDigest(packOf("filament"))].sort(),
    );
    expect(desk.intake.jobFrom(digestOf(bytes))).toBe("J-1");
  });

  it("[F11] brings the programs of every step, and none of them may be missing", async () => {
    const desk = await openDesk();
    const wash = { name: "wash.json", bytes: utf8('{"seconds":90}') };
    const toolpath = { name: "print.gcode", bytes: program };
    const without = await desk.intake.take(await goodPackage({ order: washingOrder, files: [toolpath] }));
    expect(without).toMatchObject({ ok: false, error: { code: "route-refused" } });
    expect(without.ok ? "" : without.error.what).toMatch(/Wash needs the program wash\.json, which did not come/);
    const geometry = { name: "guide.stl", bytes: utf8("solid") };
    const taken = await desk.intake.take(await goodPackage({ order: washingOrder, files: [toolpath, geometry, wash] }));
    expect(taken).toMatchObject({ ok: true });
    const route = desk.story.state.jobs["J-1"]!.order.route;
    expect(route).toMatchObject([{ kind: "build" }, { kind: "task", program: digestOf(wash.bytes) }]);
    // The geometry stays in the package: nothing but programs is taken out of it.
    expect(await desk.artifacts.has(digestOf(wash.bytes))).toBe(true);
    expect(await desk.artifacts.has(digestOf(geometry.bytes))).toBe(false);
  });

  it.each([
    ["has a sign that nobody can see", { title: "Guide \ue000" }, "U+E000"],
    ["has a sign that its font lacks", { title: "手术导板" }, "no sign 手"],
    ["is too long for it", { title: "W".repeat(120), pseudonym: "W".repeat(64) }, "does not fit"],
  ])("[F46] is refused while nothing is made if its label could not be: the title %s", async (_, change, words) => {
    const desk = await openDesk();
    const taken = await desk.intake.take(await goodPackage({ order: { ...labelledOrder, ...change } }));
    expect(taken).toMatchObject({ ok: false, error: { code: "order-invalid", what: expect.stringContaining(words) } });
    expect(desk.jobs()).toEqual([]);
    expect(desk.refusals()).toEqual([expect.stringContaining("No label could be made for order J-1")]);
    expect((await desk.intake.take(await goodPackage({ order: labelledOrder }))).ok).toBe(true);
  });

  it("[F4][L6] opens again, in memory, for the key that identifiers are compared under", async () => {
    const desk = await openDesk();
    await desk.intake.take(await goodPackage({ identifiers: ["MRN-48213-7", "1961-04-09"] }));
    const [first, second] = desk.story.state.jobs["J-1"]!.order.identifierHmacs;
    expect(await desk.intake.identifierHmac("J-1", " mrn-48213-7 ")).toBe(first);
    expect(await desk.intake.identifierHmac("J-1", "1961-04-09")).toBe(second);
    expect(await desk.intake.identifierHmac("J-1", "MRN-48214-7")).not.toBe(first);
    expect(await desk.intake.identifierHmac("J-9", "MRN-48213-7")).toBeNull();
    expect(first).not.toBe(createHmac("sha256", "").update("MRN-48213-7").digest("hex"));
  });

  it("[F2][L6] leaves no plaintext in data, intake or temporary folder", async () => {
    const folder = temporaryFolder();
    const before = process.env["TMPDIR"];
    try {
      const [data, tmp] = [join(folder.path, "data"), join(folder.path, "tmp")];
      for (const each of [data, tmp]) mkdirSync(each);
      process.env["TMPDIR"] = tmp;
      const desk = await openDesk({ artifacts: openArtifacts(data, new Uint8Array(32).fill(7)) });
      const bytes = await goodPackage({ identifiers: ["MRN-48213-7", "1961-04-09"] });
      expect((await desk.intake.take(bytes)).ok).toBe(true);
      await desk.intake.identifierHmac("J-1", "MRN-48213-7");
      const files = readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
      expect(files.length).toBeGreaterThanOrEqual(2);
      const secrets = [marker, "M109 S205", "MRN-48213-7", "MRN482137", "1961-04-09"];
      for (const file of files) {
        const text = readFileSync(join(file.parentPath, file.name)).toString("latin1");
        expect(
          secrets.filter((secret) => text.includes(secret)),
          file.name,
        ).toEqual([]);
      }
      const record = JSON.stringify(desk.story.events);
      expect(secrets.filter((secret) => record.includes(secret))).toEqual([]);
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
      folder.remove();
    }
  });
});

type Make = () => Promise<Uint8Array>;
const changed =
  (change: Partial<Ingredients["order"]>): Make =>
  () =>
    goodPackage({ order: { ...order, ...change } });

const matrix: readonly (readonly [string, Make, string, RegExp])[] = [
  ["something else", async () => utf8("PK and so on, for long enough"), "not-a-package", /not a job package/],
  ["a cut one", async () => (await goodPackage()).subarray(0, 900), "package-truncated", /too early/],
  [
    "one cut at its end",
    async () => (await goodPackage()).subarray(0, -1),
    "package-truncated",
    /J-1.*1 bytes are missing/,
  ],
  ["one that goes on", async () => concat(await goodPackage(), utf8("!")), "package-trailing", /goes on after its end/],
  ["one with a changed envelope", () => flipped(26), "package-altered", /was changed or is damaged/],
  ["one with a changed payload", () => flipped(600), "signature-unknown", /no key that this cell trusts/],
  ["one with changed files", () => flipped(-100), "package-altered", /sealed files of order J-1 were changed/],
  ["one too large", async () => new Uint8Array((64 << 20) + 1), "package-oversized", /larger than 64 MiB/],
  ["one that is not released", () => unreleased(), "signature-missing", /one signature/],
  [
    "one signed twice with one key",
    async () => signedBy(designer, await unreleased()),
    "signature-doubled",
    /twice with the same key/,
  ],
  [
    "one released by a stranger",
    async () => signedBy(makeSigner("x.example/y"), await unreleased()),
    "signature-unknown",
    /no key that/,
  ],
  [
    "one for another cell",
    changed({ cell: "test.example/cell-2" }),
    "other-cell",
    /for the cell test\.example\/cell-2; this is/,
  ],
  ["one sealed for another", sealedForAnother, "other-identity", /sealed for another key/],
  [
    "one for no recipe here",
    changed({ recipe: { name: "titanium", digest: "0".repeat(64) } }),
    "recipe-unknown",
    /titanium, which this cell does not have/,
  ],
  [
    "one for another revision",
    changed({ recipe: { ...order.recipe, digest: "0".repeat(64) } }),
    "recipe-differs",
    /another revision of the recipe/,
  ],
  [
    "one with other layers",
    changed({ expect: { ...order.expect, layers: 4 } }),
    "program-refused",
    /prints 3 layers; the order says 4/,
  ],
  [
    "one of another size",
    changed({ expect: { ...order.expect, box_mm: { ...order.expect.box_mm, max: [90, 80, 0.6] } } }),
    "program-refused",
    /prints from X/,
  ],
  [
    "one with a program that burns",
    () => withProgram((text) => text.replace("M109 S205", "M109 S260")),
    "program-refused",
    /limit is 230/,
  ],
  [
    "one whose program did not come",
    changed({ recipe: order.recipe, program: "identifiers.key" }),
    "program-refused",
    /refused at line 1/,
  ],
  [
    "one on a pathway that asks for more",
    changed({ pathway: "eu-custom-made" }),
    "pathway",
    /does not say the prescriber.*the prescribed characteristics.*the device class.*implanted/,
  ],
  [
    "one of a revision before the one that is here",
    changed({ lineage: { ...order.lineage, design: "D1", revision: 1 } }),
    "order-superseded",
    /revision 1 of the design; revision 2 is here/,
  ],
  [
    "one that has expired",
    changed({ notBefore: "2000-01-01T00:00:00Z", expires: "2000-01-02T00:00:00Z" }),
    "order-expired",
    /expired/,
  ],
];

describe("[F1][L8] what is refused, each in its own words", () => {
  it.each(matrix)("%s", async (_, make, code, words) => {
    const desk = await openDesk({ story: cellWithOrder({ lineage: { ...order.lineage, design: "D1", revision: 2 } }) });
    // Times of this core begin in 1970; it has to have seen the day on which the order expired.
    desk.story.at = Date.parse("2026-06-01T00:00:00Z");
    const bytes = await make();
    const taken = await desk.intake.take(bytes);
    expect(taken).toMatchObject({ ok: false, error: { code, what: expect.stringMatching(words) } });
    expect(taken.ok ? "" : taken.error.remedy).toMatch(/[a-z].*\.$/);
    expect(desk.refusals()).toEqual([expect.stringMatching(words)]);
    expect(desk.jobs()).toEqual([]);
    if (!code.startsWith("order-")) expect(await desk.artifacts.list()).toEqual([]);
    // What nobody signed says nothing in the record but its own digest.
    if (!code.startsWith("order-")) expect(desk.refusals()[0]).toContain(digestOf(bytes));
  });

  it("one for a machine that is not here", async () => {
    const desk = await openDesk({ equipment: new Map() });
    expect(await desk.intake.take(await goodPackage())).toMatchObject({ ok: false, error: { code: "route-refused" } });
    expect(desk.refusals()).toEqual([
      expect.stringMatching(/Print needs a machine of the class filament-printer-bench/),
    ]);
  });

  it("[F5][F6][F7] takes each pathway when it says what that pathway demands, and keeps the lineage", async () => {
    const desk = await openDesk();
    const characteristics = { name: "form.txt", bytes: utf8("two sleeves") };
    const files = [{ name: "print.gcode", bytes: program }, characteristics];
    const prescription = {
      prescriber: "P-7",
      characteristics: "form.txt",
      deviceClass: "IIa",
      implantable: false,
    } as const;
    const made = await goodPackage({ files, order: { ...order, pathway: "eu-custom-made", prescription } });
    expect(await desk.intake.take(made)).toMatchObject({ ok: true });
    expect(desk.story.state.jobs["J-1"]!.order).toMatchObject({
      pathway: "eu-custom-made",
      lineage: order.lineage,
      signatures: [
        { role: "design-authority", key: expect.stringContaining(designer.key.name) },
        { role: "clinical-release", key: expect.stringContaining("clinical-release") },
      ],
    });
  });

  it("[L6] any one byte changed: refused, nothing queued, nothing stored", async () => {
    const desk = await openDesk();
    const bytes = await goodPackage({ files: [{ name: "print.gcode", bytes: utf8("G28\n") }] });
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = bytes.slice();
      changed[at] = bytes[at]! ^ [0x01, 0x20, 0x80][at % 3]!;
      expect((await desk.intake.take(changed)).ok, `byte ${at}`).toBe(false);
    }
    expect(bytes.length).toBeGreaterThan(2_000);
    expect([desk.jobs(), await desk.artifacts.list(), desk.refusals().length]).toEqual([[], [], bytes.length]);
  });

  it("a replay: the same package, a new one with a used nonce, a second one of the same order", async () => {
    const desk = await openDesk();
    const nonce = "ab".repeat(16);
    const first = await goodPackage({ nonce });
    expect(await desk.intake.take(first)).toMatchObject({ ok: true });
    expect(await desk.intake.take(first)).toMatchObject({
      ok: false,
      error: { what: expect.stringMatching(/already here/) },
    });
    const used = await goodPackage({ nonce, order: { ...order, id: "J-2" } });
    expect(await desk.intake.take(used)).toMatchObject({
      ok: false,
      error: { what: expect.stringMatching(/used before/) },
    });
    expect(await desk.intake.take(await goodPackage())).toMatchObject({ ok: false });
    expect(desk.jobs()).toEqual(["J-1"]);
  });

  it("a package that takes the place of another ends what nobody has begun, and the old one stays out", async () => {
    const desk = await openDesk();
    const old = await goodPackage();
    await desk.intake.take(old);
    const revised = { ...order, id: "J-2", supersedes: "J-1", lineage: { ...order.lineage, revision: 2 } };
    expect(await desk.intake.take(await goodPackage({ order: revised }))).toMatchObject({ ok: true });
    expect([desk.story.state.jobs["J-1"]!.ended, desk.story.state.jobs["J-2"]!.ended]).toEqual(["Aborted", null]);
    const late = await openDesk();
    await late.intake.take(await goodPackage({ order: revised }));
    expect(await late.intake.take(old)).toMatchObject({ ok: false, error: { code: "order-superseded" } });
  });

  it("one that needs too much time, and the next is judged all the same", async () => {
    let impatient = true;
    const after: Clock["after"] = (delay, fire) => quickClock.after(impatient ? 0 : delay, fire);
    const desk = await openDesk({ clock: { ...quickClock, after } });
    expect(await desk.intake.take(await goodPackage())).toMatchObject({ ok: false, error: { code: "not-judged" } });
    expect([desk.jobs(), desk.refusals()]).toEqual([[], [expect.stringMatching(/J-1 could not be judged/)]]);
    impatient = false;
    expect(await desk.intake.take(await goodPackage())).toMatchObject({ ok: true });
  });

  it("many at once are taken one after the other, and too many are told to wait", async () => {
    const desk = await openDesk();
    const packages = await Promise.all(
      Array.from({ length: 6 }, (_, n) => goodPackage({ order: { ...order, id: `J-${n}` } })),
    );
    const taken = await Promise.all(packages.map((bytes) => desk.intake.take(bytes)));
    expect(taken.map((each) => (each.ok ? each.value.job : each.error.code))).toEqual([
      "J-0",
      "J-1",
      "J-2",
      "J-3",
      "not-judged",
      "not-judged",
    ]);
  });
});

/** Changes one byte; a negative place counts from the end. */
async function flipped(at: number): Promise<Uint8Array> {
  const bytes = await goodPackage();
  const place = at < 0 ? bytes.length + at : at;
  // Stays within the letters of base64, so that only a signature can tell.
  bytes[place] = bytes[place] === 0x41 ? 0x42 : 0x41;
  return bytes;
}

async function sealedForAnother(): Promise<Uint8Array> {
  const other = await makeCellIdentity();
  expect(other.recipient).not.toBe(identity.recipient);
  return released(other.recipient, { order, files: [{ name: "print.gcode", bytes: program }] });
}

function withProgram(change: (text: string) => string): Promise<Uint8Array> {
  const bytes = utf8(change(new TextDecoder().decode(program)));
  return goodPackage({ files: [{ name: "print.gcode", bytes }] });
}
