/** What a lost end of the record leaves to the core: void orders, closed jobs, and copies that only QA's word frees. */
import { describe, expect, it } from "vitest";
import { doubts, inheritance } from "../../src/jobs/ancestor.ts";
import { decide } from "../../src/jobs/decide/decide.ts";
import type { Event } from "../../src/jobs/event.ts";
import { evolve } from "../../src/jobs/evolve.ts";
import { emptyState, type State } from "../../src/jobs/state.ts";
import type { JobId } from "../../src/kernel/names.ts";
import { begin, cellWithOrder, job, order, prepare, start } from "./story.ts";

const root = "0".repeat(64);
const continued = (origin: string): Event => ({
  type: "LogContinued",
  ancestor: { origin, head: { size: 1, root }, cosigned: null, floor: null },
  reason: "restored",
  approvals: [],
});
const folded = (events: readonly Event[], state: State = emptyState) =>
  events.reduce((before, event) => evolve(before, event, 2_000), state);
const accept = (state: State, change: object) =>
  decide(state, { at: 3_000, mono: 1, id: "m", message: { kind: "accept-order", order: { ...order, ...change } } });

describe("[F10][L4] a log that continues another", () => {
  it("closes what was open with unknown outcome, and takes in no order of it, under whatever name it comes", () => {
    const story = cellWithOrder();
    prepare(story);
    begin(story);
    const left = inheritance(story.state);
    expect(left).toMatchObject([
      { type: "AncestorOrders", orders: [{ job, nonce: order.nonce }] },
      { type: "AncestorJobClosed", job, attempt: "J1-A1", outcome: "OutcomeUnknown", nonconformity: "J1-NC1" },
    ]);
    const state = folded([continued("a.example/1"), ...left]);
    expect([state.boots, state.ancestor]).toEqual([1, "a.example/1"]);
    expect(accept(state, {}).refusal).toMatchObject({ code: "order-replayed", what: expect.stringContaining("anew") });
    expect(accept(state, { id: "J2" as JobId }).refusal?.code).toBe("order-replayed");
  });

  it("hands the void orders on to the log that continues it in its turn", () => {
    const first = folded([continued("a.example/1"), ...inheritance(cellWithOrder().state)]);
    const second = folded([continued("a.example/2"), ...inheritance(first)]);
    expect(accept(second, {}).refusal?.code).toBe("order-replayed");
  });

  it("takes nothing of an ancestor that it does not name", () => {
    const [orders] = inheritance(cellWithOrder().state);
    expect(() => evolve(emptyState, orders!, 1)).toThrow("continues none");
  });
});

describe("[L4] a repaired record of which the last second may be missing", () => {
  it("starts no copy before QA has decided about the one that may have been begun", () => {
    const story = cellWithOrder();
    const raised = doubts(story.state);
    expect(raised).toMatchObject([{ job, unit: 1, attempt: null, cause: "outcome-unknown" }]);
    for (const event of raised) story.state = evolve(story.state, event, story.at);
    prepare(story);
    expect(start(story).refusal).toMatchObject({
      code: "not-startable",
      what: expect.stringContaining("whether copy 1 was being made"),
    });
    const untouched = cellWithOrder();
    prepare(untouched);
    expect(start(untouched).refusal).toBeNull();
  });
});
