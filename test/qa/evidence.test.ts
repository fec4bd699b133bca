/** Central's evidence endpoint over real TLS: what is cut goes on, what is whole is whole, and a cell reaches only its own. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { openEvidence, verifyEvidence } from "../../src/commands/io/qa-evidence.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import { fromBase64, textOf, utf8 } from "../../src/ledger/bytes.ts";
import { evidencePath, openReceipt, receiptIn } from "../../src/ledger/evidence.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { evidenceRefusals, namingProblem } from "../../src/qa/evidence.ts";
import { openSqliteStore, storeFile } from "../../src/qa/io/sqlite.ts";
import type { KeptEntry } from "../../src/qa/store.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { createCell } from "./cell.ts";
import { createCentral } from "./central.ts";
import {
  askDesk,
  type EvidenceDesk,
  evidenceDesk,
  freshPicture,
  type HttpAnswer,
  look,
  names,
  partHeaders,
  type Sealed,
  sealPiece,
  sendPart,
} from "./evidence-desk.ts";
import { configText, ran } from "./installation.ts";

const kib = 1024;

async function deskWith(plains: readonly Uint8Array[]): Promise<{ desk: EvidenceDesk; pieces: readonly Sealed[] }> {
  const desk = await evidenceDesk((cell) => {
    for (const [n, plain] of plains.entries()) cell.append(names(n + 1, "fail", digestOf(plain), digestOf(plain)));
  });
  return { desk, pieces: await Promise.all(plains.map((plain) => sealPiece(plain, desk.recipient))) };
}

function codeOf({ status, headers }: HttpAnswer): string {
  return `${status} ${headers["cellward-code"] ?? ""}`.trim();
}

function filesOf(desk: EvidenceDesk, cell = "cell-1"): { whole: string[]; parts: string[] } {
  const whole = readdirSync(join(desk.folder, cell)).filter((name) => name.endsWith(".age"));
  return { whole, parts: readdirSync(join(desk.folder, cell, "incoming")) };
}

test("[F83] a piece that is cut goes on where central has it, and stands there only when it is whole, under a signed receipt", async () => {
  const { desk, pieces } = await deskWith([freshPicture(300 * kib)]);
  const piece = pieces[0]!;
  expect(codeOf(await look(desk, "cell-1", piece.digest))).toBe("404 nothing");
  await expect(sendPart(desk, "cell-1", piece, { offset: 0, to: 200 * kib, cutAfter: 90_000 })).rejects.toThrow();
  const stands = await look(desk, "cell-1", piece.digest);
  const offset = Number(stands.headers["upload-offset"] ?? 0);
  expect(filesOf(desk).whole).toEqual([]);
  await desk.restart();
  const half = await sendPart(desk, "cell-1", piece, { offset, to: 250 * kib });
  expect([half.status, half.headers["upload-offset"]]).toEqual([204, String(250 * kib)]);
  // The same again is refused: it would stand there twice.
  expect(codeOf(await sendPart(desk, "cell-1", piece, { offset, to: 250 * kib }))).toBe("409 offset");
  const last = await sendPart(desk, "cell-1", piece, { offset: 250 * kib });
  expect(last.status).toBe(201);
  const envelope = textOf(fromBase64(String(last.headers["cellward-receipt"])) ?? new Uint8Array()) ?? "";
  const trust = { keys: [desk.installation.decision], origin, check: checkSignature };
  expect(openReceipt(envelope, trust)).toMatchObject({
    ok: true,
    value: { digest: piece.digest, sealed: piece.sealed, bytes: piece.bytes.length },
  });
  expect(openReceipt(envelope, { ...trust, keys: [desk.installation.witness] }).ok).toBe(false);
  expect(openReceipt(envelope, { ...trust, origin: "hospital.example/cell-2" }).ok).toBe(false);
  expect(readFileSync(join(desk.folder, "cell-1", `${piece.digest}.age`)).equals(piece.bytes)).toBe(true);
  expect(filesOf(desk)).toEqual({ whole: [`${piece.digest}.age`], parts: [] });
  // Whoever asks again gets a receipt, and no second piece.
  expect((await look(desk, "cell-1", piece.digest)).headers["cellward-receipt"]).toBe(last.headers["cellward-receipt"]);
  expect((await sendPart(desk, "cell-1", piece, { offset: 0 })).status).toBe(200);
});

type Deed =
  | { kind: "part" | "cut"; bytes: number }
  | { kind: "old"; back: number }
  | { kind: "restart" }
  | { kind: "reseal" };

test("[F83] whatever is cut, repeated, sealed anew or restarted: no byte is lost, none doubled, and no half is shown as whole", async () => {
  const plains = Array.from({ length: 12 }, () => freshPicture(40 * kib));
  const { desk, pieces } = await deskWith(plains);
  let run = 0;
  const deed: fc.Arbitrary<Deed> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom("part" as const, "cut" as const),
        bytes: fc.integer({ min: 1, max: 20 * kib }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("old" as const), back: fc.integer({ min: 1, max: 9_000 }) }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: "reseal" as const }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 6 }), async (deeds) => {
      const entry = (run++ % pieces.length) + 1;
      if (run > pieces.length) return;
      let piece = pieces[entry - 1]!;
      const at = async () => {
        const { headers } = await look(desk, "cell-1", piece.digest);
        return Number(headers["upload-offset"] ?? 0);
      };
      for (const each of deeds) {
        if (filesOf(desk).whole.includes(`${piece.digest}.age`)) break;
        if (each.kind === "restart") await desk.restart();
        if (each.kind === "reseal") {
          piece = await sealPiece(piece.plain, desk.recipient);
          await sendPart(desk, "cell-1", piece, { offset: 0, to: 100, entry });
        }
        const offset = await at();
        if (each.kind === "old" && offset > 0) {
          const said = await sendPart(desk, "cell-1", piece, { offset: Math.max(0, offset - each.back), entry });
          expect(codeOf(said)).toBe("409 offset");
        }
        if (each.kind === "part") await sendPart(desk, "cell-1", piece, { offset, to: offset + each.bytes, entry });
        if (each.kind === "cut") {
          await sendPart(desk, "cell-1", piece, { offset, entry, cutAfter: each.bytes }).catch(() => undefined);
        }
      }
      const done = await sendPart(desk, "cell-1", piece, { offset: await at(), entry });
      expect([200, 201]).toContain(done.status);
      const file = readFileSync(join(desk.folder, "cell-1", `${piece.digest}.age`));
      expect(file.equals(piece.bytes)).toBe(true);
    }),
    { numRuns: pieces.length },
  );
  expect(filesOf(desk).parts).toEqual([]);
  expect(filesOf(desk).whole.length).toBe(pieces.length);
}, 30_000);

test("[F83] a cell that goes away when all it sent has come is no fault of central's, and nobody is answered", async () => {
  const { desk, pieces } = await deskWith([freshPicture(4 * kib)]);
  const piece = pieces[0]!;
  const asked = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const problems: unknown[] = [];
  await desk.restart({
    store: {
      log: (origin) => desk.store.log(origin),
      entries: async (...which) => {
        asked.resolve();
        await goOn.promise;
        return desk.store.entries(...which);
      },
    },
    onProblem: (problem) => problems.push(problem),
  });
  const sent = sendPart(desk, "cell-1", piece, { offset: 0, cutAfter: piece.bytes.length, cutWhen: asked.promise });
  await expect(sent).rejects.toThrow();
  // Answered after the endpoint has heard of that end.
  expect(codeOf(await look(desk, "cell-1", digestOf(utf8("another"))))).toBe("404 nothing");
  goOn.resolve();
  expect(codeOf(await look(desk, "cell-1", piece.digest))).toMatch(/^20[04]$/);
  expect(problems).toEqual([]);
});

test("[F83] what a power cut left otherwise than it was sent is found by its digest, dropped, and taken anew", async () => {
  const { desk, pieces } = await deskWith([freshPicture(100 * kib)]);
  const piece = pieces[0]!;
  await sendPart(desk, "cell-1", piece, { offset: 0, to: 60_000 });
  const part = join(desk.folder, "cell-1", "incoming", filesOf(desk).parts[0]!);
  const bytes = readFileSync(part);
  bytes.fill(0, 30_000, 34_096);
  writeFileSync(part, bytes);
  expect(codeOf(await sendPart(desk, "cell-1", piece, { offset: 60_000 }))).toBe("422 differs");
  expect(filesOf(desk)).toEqual({ whole: [], parts: [] });
  expect((await sendPart(desk, "cell-1", piece, { offset: 0 })).status).toBe(201);
});

test("[F83] whoever asks again for a whole piece is told that it is still here, as of now; a rotten one comes anew", async () => {
  const { desk, pieces } = await deskWith([freshPicture(kib)]);
  const piece = pieces[0]!;
  await sendPart(desk, "cell-1", piece, { offset: 0 });
  await desk.restart({ now: () => 1_800_000_000_000 });
  const { headers } = await look(desk, "cell-1", piece.digest);
  const said = receiptIn(textOf(fromBase64(String(headers["cellward-receipt"])) ?? new Uint8Array()) ?? "");
  expect(said).toMatchObject({ digest: piece.digest, sealed: piece.sealed, at: "2027-01-15T08:00:00.000Z" });
  const file = join(desk.folder, "cell-1", `${piece.digest}.age`);
  truncateSync(file, 100);
  expect(codeOf(await look(desk, "cell-1", piece.digest))).toBe("404 nothing");
  expect((await sendPart(desk, "cell-1", piece, { offset: 0 })).status).toBe(201);
  expect(readFileSync(file).equals(piece.bytes)).toBe(true);
});

test("[F83] an entry counts once central has countersigned it, and not before", () => {
  const entry = (body: object) => ({ seq: 5, body: Buffer.from(JSON.stringify(body)) }) as unknown as KeptEntry;
  const digest = digestOf(Buffer.from("piece"));
  expect(namingProblem(entry({ frame: digest }), 6, digest)).toBe(null);
  expect(namingProblem(entry({ frame: digest }), 5, digest)).toBe(evidenceRefusals.recordFirst);
  expect(namingProblem(undefined, 6, digest)).toBe(evidenceRefusals.recordFirst);
  expect(namingProblem(entry({ digest }), 6, digest)).toBe(evidenceRefusals.notNamed);
});

describe("[F83] [F90] who may bring what", () => {
  test("a cell reaches its own tree alone, and nobody without the installation's certificate reaches any", async () => {
    const { desk, pieces } = await deskWith([freshPicture(kib)]);
    const piece = pieces[0]!;
    const own = {
      method: "PATCH",
      path: evidencePath({ cell: "cell-1", digest: piece.digest }),
      body: piece.bytes,
      headers: partHeaders(piece, 0, piece.bytes.length, 1),
    };
    expect(codeOf(await askDesk(desk, "cell-2", own))).toBe("403 other-cell");
    expect(codeOf(await askDesk(desk, "cell-2", { ...own, method: "HEAD" }))).toBe("403 other-cell");
    await expect(askDesk(desk, null, own)).rejects.toThrow();
    for (const path of [
      "/",
      "/evidence/1/cell-1/..",
      `/evidence/1/../cell-1/${piece.digest}`,
      `/evidence/1/cell-1/${piece.digest}/x`,
      `/evidence/1/cell-1/${piece.digest.toUpperCase()}`,
      `/evidence/2/cell-1/${piece.digest}`,
      `/evidence/1/cell-1/%2e%2e`,
    ]) {
      expect([path, codeOf(await askDesk(desk, "cell-1", { method: "HEAD", path }))]).toEqual([path, "404 no-place"]);
    }
    for (const method of ["GET", "PUT", "DELETE", "POST", "OPTIONS"]) {
      expect([method, codeOf(await askDesk(desk, "cell-1", { method, path: own.path }))]).toEqual([
        method,
        "404 no-place",
      ]);
    }
    await desk.restart({ cells: new Map() });
    expect(codeOf(await askDesk(desk, "cell-1", own))).toBe("403 cell-unknown");
    expect(filesOf(desk)).toEqual({ whole: [], parts: [] });
  });

  test("only what an entry names that central has countersigned: the record goes first", async () => {
    const { desk, pieces } = await deskWith([freshPicture(kib)]);
    const [named] = pieces;
    const other = await sealPiece(freshPicture(kib), desk.recipient);
    expect(codeOf(await sendPart(desk, "cell-1", other, { offset: 0, entry: 1 }))).toBe("403 not-named");
    expect(codeOf(await sendPart(desk, "cell-1", named!, { offset: 0, entry: 0 }))).toBe("403 not-named");
    expect(codeOf(await sendPart(desk, "cell-1", named!, { offset: 0, entry: 2 }))).toBe("409 record-first");
    const absent = {
      method: "POST",
      path: `${evidencePath({ cell: "cell-1", digest: other.digest })}/absent`,
      headers: { "cellward-entry": "1", "cellward-problem": "missing" },
    };
    expect(codeOf(await askDesk(desk, "cell-1", absent))).toBe("403 not-named");
  });

  test("nothing that is stated wrongly, too large, or beyond quota, rate and disk", async () => {
    const { desk, pieces } = await deskWith([freshPicture(8 * kib), freshPicture(8 * kib)]);
    const [piece, second] = pieces as [Sealed, Sealed];
    const path = evidencePath({ cell: "cell-1", digest: piece.digest });
    const good = partHeaders(piece, 0, 100, 1);
    const wrong: readonly (readonly [Record<string, unknown>, string])[] = [
      [{ "content-type": "application/octet-stream" }, "400 form"],
      [{ "upload-offset": "-1" }, "400 form"],
      [{ "upload-offset": "0x0" }, "400 form"],
      [{ "upload-length": "50" }, "400 form"],
      [{ "upload-length": "0" }, "400 form"],
      [{ "upload-complete": "?1" }, "400 form"],
      [{ "repr-digest": "sha-256=:AAAA:" }, "400 form"],
      [{ "cellward-entry": "one" }, "400 form"],
      [{ "upload-length": String(66 << 20) }, "413 too-large"],
      [{ "upload-length": "99999999999999999999" }, "400 form"],
    ];
    for (const [change, code] of wrong) {
      const said = await askDesk(desk, "cell-1", {
        method: "PATCH",
        path,
        body: piece.bytes.subarray(0, 100),
        headers: { ...good, ...(change as Record<string, string>) },
      });
      expect([change, codeOf(said)]).toEqual([change, code]);
      expect(JSON.parse(said.body)).toMatchObject({ what: expect.any(String), remedy: expect.any(String) });
    }
    await desk.restart({ quotaBytes: piece.bytes.length + 1 });
    expect((await sendPart(desk, "cell-1", piece, { offset: 0 })).status).toBe(201);
    expect(codeOf(await sendPart(desk, "cell-1", second, { offset: 0, entry: 2 }))).toBe("507 quota-reached");
    await desk.restart({ keepFreeBytes: 2 ** 60 });
    expect(codeOf(await sendPart(desk, "cell-1", second, { offset: 0, entry: 2 }))).toBe("507 storage-full");
    await desk.restart({ requestsPerMinute: 2 });
    await look(desk, "cell-1", second.digest);
    await look(desk, "cell-1", second.digest);
    expect(codeOf(await look(desk, "cell-1", second.digest))).toBe("429 too-many");
    expect(codeOf(await look(desk, "cell-2", second.digest))).toBe("404 nothing");
    expect(filesOf(desk).parts).toEqual([]);
  });

  test("a begun piece gives way to the same sealed anew, and a cell begins only so many", async () => {
    const plains = Array.from({ length: 10 }, () => freshPicture(kib));
    const { desk, pieces } = await deskWith(plains);
    for (const [n, piece] of pieces.entries())
      await sendPart(desk, "cell-1", piece, { offset: 0, to: 10 + n, entry: n + 1 });
    expect(filesOf(desk).parts.length).toBe(8);
    const anew = await sealPiece(plains[9]!, desk.recipient);
    await sendPart(desk, "cell-1", anew, { offset: 0, to: 3, entry: 10 });
    expect(filesOf(desk).parts.filter((name) => name.startsWith(anew.digest))).toEqual([
      `${anew.digest}.${anew.sealed}.${anew.bytes.length}.part`,
    ]);
  });
});

test("[F83] the folder is verified by receipts alone, opened with the identity alone, and a wrong piece is named", async () => {
  const plains = [freshPicture(20 * kib), freshPicture(kib), freshPicture(kib), freshPicture(kib)];
  const { desk, pieces } = await deskWith(plains);
  const [good, rotten, lost, liar] = pieces as [Sealed, Sealed, Sealed, Sealed];
  // A lying cell: another picture, sealed and sent under the name that the record has.
  const lie = { ...(await sealPiece(freshPicture(kib, "LIE"), desk.recipient)), digest: liar.digest };
  for (const [n, piece] of [good, rotten, lost, lie].entries())
    expect((await sendPart(desk, "cell-1", piece, { offset: 0, entry: n + 1 })).status).toBe(201);
  const { installation } = desk;
  writeFileSync(
    installation.config,
    configText(desk.cells, "mqtts://localhost:1", `[evidence]\nfolder = "${desk.folder}"\n`),
  );
  // The commands read a store of their own file.
  mkdirSync(installation.data, { recursive: true });
  const disk = openSqliteStore(join(installation.data, storeFile));
  await createCentral(desk.cells, disk).ingest.hear("cell-1", await desk.cells[0].message(0));
  onTestFinished(() => disk.close());
  const verified = await ran((terminal) => verifyEvidence(terminal, installation.options));
  expect([verified.code, verified.value]).toEqual([0, expect.objectContaining({ ok: true, pieces: 4 })]);
  const file = (piece: Sealed) => join(desk.folder, "cell-1", `${piece.digest}.age`);
  const out = join(installation.root, "out");
  const identity = join(installation.keys, "evidence.identity");
  const open = (what: string, by = identity) =>
    ran((terminal) => openEvidence(terminal, "cell-1", what, { ...installation.options, identity: by, out }));
  expect((await open(good.digest)).code).toBe(0);
  expect(readFileSync(join(out, `${good.digest}.jpg`)).equals(good.plain)).toBe(true);
  const all = await open("J1");
  const states = (all.value["pieces"] as { digest: string; state: string }[]).map(({ state }) => state);
  expect([all.code, states]).toEqual([4, ["opened", "opened", "opened", "differs"]]);
  expect(existsSync(join(out, `${liar.digest}.jpg`))).toBe(false);
  // The cell's log is continued under another name: what it had sent before is its evidence as ever.
  const [{ registered }, ...others] = desk.cells;
  const next = createCell("cell-1", "hospital.example/cell-1b");
  const past = { origin: registered.origin, keys: registered.keys };
  const continued = [{ ...next, registered: { ...next.registered, ancestors: [past] } }, ...others];
  const evidence = `[evidence]\nfolder = "${desk.folder}"\n`;
  writeFileSync(installation.config, configText(continued, "mqtts://localhost:1", evidence));
  const still = await ran((terminal) => verifyEvidence(terminal, installation.options));
  expect([still.code, still.value]).toEqual([0, expect.objectContaining({ ok: true, pieces: 4 })]);
  expect((await open(good.digest)).code).toBe(0);
  expect((await open("J1")).value["pieces"]).toEqual(all.value["pieces"]);
  truncateSync(file(rotten), 500);
  rmSync(file(lost));
  const again = await ran((terminal) => verifyEvidence(terminal, installation.options));
  const findings = again.value["findings"] as { digest: string; code: string }[];
  expect(again.code).toBe(4);
  expect(new Set(findings.map(({ digest, code }) => `${digest} ${code}`))).toEqual(
    new Set([`${rotten.digest} changed`, `${lost.digest} lost`]),
  );
  expect((await open("J9")).code).toBe(2);
  expect((await open(good.digest, installation.config)).code).toBe(2);
});

test("[L6] nothing plain stands at central: not in a name, not in a byte of its folder", async () => {
  const { desk, pieces } = await deskWith([freshPicture(50 * kib, "Ada Lovelace 1815-12-10")]);
  await sendPart(desk, "cell-1", pieces[0]!, { offset: 0, to: 40 * kib });
  const everything = readdirSync(desk.folder, { recursive: true, withFileTypes: true }).map((each) =>
    each.isFile() ? `${each.name}${readFileSync(join(each.parentPath, each.name), "latin1")}` : each.name,
  );
  expect(everything.join("").includes("Lovelace")).toBe(false);
  expect(everything.join("").includes("age-encryption.org/v1")).toBe(true);
});
