/** Takes a machine's lock for this cell, keeps it, and notices when it is gone. */
import { AttributeIds, type ClientSession, DataType, type NodeId, ObjectIds, resolveNodeId, Variant } from "node-opcua";
import { clip } from "../../../kernel/text.ts";
import { claimOf, contextOf, lockDone, lockTitles, renewEvery } from "../lease.ts";
import { path } from "../names.ts";
import { within, wordsOf } from "./deadline.ts";
import type { Ground } from "./profile.ts";
import { findAll } from "./resolve.ts";

/** A lock that is kept. */
export interface Lease {
  /** Why this machine is not this cell's alone, or null. A loss is told once even where the lock was won back since. */
  problem(): string | null;
  /** Whether it is this cell's alone at this moment. */
  held(): boolean;
  stop(): Promise<void>;
}

/** A machine that has no lock. */
export const noLease: Lease = { problem: () => null, held: () => true, stop: async () => undefined };

const parts = {
  InitLock: path("di:Lock", "di:InitLock"),
  RenewLock: path("di:Lock", "di:RenewLock"),
  ExitLock: path("di:Lock", "di:ExitLock"),
  BreakLock: path("di:Lock", "di:BreakLock"),
  Lock: path("di:Lock"),
  LockingClient: path("di:Lock", "di:LockingClient"),
  LockingUser: path("di:Lock", "di:LockingUser"),
} as const;
type Part = keyof typeof parts;
type Method = "InitLock" | "RenewLock" | "ExitLock" | "BreakLock";

/** A lock is renewed at least this often, in milliseconds, so that its loss is seen as soon as any other. */
const renewAtLeast = 2000;

interface Lock {
  readonly session: ClientSession;
  readonly callMs: number;
  readonly ownUri: string;
  readonly nodes: Readonly<Record<Part, NodeId>>;
}

/** Takes the lock below the machine's node; null where the machine has none. */
export async function takeLease(ground: Ground, ownUri: string): Promise<Lease | null> {
  const { session, directory, root, config } = ground;
  const names = Object.keys(parts) as Part[];
  const paths = names.map((name) => parts[name]);
  const found = await findAll(session, directory, root, paths, config.callMs);
  if (found.some((node) => node === null)) return null;
  const nodes = Object.fromEntries(names.map((name, n) => [name, found[n]])) as Lock["nodes"];
  const lock: Lock = { session, callMs: config.callMs, ownUri, nodes };
  return keep(lock, await claim(lock), renewEvery(await maxInactiveOf(ground), renewAtLeast));
}

function keep(lock: Lock, first: string | null, everyMs: number): Lease {
  let problem = first;
  let untold: string | null = null;
  let busy = false;
  const renew = async (): Promise<void> => {
    if (problem === null && (await call(lock, "RenewLock")) !== lockDone) untold = lockTitles.lost(await ownerOf(lock));
    if (problem !== null || untold !== null) problem = await claim(lock);
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    // What is not answered at all, the heartbeat finds.
    renew()
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, everyMs);
  return {
    problem: () => {
      const told = untold ?? problem;
      untold = null;
      return told;
    },
    held: () => problem === null && untold === null,
    stop: async () => {
      clearInterval(timer);
      if (problem === null) await call(lock, "ExitLock").catch(() => undefined);
    },
  };
}

/** Takes the lock, or takes it over from an earlier process of this very cell; the result says why not. */
async function claim(lock: Lock): Promise<string | null> {
  const status = await call(lock, "InitLock");
  if (status === lockDone) return null;
  if (typeof status === "string") return lockTitles.refused(status);
  const { LockingClient, LockingUser } = await ownerNames(lock);
  const owner = claimOf(LockingClient, LockingUser, lock.ownUri);
  if (owner.kind === "foreign") return lockTitles.foreign(owner.by);
  // The lock belongs to the application: it can be renewed where it was taken by another session of the same.
  if ((await call(lock, "RenewLock")) === lockDone) return null;
  await call(lock, "BreakLock");
  const again = await call(lock, "InitLock");
  return again === lockDone ? null : lockTitles.refused(String(again));
}

/** The status that the method returned, or the name of the error with which the call ended. */
async function call({ session, callMs, nodes, ownUri }: Lock, method: Method): Promise<number | string> {
  const context = new Variant({ dataType: DataType.String, value: contextOf(ownUri, Date.now()) });
  const inputArguments = method === "InitLock" ? [context] : [];
  const request = { objectId: nodes.Lock, methodId: nodes[method], inputArguments };
  const done = await within(callMs, session.call(request));
  const status: unknown = done.outputArguments?.[0]?.value;
  return done.statusCode.isGood() && typeof status === "number" ? status : done.statusCode.name;
}

async function ownerNames({ session, callMs, nodes }: Lock): Promise<Record<"LockingClient" | "LockingUser", string>> {
  const wanted = [nodes.LockingClient, nodes.LockingUser];
  const values = await within(
    callMs,
    session.read(wanted.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value }))),
  );
  const [LockingClient, LockingUser] = values.map(({ value }) =>
    typeof value.value === "string" ? clip(value.value, 120) : "",
  );
  return { LockingClient: LockingClient ?? "", LockingUser: LockingUser ?? "" };
}

async function ownerOf(lock: Lock): Promise<string> {
  const { LockingClient, LockingUser } = await ownerNames(lock).catch((problem: unknown) => ({
    ...{ LockingClient: "", LockingUser: wordsOf(problem) },
  }));
  return LockingClient === "" && LockingUser === ""
    ? "nobody"
    : [LockingClient, LockingUser].filter((name) => name !== "").join(" as ");
}

/** After how many milliseconds without activity the machine ends a lock; null where it does not say. */
async function maxInactiveOf({ session, directory, config }: Ground): Promise<number | null> {
  const from = resolveNodeId(ObjectIds.Server_ServerCapabilities);
  const [nodeId] = await findAll(session, directory, from, [path("di:MaxInactiveLockTime")], config.callMs);
  if (nodeId === null || nodeId === undefined) return null;
  const read = await within(config.callMs, session.read({ nodeId, attributeId: AttributeIds.Value }));
  const ms: unknown = read.value.value;
  return read.statusCode.isGood() && typeof ms === "number" && ms > 0 ? ms : null;
}
