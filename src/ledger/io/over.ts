/** The word in a key folder that its log was continued under another name: nothing signed with these keys goes on. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../kernel/problem.ts";
import { isOrigin } from "../checkpoint.ts";
import { writeDurably } from "./files.ts";

const overFile = "continued.txt";

/** The origin under which the log of this key folder was continued, or null. Throws where the file is there and names none. */
export async function readSuccessor(keysDir: string): Promise<string | null> {
  try {
    const text = (await readFile(join(keysDir, overFile), "utf8")).trim();
    if (!isOrigin(text)) throw new Error(`${join(keysDir, overFile)} names no log`);
    return text;
  } catch (problem) {
    if (errorCode(problem) === "ENOENT") return null;
    throw problem;
  }
}

/** Writes it; durable when it resolves. */
export async function writeSuccessor(keysDir: string, origin: string): Promise<void> {
  await writeDurably(join(keysDir, overFile), Buffer.from(`${origin}\n`), 0o600);
}
