/** The word in a key folder that its log was continued under another name: nothing signed with these keys goes on. */
import { link, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../kernel/problem.ts";
import { isOrigin } from "../checkpoint.ts";
import { flushFolder, writeDurably } from "./files.ts";

const overFile = "continued.txt";

/** The one log that goes on. */
export interface Successor {
  readonly origin: string;
  /** Its public key line, which no second log of the same name has. */
  readonly key: string;
}

/** The log that continues the one of this key folder, or null. Throws where the file is there and names none. */
export async function readSuccessor(keysDir: string): Promise<Successor | null> {
  try {
    const [origin = "", key = ""] = (await readFile(join(keysDir, overFile), "utf8")).split("\n");
    if (!isOrigin(origin)) throw new Error(`${join(keysDir, overFile)} names no log`);
    return { origin, key };
  } catch (problem) {
    if (errorCode(problem) === "ENOENT") return null;
    throw problem;
  }
}

/** Writes it, durable when it resolves; false where a log was named before, which stays the one. */
export async function writeSuccessor(keysDir: string, { origin, key }: Successor): Promise<boolean> {
  const aside = join(keysDir, `.${overFile}.${process.pid}.partial`);
  await writeDurably(aside, Buffer.from(`${origin}\n${key}\n`), 0o600);
  try {
    await link(aside, join(keysDir, overFile));
    return true;
  } catch (problem) {
    if (errorCode(problem) === "EEXIST") return false;
    throw problem;
  } finally {
    await rm(aside, { force: true });
    await flushFolder(keysDir);
  }
}
