/** kill -9 of a cell that writes and syncs, over a broker that goes and comes: central's record is the cell's, each entry once. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openQaStore, readQaConfig } from "../../src/commands/io/qa-set-up.ts";
import { openKeys } from "../../src/ledger/io/keys.ts";
import type { Folders } from "../../src/ledger/io/ledger.ts";
import { verifyFolder } from "../../src/ledger/io/verify.ts";
import { all } from "../ledger/conformance.ts";
import { mustOpen, newFolders } from "../ledger/drafts.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { registeredAs } from "../qa/cell.ts";
import { brokerFor, configText, type Installation, install, startQaHere } from "../qa/installation.ts";

const child = fileURLToPath(new URL("./syncing-child.ts", import.meta.url));

interface Said {
  readonly withQa: number;
  readonly head: number;
}

/** Runs the child until `enough` of what it said, kills it, and gives the last thing that it said. */
async function runAndKill(
  folders: Folders,
  installation: Installation,
  port: number,
  mode: "write" | "drain",
  enough: (said: Said & { state: string }) => boolean,
): Promise<Said> {
  const args = [folders.dataDir, folders.keysDir, installation.handed("cell-1"), `mqtts://localhost:${port}`, mode];
  const cell = spawn(process.execPath, [child, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void cell.kill("SIGKILL"));
  const gone = once(cell, "exit");
  let last: Said = { withQa: 0, head: 0 };
  for await (const line of createInterface({ input: cell.stdout })) {
    const [state = "", withQa, head] = line.split(" ");
    expect(line).not.toMatch(/^alarm (?!connection-unstable)/);
    if (state === "alarm") continue;
    last = { withQa: Number(withQa), head: Number(head) };
    if (enough({ ...last, state })) cell.kill("SIGKILL");
  }
  await gone;
  return last;
}

test("[F79] over four kills and a broker that goes and comes, central holds exactly what the cell holds", async () => {
  const folders = await newFolders();
  const keys = await openKeys(folders.keysDir, folders.dataDir);
  if (!keys.ok) throw new Error(keys.error.what);
  const known = registeredAs(keys.value.trusted);
  const installation = await install([known], "mqtts://localhost:1");
  const broker = await brokerFor(installation.keys);
  const { port } = broker;
  writeFileSync(installation.config, configText([known], `mqtts://localhost:${port}`));
  const central = await startQaHere(installation);
  for (let round = 0; round < 4; round++) {
    const before = await verifyFolder(folders.dataDir, { trusted: keys.value.trusted });
    if (round === 2) {
      // The broker is away when the cell starts, and comes while it writes.
      await broker.close();
      setTimeout(() => void brokerFor(installation.keys, port), 300);
    }
    const target = before.entries + 30 + 10 * round;
    const said = await runAndKill(folders, installation, port, "write", ({ withQa }) => withQa >= target);
    const after = await verifyFolder(folders.dataDir, {
      trusted: keys.value.trusted,
      witnesses: [installation.witness],
    });
    expect(after.findings.filter((one) => one.rule !== "unsigned")).toEqual([]);
    // What was said to be with QA has its countersignature on the disk.
    expect(after.cosigned?.size).toBeGreaterThanOrEqual(said.withQa);
    expect(after.cosigned?.by).toEqual(["qa.example/witness"]);
  }
  await runAndKill(folders, installation, port, "drain", ({ state }) => state === "with-qa");
  await central.close();
  const { ledger } = await mustOpen(folders);
  const own = (await all(ledger)).map(({ entryText, bodyText }) => [entryText, bodyText]);
  const read = await readQaConfig(installation.config);
  const store = read.ok ? await openQaStore(read.value.config, installation.data) : read;
  if (!store.ok) throw new Error("central's store does not open");
  onTestFinished(() => store.value.close());
  const held = await store.value.entries(origin, 0, own.length + 10);
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  expect(held.map(({ entry, body }) => [text(entry), text(body)])).toEqual(own);
});
