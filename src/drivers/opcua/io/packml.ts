/** Machines that are PackML units: their state by the names of its nodes, what they are to do by values that are read back. */
import { AttributeIds, DataType, type DataValue, type NodeId, Variant, VariantArrayType } from "node-opcua";
import type { Fault } from "../../../equipment/machine.ts";
import type { AttemptId } from "../../../kernel/names.ts";
import { err, ok, type Result } from "../../../kernel/result.ts";
import type { Milliseconds } from "../../../kernel/units.ts";
import { certainlyNotDone, isGood } from "../call-status.ts";
import { faults } from "../faults.ts";
import { below, nameOf, type PathStep, packmlParts, path } from "../names.ts";
import {
  commandFor,
  type Given,
  itemStateOf,
  jobsIn,
  operationModeOf,
  textsOf,
  type UnitCommand,
  type UnitState,
  unitStateOf,
} from "../packml.ts";
import type { Reply } from "../requests.ts";
import { within } from "./deadline.ts";
import { plainValue } from "./decode.ts";
import { CallRefused } from "./files.ts";
import { argumentsOf } from "./job-control.ts";
import type { Command, Ground, Profile } from "./profile.ts";
import { findAll, readAll } from "./resolve.ts";

const machineLevel = ["packml:BaseStateMachine", "packml:MachineState"] as const;
const executeLevel = [...machineLevel, "packml:ExecuteState"] as const;
/** Where the object of each command stands; Reset and Stop may stand at either of two levels. */
const commandPaths: Readonly<Record<UnitCommand, readonly (readonly PathStep[])[]>> = {
  Start: [path(...executeLevel, "packml:Start")],
  Hold: [path(...executeLevel, "packml:Hold")],
  Unhold: [path(...executeLevel, "packml:Unhold")],
  Unsuspend: [path(...executeLevel, "packml:Unsuspend")],
  Reset: [path(...executeLevel, "packml:Reset"), path(...machineLevel, "packml:Reset")],
  Stop: [path(...machineLevel, "packml:Stop")],
  Abort: [path("packml:BaseStateMachine", "packml:Abort")],
};
/** Bits of ReturnStatus by which a refusal is told: no such order, not in this state. */
const bits = { unknownJob: 2n, invalidState: 8n, done: 1n } as const;
const resetMs: Milliseconds = 10_000;
const stepMs: Milliseconds = 100;

interface Unit extends Ground {
  readonly states: Readonly<Record<"base" | "machine" | "execute", NodeId>>;
  readonly unitMode: NodeId | null;
  /** Object and method of each command that the unit has. */
  readonly commands: ReadonlyMap<UnitCommand, { readonly objectId: NodeId; readonly methodId: NodeId }>;
  /** OPC 30050 lets Start bring parameters along (6.7.10); a unit may also have the bare command of ISA-TR88. */
  readonly startArguments: readonly Variant[];
  readonly inputs: readonly { readonly gives: string; readonly node: NodeId }[];
  readonly results: readonly { readonly characteristic: string; readonly unit: string; readonly node: NodeId }[];
  /** Browse names of the nodes that stand for states, once they were read. */
  readonly names: Map<string, string>;
  readonly memory: UnitMemory;
}

/** What this driver knows of a unit that knows no names of orders: it outlives the connections. */
export interface UnitMemory {
  given: Given | null;
  /** What an earlier driver was at; it is what the unit is at, if it is at anything. */
  lost: AttemptId | null;
}

/** `over` are attempts that an earlier driver process was at. */
export function newUnitMemory(over: readonly AttemptId[]): UnitMemory {
  return { given: null, lost: over.at(-1) ?? null };
}

/** Finds the unit, or says what is missing. */
export async function openUnit(ground: Ground, memory: UnitMemory): Promise<Result<Profile, Fault>> {
  const { session, directory, root, config } = ground;
  const settings = config.packml ?? { object: ["PackML"], inputs: [], results: [] };
  const named = (steps: Parameters<typeof below>[1]) => below(config.node.namespace, steps);
  const object = named(settings.object);
  const commands = Object.entries(commandPaths).flatMap(([command, places]) =>
    places.map((place) => ({ command: command as UnitCommand, place })),
  );
  const wanted: { readonly path: readonly PathStep[]; readonly needed: boolean }[] = [
    ...Object.values(packmlParts).map((part, index) => ({ path: [...object, ...part], needed: index < 3 })),
    ...settings.inputs.map((input) => ({ path: named(input.path), needed: true })),
    ...settings.results.map((result) => ({ path: named(result.path), needed: true })),
    ...commands.map(({ place }) => ({ path: [...object, ...place], needed: false })),
    ...commands.map(({ place }) => ({ path: [...object, ...place.slice(0, -1)], needed: false })),
  ];
  const found = await findAll(
    session,
    directory,
    root,
    wanted.map((each) => each.path),
    config.callMs,
  );
  const missing = wanted.findIndex(({ needed }, index) => needed && found[index] === null);
  if (missing >= 0) return err(faults.partMissing(nameOf(wanted[missing]!.path)));
  const [base, machine, execute, unitMode, ...rest] = found;
  const results = rest.slice(settings.inputs.length);
  const methods = results.slice(settings.results.length);
  const known = new Map<UnitCommand, { objectId: NodeId; methodId: NodeId }>();
  for (const [index, { command }] of commands.entries()) {
    const [methodId, objectId] = [methods[index], methods[commands.length + index]];
    if (methodId && objectId && !known.has(command)) known.set(command, { objectId, methodId });
  }
  const without = (["Start", "Abort"] as const).find((command) => !known.has(command));
  if (without !== undefined) return err(faults.partMissing(nameOf([...object, ...commandPaths[without][0]!])));
  const declared = await argumentsOf(ground, known.get("Start")!.methodId, "InputArguments");
  const noParameters = new Variant({
    dataType: DataType.ExtensionObject,
    arrayType: VariantArrayType.Array,
    value: [],
  });
  const unit: Unit = {
    ...ground,
    startArguments: declared.map(() => noParameters),
    states: { base: base!, machine: machine!, execute: execute! },
    unitMode: unitMode ?? null,
    commands: known,
    inputs: settings.inputs.map(({ gives }, n) => ({ gives, node: rest[n]! })),
    results: settings.results.map(({ characteristic, unit: its }, n) => ({
      characteristic,
      unit: its,
      node: results[n]!,
    })),
    names: new Map(),
    memory,
  };
  const nodes = [base!, machine!, execute!, ...(unitMode ? [unitMode] : [])];
  return ok({
    nodes,
    hint: execute!,
    view: (values) => view(unit, values),
    report: (job) => report(unit, job),
    command: (command) => carryOut(unit, command),
  });
}

async function view(unit: Unit, values: readonly DataValue[]) {
  const state = await stateIn(unit, values);
  if (state === null) return null;
  const mode: unknown = unit.unitMode === null ? null : values[3]?.value.value;
  if (unit.memory.given === null && unit.memory.lost !== null && jobsIn(state, null).length > 0)
    unit.memory.given = { job: unit.memory.lost, parameters: new Map(), begun: true };
  unit.memory.lost = null;
  return {
    jobs: jobsIn(state, unit.memory.given),
    itemState: itemStateOf(state),
    operationMode: unit.unitMode === null ? null : operationModeOf(typeof mode === "number" ? mode : -1),
  };
}

/** The unit's state by the browse names of the nodes that its three state machines point at; texts are never looked at. */
async function stateIn(unit: Unit, values: readonly DataValue[]): Promise<UnitState | null> {
  const ids = values
    .slice(0, 3)
    .map((value) => (isGood(value.statusCode) ? (value.value.value as NodeId | null) : null));
  const named: (string | null)[] = [];
  for (const id of ids) named.push(id === null ? null : await nameAt(unit, id));
  const [base = null, machine = null, execute = null] = named;
  return unitStateOf(base, machine, execute);
}

async function nameAt({ session, names, config }: Unit, id: NodeId): Promise<string | null> {
  const key = id.toString();
  const before = names.get(key);
  if (before !== undefined) return before;
  const read = await within(config.callMs, session.read({ nodeId: id, attributeId: AttributeIds.BrowseName }));
  const name: unknown = (read.value?.value as { readonly name?: unknown } | null)?.name;
  if (typeof name !== "string" || name.length > 64) return null;
  names.set(key, name);
  return name;
}

async function stateNow(unit: Unit): Promise<UnitState | null> {
  const { base, machine, execute } = unit.states;
  return stateIn(unit, await readAll(unit.session, unit.directory, [base, machine, execute], unit.config.callMs));
}

/** What the unit measured, once it is complete. */
async function report(unit: Unit, job: string): Promise<Reply> {
  const { results, session, directory, config } = unit;
  const { given } = unit.memory;
  if (given === null || given.job !== job) return { kind: "reported", report: null };
  const state = await stateNow(unit);
  if (state === null) return { kind: "lost", why: "the unit's state cannot be read" };
  const main = jobsIn(state, given)[0]?.state ?? null;
  const values =
    main?.main === "Ended"
      ? await readAll(
          session,
          directory,
          results.map(({ node }) => node),
          config.callMs,
        )
      : [];
  const data = results.flatMap(({ characteristic: id, unit: its }, n) => {
    const value = values[n];
    return value !== undefined && isGood(value.statusCode)
      ? [{ id, value: plainValue(value.value), unit: its, below: [] }]
      : [];
  });
  const description = main?.main === "Aborted" ? `The unit is ${state}.` : "";
  return { kind: "reported", report: { job, state: main, description, data } };
}

async function carryOut(unit: Unit, command: Command): Promise<Reply> {
  const { method, job, order } = command;
  if (method === "StoreAndStart") return order === undefined ? rejected("no order") : start(unit, job, order);
  if (unit.memory.given?.job !== job) return { kind: "returned", status: bits.unknownJob };
  const state = await stateNow(unit);
  if (state === null) return { kind: "lost", why: "the unit's state cannot be read" };
  const wanted = commandFor(method, state);
  if (wanted === "not-now") return { kind: "returned", status: bits.invalidState };
  if (wanted !== "nothing") {
    const said = await call(unit, wanted);
    if (said.kind !== "returned" || said.status !== bits.done) return said;
  }
  if (method === "Clear" || method === "Cancel") unit.memory.given = null;
  return { kind: "returned", status: bits.done };
}

/** Resets a unit that is complete, tells it what to do, reads that back, and starts it. */
async function start(unit: Unit, job: string, order: NonNullable<Command["order"]>): Promise<Reply> {
  const state = await resetUnit(unit);
  if (state === null || commandFor("StoreAndStart", state) !== "Start")
    return rejected(`the unit is ${state ?? "in no known state"} and not Idle`);
  const texts = new Map([...textsOf(order.parameters), ["WorkMaster", order.workMaster], ["JobOrderID", job]]);
  const wrong = await tell(unit, texts);
  if (wrong !== null) return rejected(wrong);
  unit.memory.given = { job, parameters: textsOf(order.parameters), begun: false };
  try {
    return await call(unit, "Start");
  } catch (problem) {
    if (problem instanceof CallRefused) unit.memory.given = null;
    throw problem;
  }
}

/** Resets a unit that is complete and waits until it is idle; its state then, whatever it is. */
async function resetUnit(unit: Unit): Promise<UnitState | null> {
  const until = performance.now() + resetMs;
  let isTold = false;
  for (;;) {
    const state = await stateNow(unit);
    if ((state !== "Complete" && state !== "Resetting") || performance.now() >= until) return state;
    // A state may be shown late: that it cannot be reset any more is no fault.
    if (state === "Complete" && !isTold) await call(unit, "Reset").catch(passRefusal);
    isTold = true;
    await new Promise((done) => setTimeout(done, stepMs));
  }
}

function passRefusal(problem: unknown): void {
  if (!(problem instanceof CallRefused)) throw problem;
}

/** Writes what the configuration names and reads it back; why it does not stand there, or null. */
async function tell({ session, directory, inputs, config }: Unit, texts: ReadonlyMap<string, string>) {
  for (const { gives, node } of inputs) {
    const value = { value: new Variant({ dataType: DataType.String, value: texts.get(gives) ?? "" }) };
    const status = await within(config.callMs, session.write({ nodeId: node, attributeId: AttributeIds.Value, value }));
    if (!status.isGood()) return `it does not take ${gives}: ${status.name}`;
  }
  const values = await readAll(
    session,
    directory,
    inputs.map(({ node }) => node),
    config.callMs,
  );
  const differs = inputs.find(({ gives }, n) => values[n]?.value.value !== (texts.get(gives) ?? ""));
  return differs === undefined ? null : `${differs.gives} does not read back as it was written`;
}

async function call({ session, commands, config, startArguments }: Unit, command: UnitCommand): Promise<Reply> {
  const known = commands.get(command);
  if (known === undefined) return rejected(`it has no method ${command}`);
  const done = await within(
    config.callMs,
    session.call({ ...known, inputArguments: command === "Start" ? [...startArguments] : [] }),
  );
  if (done.statusCode.isGood()) return { kind: "returned", status: bits.done };
  const { name } = done.statusCode;
  if (certainlyNotDone(name)) throw new CallRefused(name);
  return { kind: "lost", why: name };
}

function rejected(why: string): Reply {
  return { kind: "rejected", why };
}
