/** The tick: nothing is said or owed before it is durable, safety goes first, and a failed write ends the cell. */
import { describe, expect, it } from "vitest";
import { createCell } from "../src/cell.ts";
import type { Message } from "../src/jobs/message.ts";
import type { Obligation } from "../src/jobs/obligations.ts";
import type { JobOrder } from "../src/jobs/order.ts";
import type { ReactionRules } from "../src/jobs/reaction.ts";
import type { State } from "../src/jobs/state.ts";
import type { OperationId } from "../src/kernel/names.ts";
import { createMemoryDisk, type Fate, openMemoryLedger } from "../src/ledger/memory.ts";
import { boot, digest, firstAttempt, job, order, printer, quentin, report, type Story, tina } from "./jobs/story.ts";
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

async function readyToStart(change: Partial<JobOrder> = {}) {
  const made = await cell();
  await made.submit({ kind: "accept-order", order: { ...order, expires: 4e12, ...change } });
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

/** What follows a finding by some recipe. */
const reactions: ReactionRules = {
  ...{ within_mm: 1, gap: 0 },
  rules: [{ class: "thin", unit: "mm2", levels: [{ from: 0, reaction: "abort" }], tolerated: null }],
};

/** Layer 1 is made, and nothing is asked of the disk from now on before `holdWrites`. */
async function madeLayer(by: ReactionRules | null) {
  const [build] = order.route;
  const route = [by === null ? build! : { ...build!, reactions: by }] as JobOrder["route"];
  const made = await readyToStart({ route });
  const steps: Message[] = [
    startMessage,
    {
      kind: "answered",
      equipment: printer,
      attempt: firstAttempt,
      directive: "begin",
      layer: 1,
      answer: { kind: "done" },
    },
  ];
  for (const step of steps) {
    void made.submit(step);
    await made.write("written");
    if (step.kind !== "start") continue;
    void made.submit(plateSeen(made));
    await made.write("written");
  }
  const nothing = { min: 0, max: 0 };
  const summary = { hotend: nothing, bed: nothing, durationMs: 1, resends: 0, markedAt: made.time.clock.now() };
  const observation = { kind: "layer-done", attempt: firstAttempt, layer: 1, summary } as const;
  void made.submit({ kind: "observed", equipment: printer, observation });
  await made.write("written");
  made.owed.length = 0;
  return made;
}

const directives = (owed: readonly Obligation[]) =>
  owed.flatMap((duty) => (duty.kind === "direct" ? [duty.directive.kind] : []));

describe("[F56] the latency of a reaction", () => {
  it.each([
    ["a hold", null],
    ["an abort", reactions],
  ])("%s leaves in the tick of the report, before the write", async (_, by) => {
    const made = await madeLayer(by);
    const now = made.time.clock.now();
    const times = { requestedAt: now, receivedAt: now, exposureStart: now };
    const look = { attempt: firstAttempt, layer: 1, take: 1 } as const;
    const frame = digest("frame");
    void made.submit({ kind: "captured", ...look, frame, ...times });
    await made.write("written");
    const box = { x_mm: 1, y_mm: 1, w_mm: 1, h_mm: 1 };
    const findings = [{ class: "thin", box, measured: 9, limit: 5, unit: "mm2", score: 0.9 }];
    void made.submit({ kind: "inspected", ...look, report: report(frame, { verdict: "fail", findings }) });
    await settled();
    expect([directives(made.owed), made.time.elapsed()]).toEqual([["hold"], 0]);
    await made.write("written");
    const held = { equipment: printer, attempt: firstAttempt, directive: "hold", layer: 0 } as const;
    void made.submit({ kind: "answered", ...held, answer: { kind: "done" } });
    await settled();
    expect(directives(made.owed)).toEqual(by === null ? ["hold"] : ["hold", "abort"]);
  });

  it("an eye that says nothing holds within its deadlines: three pictures of at most 30 and 60 s", async () => {
    const made = await madeLayer(reactions);
    while (directives(made.owed).length === 0 && (await made.time.advance())) await made.write("written");
    expect(directives(made.owed)).toEqual(["hold"]);
    expect(made.time.elapsed()).toBeLessThanOrEqual(3 * (30_000 + 60_000));
    expect(made.state().jobs[job]!.attempts[0]?.hold).toMatchObject({ cause: "blind", layer: 1 });
  });
});

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
