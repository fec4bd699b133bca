/** The real OPC UA driver, its child process and the simulated station at the other end of a real socket. */
import { X509Certificate } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ChildMachine } from "../../src/drivers/io/child-machine.ts";
import { createOpcuaMachine, pkiFolder } from "../../src/drivers/io/opcua.ts";
import { clientUriOf, type OpcuaConfig, opcuaConfig } from "../../src/drivers/opcua/config.ts";
import { openPki } from "../../src/drivers/opcua/io/pki.ts";
import { readTrust, writeTrust } from "../../src/drivers/opcua/io/trust-store.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import type { AttemptId, Digest, EquipmentId } from "../../src/kernel/names.ts";
import {
  exampleProgram,
  type Bench as StationBench,
  startBench as startStation,
  user,
} from "../simulators/station/bench.ts";
import { Listener } from "./listener.ts";

export const origin = "test.example/cell-1";
export const stationId = "station-1" as EquipmentId;
export const partTag = "P-1";

export interface OpcuaBench {
  readonly station: StationBench;
  readonly config: OpcuaConfig;
  readonly keysDir: string;
  readonly machine: ChildMachine;
  readonly listener: Listener;
  /** What the driver handed over as evidence, by digest. */
  readonly evidence: Map<Digest, Uint8Array>;
  /** From now on programs come with this part of a recipe. */
  recipe(part: unknown): void;
  /** Makes a program known to the driver's program store. */
  store(bytes: Uint8Array): Digest;
  begin(attempt: AttemptId, program: Digest): ReturnType<ChildMachine["perform"]>;
  /** What a person does at the station after an abort: clear and reset. */
  settle(): Promise<void>;
  state(): Promise<StationState>;
  fault(fault: object): Promise<void>;
  /** Ends the station at once, as when its power goes. */
  kill(): Promise<void>;
  dispose(): Promise<void>;
}

export interface StationState {
  readonly unit: string;
  readonly alarms: readonly { readonly name: string }[];
  readonly jobs: readonly { readonly id: string; readonly state: string; readonly why: string | null }[];
  readonly programs: readonly string[];
}

/** The configuration of the simulated station, with times that suit a test. */
export function configOf(station: StationBench, changes: Partial<OpcuaConfig> = {}): OpcuaConfig {
  const [userFile, passwordFile] = [join(station.folder, "user"), join(station.folder, "password")];
  writeFileSync(userFile, user.userName);
  writeFileSync(passwordFile, `${user.password}\n`);
  return opcuaConfig.parse({
    ...{ driver: "opcua", endpoint: station.url, serial: "FS-0001", userFile, passwordFile },
    productInstanceUri: "urn:cellward.example:finishing-station:FS-0001",
    applicationUri: "urn:cellward.example:finishing-station:FS-0001",
    node: { namespace: "http://cellward.example/UA/FinishingStation/", name: "finishing-1" },
    signOfLife: { path: ["Heartbeat", "Controller"], everyMs: 500 },
    readings: [{ name: "press-force", path: ["Press", "Force_N"], unit: "N" }],
    reasons: { 35: "another part, or none, is in its fixture", 37: "its door is open" },
    ...{ heartbeatMs: 500, heartbeatsMissed: 3, patienceMs: 8000, callMs: 3000 },
    ...changes,
  });
}

/** SHA-256 of the certificate that the station proves itself with. */
export function fingerprintOf(station: StationBench, pki = "pki"): string {
  const pem = readFileSync(join(station.folder, pki, "own/certs/certificate.pem"));
  return digestOf(new Uint8Array(new X509Certificate(pem).raw));
}

/** The cell's certificate is accepted by the station, as its owner would. */
export async function introduce(station: StationBench, keysDir: string, cell = origin): Promise<void> {
  const pki = await openPki(pkiFolder(keysDir), clientUriOf(cell));
  const trusted = join(station.folder, "pki/trusted/certs");
  mkdirSync(trusted, { recursive: true });
  copyFileSync(pki.certificateFile, join(trusted, `${cell.replace("/", "-")}.pem`));
  // What was refused before lies among the rejected, and has to go from there.
  const rejected = join(station.folder, "pki/rejected");
  if (existsSync(rejected)) for (const file of readdirSync(rejected)) rmSync(join(rejected, file));
  await pki.close();
}

/** The station's certificate is accepted by the cell, as `cellward trust accept` does. */
export function accept(station: StationBench, keysDir: string): void {
  const pin = { fingerprint: fingerprintOf(station), subject: "CN=station", at: Date.now() };
  const trust = readTrust(pkiFolder(keysDir));
  writeTrust(pkiFolder(keysDir), { ...trust, machines: { ...trust.machines, [stationId]: pin } });
}

/** Starts station and driver; both trust each other, a part is in the fixture; of a machine that is driven, `online` is awaited. */
export async function startOpcuaBench(
  options: readonly string[] = ["--speed", "20"],
  changes: Partial<OpcuaConfig> = {},
  isDriven = true,
): Promise<OpcuaBench> {
  const station = await startStation(options);
  const keysDir = join(station.folder, "keys");
  mkdirSync(keysDir, { mode: 0o700 });
  await introduce(station, keysDir);
  accept(station, keysDir);
  await station.control("POST /part", { tag: partTag });
  const bench = benchOf(station, keysDir, configOf(station, changes));
  if (isDriven) await bench.listener.next("online");
  return bench;
}

/** A driver for a station that runs already. */
export function benchOf(
  station: StationBench,
  keysDir: string,
  config: OpcuaConfig,
  more: { readonly connectionsAtMost?: number; readonly origin?: string; readonly log?: (what: string) => void } = {},
): OpcuaBench {
  const programs = new Map<Digest, Uint8Array>();
  const evidence = new Map<Digest, Uint8Array>();
  let recipe: unknown = null;
  const machine = createOpcuaMachine({
    ...{ equipment: stationId, config, keysDir, origin, ...more },
    loadProgram: async (digest) => {
      const bytes = programs.get(digest);
      return bytes === undefined ? null : { bytes, recipe };
    },
    storeEvidence: async (bytes) => {
      evidence.set(digestOf(bytes), bytes);
      return digestOf(bytes);
    },
  });
  const listener = new Listener(machine);
  const act = async (route: string, body?: object) => (await station.control(route, body)).body;
  return {
    ...{ station, config, keysDir, machine, listener, evidence },
    recipe: (part) => {
      recipe = part;
    },
    store: (bytes) => {
      programs.set(digestOf(bytes), bytes);
      return digestOf(bytes);
    },
    begin: (attempt, program) => machine.perform({ kind: "begin", attempt, program, releasedLayer: 1, part: partTag }),
    settle: async () => {
      // Buttons are legal only in certain states, and each change takes a moment; the test's own timeout is the bound.
      while (((await act("GET /state")) as { unit?: unknown }).unit !== "Idle") {
        for (const button of ["clear", "reset"]) await act("POST /panel", { button });
        await new Promise((done) => setTimeout(done, 50));
      }
    },
    state: async () => (await act("GET /state")) as unknown as StationState,
    fault: async (fault) => {
      const { status, body } = await station.control("POST /fault", fault);
      if (status !== 200) throw new Error(JSON.stringify(body));
    },
    kill: async () => {
      process.kill(station.pid, "SIGKILL");
    },
    dispose: async () => {
      await machine.close();
      await station.stop();
    },
  };
}

/** The example's program for an operation of the station. */
export function stationProgram(operation: "clean-dry" | "press-sleeves" | "measure"): Uint8Array {
  return new Uint8Array(exampleProgram(operation));
}
