/** The real server on loopback over the in-memory cell and a real people store, with two people enrolled. */
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { systemClock } from "../../src/commands/io/system.ts";
import type { Telemetry } from "../../src/equipment/machine.ts";
import { createServer, type HmiServer } from "../../src/hmi/io/server.ts";
import {
  defaultHmiConfig,
  type HmiConfig,
  type HmiPorts,
  type LimitPort,
  type ModelPort,
  type PackagePort,
  type Unready,
} from "../../src/hmi/ports.ts";
import { type EvidenceStatus, evidenceOff } from "../../src/jobs/evidence-status.ts";
import { type SyncStatus, syncOff } from "../../src/jobs/sync-status.ts";
import { err, ok } from "../../src/kernel/result.ts";
import { openPeople } from "../../src/people/io/store.ts";
import type { Role } from "../../src/people/person.ts";
import type { PeopleStore } from "../../src/people/store.ts";
import { testModel } from "../jobs/models.ts";
import { createFakeCell, type FakeCell, job, printer } from "./fake-cell.ts";

export const password = { ana: "58203914", ben: "a guide, twice checked" } as const;
export const hmac = (text: string) => createHmac("sha256", "key of the order").update(text).digest("hex");

type PackageAnswer = Awaited<ReturnType<PackagePort["take"]>>;

export interface HmiBench {
  readonly cell: FakeCell;
  readonly server: HmiServer;
  readonly people: PeopleStore;
  readonly webRoot: string;
  /** Live values as the driver would hold them; null for a machine that has not spoken. */
  telemetry: Telemetry | null;
  presence: ReturnType<HmiPorts["presence"]>;
  /** What sync would say; `head` is counted by the cell itself. */
  sync: SyncStatus;
  evidenceToQa: EvidenceStatus;
  /** Entries that the server has read from the ledger. */
  rowsRead: number;
  /** What keeps the cell from being ready besides what the core knows. */
  unready: readonly Unready[];
  /** Packages that the server handed on, and what is said of the next. */
  readonly taken: readonly Uint8Array[];
  packageAnswer: PackageAnswer;
  /** The model that lies on the cell's disk. */
  limitSet: ReturnType<LimitPort["read"]>;
  configuredModel: Awaited<ReturnType<ModelPort["configured"]>>;
  /** Moves every clock of the server on by so much. */
  skip(ms: number): void;
  invite(roles: readonly Role[], name: string, secret: string): Promise<void>;
  client(): Client;
  close(): Promise<void>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown> & { readonly code?: string; readonly what?: string };
}

/** One browser's worth of cookies. */
export interface Client {
  cookie: string;
  get(path: string, headers?: Record<string, string>): Promise<Answered>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered>;
}

const nothingScanned: HmiBench["presence"] = { online: true, scanned: null, what: "Scan the job's code.", read: null };

const sealing: HmiPorts["sealing"] = {
  seal: (id, text) => Buffer.from(`${id}:${text.length}`).toString("base64"),
  identifierHmac: (_, text) => hmac(text),
};

function fail(problem: unknown): never {
  throw problem;
}

/** What the ports say until a test says otherwise. */
function quiet() {
  return {
    telemetry: null as Telemetry | null,
    unready: [] as readonly Unready[],
    packageAnswer: ok({ job }) as PackageAnswer,
    presence: nothingScanned,
    sync: syncOff(0),
    evidenceToQa: evidenceOff(),
    rowsRead: 0,
    limitSet: err({ code: "limit-set-invalid", what: "none", remedy: "none" }) as ReturnType<LimitPort["read"]>,
    configuredModel: ok(testModel) as Awaited<ReturnType<ModelPort["configured"]>>,
  };
}

/** Starts everything; `webRoot` is the built page, or a folder of the test's own; `other` ports take the place of the bench's. */
export async function startHmi(
  webRoot: string,
  config: Partial<HmiConfig> = {},
  other: Partial<HmiPorts> = {},
): Promise<HmiBench> {
  const folder = await mkdtemp(join(tmpdir(), "cellward-hmi-"));
  let skipped = 0;
  const now = () => Math.round(Date.now() + skipped);
  const mono = () => performance.now() + skipped;
  const clock: HmiPorts["clock"] = { now, monotonic: mono, after: systemClock.after };
  const people = await openPeople({
    path: join(folder, "people.json"),
    clock,
    cost: { memory_KiB: 64, passes: 1, lanes: 1 },
  });
  const cell = createFakeCell(hmac, now, mono);
  const taken: Uint8Array[] = [];
  const bench = quiet();
  const ports: HmiPorts = {
    controller: cell,
    people,
    clock,
    evidence: cell.evidence,
    sealing,
    packages: {
      async take(bytes) {
        taken.push(bytes);
        return bench.packageAnswer;
      },
    },
    keeping: keepingFor(now),
    limits: { read: () => bench.limitSet, keep: async () => bench.limitSet },
    models: { configured: async () => bench.configuredModel, keep: async () => bench.configuredModel },
    remembered: null,
    history: historyOf(cell, () => {
      bench.rowsRead += 1;
    }),
    telemetry: () => (bench.telemetry ? [bench.telemetry] : []),
    presence: () => bench.presence,
    sync: () => ({ ...bench.sync, head: cell.recorded.length }),
    evidenceToQa: () => bench.evidenceToQa,
    scrub: () => null,
    unready: () => bench.unready,
    onProblem: fail,
    ...other,
  };
  const server = await createServer(ports, { ...defaultHmiConfig, port: 0, site: "Test bench", webRoot, ...config });
  return Object.assign(bench, {
    cell,
    server,
    people,
    taken,
    webRoot,
    skip(ms: number) {
      skipped += ms;
    },
    async invite(roles: readonly Role[], name: string, secret: string) {
      const { code } = await people.invite(roles);
      const answer = await client(server.url).post("/api/enrol", { code, name, password: secret });
      if (answer.status !== 200) throw new Error(`not enrolled: ${JSON.stringify(answer.json)}`);
    },
    client: () => client(server.url),
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  });
}

/** A live value as of now. */
export function warm(at: number): Telemetry {
  return { equipment: printer, at, hotend: { actual: 204.8, target: 205 }, bed: { actual: 60.1, target: 60 } };
}

function client(base: string): Client {
  const made: Client = {
    cookie: "",
    get: (path, headers = {}) => ask("GET", path, undefined, headers),
    post: (path, body = {}, headers = {}) =>
      ask("POST", path, JSON.stringify(body), { "content-type": "application/json", "x-cellward": "1", ...headers }),
  };
  async function ask(method: string, path: string, body: string | undefined, headers: Record<string, string>) {
    const answer = await fetch(base + path, {
      method,
      body: body ?? null,
      headers: { cookie: made.cookie, ...headers },
    });
    const set = answer.headers.get("set-cookie");
    if (set) made.cookie = set.split(";")[0] ?? "";
    const text = await answer.text();
    const isJson = answer.headers.get("content-type")?.includes("json") ?? false;
    return { status: answer.status, headers: answer.headers, json: isJson ? JSON.parse(text) : {} };
  }
  return made;
}

/** A picture of a bed with a guide's layer on it; `gap` leaves a hole in its wall. */
export function frame(layer: number, gap: boolean): Promise<Uint8Array> {
  const hole = gap ? '<rect x="895" y="635" width="95" height="70" fill="#3d4144"/>' : "";
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="1200"><rect width="1600" height="1200" fill="#2c2f32"/>
    <polygon points="330,250 1270,250 1450,1050 150,1050" fill="#3d4144"/>
    <g fill="#e8e4d8" stroke="#cbbf9f" stroke-width="6"><path fill-rule="evenodd" d="M500 420H1100L1140 800H460Z M600 500H1000L1020 720H580Z"/></g>
    <circle cx="${400 + 90 * (layer % 8)}" cy="300" r="22" fill="#ff9d2e"/>${hole}</svg>`;
  return sharp(Buffer.from(picture)).jpeg({ quality: 80 }).toBuffer();
}

/** The entries, each told when it is read. */
function historyOf(cell: FakeCell, read: () => void): HmiPorts["history"] {
  return async function* (from, to) {
    for (const each of cell.recorded.slice(from, to)) {
      read();
      yield each;
    }
  };
}

/** A clock that network time bears out, and jobs that name no artifacts. */
function keepingFor(now: () => number): HmiPorts["keeping"] {
  return {
    timeSupport: () => ({ by: "network-time", at: now() }),
    artifactsOf: async () => ({ pictures: [], everything: [] }),
  };
}
