/** The judging thread: decrypts one package in memory, judges it, answers once, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../kernel/assert.ts";
import { admit } from "../admit.ts";
import { openFiles } from "../package/open.ts";
import { readIdentity } from "./age.ts";
import type { Judged, Task } from "./judge.ts";

async function work({ secrets, statement, sealed, recipe, packs, equipment, came }: Task): Promise<Judged> {
  const identity = await readIdentity(secrets);
  const files = openFiles(statement, identity.ok ? await identity.value.open(sealed) : null);
  if (!files.ok) return files;
  const machineOf = (equipmentClass: string) => equipment.get(equipmentClass) ?? null;
  return admit(statement.order, files.value, recipe, machineOf, packs, came);
}

const port = parentPort;
assert(port, "this file is started as a thread");
port.postMessage(await work(workerData as Task));
