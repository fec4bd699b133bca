/** The simulated finishing station as a program: `node main.ts --pki FOLDER --users FILE --control SOCKET`. */
import { chmodSync, lstatSync, readFileSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { createFaults } from "../faults.ts";
import { createFiles } from "../files.ts";
import { createRobot } from "../robot.ts";
import { createStation, heartbeatTypes } from "../station.ts";
import { controlServer } from "./control.ts";
import { productInstanceUri } from "./machine.ts";
import { supervise } from "./supervise.ts";

const usage = `simulated finishing and assembly station (OPC UA)
  --pki FOLDER         keys, certificate and trust list; made if it is missing
  --users FILE         JSON: [{"user": "...", "password": "..."}], made by whoever starts the station
  --control SOCKET     unix socket to make: GET /state, POST /part /door /mode /panel /robot /fault /clear
  --port N             loopback port of the OPC UA server (0: any)
  --name TEXT --serial TEXT    browse name and serial number (finishing-1, FS-0001)
  --heartbeat-ms N     a job is aborted when Heartbeat/Controller stands still for so long (5000)
  --speed N            virtual seconds for one real second (1)
  --serves KIND        how work is given to it: job-control, job-control-v1 (under the URI of the
                       first edition), additive (OPC 40540), packml
  --robot              a robot (OPC 40010) stands beside it, in the same server
  --heartbeat-type TYPE UInt32, Boolean, Int16, UInt64, Double, or String, which nobody can count in (UInt32)
  --dummy-namespaces N namespaces before the station's own, with decoys in them (0)
  --seed N`;

const { values } = parseArgs({
  options: {
    pki: { type: "string" },
    users: { type: "string" },
    control: { type: "string" },
    port: { type: "string", default: "0" },
    name: { type: "string", default: "finishing-1" },
    serial: { type: "string", default: "FS-0001" },
    "heartbeat-ms": { type: "string", default: "5000" },
    speed: { type: "string", default: "1" },
    serves: { type: "string", default: "job-control" },
    robot: { type: "boolean", default: false },
    "heartbeat-type": { type: "string", default: "UInt32" },
    "dummy-namespaces": { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});

function refuse(why: string): never {
  process.stderr.write(`${why}\n${usage}\n`);
  process.exit(2);
}

function number(name: string, text: string, low: number, high: number, whole = true): number {
  const value = Number(text);
  const fits = value >= low && value <= high && (!whole || Number.isInteger(value));
  return fits ? value : refuse(`--${name} must be ${low} to ${high}`);
}

function word(name: string, text: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) ? text : refuse(`--${name} is not acceptable`);
}

if (values.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
const { pki, users: usersFile, control: controlPath } = values;
if (pki === undefined || usersFile === undefined || controlPath === undefined) {
  refuse("--pki, --users and --control are needed");
}
const known = z.array(z.strictObject({ user: z.string().min(1), password: z.string().min(12) })).min(1);
const users = known.safeParse(JSON.parse(readFileSync(usersFile, "utf8")));
if (!users.success) refuse("the users file is not acceptable: passwords have at least 12 characters");

const faults = createFaults();
const files = createFiles(
  () => faults.find("small-limits")?.bytes ?? 65_536,
  () => faults.find("corrupt-program") !== null,
);
const heartbeatMs = number("heartbeat-ms", values["heartbeat-ms"], 100, 600_000);
const kind = z.enum(["job-control", "job-control-v1", "additive", "packml"]).safeParse(values.serves);
const serves = kind.success ? kind.data : refuse("--serves is job-control, job-control-v1, additive or packml");
const heartbeatType =
  heartbeatTypes.find((known) => known === values["heartbeat-type"]) ??
  refuse(`--heartbeat-type is one of ${heartbeatTypes.join(", ")}`);
const seed = number("seed", values.seed, 0, 2 ** 31);
const station = createStation({ seed, heartbeatMs, heartbeatType, resetsItself: serves !== "packml" }, files, faults);
const serial = word("serial", values.serial);
const robot = values.robot ? createRobot() : null;
const supervisor = await supervise(station, {
  port: number("port", values.port, 0, 65_535),
  pki,
  lists: pki,
  users: users.data,
  identity: { name: word("name", values.name), serial, softwareRevision: "1.4.0" },
  applicationUri: productInstanceUri(serial),
  serves,
  robot,
  dummies: number("dummy-namespaces", values["dummy-namespaces"], 0, 20),
  speed: number("speed", values.speed, 0.01, 1000, false),
});
const control = controlServer(station, supervisor, robot);

async function stop(): Promise<void> {
  control.close();
  control.closeAllConnections();
  await supervisor.close();
  process.exit(0);
}
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());

// What a station before this one left behind goes; anything but a socket stays, and the bind fails.
if (lstatSync(controlPath, { throwIfNoEntry: false })?.isSocket() === true) rmSync(controlPath);
control.listen(controlPath, () => {
  chmodSync(controlPath, 0o600);
  const { url, thumbprint } = supervisor.ready();
  process.stdout.write(`${JSON.stringify({ url, thumbprint, control: controlPath, pid: process.pid })}\n`);
});
