/** The camera adapters against real sockets and files: bounded, authorised, never rejecting. */
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createFolderCamera } from "../../src/inspection/io/folder-camera.ts";
import { createHttpCamera } from "../../src/inspection/io/http-camera.ts";
import type { Clock } from "../../src/kernel/ports.ts";

const folder = await mkdtemp(join(tmpdir(), "camera-"));
const ends: (() => void)[] = [];
afterAll(async () => {
  for (const end of ends) end();
  await rm(folder, { recursive: true, force: true });
});
let ticks = 1000;
const clock: Clock = { now: () => ticks++, monotonic: () => ticks, after: () => () => undefined };
const tokenFile = join(folder, "token");
await writeFile(tokenFile, "secret\n");

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/snapshot.jpg`;
}

test("a snapshot comes with its times, asked for with the token from its file [F51]", async () => {
  const url = await served((request, response) => {
    response.statusCode = request.headers.authorization === "Bearer secret" ? 200 : 401;
    response.setHeader("x-exposure-start", "1234.5").end(Buffer.from([0xff, 0xd8]));
  });
  const frame = await createHttpCamera({ url, tokenFile, clock }).take();
  if (!frame.ok) throw new Error(frame.error.what);
  expect([...frame.value.bytes]).toEqual([0xff, 0xd8]);
  expect(frame.value.exposureStart).toBe(1234.5);
  expect(frame.value.receivedAt).toBeGreaterThan(frame.value.requestedAt);
  expect(await createHttpCamera({ url, clock }).take()).toMatchObject({ ok: false });
});

const troubles: readonly (readonly [string, RequestListener, RegExp])[] = [
  ["redirects", (_, r) => void r.writeHead(302, { location: "http://127.0.0.1:1/" }).end(), /cannot be reached/],
  ["fails", (_, r) => void r.writeHead(503).end(), /status 503/],
  ["never answers", () => undefined, /within 300 ms/],
  ["sends too much", (_, r) => void r.end(Buffer.alloc(5000)), /larger than 1000 bytes/],
  ["hangs up", (q) => void q.socket.destroy(), /cannot be reached/],
];

test.each(troubles)("a camera that %s is no picture, in words [F55][L3][L8]", async (_, listener, words) => {
  const camera = createHttpCamera({ url: await served(listener), timeout_ms: 300, mostBytes: 1000, clock });
  const frame = await camera.take();
  expect(frame.ok ? "a picture" : frame.error.what).toMatch(words);
});

test("a folder gives its pictures in order, each once, then none [F51]", async () => {
  await writeFile(join(folder, "b.jpg"), new Uint8Array([2]));
  await writeFile(join(folder, "a.jpg"), new Uint8Array([1]));
  await utimes(join(folder, "a.jpg"), 0, 1_234.5);
  const camera = createFolderCamera({ folder, clock });
  const taken = [await camera.take(), await camera.take(), await camera.take()];
  expect(taken[0]).toMatchObject({ value: { exposureStart: 1_234_500 } });
  expect(taken.map((t) => (t.ok ? t.value.bytes[0] : t.error.code))).toEqual([1, 2, "camera-no-picture"]);
});
