/** The judging thread: decrypts one package in memory, judges it, answers once, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../kernel/assert.ts";
import { ok } from "../../kernel/result.ts";
import { admit } from "../admit.ts";
import { openFiles } from "../package/open.ts";
import { identifierKeyFile } from "../package/statement.ts";
import { readIdentity } from "./age.ts";
import type { FoundKey, Judged, Task } from "./judge.ts";

async function work(task: Task): Promise<Judged | FoundKey> {
  const identity = await readIdentity(task.secrets);
  const files = openFiles(task.statement, identity.ok ? await identity.value.open(task.sealed) : null);
  if (!files.ok) return files;
  if (task.kind === "judge") {
    const { statement, recipe, equipment, came } = task;
    return admit(statement.order, files.value, recipe, (equipmentClass) => equipment.get(equipmentClass) ?? null, came);
  }
  const key = files.value.get(identifierKeyFile);
  assert(key, "a package that opened has its key");
  return ok(key.slice());
}

const port = parentPort;
assert(port, "this file is started as a thread");
port.postMessage(await work(workerData as Task));
