/** The station's program store: named files, open handles of sessions, and the modes of OPC 10000-20 (FileType). */
import { err, ok, type Result } from "../../kernel/result.ts";

/** Bits of the mode of FileType.Open (OPC 10000-20, 4.2.2). */
export const openMode = { read: 1, write: 2, eraseExisting: 4, append: 8 } as const;

export const mostFiles = 64;
export const mostFileBytes = 1024 * 1024;
const mostHandles = 32;

/** Why a file call is refused, as the name of an OPC UA StatusCode. */
export type FileRefusal =
  | "BadNotFound"
  | "BadBrowseNameDuplicated"
  | "BadInvalidArgument"
  | "BadNotReadable"
  | "BadNotWritable"
  | "BadInvalidState"
  | "BadOutOfMemory"
  | "BadResourceUnavailable"
  | "BadEncodingLimitsExceeded";

interface Handle {
  readonly name: string;
  readonly session: string;
  readonly mode: number;
  position: number;
}

/** The store; every call answers at once, sessions are named by whoever asks. */
export interface FileStore {
  /** Longest ByteString that is taken and given now. */
  mostChunk(): number;
  names(): readonly string[];
  bytes(name: string): Uint8Array | null;
  openCount(name: string): number;
  create(name: string): Result<null, FileRefusal>;
  open(name: string, mode: number, session: string): Result<number, FileRefusal>;
  close(handle: number, name: string, session: string): Result<null, FileRefusal>;
  read(handle: number, name: string, session: string, length: number): Result<Uint8Array, FileRefusal>;
  write(handle: number, name: string, session: string, data: Uint8Array): Result<null, FileRefusal>;
  position(handle: number, name: string, session: string): Result<number, FileRefusal>;
  seek(handle: number, name: string, session: string, position: number): Result<null, FileRefusal>;
  /** Moves, or copies, a file to another name in the store. */
  move(name: string, to: string, copy: boolean): Result<null, FileRefusal>;
  remove(name: string): Result<null, FileRefusal>;
  /** Closes what a session left open. */
  forget(session: string): void;
}

/** Makes an empty store; `mostChunk` is asked at each call for the longest ByteString that it takes and gives, `corrupts` whether it keeps what is written wrong. */
export function createFiles(mostChunk: () => number, corrupts: () => boolean = () => false): FileStore {
  const files = new Map<string, Uint8Array>();
  const handles = new Map<number, Handle>();
  let lastHandle = 0;

  const opened = (handle: number, name: string, session: string): Handle | null => {
    const found = handles.get(handle);
    return found !== undefined && found.name === name && found.session === session ? found : null;
  };
  const users = (name: string): Handle[] => [...handles.values()].filter((handle) => handle.name === name);

  const create = (name: string): Result<null, FileRefusal> => {
    if (!isFileName(name)) return err("BadInvalidArgument");
    if (files.has(name)) return err("BadBrowseNameDuplicated");
    if (files.size >= mostFiles) return err("BadOutOfMemory");
    files.set(name, new Uint8Array());
    return ok(null);
  };
  const open = (name: string, mode: number, session: string): Result<number, FileRefusal> => {
    if (!files.has(name)) return err("BadNotFound");
    if (!isOpenMode(mode)) return err("BadInvalidArgument");
    if (handles.size >= mostHandles) return err("BadResourceUnavailable");
    const others = users(name);
    const writing = (mode & openMode.write) !== 0;
    if (writing && others.length > 0) return err("BadNotWritable");
    if (others.some((other) => (other.mode & openMode.write) !== 0)) return err("BadNotReadable");
    if ((mode & openMode.eraseExisting) !== 0) files.set(name, new Uint8Array());
    lastHandle++;
    const position = (mode & openMode.append) !== 0 ? files.get(name)!.length : 0;
    handles.set(lastHandle, { name, session, mode, position });
    return ok(lastHandle);
  };
  const read = (id: number, name: string, session: string, length: number): Result<Uint8Array, FileRefusal> => {
    const handle = opened(id, name, session);
    if (handle === null || length < 0) return err("BadInvalidArgument");
    if ((handle.mode & openMode.read) === 0) return err("BadInvalidState");
    const part = files.get(name)!.slice(handle.position, handle.position + Math.min(length, mostChunk()));
    handle.position += part.length;
    return ok(part);
  };
  const write = (id: number, name: string, session: string, data: Uint8Array): Result<null, FileRefusal> => {
    const handle = opened(id, name, session);
    if (handle === null) return err("BadInvalidArgument");
    if ((handle.mode & openMode.write) === 0) return err("BadInvalidState");
    if (data.length > mostChunk()) return err("BadEncodingLimitsExceeded");
    const old = files.get(name)!;
    const end = handle.position + data.length;
    if (end > mostFileBytes) return err("BadOutOfMemory");
    const whole = new Uint8Array(Math.max(old.length, end));
    whole.set(old);
    whole.set(data, handle.position);
    if (corrupts() && data.length > 0) whole[end - 1] = whole[end - 1]! ^ 1;
    files.set(name, whole);
    handle.position = end;
    return ok(null);
  };
  const move = (name: string, to: string, copy: boolean): Result<null, FileRefusal> => {
    const bytes = files.get(name);
    if (bytes === undefined) return err("BadNotFound");
    if (!isFileName(to)) return err("BadInvalidArgument");
    if (files.has(to)) return err("BadBrowseNameDuplicated");
    if (users(name).some((user) => (user.mode & openMode.write) !== 0)) return err("BadInvalidState");
    if (copy && files.size >= mostFiles) return err("BadOutOfMemory");
    if (!copy && users(name).length > 0) return err("BadInvalidState");
    files.set(to, bytes);
    if (!copy) files.delete(name);
    return ok(null);
  };
  return {
    mostChunk,
    names: () => [...files.keys()],
    bytes: (name) => files.get(name) ?? null,
    openCount: (name) => users(name).length,
    create,
    open,
    close: (id, name, session) => {
      if (opened(id, name, session) === null) return err("BadInvalidArgument");
      handles.delete(id);
      return ok(null);
    },
    read,
    write,
    position: (id, name, session) => {
      const handle = opened(id, name, session);
      return handle === null ? err("BadInvalidArgument") : ok(handle.position);
    },
    seek: (id, name, session, position) => {
      const handle = opened(id, name, session);
      if (handle === null || position < 0) return err("BadInvalidArgument");
      handle.position = Math.min(position, files.get(name)!.length);
      return ok(null);
    },
    move,
    remove: (name) => {
      if (!files.has(name)) return err("BadNotFound");
      if (users(name).length > 0) return err("BadInvalidState");
      files.delete(name);
      return ok(null);
    },
    forget: (session) => {
      for (const [id, handle] of handles) if (handle.session === session) handles.delete(id);
    },
  };
}

function isFileName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(name);
}

/** Read, write or both; erasing and appending go only with writing, and not with each other. */
function isOpenMode(mode: number): boolean {
  const { read, write, eraseExisting, append } = openMode;
  if ((mode & ~(read | write | eraseExisting | append)) !== 0 || (mode & (read | write)) === 0) return false;
  const special = mode & (eraseExisting | append);
  return special === 0 || ((mode & write) !== 0 && special !== (eraseExisting | append));
}
