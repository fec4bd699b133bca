/** The tick: nothing is said or owed before it is durable, safety goes first, and a failed write ends the cell. */
import { describe, expect, it } from "vitest";
import { createCell } from "../src/cell.ts";
import type { Message } from "../src/jobs/message.ts";
import type { Obligation } from "../src/jobs/obligations.ts";
import type { State } from "../src/jobs/state.ts";
import type { OperationId } from "../src/kernel/names.ts";
import { createMemoryDisk, type Fate, openMemoryLedger } from "../src/ledger/memory.ts";
import { boot, firstAttempt, job, order, printer, quentin, type Story, tina } from "./jobs/story.ts";
import { createTime } from "./simulation/time.ts";

/** A cell whose writes wait for `write(fate)` and whose duties are only noted. */
async function cell(disk = createMemoryDisk("test.cell/1")) {
  const time = createTime();
  const waiting: ((fate: Fate) => void)[] = [];
  const owed: Obligation[] = [];
  const fatal: unknown[] = [];
  let ids = 0;
  let held = false;
  const made = await createCell({
    ledger: openMemoryLedger(disk, { fate: () => (held ? new Promise((go) => waiting.push(go)) : "written") }),
    clock: time.clock,
    ids: { next: (prefix) => `${prefix}${ids++}` },
    clockState: () => "synchronised",
    perform(duty) {
      owed.push(duty);
      return new Promise(() => undefined);
    },
    onFatal: (problem) => fatal.push(problem),
  });
  const story = { tell: (message: Message) => void made.submit(message), observe: () => undefined } as unknown as Story;
  Object.assign(story, {
    at: 1,
    observe: (observation: never) => story.tell({ kind: "observed", equipment: printer, observation }),
  });
  boot(story);
  await made.submit({ kind: "enrol", person: tina, roles: ["technician"] });
  await made.submit({ kind: "enrol", person: quentin, roles: ["qa"] });
  return {
    ...made,
    time,
    owed,
    fatal,
    waiting,
    disk,
    /** From now on a write waits until its fate is told. */
    holdWrites() {
      held = true;
    },
    async write(fate: Fate) {
      await settled();
      waiting.shift()?.(fate);
      await settled();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function readyToStart() {
  const made = await cell();
  await made.submit({ kind: "accept-order", order: { ...order, expires: 4e12 } });
  await made.submit({ kind: "confirm-identity", job, person: tina, hmacs: ["first", "second"], side: "left" });
  await made.submit({ kind: "declare-plate-clear", equipment: printer, person: tina });
  const check = made.state().equipment[printer]!.plateCheck!;
  await made.submit({ kind: "plate-checked", equipment: printer, check, clear: true, what: "clear", frame: null });
  await made.submit({ kind: "prove-presence", job, device: "scanner", proof: "p1" });
  made.owed.length = 0;
  made.holdWrites();
  return made;
}

const plateSeen = (made: { state(): State }): Message => {
  const check = made.state().equipment[printer]!.plateCheck!;
  return { kind: "plate-checked", equipment: printer, check, clear: true, what: "clear", frame: null };
};
const startMessage = { kind: "start", job, operation: "print" as OperationId, person: tina } as const;

describe("a tick", () => {
  it("[L1] answers and acts only after the write", async () => {
    const made = await readyToStart();
    let said = false;
    void made.submit(startMessage).then(() => (said = true));
    await settled();
    expect([said, made.owed.length, made.state().jobs[job]!.attempts.length]).toEqual([false, 0, 0]);
    await made.write("written");
    expect(said).toBe(true);
    expect(made.owed).toMatchObject([{ kind: "check-plate" }]);
    void made.submit(plateSeen(made));
    await made.write("written");
    expect(made.owed).toMatchObject([{ kind: "check-plate" }, { directive: { kind: "begin" } }]);
  });

  it("[L4] two starts in one tick: one passes, the other is refused", async () => {
    const made = await readyToStart();
    const replies = Promise.all([made.submit(startMessage), made.submit(startMessage)]);
    await made.write("written");
    await made.write("written");
    expect((await replies).map((reply) => reply.kind).sort()).toEqual(["accepted", "refused"]);
    expect(made.owed).toHaveLength(1);
  });

  it("[L1] tells a machine to stop before the write, because that can only help", async () => {
    const made = await readyToStart();
    void made.submit(startMessage);
    await made.write("written");
    made.owed.length = 0;
    void made.submit({ kind: "stop", attempt: firstAttempt, person: tina, why: "smoke" });
    await settled();
    expect(made.owed).toMatchObject([{ directive: { kind: "abort" } }]);
    await made.write("written");
    expect(made.owed).toHaveLength(1);
  });

  it.each(["cut-before", "cut-during", "cut-after", "disk-full"] as const)(
    "[L1][F33] a write that is %s ends the cell with nothing said or owed",
    async (fate) => {
      const made = await readyToStart();
      const reply = made.submit(startMessage).then(
        () => "said",
        () => "not said",
      );
      await made.write(fate);
      expect(await reply).toBe("not said");
      expect([made.fatal.length, made.owed.length]).toEqual([1, 0]);
      await expect(made.submit(startMessage)).rejects.toThrow();
    },
  );

  it("[L2][L4] a start whose write survived the power cut is over at the next boot, and the machine is never told", async () => {
    const before = await readyToStart();
    before.submit(startMessage).catch(() => undefined);
    await before.write("cut-after");
    const after = await cell(before.disk);
    expect(after.state().jobs[job]!.attempts).toMatchObject([{ outcome: "OutcomeUnknown" }]);
    expect(after.owed.map((duty) => (duty.kind === "direct" ? duty.directive.kind : duty.kind))).toEqual(["abort"]);
  });

  it("[F75] a clock that jumps is recorded, and the highest time seen goes on deciding", async () => {
    const made = await cell();
    made.time.step(-86_400_000);
    await made.submit({ kind: "accept-order", order: { ...order, expires: made.time.clock.now() + 3_600_000 } });
    const types = made.disk.rows.map((row) => JSON.parse(Buffer.from(row.entry).toString()).type);
    expect(types).toContain("ClockStepped");
    expect(made.state().jobs[job]).toBeUndefined();
  });
});
