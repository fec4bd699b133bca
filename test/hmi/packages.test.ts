/** Packages over HTTP: only from somebody who is signed in, bounded in size, number and time, handed on byte by byte. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { err } from "../../src/kernel/result.ts";
import { type Client, type HmiBench, password, startHmi } from "./bench.ts";
import { job } from "./fake-cell.ts";

const limit = 256 * 1024;
let folder: string;
let bench: HmiBench;
let ana: Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-web-"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>panel</title>");
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  bench = await startHmi(folder, { packageBytes: limit, packagesPerMinute: 6 });
  await bench.invite(["technician"], "Ana Lima", password.ana);
  ana = bench.client();
  await ana.post("/api/sign-in", { name: "Ana Lima", password: password.ana });
});
afterEach(() => bench.close());

const octets = { "content-type": "application/octet-stream", "x-cellward": "1" };

async function send(body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const answer = await fetch(`${bench.server.url}/api/packages`, {
    method: "POST",
    body,
    headers: { ...octets, cookie: ana.cookie, ...headers },
  });
  return { status: answer.status, json: (await answer.json()) as { code?: string; what?: string; job?: string } };
}

/** A body without a stated length that goes on until somebody stops it; resolves with status and bytes that went out. */
async function pour(headers: Record<string, string>, most: number): Promise<{ status: number; sent: number }> {
  const { port } = new URL(bench.server.url);
  const asked = request({
    port,
    host: "127.0.0.1",
    path: "/api/packages",
    method: "POST",
    headers: { ...octets, ...headers },
  });
  let status = 0;
  let sent = 0;
  const over = new Promise<void>((done) => {
    asked.on("response", (answer) => {
      status = answer.statusCode ?? 0;
      answer.resume();
      done();
    });
    asked.on("error", () => done());
  });
  let open = true;
  void over.then(() => {
    open = false;
  });
  const piece = Buffer.alloc(16 * 1024);
  while (open && sent < most) {
    sent += piece.length;
    if (!asked.write(piece)) await Promise.race([once(asked, "drain").catch(() => undefined), over]);
  }
  if (open) asked.end();
  await over;
  asked.destroy();
  return { status, sent };
}

describe("[F1] POST /api/packages", () => {
  it("hands the bytes on as they are, and answers with the job", async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, n) => n % 251);
    expect(await send(bytes)).toEqual({ status: 200, json: { job } });
    expect(bench.taken).toEqual([bytes]);
  });

  it("[L8] answers a refusal with what is wrong and what to do", async () => {
    bench.packageAnswer = err({
      code: "other-cell",
      what: "Order J-2 is for another cell.",
      remedy: "Bring it there.",
    });
    expect(await send(new Uint8Array(10))).toEqual({
      status: 422,
      json: { code: "other-cell", what: "Order J-2 is for another cell.", remedy: "Bring it there." },
    });
  });

  it("[L5] starts nothing, whatever it is given", async () => {
    const before = bench.cell.recorded.length;
    await send(new Uint8Array(1000));
    expect(bench.cell.recorded.slice(before)).toEqual([]);
  });

  it("[F90] takes no byte from somebody who is not signed in", async () => {
    expect(await send(new Uint8Array(10), { cookie: "cellward_session=made-up" })).toMatchObject({ status: 401 });
    const poured = await pour({}, 64 << 20);
    expect([401, 0]).toContain(poured.status);
    expect(poured.sent).toBeLessThan(32 << 20);
    expect(bench.taken).toEqual([]);
  });

  it("ends a stream that goes beyond the bound, stated or not, and takes the next package", async () => {
    expect(await send(new Uint8Array(limit + 1))).toMatchObject({ status: 413 });
    const poured = await pour({ cookie: ana.cookie }, 64 << 20);
    expect([413, 0]).toContain(poured.status);
    expect(poured.sent).toBeLessThan(32 << 20);
    expect(bench.taken).toEqual([]);
    expect(await send(new Uint8Array(limit))).toMatchObject({ status: 200 });
  });

  it("takes bytes only, and bytes only here", async () => {
    expect((await send(new TextEncoder().encode("{}"), { "content-type": "application/json" })).status).toBe(415);
    expect((await send(new Uint8Array(0))).status).toBe(400);
    const elsewhere = await fetch(`${bench.server.url}/api/touch`, {
      method: "POST",
      body: new Uint8Array(10),
      headers: { ...octets, cookie: ana.cookie },
    });
    expect(elsewhere.status).toBe(415);
    expect(bench.taken).toEqual([]);
  });

  it("is limited in number, and a package that stops halfway is let go", async () => {
    const { port } = new URL(bench.server.url);
    const headers = { ...octets, cookie: ana.cookie, "content-length": "1000" };
    const stuck = [1, 2].map(() => {
      const asked = request({ port, host: "127.0.0.1", path: "/api/packages", method: "POST", headers });
      asked.on("error", () => undefined);
      asked.write("half of it");
      return asked;
    });
    await expect.poll(async () => (await send(new Uint8Array(10))).status, { interval: 20, timeout: 20_000 }).toBe(429);
    for (const asked of stuck) asked.destroy();
    expect((await ana.get("/api/cell")).status).toBe(200);
    const answers: number[] = [];
    for (let n = 0; n < 8; n += 1) answers.push((await send(new Uint8Array(10))).status);
    expect(answers.at(-1)).toBe(429);
  });
});
