/** Jobs that ended a while ago leave the state; nothing that is asked of them later changes by it. */
import { describe, expect, it } from "vitest";
import { createJournal } from "../../src/hmi/journal.ts";
import { createPast, readJob } from "../../src/hmi/past.ts";
import { inheritance } from "../../src/jobs/ancestor.ts";
import type { Recorded } from "../../src/jobs/controller.ts";
import { evolve } from "../../src/jobs/evolve.ts";
import { foldJob } from "../../src/jobs/fold-job.ts";
import { keptJob } from "../../src/jobs/keeping-rules.ts";
import { endedKept, findPast, pastOf } from "../../src/jobs/past.ts";
import type { Job } from "../../src/jobs/state.ts";
import type { JobId } from "../../src/kernel/names.ts";
import {
  begin,
  boot,
  cellWithOrder,
  digest,
  goodLayer,
  job,
  order,
  present,
  printer,
  quentin,
  type Story,
  tina,
} from "./story.ts";

/** Orders that are accepted and cancelled at once. */
function cancelled(story: Story, from: number, count: number): JobId[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `K${from + index}` as JobId;
    const lineage = { ...order.lineage, design: id };
    story.tell({ kind: "accept-order", order: { ...order, id, lineage, nonce: `nonce-${id}`, source: digest(id) } });
    story.tell({ kind: "cancel-job", job: id, person: quentin, why: "Not needed." });
    return id;
  });
}

/** The first order is made whole. */
function made(): Story {
  const story = cellWithOrder();
  begin(story);
  for (const layer of [1, 2, 3]) goodLayer(story, layer);
  story.observe({
    kind: "finished",
    attempt: story.attempt().id,
    executed: { program: digest("program"), lines: 1, resends: 0 },
  });
  return story;
}

/** What of a job no restart forgets: proofs and confirmations are only true for a while. */
function lasting({ identity: _, presence: __, units, ...rest }: Job) {
  return { ...rest, units: units.map((unit) => ({ ...unit, confirmed: null })) };
}

const recorded = (story: Story): Recorded[] =>
  story.events.map((event, seq) => ({ seq, at: story.times[seq]!, event }));

describe("[F10][F33][F76] a job that ended a while ago", () => {
  it("leaves the state when twelve others have ended after it, and its entries alone give it back", async () => {
    const story = made();
    const whole = story.state.jobs[job]!;
    expect(whole.ended).toBe("Ended");
    const others = cancelled(story, 1, endedKept - 1);
    expect(story.state.jobs[job]).toBeDefined();
    others.push(...cancelled(story, endedKept, 1));
    expect(Object.keys(story.state.jobs)).toEqual(others);
    expect(findPast(story.state, job)).toEqual(pastOf(whole));

    boot(story);
    const entries = recorded(story);
    expect(lasting(foldJob(job, entries, story.state.setup!)!)).toEqual(lasting(whole));
    const journal = createJournal();
    for (const entry of entries) journal.take(entry);
    let reads = 0;
    const history = async function* (from: number, to?: number) {
      reads += 1;
      yield* entries.slice(from, to);
    };
    const controller = { state: () => story.state } as never;
    expect(lasting((await readJob({ controller, history }, journal, job))!)).toEqual(lasting(whole));
    expect(await readJob({ controller, history }, journal, "J-never")).toBe(null);
    // Who looks at it for a while does not have it read again and again.
    const past = createPast({ controller, history }, journal);
    reads = 0;
    for (let look = 0; look < 3; look += 1) expect(lasting((await past.job(job))!)).toEqual(lasting(whole));
    expect(reads).toBe(1);
    expect(foldJob("J-never" as JobId, entries, story.state.setup!)).toBe(null);
  });

  it("is neither taken in nor begun again, and whoever asks hears that it has ended", () => {
    const story = made();
    cancelled(story, 1, endedKept);
    expect(story.tell({ kind: "accept-order", order }).refusal?.code).toBe("order-repeated");
    const renamed = { ...order, id: "J9" as JobId };
    expect(story.tell({ kind: "accept-order", order: renamed }).refusal?.code).toBe("order-replayed");
    const hmacs = ["first", "second"] as const;
    const asked = story.tell({ kind: "confirm-identity", job, person: tina, hmacs, side: "left" });
    expect(asked.refusal?.code).toBe("job-ended");
    expect(asked.events).toMatchObject([{ type: "RequestRefused", job }]);
    expect(story.tell({ kind: "cancel-job", job, person: quentin, why: "x" }).refusal?.code).toBe("job-ended");
    present(story);
    expect(story.events.at(-1)).toMatchObject({ type: "RequestRefused", code: "unknown-job" });
    expect(story.owed().filter((each) => "job" in each && each.job === job)).toEqual([]);
  });

  it("is kept as long as before, and a continued record still voids its order", () => {
    const story = made();
    const before = keptJob(story.state, job)!;
    cancelled(story, 1, endedKept);
    expect(keptJob(story.state, job)).toMatchObject({ ...before, implantable: null });
    const voided = inheritance(story.state, "a.example/2").flatMap((event) =>
      event.type === "AncestorOrders" ? event.orders : [],
    );
    expect(voided.map((each) => each.job).sort()).toEqual(
      [job, ...Array.from({ length: 12 }, (_, n) => `K${n + 1}`)].sort(),
    );
  });

  it("stays whole while its machine has not said that it is safe", () => {
    const story = made();
    const machine = story.state.equipment[printer]!;
    const attempt = story.attempt().id;
    const unsafe = { attempt, job, told: true };
    story.state = { ...story.state, equipment: { [printer]: { ...machine, unsafe } } };
    cancelled(story, 1, endedKept + 3);
    expect(story.state.jobs[job]).toBeDefined();
    expect(Object.keys(story.state.jobs)).toHaveLength(endedKept + 1);
    const after = evolve(story.state, { type: "MachineMadeSafe", equipment: printer, attempt, job }, story.at);
    expect([after.jobs[job], findPast(after, job)?.outcome]).toEqual([undefined, "not-released"]);
  });
});
