/** The real driver before servers that do what those of other makers do: it works with them, or says why not. */
import { afterEach, expect, test } from "vitest";
import { pkiFolder } from "../../../src/drivers/io/opcua.ts";
import { clientUriOf, type OpcuaConfig } from "../../../src/drivers/opcua/config.ts";
import { lookBelow } from "../../../src/drivers/opcua/io/browse.ts";
import { connect } from "../../../src/drivers/opcua/io/connect.ts";
import { namespaces } from "../../../src/drivers/opcua/names.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { type OpcuaBench, origin, startOpcuaBench, stationId, stationProgram } from "../opcua-machine.ts";
import type { oddities } from "./odd-server.ts";

const file = new URL("./odd-server.ts", import.meta.url);
let bench: OpcuaBench | null = null;
afterEach(async () => {
  await bench?.dispose();
  bench = null;
});

/** A machine and its driver; a machine that is not taken is told with its reason. */
async function odd(name: keyof typeof oddities, isDriven = true, changes: Partial<OpcuaConfig> = {}) {
  bench = await startOpcuaBench([`--import=${file}?name=${name}`, "--speed", "20"], changes, isDriven);
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

test.each(["few-at-once", "no-events", "few-items", "no-subscriptions", "information-bits", "few-methods"] as const)(
  "[F24] %s: a job is done",
  async (name) => {
    expect(await job(await odd(name))).toBe("finished");
  },
);

test.each(["any-address", "inner-name", "more-endpoints", "short-session"] as const)(
  "[F23] %s: the machine is found and a job is done",
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

test("[F31] without Cancel, Clear and Stop a job is aborted, and nothing of it is at work", async () => {
  const { begin, store, machine, state } = await odd("few-methods");
  const attempt = "odd-2" as AttemptId;
  expect(await begin(attempt, store(stationProgram("press-sleeves")))).toEqual({ kind: "done" });
  expect(await machine.perform({ kind: "abort", attempt })).toEqual({ kind: "done" });
  await expect.poll(async () => (await state()).programs).toEqual([]);
});

test("[F31] a machine that cannot be held is not driven, and it is said which method is missing", async () => {
  const { listener } = await odd("no-pause", false);
  const { fault } = await listener.next("offline");
  expect(fault.code).toBe("machine-part-missing");
  expect(fault.what).toContain("JobOrderControl/Pause");
});

test("[F31] a design does not stay at a machine that names its files in another namespace", async () => {
  const opened = await odd("files-elsewhere");
  expect(await job(opened)).toBe("finished");
  await expect.poll(async () => (await opened.state()).programs).toEqual([]);
});

test("[F23] a machine that is a device is found where the configuration says, by the nameplate that it carries itself", async () => {
  const folder = [{ namespace: namespaces.di, name: "DeviceSet" }];
  expect(await job(await odd("device-set", true, { folder }))).toBe("finished");
});

test("[F24] what a machine shows is shown, however little it takes at once", async () => {
  const { config, keysDir } = await odd("few-at-once");
  const pki = pkiFolder(keysDir);
  const made = await connect({ machine: config, equipment: stationId, pki, clientUri: clientUriOf(origin) }, () => {});
  if (!made.ok) throw new Error(made.error.what);
  const look = await lookBelow(made.value.session, ["Machines", "finishing-1", "Press"], 3000);
  await made.value.close();
  const values = look?.tags.filter(({ value }) => value !== null) ?? [];
  expect(values.length).toBeGreaterThan(0);
  expect(values.find(({ name }) => name === "Force_N")?.value).toMatchObject({ status: "Good", unit: "N" });
});
