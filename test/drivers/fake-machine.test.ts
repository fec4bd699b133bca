/** The fake keeps the promises that the drivers keep. */
import type { Digest } from "../../src/kernel/names.ts";
import { machineConformance } from "./conformance.ts";
import { createFakeMachine } from "./fake-machine.ts";
import { Listener } from "./listener.ts";

const program = "a".repeat(64) as Digest;

machineConformance("the fake in memory", async () => {
  const machine = createFakeMachine({ programs: new Map([[program, 3]]) });
  const listener = new Listener(machine);
  await listener.next("online");
  return { machine, listener, program, layers: 3, lose: async () => machine.lose(), dispose: () => machine.close() };
});
