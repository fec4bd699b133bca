/** A short life of central's evidence folder (entry file): pieces come in parts and become whole; says which are acknowledged. */
import { writeSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../../src/kernel/hash.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { flushFolder, writeDurably } from "../../src/ledger/io/files.ts";
import { appendPart, finishPart, openCellFolder, openPart } from "../../src/qa/io/evidence-folder.ts";
import { evidencePieces } from "./evidence-pieces.ts";

const [home = ""] = process.argv.slice(2);
const folder = join(home, "data");
const files = { writeDurably, flushFolder };
await openCellFolder(folder, "cell-1");
await flushFolder(folder);
await flushFolder(join(folder, "cell-1"));
writeSync(1, `${JSON.stringify({ entries: 0 })}\n`);
for (const [n, { digest, bytes }] of evidencePieces.entries()) {
  const place = { cell: "cell-1", digest };
  const partBytes = 1_700;
  for (let offset = 0; offset < bytes.length; offset += partBytes) {
    const part = bytes.subarray(offset, offset + partBytes);
    const stated = { offset, length: bytes.length, sealed: digestOf(bytes), bytes: part.length, entry: 0 };
    const opened = await openPart(folder, place, stated, files);
    if (!opened.ok) throw new Error(opened.error.what);
    const size = await appendPart(opened.value, [part.subarray(0, 700), part.subarray(700)] as never, offset);
    if (size < bytes.length) continue;
    const done = await finishPart(folder, place, stated, files, async () => `receipt of ${digest}`);
    if (!done.ok) throw new Error(done.error.what);
    if (utf8(done.value).length === 0) throw new Error("a receipt says something");
    writeSync(1, `${JSON.stringify({ entries: n + 1 })}\n`);
  }
}
