/** Reading and writing central QA's copy of a log, line by line, however long it is. */
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type CopyLine, maxLineBytes, printLine, readLine } from "../copy.ts";
import { flushFolder } from "./files.ts";

/** Thrown where a copy is not one; `message` completes "The copy is not usable: ...". */
export class CopyBroken extends Error {
  override name = "CopyBroken";
}

/** Writes the file whole or not at all. */
export async function writeCopy(path: string, lines: AsyncIterable<CopyLine> | Iterable<CopyLine>): Promise<void> {
  const aside = `${path}.partial`;
  try {
    const file = await open(aside, "w", 0o600);
    try {
      let waiting = "";
      for await (const line of lines) {
        waiting += printLine(line);
        if (waiting.length < 1 << 20) continue;
        await file.writeFile(waiting);
        waiting = "";
      }
      await file.writeFile(waiting);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
    await flushFolder(dirname(path));
  } catch (problem) {
    await rm(aside, { force: true });
    throw problem;
  }
}

/** The file's lines in order. Throws CopyBroken at the first that is none. */
export async function* readCopy(path: string): AsyncIterable<CopyLine> {
  let rest = "";
  let number = 0;
  const take = (text: string): CopyLine => {
    number += 1;
    const read = readLine(text);
    if (!read.ok) throw new CopyBroken(`line ${number} is ${read.error}`);
    return read.value;
  };
  for await (const piece of createReadStream(path, { encoding: "utf8", highWaterMark: 1 << 18 })) {
    const lines = (rest + String(piece)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > maxLineBytes) throw new CopyBroken(`line ${number + 1} is too long`);
    for (const text of lines) yield take(text);
  }
  if (rest !== "") throw new CopyBroken("it was cut off in the middle of a line");
}
