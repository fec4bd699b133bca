/** The pure driver of a machine on OPC UA: whatever gets lost on the way, nothing runs twice and no answer is guessed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faults } from "../../../src/drivers/opcua/faults.ts";
import { fileOf } from "../../../src/drivers/opcua/session.ts";
import type { Directive } from "../../../src/equipment/machine.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { type Fate, fates, program, Rig } from "./model.ts";

const [a1, a2] = ["a1", "a2"] as AttemptId[] as [AttemptId, AttemptId];
const begin = (attempt: AttemptId): Directive => ({
  kind: "begin",
  attempt,
  program: program.digest,
  releasedLayer: 1,
});
/** Longer than every bound of the driver together. */
const everything = 130_000;

function rigWith(plan: readonly Fate[] = []): Rig {
  const left = [...plan];
  const rig = new Rig(() => left.shift() ?? "good");
  rig.connect();
  rig.run(1000);
  return rig;
}

describe("a machine that is lost", () => {
  it("[F23][L8] is said to be offline for each cause once, the newest last", () => {
    const rig = rigWith();
    const causes = [faults.connectionLost(), faults.signInRefused()] as const;
    for (const fault of [causes[0], causes[1], causes[1], causes[1]]) {
      rig.reachable = false;
      rig.event({ kind: "disconnected", fault });
      rig.run(5000);
    }
    const said = rig.heard.flatMap((each) => (each.kind === "offline" ? [each.fault.code] : []));
    expect(said).toEqual(causes.map(({ code }) => code));
  });
});

describe("a start", () => {
  it.each<[Fate, string, number]>([
    ["good", "done", 1],
    ["zero", "done", 1],
    ["answer-lost", "done", 1],
    ["lost", "unknown", 0],
    ["ignored", "unknown", 0],
    ["refused", "refused", 0],
    ["rejected", "refused", 0],
  ])("[F28] whose call is %s is answered %s", (fate, kind, runs) => {
    const rig = rigWith([fate]);
    const id = rig.tell(begin(a1));
    rig.run(20_000);
    const again = rig.tell(begin(a1));
    rig.run(20_000);
    expect(rig.answers.get(id)?.map((answer) => answer.kind)).toEqual([kind]);
    if (kind !== "refused") expect(rig.answers.get(again)?.map((answer) => answer.kind)).toEqual([kind]);
    else expect(rig.machine.runs.get(a1)).toBe(1);
    if (kind !== "refused") expect(rig.machine.runs.get(a1) ?? 0).toBe(runs);
  });

  it("[F28][F30] that arrives after its answer was given up is ended when it shows", () => {
    const rig = rigWith(["late"]);
    const id = rig.tell(begin(a1));
    rig.run(60_000);
    expect(rig.answers.get(id)?.map((answer) => answer.kind)).toEqual(["unknown"]);
    expect(rig.machine.activeNow(a1)).toBe(false);
    expect(rig.heard.filter((o) => o.kind === "finished")).toEqual([]);
  });

  it("[L4] of a job that the machine already has is not made again, by whichever driver", () => {
    const rig = rigWith();
    rig.machine.jobs.set(a1, { state: "Running", left: 3000 });
    const id = rig.tell(begin(a1));
    rig.run(10_000);
    expect(rig.answers.get(id)).toEqual([{ kind: "done" }]);
    expect(rig.machine.runs.get(a1)).toBeUndefined();
    expect(rig.heard.filter((o) => o.kind === "finished")).toHaveLength(1);
  });

  it.each([
    ["foreign-job", (rig: Rig) => rig.machine.jobs.set("other", { state: "Running", left: 60_000 })],
    [
      "machine-not-ready",
      (rig: Rig) => rig.event({ kind: "disconnected", fault: { code: "x", what: "x", remedy: "x" } }),
    ],
  ])("[F32] is refused as %s", (code, spoil) => {
    const rig = rigWith();
    spoil(rig);
    const id = rig.tell(begin(a1));
    rig.run(2000);
    expect(rig.answers.get(id)).toMatchObject([{ kind: "refused", fault: { code } }]);
  });
});

describe("somebody else's hand", () => {
  const told = (rig: Rig) => rig.heard.flatMap((o) => (o.kind === "foreign-action" ? [[o.attempt, o.what]] : []));
  const running = () => {
    const rig = rigWith();
    rig.tell(begin(a1));
    rig.run(1500);
    return rig;
  };

  it("[F32] that pauses the job, or goes on with one that is held, is told once each; what the cell told it is not", () => {
    const rig = running();
    rig.machine.jobs.get(a1)!.state = "Interrupted";
    rig.run(5000);
    expect(told(rig)).toEqual([[a1, "The job was paused at the machine, and not by this cell."]]);
    rig.tell({ kind: "proceed", attempt: a1, releasedLayer: 1 });
    rig.run(500);
    rig.tell({ kind: "hold", attempt: a1 });
    rig.run(3000);
    expect(told(rig)).toHaveLength(1);
    rig.machine.jobs.get(a1)!.state = "Running";
    rig.run(500);
    expect(told(rig).slice(1)).toEqual([[a1, "The machine went on with the job although this cell holds it."]]);
  });

  it("[F32] that gives the machine a job of its own is told once, by that job's name", () => {
    const rig = rigWith();
    rig.machine.foreign("theirs");
    rig.run(5000);
    expect(told(rig)).toMatchObject([[null, expect.stringContaining("theirs")]]);
  });

  it("[F32] of another cell, which names its programs in the same way, is told too, and what it has ended is not cleared", () => {
    const rig = rigWith();
    rig.machine.foreign("theirs", fileOf({ mark: "0badcafe" }, "theirs" as AttemptId));
    rig.run(5000);
    expect(told(rig)).toMatchObject([[null, expect.stringContaining("theirs")]]);
    const same = rig.tell(begin("theirs" as AttemptId));
    rig.run(2000);
    expect(rig.answers.get(same)).toMatchObject([{ kind: "refused", fault: { code: "foreign-job" } }]);
    rig.machine.jobs.get("theirs")!.state = "Ended";
    const id = rig.tell(begin(a1));
    rig.run(3000);
    expect(rig.answers.get(id)).toEqual([{ kind: "done" }]);
    expect([...rig.machine.jobs.keys()]).toEqual(["theirs", a1]);
  });
});

describe("out of sight", () => {
  it("[F23] for a while: the job is found again, with the gap, and nothing is said to have failed", () => {
    const rig = rigWith();
    rig.tell(begin(a1));
    rig.run(1000);
    rig.reachable = false;
    rig.run(9000);
    expect(rig.heard.flatMap((o) => (o.kind === "alarm" ? [o.alarm.id] : []))).toEqual(["not-watched"]);
    rig.reachable = true;
    rig.connect(2);
    rig.run(2000);
    const kinds = rig.heard.map((o) => o.kind);
    expect(kinds.slice(0, 3)).toEqual(["online", "alarm", "gap"]);
    expect(kinds.slice(3).toSorted()).toEqual(["alarm", "finished"]);
    const gap = rig.heard.find((o) => o.kind === "gap")!;
    expect(gap).toMatchObject({ what: expect.stringContaining("started anew") });
    expect(gap.kind === "gap" && gap.to - gap.from).toBeGreaterThan(8000);
  });

  it("[F23] a connection over which the list of jobs cannot be read is given up, and the attempt is not open for ever", () => {
    const rig = rigWith();
    rig.tell(begin(a1));
    rig.run(1000);
    rig.readable = false;
    for (let n = 0; n < 6; n++) {
      rig.run(12_000);
      rig.connect();
    }
    expect(rig.disconnected).toBeGreaterThan(2);
    expect(rig.heard.find((o) => o.kind === "failed")).toMatchObject({ fault: { code: "out-of-sight" } });
  });

  it("[F31] for too long: the attempt is over, and what the machine still has of it is ended when it is seen again", () => {
    const rig = rigWith();
    rig.machine.jobs.clear();
    rig.tell(begin(a1));
    rig.run(1000);
    rig.machine.jobs.get(a1)!.left = 600_000;
    rig.reachable = false;
    rig.run(40_000);
    expect(rig.heard.find((o) => o.kind === "failed")).toMatchObject({
      fault: { code: "out-of-sight" },
      heaters: "unknown",
    });
    expect(rig.heard.filter((o) => o.kind === "offline")).toHaveLength(1);
    rig.reachable = true;
    rig.connect();
    rig.run(10_000);
    expect(rig.machine.activeNow(a1)).toBe(false);
    expect(rig.heard.at(-1)?.kind).toBe("online");
    expect(rig.machine.files.size).toBe(0);
  });
});

describe("a certificate that ends", () => {
  it("[F36] is an alarm in time, also on a connection that stands for long", () => {
    const day = 86_400_000;
    const rig = new Rig(() => "good");
    rig.machineEnds = 1_000_000 + 60 * day + 1_800_000;
    rig.connect();
    rig.run(10_000);
    const ids = () => rig.heard.flatMap((o) => (o.kind === "alarm" ? [o.alarm.id] : []));
    expect(ids()).toEqual([]);
    rig.run(3_600_000);
    expect(ids()).toEqual(["machine-certificate-ends-60"]);
  });
});

describe("the end of the driver", () => {
  it("[F31] ends the open job first, and waits for a machine that is out of reach no longer than it was told", () => {
    const rig = rigWith();
    rig.tell(begin(a1));
    rig.run(1000);
    rig.event({ kind: "end", patience: 5000 });
    rig.run(10_000);
    expect([rig.machine.activeNow(a1), rig.exited]).toEqual([false, true]);
    const away = rigWith();
    away.tell(begin(a1));
    away.run(1000);
    away.event({ kind: "disconnected", fault: { code: "x", what: "x", remedy: "x" } });
    away.event({ kind: "end", patience: 5000 });
    away.run(60_000);
    expect(away.exited).toBe(true);
  });

  it.each(Array.from({ length: 40 }, (_, n) => 25 * n))(
    "[F31] that falls into a start, %s ms after it was told, leaves nothing running",
    (after) => {
      const rig = rigWith();
      rig.tell(begin(a1));
      rig.run(after);
      rig.event({ kind: "end", patience: 5000 });
      for (let n = 0; n < 600 && !rig.exited; n++) rig.run(50);
      expect([rig.machine.activeNow(a1), rig.exited]).toEqual([false, true]);
    },
  );

  it("[F33] an attempt that an earlier driver left at work is ended by the next", () => {
    const rig = new Rig(() => "good", [a1]);
    rig.machine.jobs.set(a1, { state: "Running", left: 600_000 });
    rig.connect();
    rig.run(5000);
    expect(rig.machine.activeNow(a1)).toBe(false);
  });
});

type Deed = { readonly kind: Directive["kind"] | "loss"; readonly attempt: AttemptId; readonly after: number };

describe("whatever is lost, doubled or late", () => {
  const deed: fc.Arbitrary<Deed> = fc.record({
    kind: fc.constantFrom<Deed["kind"]>("begin", "begin", "hold", "proceed", "abort", "loss"),
    attempt: fc.constantFrom(a1, a2),
    after: fc.integer({ min: 0, max: 6000 }),
  });

  it("[F28][L4] each directive has one answer in time, no job runs twice, and no answer says what is not so", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...fates), { maxLength: 12 }),
        fc.array(deed, { maxLength: 8 }),
        (plan, deeds) => {
          const rig = rigWith(plan);
          const refusedFor = new Set<string>();
          rig.answered = (directive, answer) => {
            const { kind, attempt } = directive;
            if (kind === "begin" && answer.kind === "refused") refusedFor.add(attempt);
            if (kind === "begin" && answer.kind !== "refused") refusedFor.delete(attempt);
            if (kind === "abort" && answer.kind === "done") expect(rig.machine.activeNow(attempt)).toBe(false);
          };
          for (const { kind, attempt, after } of deeds) {
            rig.run(after);
            if (kind === "begin") rig.tell(begin(attempt));
            else if (kind === "loss") {
              rig.event({ kind: "disconnected", fault: { code: "lost", what: "Lost.", remedy: "Look." } });
              rig.run(2000);
              rig.connect();
            } else if (kind === "proceed") rig.tell({ kind, attempt, releasedLayer: 1 });
            else rig.tell({ kind, attempt });
          }
          rig.run(everything);
          for (const id of rig.asked.keys()) expect(rig.answers.get(id)).toHaveLength(1);
          for (const [, runs] of rig.machine.runs) expect(runs).toBe(1);
          for (const attempt of [a1, a2]) {
            const ends = rig.heard.filter(
              (o) => (o.kind === "finished" || o.kind === "failed") && o.attempt === attempt,
            );
            expect(ends.length).toBeLessThanOrEqual(1);
            const first = [...rig.asked].find(([, d]) => d.kind === "begin" && d.attempt === attempt)?.[0];
            // Said to be certainly not begun, by every answer to a begin: then it never ran.
            if (first !== undefined && refusedFor.has(attempt)) expect(rig.machine.runs.get(attempt) ?? 0).toBe(0);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
