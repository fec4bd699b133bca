/** The simulated camera as a program: `node main.ts --world SOCKET --control SOCKET --port N`. */
import { chmodSync, lstatSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { createDevice } from "../device.ts";
import { filaments } from "../look.ts";
import { benchMount, cameraAt } from "../pinhole.ts";
import { cameraPort } from "./camera.ts";
import { controlServer } from "./control.ts";
import { openWorld } from "./world.ts";

const usage = `simulated bed camera
  --world SOCKET      the printer simulator's world link (unix socket)
  --control SOCKET    unix socket to make, for POST /fault and POST /clear
  --port N            loopback port of GET /snapshot.jpg (0: any)
  --token-file FILE   token a client must show (bearer, or basic password)
  --azimuth DEGREES   turn about the bed's middle; 0 stands at the front
  --width N --height N --seed N --filament ${Object.keys(filaments).join("|")}`;

const { values } = parseArgs({
  options: {
    world: { type: "string" },
    control: { type: "string" },
    port: { type: "string", default: "0" },
    "token-file": { type: "string" },
    width: { type: "string", default: "1600" },
    height: { type: "string", default: "1200" },
    seed: { type: "string", default: "1" },
    azimuth: { type: "string", default: String(benchMount.azimuth) },
    filament: { type: "string", default: "ivory" },
    help: { type: "boolean", default: false },
  },
});

function refuse(why: string): never {
  process.stderr.write(`${why}\n${usage}\n`);
  process.exit(2);
}

function whole(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= low && value <= high
    ? value
    : refuse(`--${name} must be ${low} to ${high}`);
}

function tokenFrom(file: string | undefined): string | null {
  if (file === undefined) return null;
  const token = readFileSync(file, "utf8").trim();
  return token === "" ? refuse("the token file is empty") : token;
}

/** Removes what a camera before this one left behind; anything but a socket stays, and the bind fails. */
function removeStaleSocket(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path);
}

if (values.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
const { world: worldPath, control: controlPath } = values;
if (worldPath === undefined || controlPath === undefined) refuse("--world and --control are needed");
const colour = Object.entries(filaments).find(([name]) => name === values.filament);
if (colour === undefined) refuse("no such filament");
const width = whole("width", values.width, 160, 4000);
const height = whole("height", values.height, 120, 3000);
const azimuth = Number(values.azimuth);
if (!(Math.abs(azimuth) <= 90)) refuse("--azimuth must be -90 to 90");
const device = createDevice({
  camera: cameraAt({ ...benchMount, azimuth }, width, height),
  filament: colour[1],
  seed: whole("seed", values.seed, 0, 2 ** 31),
});
const world = openWorld(worldPath);
const port = cameraPort(device, world, tokenFrom(values["token-file"]));
const control = controlServer(device, port.settle);

function stop(): void {
  world.close();
  control.close();
  port.server.closeAllConnections();
  port.server.close(() => process.exit(0));
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

removeStaleSocket(controlPath);
control.listen(controlPath, () => {
  chmodSync(controlPath, 0o600);
  port.server.listen(whole("port", values.port, 0, 65535), "127.0.0.1", () => {
    const { port: number } = port.server.address() as AddressInfo;
    const url = `http://127.0.0.1:${number}/snapshot.jpg`;
    process.stdout.write(`${JSON.stringify({ url, control: controlPath, width, height, pid: process.pid })}\n`);
  });
});
