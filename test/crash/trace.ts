/** What a program told the disk and the world, in order: read from the text that strace wrote of it. */

/** One thing that was done, when it was over; `said` when it began. Paths are absolute. */
export type Op =
  | { readonly kind: "create"; readonly path: string; readonly empty: boolean }
  | { readonly kind: "write"; readonly path: string; readonly at: number | null; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly path: string; readonly size: number }
  | { readonly kind: "sync"; readonly path: string }
  | { readonly kind: "rename"; readonly from: string; readonly to: string }
  | { readonly kind: "unlink" | "mkdir" | "rmdir"; readonly path: string }
  /** Something left the program: on a pipe, a socket, a terminal. `entries`: so many were thereby promised to stand. */
  | { readonly kind: "said"; readonly entries: number };

/** System calls that are recorded; the last three only to be sure that nobody makes them on a file that counts. */
export const recordedCalls = [
  ...["openat", "write", "pwrite64", "writev", "ftruncate", "fsync", "fdatasync", "rename", "renameat", "renameat2"],
  ...[
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "sendto",
    "sendmsg",
    "fallocate",
    "pwritev",
    "copy_file_range",
  ],
];

const unmodelled = new Set(["fallocate", "pwritev", "copy_file_range", "writev", "sendmsg", "sendto"]);

/** Reads a trace (`strace -f -y -xx -o`); `counts` says which paths count. Throws on what the model does not know. */
export function readTrace(text: string, counts: (path: string) => boolean): Op[] {
  const ops: Op[] = [];
  const begun = new Map<string, string>();
  for (const line of text.split("\n")) {
    const space = line.indexOf(" ");
    const [pid, rest] = [line.slice(0, space), line.slice(space).trimStart()];
    if (rest.endsWith("<unfinished ...>")) {
      const call = rest.slice(0, -"<unfinished ...>".length).trimEnd();
      begun.set(pid, call);
      ops.push(...saidBy(call));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(rest);
    const whole = resumed ? (begun.get(pid) ?? "") + rest.slice(resumed[0].length) : rest;
    if (resumed === null) ops.push(...saidBy(whole));
    begun.delete(pid);
    const op = opOf(whole, counts);
    if (op !== null) ops.push(op);
  }
  return ops;
}

/** What was promised by words that left the program; the ledger's numbers stand in them as `"seq":7` or `"entries":8`. */
function saidBy(call: string): Op[] {
  if (!/^(write|writev|sendto|sendmsg)\(/.test(call)) return [];
  const target = /^\w+\(\d+<([^>]*)>/.exec(call)?.[1];
  if (target === undefined || !/^(pipe|socket|UNIX|TCP|\/dev\/)/.test(text(target))) return [];
  const words = [...call.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((part) => text(part[1] ?? "")).join("");
  const promised = [...words.matchAll(/"(seq|entries)":(\d+)[,}]/g)].map(
    ([, name, number]) => Number(number) + (name === "seq" ? 1 : 0),
  );
  return promised.length === 0 ? [] : [{ kind: "said", entries: Math.max(...promised) }];
}

function opOf(call: string, counts: (path: string) => boolean): Op | null {
  const parts = /^(\w+)\((.*)\)\s+= (-?\d+)/s.exec(call);
  if (parts === null) return null;
  const [, name = "", args = "", result] = parts;
  if (Number(result) < 0) return null;
  const file = /^\d+<([^>]*)>/.exec(args)?.[1];
  if (file !== undefined) return ofFile(name, text(file), args, Number(result), counts);
  const paths = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((part) => text(part[1] ?? ""));
  return ofNames(name, paths, args, counts);
}

/** A call on an open file. */
function ofFile(
  name: string,
  path: string,
  args: string,
  result: number,
  counts: (path: string) => boolean,
): Op | null {
  if (!counts(path)) return null;
  if (unmodelled.has(name)) throw new Error(`${name} on ${path}: the model of the disk does not know this call`);
  if (name === "fsync" || name === "fdatasync") return { kind: "sync", path };
  if (name === "ftruncate") return { kind: "truncate", path, size: Number(/, (\d+)$/.exec(args)?.[1]) };
  const data = /^\d+<[^>]*>, "((?:\\x[0-9a-f]{2})*)", \d+(?:, (\d+))?$/.exec(args);
  if (data === null) throw new Error(`${name} on ${path} cannot be read from the trace`);
  const bytes = bytesOf(data[1] ?? "").subarray(0, result);
  return { kind: "write", path, at: data[2] === undefined ? null : Number(data[2]), bytes };
}

/** A call on names. */
function ofNames(name: string, paths: readonly string[], args: string, counts: (path: string) => boolean): Op | null {
  const [path = "", to = ""] = paths;
  if (name.startsWith("rename")) return counts(path) || counts(to) ? { kind: "rename", from: path, to } : null;
  if (!counts(path)) return null;
  if (name === "openat")
    return args.includes("O_CREAT") ? { kind: "create", path, empty: args.includes("O_TRUNC") } : null;
  if (name.startsWith("mkdir")) return { kind: "mkdir", path };
  if (name === "rmdir" || args.includes("AT_REMOVEDIR")) return { kind: "rmdir", path };
  return name.startsWith("unlink") ? { kind: "unlink", path } : null;
}

function bytesOf(escaped: string): Uint8Array {
  return Buffer.from(escaped.replaceAll("\\x", ""), "hex");
}

function text(escaped: string): string {
  return escaped.includes("\\x") ? Buffer.from(bytesOf(escaped)).toString("utf8") : escaped;
}
