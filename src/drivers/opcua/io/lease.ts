/** Takes a machine's lock for this cell, keeps it, and notices when it is gone. */
import { AttributeIds, type ClientSession, DataType, type NodeId, ObjectIds, resolveNodeId, Variant } from "node-opcua";
import type { Fault } from "../../../equipment/machine.ts";
import { err, ok, type Result } from "../../../kernel/result.ts";
import type { Milliseconds } from "../../../kernel/units.ts";
import { isGood } from "../call-status.ts";
import { faults } from "../faults.ts";
import { afterTry, type Heard, lockDone, newLease, ownerOf, problemsOf, renewEvery } from "../lease.ts";
import { nameOf, path } from "../names.ts";
import { within, wordsOf } from "./deadline.ts";
import type { Ground } from "./profile.ts";
import { findAll } from "./resolve.ts";

/** A lock that is kept. */
export interface Lease {
  /** Why no job may begin, and why one that runs must end; each null where nothing speaks against it. */
  problems(): { readonly bars: string | null; readonly ends: string | null };
  /** Stops renewing; with `giveBack` the lock is given back, otherwise it ends by itself or goes on with the next connection. */
  stop(giveBack: boolean): Promise<void>;
}

/** A machine that has no lock. */
export const noLease: Lease = { problems: () => ({ bars: null, ends: null }), stop: async () => undefined };

const parts = {
  Lock: path("di:Lock"),
  InitLock: path("di:Lock", "di:InitLock"),
  RenewLock: path("di:Lock", "di:RenewLock"),
  ExitLock: path("di:Lock", "di:ExitLock"),
  LockingClient: path("di:Lock", "di:LockingClient"),
  LockingUser: path("di:Lock", "di:LockingUser"),
} as const;
type Part = keyof typeof parts;
type Method = "InitLock" | "RenewLock" | "ExitLock";

/** A lock is renewed at least this often, so that its loss is seen as soon as any other. */
const renewAtLeast: Milliseconds = 2000;

interface Lock {
  readonly session: ClientSession;
  readonly callMs: Milliseconds;
  readonly ownUri: string;
  readonly nodes: Readonly<Record<Part, NodeId>>;
}

/** Takes the lock below the machine's node; null where the machine has none, a fault where a part of it is missing. */
export async function takeLease(ground: Ground, ownUri: string): Promise<Result<Lease | null, Fault>> {
  const { session, directory, root, config } = ground;
  const names = Object.keys(parts) as Part[];
  const paths = names.map((name) => parts[name]);
  const found = await findAll(session, directory, root, paths, config.callMs);
  if (found[0] === null) return ok(null);
  const missing = found.indexOf(null);
  if (missing >= 0) return err(faults.partMissing(nameOf(paths[missing]!)));
  const nodes = Object.fromEntries(names.map((name, n) => [name, found[n]])) as Lock["nodes"];
  const lock: Lock = { session, callMs: config.callMs, ownUri, nodes };
  const maxInactive = await maxInactiveOf(ground);
  return ok(await keep(lock, renewEvery(maxInactive, renewAtLeast), maxInactive ?? 3 * renewAtLeast));
}

async function keep(lock: Lock, everyMs: Milliseconds, lapse: Milliseconds): Promise<Lease> {
  let state = newLease(performance.now());
  const attempt = async (): Promise<void> => {
    const heard = await tryLock(lock, state.standing === "held").catch(
      (problem: unknown): Heard => ({ kind: "unclear", why: wordsOf(problem) }),
    );
    state = afterTry(state, heard, performance.now(), lapse);
    // A lock that nobody has any more is taken again at once; that it was lost is remembered.
    if (heard.kind === "foreign" && heard.by === nobody) {
      const again = await tryLock(lock, false).catch((problem: unknown): Heard => {
        return { kind: "unclear", why: wordsOf(problem) };
      });
      state = afterTry(state, again, performance.now(), lapse);
    }
  };
  await attempt();
  let busy: Promise<void> | null = null;
  const timer = setInterval(() => {
    busy ??= attempt().finally(() => {
      busy = null;
    });
  }, everyMs);
  return {
    problems: () => problemsOf(state, performance.now()),
    stop: async (giveBack) => {
      clearInterval(timer);
      await busy;
      if (giveBack && state.standing === "held") await call(lock, "ExitLock").catch(() => undefined);
    },
  };
}

const nobody = "nobody";

/** Renews the lock where it is `held`, or takes it; a lock is never broken, because its owner may be right. */
async function tryLock(lock: Lock, held: boolean): Promise<Heard> {
  const first = await call(lock, held ? "RenewLock" : "InitLock");
  if (first === lockDone) return { kind: "done" };
  if (typeof first === "string") return { kind: "unclear", why: first };
  const owner = await readOwner(lock);
  if (owner === "ours") {
    // The lock belongs to the application: it can often be renewed where another session of the same has taken it.
    return (await call(lock, "RenewLock")) === lockDone ? { kind: "done" } : { kind: "ours" };
  }
  if (owner !== null || held) return { kind: "foreign", by: owner ?? nobody };
  return { kind: "unclear", why: `status ${first}` };
}

/** The status that the method returned, or the name of the error with which the call ended. */
async function call({ session, callMs, nodes, ownUri }: Lock, method: Method): Promise<number | string> {
  const inputArguments = method === "InitLock" ? [new Variant({ dataType: DataType.String, value: ownUri })] : [];
  const request = { objectId: nodes.Lock, methodId: nodes[method], inputArguments };
  const done = await within(callMs, session.call(request));
  const status: unknown = done.outputArguments?.[0]?.value;
  return done.statusCode.isGood() && typeof status === "number" ? status : done.statusCode.name;
}

async function readOwner({ session, callMs, nodes, ownUri }: Lock): Promise<string | null> {
  const wanted = [nodes.LockingClient, nodes.LockingUser].map((nodeId) => ({
    nodeId,
    attributeId: AttributeIds.Value,
  }));
  const values = await within(callMs, session.read(wanted));
  const [client = "", user = ""] = values.map(({ value }) =>
    typeof value.value === "string" ? value.value.slice(0, 120) : "",
  );
  return ownerOf(client, user, ownUri);
}

/** After how many milliseconds without activity the machine ends a lock; null where it does not say. */
async function maxInactiveOf({ session, directory, config }: Ground): Promise<Milliseconds | null> {
  const from = resolveNodeId(ObjectIds.Server_ServerCapabilities);
  const [nodeId] = await findAll(session, directory, from, [path("di:MaxInactiveLockTime")], config.callMs);
  if (nodeId === null || nodeId === undefined) return null;
  const read = await within(config.callMs, session.read({ nodeId, attributeId: AttributeIds.Value }));
  const ms: unknown = read.value.value;
  return isGood(read.statusCode) && typeof ms === "number" && ms > 0 ? ms : null;
}
