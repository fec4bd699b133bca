/** A machine's program folder (OPC UA Part 20) on raw calls: written in pieces, read back, compared, then moved into place. */
import { AttributeIds, type ClientSession, DataType, NodeId, resolveNodeId, Variant } from "node-opcua";
import { digestOf } from "../../../kernel/hash.ts";
import type { Digest } from "../../../kernel/names.ts";
import type { Milliseconds } from "../../../kernel/units.ts";
import { path } from "../names.ts";
import { pieceBytes, piecesOf, temporaryName } from "../transfer.ts";
import { childrenOf } from "./browse.ts";
import { within } from "./deadline.ts";
import { type Directory, findAll } from "./resolve.ts";

/** A call that the machine answered with a status that is not good. */
export class CallRefused extends Error {
  override name = "CallRefused";
}

/** The program folder of one connection. */
export interface ProgramFolder {
  /** Resolves with the digest of what the machine gives back; the file stands under its name only if it is `digest`. */
  write(name: string, bytes: Uint8Array, digest: Digest): Promise<Digest>;
  /** Resolves also where there was none. */
  remove(name: string): Promise<void>;
}

/** What the folder is made from. */
export interface FolderParts {
  readonly session: ClientSession;
  readonly directory: Directory;
  readonly folder: NodeId;
  readonly callMs: Milliseconds;
  /** Largest message that the connection takes, in bytes; 0 where nothing was negotiated. */
  readonly maxMessage: number;
}

/** A folder of more files than these is not searched to its end. */
const mostFiles = 10_000;
const modes = { read: 1, write: 2 } as const;
const u32 = (value: number) => new Variant({ dataType: DataType.UInt32, value });
const folderMethods = ["CreateFile", "Delete", "MoveOrCopy"] as const;
const fileMethods = ["Open", "Close", "Read", "Write"] as const;

type FileMethods = Readonly<Record<(typeof fileMethods)[number], NodeId>>;

/** Finds the folder's methods. Rejects where one is missing. */
export async function openFolder(parts: FolderParts): Promise<ProgramFolder> {
  const methods = await methodsOf(parts, parts.folder, folderMethods);
  return {
    write: (name, bytes, digest) => writeFile(parts, methods, name, bytes, digest),
    remove: (name) => removeFile(parts, methods.Delete, name),
  };
}

async function writeFile(
  parts: FolderParts,
  methods: Readonly<Record<(typeof folderMethods)[number], NodeId>>,
  name: string,
  bytes: Uint8Array,
  digest: Digest,
): Promise<Digest> {
  const { folder } = parts;
  const temporary = temporaryName(name);
  for (const old of [temporary, name]) await removeFile(parts, methods.Delete, old);
  const size = pieceBytes(await maxByteString(parts), parts.maxMessage);
  const [file] = await call(parts, folder, methods.CreateFile, [
    new Variant({ dataType: DataType.String, value: temporary }),
    new Variant({ dataType: DataType.Boolean, value: false }),
  ]);
  if (!(file?.value instanceof NodeId)) throw new CallRefused("CreateFile returned no file");
  const own = await methodsOf(parts, file.value, fileMethods);
  await opened(parts, file.value, own, modes.write, async (handle) => {
    for (const piece of piecesOf(bytes, size)) {
      const data = new Variant({ dataType: DataType.ByteString, value: Buffer.from(piece) });
      await call(parts, file.value as NodeId, own.Write, [u32(handle), data]);
    }
  });
  const found = digestOf(await readBack(parts, file.value, own, size, bytes.length));
  if (found !== digest) {
    await removeFile(parts, methods.Delete, temporary);
    return found;
  }
  await call(parts, folder, methods.MoveOrCopy, [
    new Variant({ dataType: DataType.NodeId, value: file.value }),
    new Variant({ dataType: DataType.NodeId, value: folder }),
    new Variant({ dataType: DataType.Boolean, value: false }),
    new Variant({ dataType: DataType.String, value: name }),
  ]);
  return found;
}

/** Reads until nothing more comes; one byte more than was written is enough to know that it differs. */
async function readBack(
  parts: FolderParts,
  file: NodeId,
  own: FileMethods,
  size: number,
  expected: number,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  await opened(parts, file, own, modes.read, async (handle) => {
    while (length <= expected) {
      const [data] = await call(parts, file, own.Read, [
        u32(handle),
        new Variant({ dataType: DataType.Int32, value: size }),
      ]);
      const piece: unknown = data?.value;
      if (!(piece instanceof Uint8Array) || piece.length === 0) return;
      pieces.push(piece);
      length += piece.length;
    }
  });
  return new Uint8Array(Buffer.concat(pieces));
}

/** Opens a file, and closes it whatever happened meanwhile. */
async function opened(
  parts: FolderParts,
  file: NodeId,
  own: FileMethods,
  mode: number,
  use: (handle: number) => Promise<void>,
): Promise<void> {
  const [handle] = await call(parts, file, own.Open, [new Variant({ dataType: DataType.Byte, value: mode })]);
  if (typeof handle?.value !== "number") throw new CallRefused("Open returned no handle");
  try {
    await use(handle.value);
  } finally {
    await call(parts, file, own.Close, [u32(handle.value)]);
  }
}

/**
 * By its name alone: a server may name the files of its folder in another namespace than its own, and what is only
 * looked for in one would count as gone while the design stays.
 */
async function removeFile(parts: FolderParts, deleteMethod: NodeId, name: string): Promise<void> {
  const { session, folder, callMs } = parts;
  const { references, more } = await childrenOf(session, folder, callMs, mostFiles);
  const files = references.filter(({ browseName }) => browseName.name === name);
  if (files.length === 0 && more) throw new CallRefused(`it shows more than ${mostFiles} files`);
  for (const { nodeId } of files)
    await call(parts, folder, deleteMethod, [new Variant({ dataType: DataType.NodeId, value: nodeId })]);
}

async function methodsOf<Name extends string>(
  { session, directory, callMs }: FolderParts,
  of: NodeId,
  names: readonly Name[],
): Promise<Readonly<Record<Name, NodeId>>> {
  const found = await findAll(
    session,
    directory,
    of,
    names.map((name) => path(`ua:${name}`)),
    callMs,
  );
  const missing = names.find((_, index) => found[index] === null);
  if (missing !== undefined) throw new CallRefused(`it has no method ${missing}`);
  return Object.fromEntries(names.map((name, index) => [name, found[index]])) as Record<Name, NodeId>;
}

async function call(
  { session, callMs }: FolderParts,
  objectId: NodeId,
  methodId: NodeId,
  inputArguments: Variant[],
): Promise<readonly Variant[]> {
  const done = await within(callMs, session.call({ objectId, methodId, inputArguments }));
  if (!done.statusCode.isGood()) throw new CallRefused(done.statusCode.name);
  return done.outputArguments ?? [];
}

async function maxByteString({ session, callMs }: FolderParts): Promise<number> {
  const nodeId = resolveNodeId("Server_ServerCapabilities_MaxByteStringLength");
  const value = await within(callMs, session.read({ nodeId, attributeId: AttributeIds.Value }));
  const limit: unknown = value.value.value;
  return typeof limit === "number" ? limit : 0;
}
