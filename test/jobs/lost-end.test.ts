/** What a lost end of the record leaves to the core: void orders, closed jobs, and copies that only QA's word frees. */
import { describe, expect, it } from "vitest";
import { doubts, inheritance } from "../../src/jobs/ancestor.ts";
import { decide } from "../../src/jobs/decide/decide.ts";
import type { Event } from "../../src/jobs/event.ts";
import { evolve } from "../../src/jobs/evolve.ts";
import { emptyState, type State } from "../../src/jobs/state.ts";
import type { Digest, JobId } from "../../src/kernel/names.ts";
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
    const left = inheritance(story.state, "a.example/2");
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
    const first = folded([continued("a.example/1"), ...inheritance(cellWithOrder().state, "a.example/2")]);
    const second = folded([continued("a.example/2"), ...inheritance(first, "a.example/3")]);
    expect(accept(second, {}).refusal?.code).toBe("order-replayed");
  });

  it("[F85][L5] keeps central QA's holds, its freeze and mark, and legal holds, and the log after that one does too", () => {
    const story = cellWithOrder();
    const hold = { kind: "lot", id: "04012345000016.L-77" } as const;
    const lift = { id: "D1", nonce: "n1", action: "hold", reason: "material-recall", issuedAt: 5, expires: 9 } as const;
    const approval = { person: "quentin", name: "Q", role: "qa", meaning: "m", shown: root, at: 1 } as never;
    const state = folded(
      [
        { type: "CentralDecided", decision: { ...lift, target: hold }, envelope: root as Digest },
        {
          type: "CentralDecided",
          decision: { ...lift, nonce: "n2", action: "demonstration", target: { kind: "cell", id: "a.example/1" } },
          envelope: root as Digest,
        },
        {
          type: "CentralDecided",
          decision: { ...lift, nonce: "n3", target: { kind: "cell", id: "a.example/1" } },
          envelope: root as Digest,
        },
        { type: "CentralLinkChanged", frozen: true, what: "two histories", provenAt: 7 },
        { type: "LegalHoldSet", job: null, reason: "litigation", approval },
        { type: "LegalHoldSet", job, reason: "litigation", approval },
      ],
      story.state,
    );
    const first = folded([continued("a.example/1"), ...inheritance(state, "a.example/2")]);
    expect(first.central).toMatchObject({
      // The whole cell is held under the name that it has now, so that a lift is of the same.
      holds: [
        { target: hold, reason: "material-recall", issuedAt: 5 },
        { target: { kind: "cell", id: "a.example/2" } },
      ],
      demonstration: true,
      frozen: "two histories",
      provenAt: 7,
    });
    // Nothing can be erased any more in the folder of the log that is over: a hold of one of its jobs has done its work.
    expect(first.keeping.holds).toEqual([{ job: null, reason: "litigation", since: 2_000 }]);
    const second = folded([continued("a.example/2"), ...inheritance(first, "a.example/3")]);
    expect([second.central.holds.length, second.central.provenAt, second.keeping]).toEqual([2, 7, first.keeping]);
    expect(second.central.demonstration).toBe(true);
  });

  it("takes nothing of an ancestor that it does not name", () => {
    const [orders] = inheritance(cellWithOrder().state, "a.example/2");
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
