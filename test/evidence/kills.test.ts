/** kill -9 of the cell and of central while evidence goes: what has come is byte for byte what the ledger names, once. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync, watch, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { decide } from "../../src/commands/io/qa.ts";
import { openEvidence, verifyEvidence } from "../../src/commands/io/qa-evidence.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import { openKeys } from "../../src/ledger/io/keys.ts";
import { verifyFolder } from "../../src/ledger/io/verify.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import { newFolders } from "../ledger/drafts.ts";
import { registeredAs } from "../qa/cell.ts";
import { madePicture } from "../qa/evidence-desk.ts";
import { brokerFor, configText, type Installation, install, ran, startQa } from "../qa/installation.ts";

const child = fileURLToPath(new URL("./evidence-child.ts", import.meta.url));
const layers = 6;

interface Standing {
  readonly state: string;
  readonly waiting: number;
  readonly received: number;
}

/** The cell as a process; `until` resolves when what it says of its evidence is so. */
function startCell(args: readonly string[]) {
  const cell: ChildProcess = spawn(process.execPath, [child, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const gone = once(cell, "exit");
  const waiting: { is: (standing: Standing) => boolean; done: () => void }[] = [];
  let last: Standing = { state: "", waiting: -1, received: -1 };
  let log = "";
  if (cell.stdout) {
    createInterface({ input: cell.stdout }).on("line", (line) => {
      log += `${line}\n`;
      const [what, state = "", owed, received] = line.split(" ");
      if (what !== "evidence") return;
      last = { state, waiting: Number(owed), received: Number(received) };
      for (const each of waiting) if (each.is(last)) each.done();
    });
  }
  const kill = async () => {
    cell.kill("SIGKILL");
    await gone;
  };
  onTestFinished(kill);
  return {
    kill,
    log: () => log,
    until: (is: (standing: Standing) => boolean) =>
      is(last) ? Promise.resolve() : new Promise<void>((done) => waiting.push({ is, done })),
  };
}

/** Waits until a piece is under way in central's folder and not whole; its file's name. */
function partUnderWay(incoming: string): Promise<string> {
  const find = () =>
    readdirSync(incoming).find((name) => (statSync(join(incoming, name), { throwIfNoEntry: false })?.size ?? 0) > 0);
  return new Promise((done) => {
    const watcher = watch(incoming, () => look());
    const look = () => {
      const name = find();
      if (name === undefined) return;
      watcher.close();
      done(name);
    };
    look();
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Ground {
  readonly installation: Installation;
  readonly folder: string;
  readonly cellArgs: (layers: number) => readonly string[];
  readonly dataDir: string;
  readonly trusted: readonly VerifyingKey[];
}

async function ground(): Promise<Ground> {
  const folders = await newFolders();
  const keys = await openKeys(folders.keysDir, folders.dataDir);
  if (!keys.ok) throw new Error(keys.error.what);
  const known = registeredAs(keys.value.trusted);
  const installation = await install([known], "mqtts://localhost:1");
  const broker = await brokerFor(installation.keys);
  const port = await freePort();
  const folder = join(installation.root, "evidence");
  mkdirSync(join(folder, "cell-1", "incoming"), { recursive: true });
  const more = `[evidence]\nport = ${port}\nfolder = "${folder}"\nkeepFreeMiB = 0\n`;
  const url = `mqtts://localhost:${broker.port}`;
  writeFileSync(installation.config, configText([known], url, more));
  const places = [folders.dataDir, folders.keysDir, installation.handed("cell-1"), url, `https://localhost:${port}`];
  const { trusted } = keys.value;
  return { installation, folder, trusted, dataDir: folders.dataDir, cellArgs: (count) => [...places, String(count)] };
}

/** Everything in a folder, names and bytes. */
function everythingIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((each) =>
      each.isFile() ? `${each.name}${readFileSync(join(each.parentPath, each.name), "latin1")}` : each.name,
    )
    .join("");
}

test("[F83] [F65] [L6] over kills of both ends in the middle of pieces, central has what is owed, once, sealed, and no more", async () => {
  const { installation, folder, dataDir, trusted, cellArgs } = await ground();
  const incoming = join(folder, "cell-1", "incoming");
  let central = await startQa(installation);
  let cell = startCell(cellArgs(layers));
  const first = await partUnderWay(incoming);
  await cell.kill();
  // The next start goes on with the same bytes: the same sealing becomes the piece.
  cell = startCell(cellArgs(0));
  await cell.until(({ received }) => received >= 2);
  const [piece = "", sealed = ""] = first.split(".");
  const receipt = readFileSync(join(folder, "cell-1", `${piece}.receipt`), "utf8");
  expect(Buffer.from(JSON.parse(receipt).payload, "base64").toString()).toContain(sealed);
  await partUnderWay(incoming);
  await central.stop("SIGKILL");
  await cell.until(({ state }) => state === "away");
  await cell.kill();
  // What was not owed is asked for, by a decision that the cell records.
  const asked = {
    ...installation.options,
    cell: "cell-1",
    action: "fetch-evidence",
    target: "job:J2",
    reason: "review",
  };
  expect((await ran((terminal) => decide(terminal, asked))).code).toBe(0);
  central = await startQa(installation);
  cell = startCell(cellArgs(0));
  await cell.until(({ waiting, received }) => waiting === 0 && received === 2 * layers);
  await cell.kill();
  await central.stop();

  const pictures = Array.from({ length: layers }, (_, n) => [madePicture(n + 1), madePicture(-n - 1, 2_000)]).flat();
  const whole = readdirSync(join(folder, "cell-1")).filter((name) => name.endsWith(".age"));
  expect(whole.sort()).toEqual(pictures.map((plain) => `${digestOf(plain)}.age`).sort());
  expect(readdirSync(incoming)).toEqual([]);
  expect(readdirSync(join(dataDir, "evidence", "spool"))).toEqual([]);
  const verified = await ran((terminal) => verifyEvidence(terminal, installation.options));
  expect(verified).toMatchObject({ code: 0, value: { pieces: 2 * layers } });
  const by = {
    ...installation.options,
    identity: join(installation.keys, "evidence.identity"),
    out: join(installation.root, "out"),
  };
  for (const job of ["J1", "J2"])
    expect(await ran((terminal) => openEvidence(terminal, "cell-1", job, by))).toMatchObject({ code: 0 });
  for (const plain of pictures) {
    const name = readdirSync(by.out).find((each) => each.startsWith(digestOf(plain))) ?? "";
    expect(readFileSync(join(by.out, name)).equals(plain)).toBe(true);
  }
  // The search finds what is plain, where it may be.
  expect(everythingIn(by.out).includes("CANARY-ANATOMY")).toBe(true);
  expect(everythingIn(folder).includes("CANARY-ANATOMY")).toBe(false);
  expect(everythingIn(dataDir).includes("CANARY-ANATOMY")).toBe(false);
  expect(central.log().includes("CANARY-ANATOMY")).toBe(false);
  const { findings } = await verifyFolder(dataDir, { trusted });
  expect(findings.filter(({ rule }) => rule !== "unsigned")).toEqual([]);
}, 90_000);
