/** Floods against the real server: whoever asks too much shuts out nobody but themselves, and nobody shuts out hold and stop. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type Client, type HmiBench, password, startHmi } from "./bench.ts";
import { attempt, job, operation, printer } from "./fake-cell.ts";

let folder: string;
let bench: HmiBench;
let ana: Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-web-"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>panel</title>");
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  bench = await startHmi(folder, { requestsPerMinute: 200 });
  await bench.invite(["technician"], "Ana Lima", password.ana);
  await bench.cell.prepare();
  ana = await signedIn();
  await ana.post(`/api/jobs/${job}/identity`, { identifiers: ["H-778120", "1961-04-09"], side: "left" });
  await ana.post(`/api/machines/${printer}/plate-clear`);
  await bench.cell.say({ kind: "prove-presence", job, device: "bench", proof: "p1" });
  await ana.post(`/api/jobs/${job}/start`, { operation });
});
afterEach(() => bench.close());

async function signedIn(): Promise<Client> {
  const client = bench.client();
  await client.post("/api/sign-in", { name: "Ana Lima", password: password.ana });
  return client;
}

/** So many requests, 64 at a time; returns how many were answered 429. */
async function flood(count: number, ask: (n: number) => Promise<{ readonly status: number }>): Promise<number> {
  let [next, refused] = [0, 0];
  const one = async () => {
    while (next < count) {
      next += 1;
      if ((await ask(next)).status === 429) refused += 1;
    }
  };
  await Promise.all(Array.from({ length: 64 }, one));
  return refused;
}

const urls = ["/", "/api/session", "/api/cell", "/api/events", "/healthz", "/readyz"];
const holdUrl = `/api/attempts/${attempt}/hold`;
const stopUrl = `/api/attempts/${attempt}/stop`;
const why = (kind: "hold" | "stop") => ({ why: kind === "hold" ? "held-at-panel" : "stopped-at-panel" });

it("[F90] 3,200 requests of nobody, with made-up cookies too, take neither the panel nor hold, stop and the probes", async () => {
  const refused = await flood(3_200, (n) => {
    const nobody = bench.client();
    if (n % 2) nobody.cookie = `cellward_session=made-up-${n}`;
    return nobody.get(urls[n % urls.length] ?? "/");
  });
  expect(refused).toBeGreaterThan(1_500);
  expect((await bench.client().get("/api/session")).status).toBe(429);
  for (const url of ["/healthz", "/readyz"]) expect((await bench.client().get(url)).status).toBe(200);
  for (const url of ["/", "/api/session", "/api/cell", "/api/jobs", `/api/jobs/${job}`]) {
    expect([url, (await ana.get(url)).status]).toEqual([url, 200]);
  }
  expect((await ana.post(holdUrl, why("hold"))).status).toBe(200);
  expect((await ana.post(stopUrl, why("stop"))).status).toBe(200);
}, 60_000);

it("[F90] a session that asks too much is refused alone, and still holds and stops", async () => {
  const other = await signedIn();
  expect(await flood(400, () => ana.get("/api/cell"))).toBeGreaterThan(150);
  expect((await ana.get("/api/cell")).status).toBe(429);
  expect((await other.get("/api/cell")).status).toBe(200);
  expect((await bench.client().get("/api/session")).status).toBe(200);
  expect((await ana.post(holdUrl, why("hold"))).status).toBe(200);
  expect((await ana.post(stopUrl, why("stop"))).status).toBe(200);
});

it("[F90] guesses of a password at a sign-in stay limited by address, whatever cookie comes with them", async () => {
  const refused = await flood(80, (n) => {
    const nobody = bench.client();
    nobody.cookie = `cellward_session=made-up-${n}`;
    return nobody.post("/api/sign-in", { name: "Nobody Here", password: "wrong" });
  });
  expect(refused).toBeGreaterThan(40);
});

/** An open live stream; `ended` comes true once the server has closed it. */
async function listen(client: Client): Promise<{ ended: boolean; close(): void }> {
  const hangUp = new AbortController();
  const answer = await fetch(`${bench.server.url}/api/events`, {
    headers: { cookie: client.cookie },
    signal: hangUp.signal,
  });
  expect(answer.status).toBe(200);
  const stream = { ended: false, close: () => hangUp.abort() };
  const reader = answer.body!.getReader();
  void (async () => {
    while (!(await reader.read()).done);
    stream.ended = true;
  })().catch(() => undefined);
  return stream;
}

it("[F23][F90] the fourth live stream of a session takes the place of its first", async () => {
  const streams: Awaited<ReturnType<typeof listen>>[] = [];
  for (let n = 0; n < 5; n += 1) streams.push(await listen(ana));
  await expect.poll(() => streams.map((each) => each.ended)).toEqual([true, true, false, false, false]);
  for (const each of streams) each.close();
});

it("[F23][F90] one person in many sessions cannot take the live stream of another", async () => {
  await bench.invite(["qa"], "Ben Okoro", password.ben);
  const ben = bench.client();
  await ben.post("/api/sign-in", { name: "Ben Okoro", password: password.ben });
  const bens = await listen(ben);
  const anas: Awaited<ReturnType<typeof listen>>[] = [];
  for (let session = 0; session < 12; session += 1) {
    const client = await signedIn();
    for (let n = 0; n < 3; n += 1) anas.push(await listen(client));
  }
  await expect.poll(() => anas.filter((each) => !each.ended).length).toBe(31);
  expect(bens.ended).toBe(false);
  for (const each of [bens, ...anas]) each.close();
});
