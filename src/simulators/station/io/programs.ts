/** Serves the program store as a FileDirectoryType (OPC 10000-20): files come and go as nodes with their own methods. */
import {
  type AddressSpace,
  DataType,
  type ISessionContext,
  type Namespace,
  type NodeId,
  type StatusCode,
  StatusCodes,
  type UAMethod,
  type UAObject,
  type UAVariable,
  type Variant,
} from "node-opcua";
import type { Result } from "../../../kernel/result.ts";
import type { FileRefusal, FileStore } from "../files.ts";
import { scalar, uint64 } from "./variants.ts";

interface CallAnswer {
  readonly statusCode: StatusCode;
  readonly outputArguments: Variant[];
}

/** The session that a call came in, as the store knows it. */
export function sessionName(context: ISessionContext): string {
  const session = context.session as { getSessionId?: () => NodeId } | undefined;
  return session?.getSessionId?.().toString() ?? "";
}

function answer<T>(done: Result<T, FileRefusal>, outputs: (value: T) => Variant[] = () => []): CallAnswer {
  return done.ok
    ? { statusCode: StatusCodes.Good, outputArguments: outputs(done.value) }
    : { statusCode: StatusCodes[done.error] as StatusCode, outputArguments: [] };
}

/** Makes Programs under `machine`; the returned function shows sizes and open counts as they are now. */
export function installPrograms(own: Namespace, machine: UAObject, files: FileStore): () => void {
  const space = own.addressSpace as AddressSpace;
  const folder = space.findObjectType("FileDirectoryType")!.instantiate({
    browseName: { name: "Programs", namespaceIndex: own.index },
    componentOf: machine,
    namespace: own,
  });
  const nodes = new Map<string, UAObject>();
  const show = (): void => {
    for (const [name, node] of nodes) if (files.bytes(name) === null) drop(name, node);
    for (const name of files.names()) {
      const node = nodes.get(name) ?? add(name);
      set(node, "Size", scalar(DataType.UInt64, uint64(BigInt(files.bytes(name)!.length))));
      set(node, "OpenCount", scalar(DataType.UInt16, files.openCount(name)));
      set(node, "MaxByteStringLength", scalar(DataType.UInt32, files.mostChunk()));
    }
  };
  const drop = (name: string, node: UAObject): void => {
    nodes.delete(name);
    space.deleteNode(node);
  };
  const add = (name: string): UAObject => {
    const node = space.findObjectType("FileType")!.instantiate({
      browseName: { name, namespaceIndex: own.index },
      componentOf: folder,
      namespace: own,
      optionals: ["MaxByteStringLength"],
    });
    set(node, "Writable", scalar(DataType.Boolean, true));
    set(node, "UserWritable", scalar(DataType.Boolean, true));
    bindFile(node, name, files, show);
    nodes.set(name, node);
    return node;
  };
  const nameOf = (nodeId: NodeId): string =>
    [...nodes].find(([, node]) => node.nodeId.toString() === nodeId.toString())?.[0] ?? "";
  bindDirectory(folder, files, { show, nameOf, idOf: (name) => nodes.get(name)!.nodeId });
  return show;
}

function set(node: UAObject, property: string, value: Variant): void {
  (node.getPropertyByName(property) as UAVariable).setValueFromSource(value);
}

interface Nodes {
  show(): void;
  nameOf(nodeId: NodeId): string;
  idOf(name: string): NodeId;
}

function bindDirectory(folder: UAObject, files: FileStore, nodes: Nodes): void {
  const bind = (name: string, act: (inputs: readonly Variant[], session: string) => CallAnswer): void => {
    (folder.getMethodByName(name) as UAMethod).bindMethod(async (inputs: Variant[], context: ISessionContext) => {
      const done = act(inputs, sessionName(context));
      nodes.show();
      return done;
    });
  };
  bind("CreateDirectory", () => ({ statusCode: StatusCodes.BadUserAccessDenied, outputArguments: [] }));
  bind("CreateFile", (inputs, session) => {
    const name = String(inputs[0]!.value ?? "");
    const made = files.create(name);
    if (!made.ok) return answer(made);
    nodes.show();
    const handle = inputs[1]!.value === true ? files.open(name, 3, session) : ({ ok: true, value: 0 } as const);
    return answer(handle, (id) => [scalar(DataType.NodeId, nodes.idOf(name)), scalar(DataType.UInt32, id)]);
  });
  bind("Delete", (inputs) => answer(files.remove(nodes.nameOf(inputs[0]!.value as NodeId))));
  bind("MoveOrCopy", (inputs) => {
    const [from, into, copy, newName] = inputs.map((input): unknown => input.value);
    if (String(into) !== folder.nodeId.toString())
      return { statusCode: StatusCodes.BadInvalidArgument, outputArguments: [] };
    const name = nodes.nameOf(from as NodeId);
    const to = String(newName ?? "") === "" ? name : String(newName);
    const moved = files.move(name, to, copy === true);
    if (!moved.ok) return answer(moved);
    nodes.show();
    return answer(moved, () => [scalar(DataType.NodeId, nodes.idOf(to))]);
  });
}

function bindFile(node: UAObject, name: string, files: FileStore, show: () => void): void {
  const bind = (method: string, act: (inputs: readonly unknown[], session: string) => CallAnswer): void => {
    (node.getMethodByName(method) as UAMethod).bindMethod(async (inputs: Variant[], context: ISessionContext) => {
      const done = act(
        inputs.map((input): unknown => input.value),
        sessionName(context),
      );
      show();
      return done;
    });
  };
  bind("Open", ([mode], session) =>
    answer(files.open(name, Number(mode), session), (id) => [scalar(DataType.UInt32, id)]),
  );
  bind("Close", ([id], session) => answer(files.close(Number(id), name, session)));
  bind("Read", ([id, length], session) =>
    answer(files.read(Number(id), name, session, Number(length)), (part) => [
      scalar(DataType.ByteString, Buffer.from(part)),
    ]),
  );
  bind("Write", ([id, data], session) =>
    answer(files.write(Number(id), name, session, (data as Uint8Array | null) ?? new Uint8Array())),
  );
  bind("GetPosition", ([id], session) =>
    answer(files.position(Number(id), name, session), (at) => [scalar(DataType.UInt64, uint64(BigInt(at)))]),
  );
  bind("SetPosition", ([id, at], session) => {
    const [high, low] = at as [number, number];
    return answer(files.seek(Number(id), name, session, high * 4294967296 + low));
  });
}
