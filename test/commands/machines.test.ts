/** What a machine is handed to run: the program of the attempt, under the recipe of that attempt's own order. */
import { expect, it, onTestFinished } from "vitest";
import { hearMachine, type Surroundings, startMachine } from "../../src/commands/io/machines.ts";
import type { MachineConfig } from "../../src/config/schema.ts";
import { childFaults } from "../../src/drivers/child-faults.ts";
import type { AttemptId, EquipmentId, JobId } from "../../src/kernel/names.ts";
import { cellWithOrder, digest, job, prepare, start } from "../jobs/story.ts";

const attempt = `${job}-A1` as AttemptId;
const config = {
  ...{ id: "printer-1", title: "Printer", serial: "S1", class: "printer" },
  marlin: { port: "/dev/cellward-there-is-none", vendor: "Vendor" },
} as unknown as MachineConfig;

/** A cell where an older order uses the same program under another recipe; only `installed` recipes are there. */
async function beginWith(installed: string, asked = digest("program")) {
  const story = cellWithOrder();
  prepare(story);
  start(story);
  const own = story.state.jobs[job]!;
  const older = { ...own, order: { ...own.order, id: "J0" as JobId, recipe: digest("older recipe") }, attempts: [] };
  const state = { ...story.state, jobs: { J0: older, ...story.state.jobs } };
  const recipes: Record<string, string> = { older: older.order.recipe, own: own.order.recipe };
  const machine = startMachine(config, {
    cell: { state: () => state, submit: async () => ({ kind: "accepted", events: [] }) },
    artifacts: { get: async () => ({ ok: true, value: new Uint8Array([1]) }) },
    intake: { recipe: (one: string) => (one === recipes[installed] ? { toolpath: {}, route: [] } : null) },
    ...{ keysDir: "/nowhere", origin: "test.example/cell-1", log: () => undefined },
  } as unknown as Surroundings);
  onTestFinished(() => machine.close());
  const answer = await machine.perform({ kind: "begin", attempt, program: asked, releasedLayer: 1 });
  return answer.kind === "refused" ? answer.fault.code : answer.kind;
}

it("[L5] an attempt is loaded under its own order's recipe, whoever else uses the same program", async () => {
  const lacking = childFaults.noProgram().code;
  expect(await beginWith("own")).not.toBe(lacking);
  expect(await beginWith("older")).toBe(lacking);
  expect(await beginWith("own", digest("another program"))).toBe(lacking);
});

it("[L1][F24] what a machine says reaches the cell as the record can hold it, whatever the machine wrote", () => {
  const heard: unknown[] = [];
  const identity = { vendor: "v", model: "half \ud83d", serial: "S1", firmware: "f", simulated: true };
  const machine: Parameters<typeof hearMachine>[0] = { observe: (hear) => hear({ kind: "online", identity }) };
  hearMachine(machine, "printer-1" as EquipmentId, {
    submit: async (message) => {
      heard.push(message);
      return { kind: "accepted", events: [] };
    },
  });
  expect(heard).toMatchObject([{ observation: { identity: { model: "half \ufffd", serial: "S1" } } }]);
});
