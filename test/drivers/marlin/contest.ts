/** Two real driver processes want one serial port for a whole job: one prints, the other is told who has it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMarlinMachine } from "../../../src/drivers/io/marlin.ts";
import type { AttemptId, EquipmentId } from "../../../src/kernel/names.ts";
import { Listener } from "../listener.ts";
import { startBench } from "../marlin-machine.ts";

/** What came of it. */
export interface PortContest {
  /** How the first one's job ended, and how many lines had to be sent again. */
  readonly first: string;
  readonly resends: number;
  /** Code and sentence with which the second one was kept out, and its answer to a start. */
  readonly second: string;
  readonly sentence: string;
  readonly start: string;
}

/** `locks`: where the second one looks for locks; in a folder of its own only the kernel keeps it out. */
export async function contestAtPort(locks: "same" | "own"): Promise<PortContest> {
  const bench = await startBench(200);
  const own = mkdtempSync(join(tmpdir(), "locks-"));
  const lockFolder = locks === "same" ? bench.config.lockFolder : own;
  const second = createMarlinMachine({
    ...{ equipment: "printer-1" as EquipmentId, config: { ...bench.config, lockFolder } },
    loadProgram: async () => null,
  });
  try {
    const { fault } = await new Listener(second).next("offline");
    const begin = { kind: "begin", program: bench.program(3), releasedLayer: 4 } as const;
    const answer = await bench.machine.perform({ ...begin, attempt: "first" as AttemptId });
    if (answer.kind !== "done") throw new Error(`the first did not begin (${JSON.stringify(answer)})`);
    const start = await second.perform({ ...begin, attempt: "second" as AttemptId });
    const end = await Promise.race([bench.listener.next("finished"), bench.listener.next("failed")]);
    return {
      first: end.kind === "failed" ? end.fault.code : "finished",
      resends: end.kind === "failed" ? -1 : end.executed.resends,
      ...{ second: fault.code, sentence: fault.what, start: start.kind },
    };
  } finally {
    await second.close();
    await bench.dispose();
    rmSync(own, { recursive: true });
  }
}
