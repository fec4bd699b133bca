/** One connection to a machine, from its resolution by path to the single requests that the protocol makes. */
import { AttributeIds, type ClientSession, type DataValue, type NodeId, ObjectIds, resolveNodeId } from "node-opcua";
import type { Fault } from "../../../equipment/machine.ts";
import { err, ok, type Result } from "../../../kernel/result.ts";
import { clip } from "../../../kernel/text.ts";
import type { Milliseconds } from "../../../kernel/units.ts";
import { certainlyNotDone, isGood, statusNameIn } from "../call-status.ts";
import { type OpcuaConfig, type OpcuaTarget, programsOf } from "../config.ts";
import { faults, jobFaults } from "../faults.ts";
import { below, devicePlateParts, layersReading, nameOf, type PathStep, path, plateParts } from "../names.ts";
import type { Interlock, Reply, Request } from "../requests.ts";
import type { Arrival } from "../session.ts";
import type { Beat } from "../watchdog.ts";
import type { Connection } from "./connect.ts";
import { within, wordsOf } from "./deadline.ts";
import { CallRefused, openFolder, type ProgramFolder } from "./files.ts";
import { type LayerListener, openJobControl } from "./job-control.ts";
import { keepAlive, noSignOfLife, type SignOfLife } from "./keep-alive.ts";
import { type Lease, noLease, takeLease } from "./lease.ts";
import { openUnit, type UnitMemory } from "./packml.ts";
import type { Ground, Profile } from "./profile.ts";
import { type Directory, findAll, openDirectory, readAll } from "./resolve.ts";
import { type WatchListener, watch } from "./watching.ts";

/** A machine that was found, with everything that this driver needs of it. */
export interface Link {
  readonly arrival: Arrival;
  request(request: Request): Promise<Reply>;
  heartbeat(): Promise<Beat | null>;
  refresh(): Promise<void>;
  /** Why this connection must not be used any more, or null. */
  distrust(): Fault | null;
  /** With `giveBack` for good: the machine's lock is given back too. */
  close(giveBack: boolean): Promise<void>;
}

interface Machine extends Ground {
  readonly plate: Readonly<Record<keyof typeof plateParts, NodeId | null>>;
  readonly profile: Profile;
  /** Nodes of the interlocks, in the order of the configuration. */
  readonly interlocks: readonly NodeId[];
  /** Null where the machine takes no files. */
  readonly folder: ProgramFolder | null;
  readonly life: SignOfLife;
  readonly lease: Lease;
}

/** Finds the machine behind a connection by namespaces and paths, or says what is missing. `memory`: of a PackML unit. */
export async function openLink(
  connection: Connection,
  { machine: config, clientUri }: Pick<OpcuaTarget, "machine" | "clientUri">,
  memory: UnitMemory,
  listener: WatchListener,
): Promise<Result<Link, Fault>> {
  const { session } = connection;
  const { callMs, node } = config;
  const directory = await openDirectory(session, callMs);
  const machinePath = [...below(node.namespace, config.folder), node];
  const objects = resolveNodeId(ObjectIds.ObjectsFolder);
  const [root] = await findAll(session, directory, objects, [machinePath], callMs);
  if (root === null || root === undefined) return err(faults.partMissing(nameOf(machinePath)));
  const plate = await plateOf(session, directory, root, callMs);
  for (const needed of ["serial", "productInstanceUri"] as const) {
    if (plate[needed] === null) return err(faults.partMissing(nameOf(plateParts[needed])));
  }
  const ground: Ground = { session, directory, config, root };
  const extra = await findExtra(ground);
  if (!extra.ok) return extra;
  const stranger = await strangerIn(ground, plate);
  if (stranger !== null) return err(stranger);
  const lease = await startLease(ground, clientUri);
  if (!lease.ok) return lease;
  let life = noSignOfLife;
  let isWhole = false;
  try {
    // The machine has its sign of life before anything that takes long: it may be at work on our job.
    const begun = await startLife(ground, extra.value.signOfLife, lease.value);
    if (!begun.ok) return begun;
    life = begun.value;
    const profile = await (config.profile === "packml"
      ? openUnit(ground, memory)
      : openJobControl(ground, hearLayers(config, listener)));
    if (!profile.ok) return profile;
    const known = { ...ground, plate, profile: profile.value };
    const link = await linkOf(connection, known, extra.value, listener, { life, lease: lease.value });
    isWhole = true;
    return ok(link);
  } finally {
    if (!isWhole) {
      life.stop();
      await lease.value.stop(false);
    }
  }
}

/** The nameplate, each part where a machine has it (OPC 40001-1), else where a device has it (OPC 10000-100). */
async function plateOf(
  session: ClientSession,
  directory: Directory,
  root: NodeId,
  ms: Milliseconds,
): Promise<Machine["plate"]> {
  const names = Object.keys(plateParts) as (keyof typeof plateParts)[];
  const paths = [plateParts, devicePlateParts].flatMap((parts) => names.map((name) => parts[name]));
  const found = await findAll(session, directory, root, paths, ms);
  const plate = names.map((name, index) => [name, found[index] ?? found[names.length + index] ?? null]);
  return Object.fromEntries(plate) as Machine["plate"];
}

/** Whoever is not the machine that the configuration names is told so, and is neither locked nor given a sign of life. */
async function strangerIn({ session, directory, config }: Ground, plate: Machine["plate"]): Promise<Fault | null> {
  const nodes = [plate.productInstanceUri!, plate.serial!];
  const [uri, serial] = (await readAll(session, directory, nodes, config.callMs)).map(({ value }) =>
    textOf(value.value),
  );
  if (uri !== config.productInstanceUri)
    return faults.wrongMachine("its ProductInstanceUri", config.productInstanceUri, uri ?? "");
  return serial === config.serial ? null : faults.wrongMachine("its serial number", config.serial, serial ?? "");
}

function startLife({ session, config }: Ground, node: NodeId | null, lease: Lease): Promise<Result<SignOfLife, Fault>> {
  const { signOfLife, callMs } = config;
  if (node === null || signOfLife === undefined) return Promise.resolve(ok(noSignOfLife));
  return keepAlive(session, node, { everyMs: signOfLife.everyMs, callMs }, () => lease.problems().ends === null);
}

async function startLease(ground: Ground, clientUri: string): Promise<Result<Lease, Fault>> {
  const { lock } = ground.config;
  if (lock === "none") return ok(noLease);
  const taken = await takeLease(ground, clientUri);
  if (!taken.ok) return taken;
  if (taken.value !== null) return ok(taken.value);
  return lock === "required" ? err(faults.partMissing("Lock")) : ok(noLease);
}

/** Layers go the way of the readings, with the time at which they were seen. */
function hearLayers({ profile }: OpcuaConfig, listener: WatchListener): LayerListener | null {
  if (profile !== "additive") return null;
  return (completed) => listener.reading({ name: layersReading, value: completed, unit: "", at: Date.now() });
}

async function linkOf(
  connection: Connection,
  known: Omit<Machine, "interlocks" | "folder" | "life" | "lease">,
  { programs, simulated, readings, interlocks }: Extra,
  listener: WatchListener,
  { life, lease }: Pick<Machine, "life" | "lease">,
): Promise<Link> {
  const { session, directory, config, profile } = known;
  const { callMs } = config;
  const maxMessage = messageSizeOf(connection);
  const common = { session, directory, callMs, maxMessage };
  const folder = programs === null ? null : await openFolder({ ...common, folder: programs });
  const machine: Machine = { ...known, interlocks, folder, life, lease };
  const watching = await watch(session, readings, profile.hint, callMs, listener);
  const arrival = await readArrival(machine, simulated, connection);
  return {
    arrival,
    request: (request) => answerTo(machine, request),
    heartbeat: () => readBeat(machine),
    refresh: () => watching.refresh(),
    distrust: () => connection.distrust() ?? (watching.isSilent() ? faults.valuesStopped() : null),
    close: async (giveBack) => {
      life.stop();
      await lease.stop(giveBack);
      await connection.close();
    },
  };
}

interface Extra {
  readonly programs: NodeId | null;
  readonly signOfLife: NodeId | null;
  readonly simulated: NodeId | null;
  readonly readings: readonly { readonly name: string; readonly unit: string; readonly node: NodeId }[];
  readonly interlocks: readonly NodeId[];
}

/** What the configuration names besides the jobs. */
async function findExtra({ session, directory, root, config }: Ground): Promise<Result<Extra, Fault>> {
  const { node, callMs, signOfLife: life } = config;
  const folder = programsOf(config);
  const named = (names: Parameters<typeof below>[1]) => below(node.namespace, names);
  const wanted: { readonly path: readonly PathStep[]; readonly needed: boolean }[] = [
    { path: named(folder ?? ["-"]), needed: folder !== null },
    { path: [...path("di:Identification"), ...named(["Simulated"])], needed: false },
    { path: named(life?.path ?? ["-"]), needed: life !== undefined },
    ...config.readings.map((reading) => ({ path: named(reading.path), needed: true })),
  ];
  const found = await findAll(
    session,
    directory,
    root,
    wanted.map((each) => each.path),
    callMs,
  );
  const missing = wanted.findIndex(({ needed }, index) => needed && found[index] === null);
  if (missing >= 0) return err(faults.partMissing(nameOf(wanted[missing]!.path)));
  const objects = resolveNodeId(ObjectIds.ObjectsFolder);
  const asked = config.interlocks.map((each) => each.path);
  const interlocks = asked.length === 0 ? [] : await findAll(session, directory, objects, asked, callMs);
  const absent = interlocks.indexOf(null);
  if (absent >= 0) return err(faults.partMissing(nameOf(asked[absent]!)));
  const [programs, simulated, signOfLife, ...rest] = found;
  return ok({
    programs: folder === null ? null : (programs ?? null),
    interlocks: interlocks.map((each) => each!),
    simulated: simulated ?? null,
    signOfLife: life === undefined ? null : (signOfLife ?? null),
    readings: config.readings.map(({ name, unit }, n) => ({ name, unit, node: rest[n]! })),
  });
}

async function readArrival(machine: Machine, simulated: NodeId | null, connection: Connection): Promise<Arrival> {
  const { session, directory, plate, config } = machine;
  const { manufacturer, model, serial, softwareRevision, productInstanceUri } = plate;
  const wanted = [manufacturer, model, serial, softwareRevision, productInstanceUri, simulated];
  const there = wanted.filter((node) => node !== null);
  const values = await readAll(session, directory, there, config.callMs);
  const of = (node: NodeId | null): unknown => {
    const value = node === null ? undefined : values[there.indexOf(node)];
    return value !== undefined && isGood(value.statusCode) ? value.value.value : null;
  };
  const beat = await readBeat(machine);
  if (beat === null) throw new CallRefused("its server says that it is not running");
  return {
    identity: {
      vendor: textOf(of(manufacturer)),
      model: textOf(of(model)),
      serial: textOf(of(serial)),
      firmware: textOf(of(softwareRevision)),
      simulated: of(simulated) === true,
    },
    productInstanceUri: textOf(of(productInstanceUri)),
    ...beat,
    certificatesEnd: connection.certificatesEnd,
  };
}

/** A text, or the text of a localized text; bounded. */
function textOf(value: unknown): string {
  const text = typeof value === "object" && value !== null ? (value as { text?: unknown }).text : value;
  return typeof text === "string" ? clip(text, 120) : "";
}

/** ServerStatus; null where its server is not in the state Running, or gives no times. */
async function readBeat({ session, config }: Machine): Promise<Beat | null> {
  const nodeId = resolveNodeId("Server_ServerStatus");
  const { statusCode, value } = await within(config.callMs, session.read({ nodeId, attributeId: AttributeIds.Value }));
  const status = value.value as { startTime?: unknown; currentTime?: unknown; state?: unknown } | null;
  const { startTime, currentTime, state } = status ?? {};
  if (!isGood(statusCode) || state !== 0 || !(startTime instanceof Date) || !(currentTime instanceof Date)) return null;
  return { startTime: startTime.getTime(), currentTime: currentTime.getTime() };
}

interface Negotiated {
  readonly _secureChannel?: { getTransportSettings(): { readonly maxMessageSize: number } } | null;
}

function messageSizeOf({ client }: Connection): number {
  return (client as unknown as Negotiated)._secureChannel?.getTransportSettings().maxMessageSize ?? 0;
}

/** Answers every request once and in bounded time; what was sent and not answered is lost, never guessed. */
async function answerTo(machine: Machine, request: Request): Promise<Reply> {
  const { profile, folder } = machine;
  try {
    if (request.kind === "look") return await look(machine);
    if (request.kind === "report") return await profile.report(request.job);
    if (request.kind === "command") return await profile.command(request);
    if (folder === null) return { kind: "carried-out" };
    if (request.kind === "remove") {
      await within(uploadMs, folder.remove(request.name));
      return { kind: "carried-out" };
    }
    const found = await within(uploadMs, folder.write(request.name, request.bytes, request.digest));
    return found === request.digest ? { kind: "carried-out" } : { kind: "refused", fault: jobFaults.readBack() };
  } catch (problem) {
    const why = wordsOf(problem);
    if (problem instanceof CallRefused) return { kind: "rejected", why };
    const status = statusNameIn(why);
    return status !== null && certainlyNotDone(status) ? { kind: "rejected", why: status } : { kind: "lost", why };
  }
}

/** A whole transfer, in milliseconds. */
const uploadMs = 20_000;

async function look({ session, directory, profile, config, interlocks, life, lease }: Machine): Promise<Reply> {
  const { nodes } = profile;
  const values: readonly DataValue[] = await readAll(session, directory, [...nodes, ...interlocks], config.callMs);
  const seen = await profile.view(values.slice(0, nodes.length));
  if (seen === null) return { kind: "lost", why: "the machine's jobs cannot be read" };
  const held = config.interlocks.map(({ title, safeWhen }, n) => {
    const value = values[nodes.length + n];
    return {
      title,
      holds: value !== undefined && isGood(value.statusCode) && [safeWhen].flat().includes(value.value.value),
    };
  });
  // A machine that does not take it ends its job sooner or later by itself: better now, and in words.
  const refused = life.refused();
  const taken = { title: `it does not take this cell's sign of life (${refused})`, holds: refused === null };
  const { bars, ends } = lease.problems();
  const alone: Interlock[] = [
    // A start is told first how the lock stands now.
    { title: bars ?? "it is this cell's alone", holds: bars === null, startOnly: true },
    { title: ends ?? "it is this cell's alone", holds: ends === null },
  ];
  return { kind: "looked", snapshot: { ...seen, interlocks: [...held, taken, ...alone] } };
}
