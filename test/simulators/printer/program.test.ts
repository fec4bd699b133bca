/** The printer as a real process: serialport opens its terminal, the world link tells what it deposited. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, read, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { SerialPort } from "serialport";
import { afterEach, beforeEach, expect, test } from "vitest";
import { noticingHangUp } from "../../../src/drivers/hang-up.ts";
import { framed } from "./host.ts";

const program = resolve(import.meta.dirname, "../../../src/simulators/printer/io/main.ts");

const noticing = { binding: noticingHangUp(SerialPort.binding, promisify(read)) };

let folder: string;
let child: ChildProcess;
let tty: string;
let world: string;
let ready: Record<string, unknown>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "printer-"));
  tty = join(folder, "tty");
  world = join(folder, "world.sock");
  const args = [program, "--tty", tty, "--world", world, "--speed", "2000", "--serial", "abc-123", "--announce"];
  child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [first] = (await once(createInterface(child.stdout!), "line")) as [string];
  ready = JSON.parse(first) as Record<string, unknown>;
});

afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
});

/** The host's end of the cable: sends a line and hands back what came up to its ok. */
async function openHost(): Promise<{ send(text: string): Promise<string[]>; port: SerialPort }> {
  const port = new SerialPort({ path: tty, baudRate: 250_000, hupcl: false, autoOpen: false, ...noticing });
  await new Promise<void>((done, failed) => port.open((problem) => (problem ? failed(problem) : done())));
  let rest = "";
  let answers: string[] = [];
  let finish: ((lines: string[]) => void) | null = null;
  port.on("data", (bytes: Buffer) => {
    const lines = (rest + bytes.toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      answers.push(line.trim());
      if (/^ok\b/.test(line)) finish?.(answers);
    }
  });
  const send = (text: string): Promise<string[]> =>
    new Promise((done) => {
      answers = [];
      finish = done;
      port.write(text);
    });
  return { send, port };
}

async function ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const call = request({ socketPath: world, method, path, headers: { "content-type": "application/json" } });
  call.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(call, "response")) as [import("node:http").IncomingMessage];
  let text = "";
  for await (const part of response) text += String(part);
  return JSON.parse(text) as Record<string, unknown>;
}

test("prints over a real terminal; the world sees the beads; the cable can be pulled and put back [F25][F34]", async () => {
  expect(ready).toMatchObject({ ready: "printer", simulated: true, tty, world, uuid: "abc-123", speed: 2000 });
  const host = await openHost();
  const identity = await host.send(framed(0, "M110 N0"));
  expect(identity.at(-1)).toBe("ok N0 P15 B7");
  const program = [
    "M115",
    "G28",
    "M109 S205",
    "M83",
    "G1 X20 Y20 Z0.2 F3000",
    "G1 X60 E1.4 F1200",
    "M400",
    "M118 A1 layer:1",
  ];
  const heard: string[] = [];
  for (const [i, line] of program.entries()) heard.push(...(await host.send(framed(i + 1, line))));
  expect(heard.some((line) => line.includes("SIMULATED") && line.includes("UUID:abc-123"))).toBe(true);
  expect(heard.at(-2)).toBe("//layer:1");
  const beads = await ask("GET", "/beads?since=0");
  expect(beads).toMatchObject({ next: 1 });
  expect((beads["beads"] as number[][])[0]?.slice(0, 6)).toEqual([20, 20, 0.2, 60, 20, 0.2]);
  expect(await ask("GET", "/state")).toMatchObject({ next: 1, slot: null, hotend: { target: 205 } });

  const hungUp = once(host.port, "close");
  expect(await ask("POST", "/fault", { name: "unplug" })).toEqual({ fault: "unplug", outcome: "struck" });
  await hungUp;
  expect(existsSync(tty)).toBe(false);
  expect(await ask("GET", "/state")).toMatchObject({ next: 1, plugged: false, hotend: { target: 205 } });
  await ask("POST", "/fault", { name: "replug" });
  const again = await openHost();
  expect((await again.send("M114\n"))[0]).toMatch(/^X:60\.00 Y:20\.00 Z:0\.20/);
  await new Promise((done) => again.port.close(done));

  expect(await ask("POST", "/fault", { name: "magic" })).toHaveProperty("error");
  expect(await ask("POST", "/fault", { name: "clog", filler: "x".repeat(10_000) })).toHaveProperty("error");
  expect(await ask("POST", "/plate/clear")).toEqual({ done: "plate cleared" });
  expect(await ask("GET", "/beads?since=0")).toEqual({ epoch: 2, next: 0, beads: [] });
});

test("its death is a pulled cable [F31]", async () => {
  const host = await openHost();
  await host.send(framed(0, "M110 N0"));
  const hungUp = once(host.port, "close");
  child.kill("SIGKILL");
  await hungUp;
});
