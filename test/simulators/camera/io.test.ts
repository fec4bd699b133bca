/** The camera as a program: pictures over HTTP from a fake world, tokens, bounds, and faults by the control socket. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "camera-"));
const paths = { world: join(folder, "world"), control: join(folder, "control"), token: join(folder, "token") };
const world = {
  epoch: 1,
  beads: [] as number[][],
  head: { x: 30, y: 140, z: 2.2 },
  asked: [] as string[],
  broken: false,
};
let server: Server;
let camera: ChildProcess;
let url = "";

beforeAll(async () => {
  server = createServer((call, answer) => {
    world.asked.push(call.url!);
    const since = Number(new URL(call.url!, "http://world").searchParams.get("since"));
    const { epoch, beads, head } = world;
    const body =
      call.url === "/state"
        ? { epoch, next: beads.length, head, objects: [] }
        : { epoch, next: beads.length, beads: beads.slice(since) };
    answer.end(world.broken ? "{" : JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(paths.world, done));
  writeFileSync(paths.token, "not-a-real-secret\n");
  chmodSync(paths.token, 0o600);
  const main = new URL("../../../src/simulators/camera/io/main.ts", import.meta.url).pathname;
  const options = [
    "--world",
    paths.world,
    "--control",
    paths.control,
    "--token-file",
    paths.token,
    "--width",
    "640",
    "--height",
    "480",
  ];
  camera = spawn(process.execPath, [main, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const ready = await new Promise<string>((done) =>
    camera.stdout!.once("data", (line: Buffer) => done(line.toString())),
  );
  url = (JSON.parse(ready) as { url: string }).url;
});

afterAll(async () => {
  const ended = new Promise((done) => camera.once("exit", done));
  camera.kill("SIGTERM");
  expect(await ended).toBe(0);
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const shown = { authorization: "Bearer not-a-real-secret" };
const snapshot = async () => {
  const response = await fetch(url, { headers: shown });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
};

function control(path: string, body: unknown): Promise<number> {
  return new Promise((done, fail) => {
    const call = request({ socketPath: paths.control, path, method: "POST" }, (response) => {
      response.resume().on("end", () => done(response.statusCode!));
    });
    call.on("error", fail);
    call.end(typeof body === "string" ? body : JSON.stringify(body));
  });
}

test("a snapshot is a JPEG of the asked size with its exposure interval, and shows new beads", async () => {
  world.beads = [];
  const before = await snapshot();
  expect(before.response.headers.get("content-type")).toBe("image/jpeg");
  const [start, end] = ["start", "end"].map((edge) => Number(before.response.headers.get(`x-exposure-${edge}`)));
  expect(end! - start!).toBeGreaterThan(0);
  expect(await sharp(before.bytes).metadata()).toMatchObject({ format: "jpeg", width: 640, height: 480, channels: 3 });
  for (let i = 0; i < 80; i++) world.beads.push([40, 50 + 0.4 * i, 0.2, 110, 50 + 0.4 * i, 0.2, 0.45, 0.2]);
  const after = await snapshot();
  const level = async (bytes: Buffer) => (await sharp(bytes).stats()).channels[1]!.mean;
  expect(await level(after.bytes)).toBeGreaterThan((await level(before.bytes)) + 3);
});

test("beads are fetched once, and from the start when the plate has changed", async () => {
  await snapshot();
  world.asked = [];
  world.beads.push([40, 90, 0.2, 110, 90, 0.2, 0.45, 0.2]);
  await snapshot();
  expect(world.asked.filter((path) => path.startsWith("/beads"))).toEqual([`/beads?since=${world.beads.length - 1}`]);
  world.epoch++;
  world.beads = [[60, 60, 0.2, 70, 60, 0.2, 0.45, 0.2]];
  world.asked = [];
  expect((await snapshot()).response.status).toBe(200);
  expect(world.asked).toContain("/beads?since=0");
});

test("nobody without the token gets a picture; basic works with the token as the password", async () => {
  const status = async (authorization: string | null) =>
    (await fetch(url, { headers: authorization === null ? {} : { authorization } })).status;
  expect(await status(null)).toBe(401);
  expect(await status("Bearer wrong")).toBe(401);
  expect(await status(`Basic ${Buffer.from("viewer:wrong").toString("base64")}`)).toBe(401);
  expect(await status(`Basic ${Buffer.from("viewer:not-a-real-secret").toString("base64")}`)).toBe(200);
  expect(await status("bearer not-a-real-secret")).toBe(200);
});

test("bodies, other methods and other paths are refused; no fault can be set on the network port", async () => {
  const status = async (path: string, method: string, body?: string) =>
    (await fetch(new URL(path, url), { method, headers: shown, ...(body === undefined ? {} : { body }) })).status;
  expect(await status("/snapshot.jpg", "POST", "x".repeat(100_000))).toBe(413);
  expect(await status("/snapshot.jpg", "DELETE")).toBe(405);
  expect(await status("/fault", "GET")).toBe(404);
  expect(await status("/fault", "POST", '{"name":"blind"}')).toBe(413);
});

test("the control socket refuses what it does not know and what is too long", async () => {
  expect(await control("/fault", { name: "gremlins" })).toBe(400);
  expect(await control("/fault", "{")).toBe(400);
  expect(await control("/fault", { name: "dim", gain: "x".repeat(10_000) })).toBe(400);
  expect(await control("/clear", { name: "gremlins" })).toBe(400);
  expect(await control("/elsewhere", {})).toBe(404);
});

test("a frozen camera sends the same bytes for ever, a healthy one never", async () => {
  const [a, b] = [await snapshot(), await snapshot()];
  expect(a.bytes.equals(b.bytes)).toBe(false);
  expect(await control("/fault", { name: "frozen" })).toBe(200);
  world.head = { x: 90, y: 140, z: 4 };
  const frozen = await snapshot();
  expect(frozen.bytes.equals(b.bytes)).toBe(true);
  expect(await control("/clear", {})).toBe(200);
  expect((await snapshot()).bytes.equals(b.bytes)).toBe(false);
});

test("a camera that is off answers nothing at all until it comes back", async () => {
  expect(await control("/fault", { name: "off" })).toBe(200);
  const outcome = fetch(url, { headers: shown }).then(
    (response) => response.status,
    () => "no answer",
  );
  expect(await control("/clear", { name: "off" })).toBe(200);
  expect(["no answer", 200]).toContain(await outcome);
  expect((await snapshot()).response.status).toBe(200);
});

test("a world that cannot be seen gives no picture, not an old one", async () => {
  world.broken = true;
  expect((await snapshot()).response.status).toBe(503);
  world.broken = false;
  expect((await snapshot()).response.status).toBe(200);
});
