/** kill -9 of a process that writes: what it acknowledged is there, whole and verified, again and again. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openKeys } from "../../../src/ledger/io/keys.ts";
import type { Folders } from "../../../src/ledger/io/ledger.ts";
import { verifyFolder } from "../../../src/ledger/io/verify.ts";
import { mustOpen, newFolders } from "../drafts.ts";

const child = fileURLToPath(new URL("./writing-child.ts", import.meta.url));

/** Lets the child write until it has acknowledged `count` appends, kills it, and gives the last number it acknowledged. */
async function writeAndKill(folders: Folders, count: number): Promise<number> {
  const writer = spawn(process.execPath, [child, folders.dataDir, folders.keysDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(writer, "exit");
  let [last, lines] = [-1, 0];
  for await (const line of createInterface({ input: writer.stdout })) {
    last = Math.max(last, Number(line));
    if (++lines === count) writer.kill("SIGKILL");
  }
  await gone;
  expect(lines).toBeGreaterThanOrEqual(count);
  return last;
}

test("[L1][F67] nothing acknowledged is lost over ten kills, and no append is found torn", async () => {
  const folders = await newFolders();
  const keys = await openKeys(folders.keysDir, folders.dataDir);
  if (!keys.ok) throw new Error(keys.error.what);
  for (let round = 0; round < 10; round++) {
    const acknowledged = await writeAndKill(folders, 15 + 11 * round);
    const report = await verifyFolder(folders.dataDir, { trusted: keys.value.trusted });
    expect(report.findings.filter((one) => one.rule !== "unsigned")).toEqual([]);
    expect(report.entries).toBeGreaterThan(acknowledged);
    // One start, then pairs: an odd number of entries above the starts would be half an append.
    expect((report.entries - (round + 1)) % 2).toBe(0);
  }
  const opened = await mustOpen(folders);
  expect(opened.standing.kind).toBe("current");
  expect(opened.lastBoot).toBe(9);
});
