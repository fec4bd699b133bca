/** The people file: JSON in the keys folder, 0600, replaced atomically, one writer at a time across processes. */
import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Account, Invitation } from "../account.ts";

const role = z.enum(["technician", "qa", "engineer"]);
const hex = z.string().regex(/^[0-9a-f]+$/);
const password = z.strictObject({
  algorithm: z.literal("argon2id"),
  memory_KiB: z.int().min(8).max(4_194_304),
  passes: z.int().min(1).max(64),
  lanes: z.int().min(1).max(16),
  salt: hex,
  tag: hex,
});
const account = z.strictObject({
  person: z.string(),
  name: z.string(),
  roles: z.array(role),
  password,
  lock: z.strictObject({ failures: z.int().min(0), until: z.int().nullable() }),
  disabled: z.boolean(),
});
const invitation = z.strictObject({ person: z.string(), roles: z.array(role), codeDigest: hex, expires: z.int() });
const register = z.strictObject({
  v: z.literal(1),
  accounts: z.array(account).max(10_000),
  invitations: z.array(invitation).max(10_000),
});

export interface Register {
  readonly v: 1;
  readonly accounts: readonly Account[];
  readonly invitations: readonly Invitation[];
}

const empty: Register = { v: 1, accounts: [], invitations: [] };

/** How long a writer may hold the lock before another takes it to have died. */
const lockStaleMs = 10_000;
const lockPatienceMs = 15_000;

/** Reads the file; one that is not there yet is empty. Throws on one that others may read, or that is damaged. */
export async function readRegister(path: string): Promise<Register> {
  try {
    const { mode } = await stat(path);
    return parse(path, mode, await readFile(path, "utf8"));
  } catch (problem) {
    return orEmpty(problem);
  }
}

/** Hands out a function that says what the file holds now, and reads it only where another process has changed it. */
export function watchRegister(path: string): () => Register {
  let seen = "";
  let held = empty;
  return () => {
    try {
      const { mode, ino, mtimeNs, ctimeNs, size } = statSync(path, { bigint: true });
      const now = [ino, mtimeNs, ctimeNs, size].join("/");
      if (now !== seen) held = parse(path, Number(mode), readFileSync(path, "utf8"));
      seen = now;
      return held;
    } catch (problem) {
      seen = "";
      return orEmpty(problem);
    }
  };
}

function parse(path: string, mode: number, text: string): Register {
  if ((mode & 0o077) !== 0) throw new Error(`${path} may be read by others. Give it mode 0600.`);
  return register.parse(JSON.parse(text)) as unknown as Register;
}

function orEmpty(problem: unknown): Register {
  if ((problem as NodeJS.ErrnoException).code === "ENOENT") return empty;
  throw problem;
}

/** Reads, changes and writes under the lock; what `change` returns beside the register is handed back. */
export async function changeRegister<T>(
  path: string,
  change: (register: Register) => { readonly register: Register; readonly value: T },
): Promise<T> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await lock(`${path}.lock`);
  try {
    const before = await readRegister(path);
    const after = change(before);
    if (after.register !== before) await replace(path, JSON.stringify(after.register, null, 1));
    return after.value;
  } finally {
    await rm(`${path}.lock`, { force: true });
  }
}

async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(temporary, 0o600);
  await rename(temporary, path);
  const folder = await open(dirname(path), "r");
  await folder.sync().finally(() => folder.close());
}

async function lock(path: string): Promise<void> {
  const deadline = performance.now() + lockPatienceMs;
  for (;;) {
    try {
      await (await open(path, "wx", 0o600)).close();
      return;
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code !== "EEXIST") throw problem;
    }
    const age = await stat(path).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    if (age > lockStaleMs) await rm(path, { force: true });
    else if (performance.now() > deadline) throw new Error(`${path} is held by another process.`);
    else await sleep(20);
  }
}
