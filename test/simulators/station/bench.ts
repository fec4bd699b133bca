/** Starts the simulated station as a program, and a real OPC UA client beside it, for the tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AttributeIds,
  type ClientSession,
  MessageSecurityMode,
  makeBrowsePath,
  type NodeId,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  UserTokenType,
  type Variant,
} from "node-opcua";

export const user = { userName: "cell", password: "not-a-real-secret" };
export const uris = {
  di: "http://opcfoundation.org/UA/DI/",
  machinery: "http://opcfoundation.org/UA/Machinery/",
  isa95: "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/",
  jobs: "http://opcfoundation.org/UA/Machinery/Jobs/",
  packml: "http://opcfoundation.org/UA/PackML/",
  own: "http://cellward.example/UA/FinishingStation/",
};

/** A station that runs as its own process. */
export interface Bench {
  readonly folder: string;
  readonly url: string;
  readonly thumbprint: string;
  readonly pid: number;
  control(route: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Keys of a client that the station trusts. */
  readonly trusted: OPCUACertificateManager;
  stop(): Promise<number | null>;
}

const main = new URL("../../../src/simulators/station/io/main.ts", import.meta.url).pathname;

/** Keys and a certificate in a folder of their own; `FILE.pem` beside it is what the other end has to trust. */
export async function keysIn(folder: string, file: string): Promise<OPCUACertificateManager> {
  const manager = await managerIn(join(folder, file));
  await manager.createSelfSignedCertificate({
    applicationUri: `urn:test:${file}`,
    subject: "/CN=test",
    dns: ["localhost"],
    ip: ["127.0.0.1"],
    startDate: new Date(Date.now() - 3_600_000),
    validity: 90,
    outputFile: join(folder, `${file}.pem`),
  });
  return manager;
}

async function managerIn(folder: string): Promise<OPCUACertificateManager> {
  const manager = new OPCUACertificateManager({
    rootFolder: folder,
    automaticallyAcceptUnknownCertificate: true,
    keySize: 2048,
  });
  await manager.initialize();
  return manager;
}

/** Makes keys and users in a fresh folder, trusts one client, and starts the station. */
export async function startBench(options: readonly string[] = []): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "station-"));
  const pki = join(folder, "pki");
  writeFileSync(join(folder, "users.json"), JSON.stringify([{ user: user.userName, password: user.password }]));
  const trusted = await keysIn(folder, "client");
  mkdirSync(join(pki, "trusted", "certs"), { recursive: true });
  copyFileSync(join(folder, "client.pem"), join(pki, "trusted", "certs", "client.pem"));
  const control = join(folder, "control");
  const own = ["--pki", pki, "--users", join(folder, "users.json"), "--control", control];
  // What is loaded before it, for a server that is not as the library makes it.
  const before = options.filter((option) => option.startsWith("--import="));
  const rest = options.filter((option) => !option.startsWith("--import="));
  const station = spawn(process.execPath, [...before, main, ...own, ...rest], { stdio: ["ignore", "pipe", "inherit"] });
  const ready = JSON.parse(await firstLine(station)) as { url: string; thumbprint: string; pid: number };
  return {
    ...ready,
    folder,
    trusted,
    control: (route, body) => call(control, route, body),
    stop: async () => {
      const ended = new Promise<number | null>((done) => station.once("exit", done));
      const code = station.kill("SIGTERM") ? await ended : station.exitCode;
      await trusted.dispose();
      rmSync(folder, { recursive: true });
      return code;
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let text = "";
    child.stdout!.on("data", (part: Buffer) => {
      text += part.toString();
      if (text.includes("\n")) done(text.slice(0, text.indexOf("\n")));
    });
    child.once("exit", (code) => fail(new Error(`the station ended with ${code}`)));
  });
}

function call(socketPath: string, route: string, body: unknown): ReturnType<Bench["control"]> {
  const [method, path] = route.split(" ") as [string, string];
  return new Promise((done, fail) => {
    const asked = request({ socketPath, path, method }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        done({ status: response.statusCode!, body: JSON.parse(text) as Record<string, unknown> });
      });
    });
    asked.on("error", fail);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export interface ClientOptions {
  /** Another client than the one that the station trusts: its keys, and the name of its file in the bench's folder. */
  readonly who?: { readonly keys: OPCUACertificateManager; readonly file: string };
  readonly mode?: MessageSecurityMode;
  readonly policy?: SecurityPolicy;
}

/** A client with one of the bench's certificates; it does not retry. */
export function clientOf(bench: Bench, options: ClientOptions = {}): OPCUAClient {
  const { keys, file } = options.who ?? { keys: bench.trusted, file: "client" };
  return OPCUAClient.create({
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0, initialDelay: 100 },
    securityMode: options.mode ?? MessageSecurityMode.SignAndEncrypt,
    securityPolicy: options.policy ?? SecurityPolicy.Basic256Sha256,
    clientCertificateManager: keys,
    certificateFile: join(bench.folder, `${file}.pem`),
    privateKeyFile: keys.privateKey,
    applicationUri: `urn:test:${file}`,
    transportTimeout: 5000,
  });
}

/** Reads a file of the drill guide's example programs. */
export function exampleProgram(name: string): Buffer {
  const path = `../../../config/examples/drill-guide/station/${name}.json`;
  return readFileSync(new URL(path, import.meta.url));
}

/** A signed-in session with the paths that the tests walk. */
export interface Desk {
  readonly client: OPCUAClient;
  readonly session: ClientSession;
  /** Node at a path of `uri-name:BrowseName` steps from the machine. */
  node(path: string): Promise<NodeId>;
  read(path: string): Promise<Variant>;
  readonly namespaces: readonly string[];
  close(): Promise<void>;
}

/** Connects, signs in and finds the machine. */
export async function openDesk(bench: Bench, machine = "finishing-1"): Promise<Desk> {
  const client = clientOf(bench);
  await client.connect(bench.url);
  const session = await client.createSession({ type: UserTokenType.UserName, ...user });
  const namespaces = await session.readNamespaceArray();
  const index = (name: string): number => namespaces.indexOf(uris[name as keyof typeof uris]);
  const known = new Map<string, NodeId>();
  const node = async (path: string): Promise<NodeId> => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const steps = [`machinery:Machines`, `own:${machine}`, ...path.split("/").filter((step) => step !== "")];
    const relative = steps.map((step) => {
      const [ns, plain] = step.includes(":") ? (step.split(":") as [string, string]) : ["", step];
      // Reserved characters of a relative path's text are written with & (OPC 10000-4, A.2).
      const name = plain.replaceAll(/[./<>:#!&]/g, "&$&");
      return ns === "" ? `/${name}` : `/${index(ns)}:${name}`;
    });
    const found = await session.translateBrowsePath(makeBrowsePath("ObjectsFolder", relative.join("")));
    const target = found.targets?.[0];
    if (target === undefined) throw new Error(`${path}: ${found.statusCode.toString()}`);
    const id = target.targetId as unknown as NodeId;
    // Files come and go under one path; everything else stays where it is.
    if (!path.startsWith("own:Programs/own:")) known.set(path, id);
    return id;
  };
  return {
    client,
    session,
    node,
    namespaces,
    read: async (path) => {
      const value = await session.read({ nodeId: await node(path), attributeId: AttributeIds.Value });
      if (!value.statusCode.isGood()) throw new Error(`${path}: ${value.statusCode.toString()}`);
      return value.value;
    },
    close: async () => {
      await session.close();
      await client.disconnect();
    },
  };
}
