/** The real driver before a server that it must not work with: how soon it says so, and in which words. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOpcuaMachine, pkiFolder } from "../../../src/drivers/io/opcua.ts";
import { opcuaConfig } from "../../../src/drivers/opcua/config.ts";
import { readTrust, writeTrust } from "../../../src/drivers/opcua/io/trust-store.ts";
import type { Fault } from "../../../src/equipment/machine.ts";
import type { EquipmentId } from "../../../src/kernel/names.ts";
import { Listener } from "../listener.ts";
import { applicationUri, type BadServer, type RunningServer, startBadServer } from "./bad-servers.ts";

/** What the driver said first, and how long after it was started. */
export interface Refusal {
  readonly fault: Fault;
  readonly ms: number;
}

/** Starts the server and the driver, and hears what the driver says first. */
export async function refusalOf(bad: BadServer): Promise<Refusal> {
  const folder = mkdtempSync(join(tmpdir(), "refusal-"));
  const server = await startBadServer(bad, join(folder, "server"));
  const keysDir = join(folder, "keys");
  mkdirSync(keysDir, { mode: 0o700 });
  trust(bad, server, keysDir);
  const [userFile, passwordFile] = [join(folder, "user"), join(folder, "password")];
  for (const file of [userFile, passwordFile]) writeFileSync(file, "not-a-real-secret\n");
  const config = opcuaConfig.parse({
    ...{ driver: "opcua", endpoint: server.url.replace(/\/\/[^:/]+/, "//127.0.0.1"), serial: "FS-0001" },
    ...{ productInstanceUri: applicationUri, applicationUri, userFile, passwordFile },
    node: { namespace: "http://cellward.example/UA/FinishingStation/", name: "finishing-1" },
  });
  const started = performance.now();
  const machine = createOpcuaMachine({
    ...{ equipment: id, config, keysDir, origin: "test.example/cell-1" },
    loadProgram: async () => null,
    storeEvidence: () => Promise.reject(new Error("there is no evidence of a machine that was refused")),
  });
  try {
    const heard = new Listener(machine);
    const said = await Promise.race([heard.next("offline"), heard.next("online").then(() => null)]);
    if (said === null) throw new Error(`the driver works with a server of which: ${bad.fault}`);
    return { fault: said.fault, ms: performance.now() - started };
  } finally {
    await machine.close();
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

const id = "station-1" as EquipmentId;

function trust({ trusted }: BadServer, { fingerprint }: RunningServer, keysDir: string): void {
  if (trusted === "no") return;
  const pki = pkiFolder(keysDir);
  mkdirSync(pki, { mode: 0o700 });
  const accepted = trusted === "another" ? "f".repeat(64) : fingerprint;
  const pin = { fingerprint: accepted, subject: "CN=station", at: Date.now() };
  const before = readTrust(pki);
  const revoked = trusted === "revoked" ? [{ fingerprint, machine: id, at: Date.now() }] : [];
  writeTrust(pki, { ...before, machines: { [id]: pin }, revoked });
}
