/** Opens and judges in a thread of its own, so that no package, however large or odd, delays the cell that holds machines. */
import { Worker } from "node:worker_threads";
import type { ProcessPack } from "../../jobs/process-pack.ts";
import type { Clock } from "../../kernel/ports.ts";
import { err, type Result } from "../../kernel/result.ts";
import type { Milliseconds } from "../../kernel/units.ts";
import type { Admitted, Came } from "../admit.ts";
import { type PackageRefusal, refusePackage } from "../package/refusal.ts";
import type { Statement } from "../package/statement.ts";
import type { Recipe } from "../recipe.ts";
import type { ClassMachine } from "../route.ts";

/** What the thread is told. */
export interface Task {
  /** The cell's identity file: it stays in this process. */
  readonly secrets: string;
  readonly statement: Statement;
  readonly sealed: Uint8Array;
  readonly came: Came;
  readonly recipe: Recipe;
  readonly packs: readonly ProcessPack[];
  /** The cell's machine of each class. */
  readonly equipment: ReadonlyMap<string, ClassMachine>;
}

/** What it answers: the order and its programs, or why they are not taken. */
export type Judged = Result<Admitted, PackageRefusal>;

/** The largest package takes a few seconds. */
const longestMs: Milliseconds = 60_000;
const mostHeapMb = 512;

/** Judges one package; never rejects. */
export function judge(task: Task, clock: Clock): Promise<Judged> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: mostHeapMb },
  });
  return new Promise((done) => {
    const id = task.statement.order.id;
    const ended = () => {
      const what = `Order ${id} could not be judged: the controller needed too much time or memory for it.`;
      done(err(refusePackage("not-judged", what)));
    };
    const cancel = clock.after(longestMs, () => void worker.terminate());
    worker.once("message", done);
    worker.once("error", ended);
    worker.once("exit", () => {
      cancel();
      ended();
    });
  });
}
