/** The real driver before servers that do what those of other makers do: it works with them, or says why not. */
import { afterEach, expect, test } from "vitest";
import type { OpcuaConfig } from "../../../src/drivers/opcua/config.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { type OpcuaBench, startOpcuaBench, stationProgram } from "../opcua-machine.ts";
import type { oddities } from "./odd-server.ts";

const file = new URL("./odd-server.ts", import.meta.url);
let bench: OpcuaBench | null = null;
afterEach(async () => {
  await bench?.dispose();
  bench = null;
});

/** A machine and its driver; a machine that is not taken is told with its reason. */
async function odd(name: keyof typeof oddities, changes: Partial<OpcuaConfig> = {}, more: string[] = []) {
  bench = await startOpcuaBench([`--import=${file}?name=${name}`, "--speed", "20", ...more], changes);
  return bench;
}

/** A whole job, and how it ended. */
async function job({ begin, store, listener }: OpcuaBench, attempt = "odd-1"): Promise<string> {
  const answer = await begin(attempt as AttemptId, store(stationProgram("press-sleeves")));
  if (answer.kind !== "done") return JSON.stringify(answer);
  const end = await Promise.race([listener.next("finished"), listener.next("failed")]);
  return end.kind === "failed" ? end.fault.what : end.kind;
}

const force = ({ machine }: OpcuaBench) => machine.telemetry()?.readings?.find(({ name }) => name === "press-force");

test.each(["few-at-once", "no-events", "few-items", "no-subscriptions", "information-bits"] as const)(
  "[F24] %s: a job is done",
  async (name) => {
    expect(await job(await odd(name))).toBe("finished");
  },
);

test("[F36] without events it is said that its alarms are not known", async () => {
  const { listener } = await odd("no-events");
  await listener.next("alarm", ({ alarm }) => alarm.id === "alarm-list-unknown" && alarm.active);
});

test("[F24] a reading that is not monitored is said to be none, and why", async () => {
  await odd("few-items");
  await expect
    .poll(() => force(bench!))
    .toMatchObject({ bad: true, value: expect.stringContaining("BadAttributeIdInvalid") });
});

test.each(["forgets-subscriptions", "silent-subscriptions"] as const)(
  "[F23] %s: values that nobody sends any more are not shown as those of now",
  async (name) => {
    const { listener } = await odd(name);
    listener.forget();
    const { fault } = await listener.next("offline");
    expect(fault.code).toBe("values-stopped");
    await listener.next("online");
  },
);
