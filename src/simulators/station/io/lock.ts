/** The station's lock (OPC 10000-100, 7): while one application has it, no other may command the station. */
import {
  type AddressSpace,
  DataType,
  type ISessionContext,
  type Namespace,
  StatusCodes,
  type UAMethod,
  type UAObject,
  type UAVariable,
  type Variant,
} from "node-opcua";
import { scalar } from "./variants.ts";

/** A lock that nobody uses ends by itself, in milliseconds. */
export const maxInactiveMs = 10_000;
const alreadyLocked = -1;
const notLocked = -1;
const done = 0;

/** What the rest of the station asks the lock. */
export interface StationLock {
  /** Whether the one who calls may command the station now. */
  allows(context: ISessionContext): boolean;
  show(): void;
}

/** A station without a lock. */
export const openToAll: StationLock = { allows: () => true, show: () => undefined };

interface Held {
  readonly client: string;
  readonly user: string;
  readonly until: number;
}

/** Puts the lock below the machine, and its time among the server's capabilities. */
export function installLock(own: Namespace, machine: UAObject, clock: () => number): StationLock {
  const space = own.addressSpace as AddressSpace;
  const di = space.getNamespaceIndex("http://opcfoundation.org/UA/DI/");
  const object = space.findObjectType("LockingServicesType", di)!.instantiate({
    browseName: { name: "Lock", namespaceIndex: di },
    componentOf: machine,
    namespace: own,
  }) as UAObject;
  own.addVariable({
    browseName: { name: "MaxInactiveLockTime", namespaceIndex: di },
    propertyOf: space.rootFolder.objects.server.serverCapabilities as unknown as UAObject,
    dataType: "Duration",
    value: scalar(DataType.Double, maxInactiveMs),
  });
  let held: Held | null = null;
  const current = (): Held | null => {
    if (held !== null && clock() > held.until) held = null;
    return held;
  };
  const renewed = (context: ISessionContext): Held => ({ ...callerOf(context), until: clock() + maxInactiveMs });
  const bind = (name: string, act: (context: ISessionContext) => number): void =>
    (object.getMethodByName(name, di) as UAMethod).bindMethod(async (_: Variant[], context: ISessionContext) => ({
      statusCode: StatusCodes.Good,
      outputArguments: [scalar(DataType.Int32, act(context))],
    }));
  bind("InitLock", (context) => {
    if (current() !== null) return alreadyLocked;
    held = renewed(context);
    return done;
  });
  bind("RenewLock", (context) => {
    if (current()?.client !== callerOf(context).client) return notLocked;
    held = renewed(context);
    return done;
  });
  bind("ExitLock", (context) => {
    if (current()?.client !== callerOf(context).client) return notLocked;
    held = null;
    return done;
  });
  bind("BreakLock", () => {
    if (current() === null) return notLocked;
    held = null;
    return done;
  });
  const property = (name: string): UAVariable => object.getPropertyByName(name, di) as UAVariable;
  return {
    allows: (context) => current() === null || current()?.client === callerOf(context).client,
    show: () => {
      const now = current();
      property("Locked").setValueFromSource(scalar(DataType.Boolean, now !== null));
      property("LockingClient").setValueFromSource(scalar(DataType.String, now?.client ?? ""));
      property("LockingUser").setValueFromSource(scalar(DataType.String, now?.user ?? ""));
      const left = now === null ? 0 : now.until - clock();
      property("RemainingLockTime").setValueFromSource(scalar(DataType.Double, left));
    },
  };
}

/** Who calls: application and user. */
export function callerOf({ session }: ISessionContext): { readonly client: string; readonly user: string } {
  const known = session as unknown as {
    readonly clientDescription?: { readonly applicationUri?: string | null };
    readonly userIdentityToken?: { readonly userName?: string | null };
  } | null;
  return {
    client: known?.clientDescription?.applicationUri ?? "",
    user: known?.userIdentityToken?.userName ?? "",
  };
}
