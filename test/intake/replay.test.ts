/** An order is used once, whatever is delivered how often and however often the cell starts again (features 10 and 30). */
import { describe, expect, it } from "vitest";
import type { Event } from "../../src/jobs/event.ts";
import { evolve } from "../../src/jobs/evolve.ts";
import { emptyState } from "../../src/jobs/state.ts";
import type { JobId } from "../../src/kernel/names.ts";
import {
  answer,
  begin,
  boot,
  capture,
  cellWithOrder,
  digest,
  goodLayer,
  inspect,
  job,
  layerDone,
  order,
  prepare,
  report,
  type Story,
  start,
} from "../jobs/story.ts";

const copies = 2;

/** One device, from the plate to the machine's last word. */
function makeOne(story: Story): void {
  begin(story);
  goodLayer(story, 1);
  goodLayer(story, 2);
  layerDone(story, 3);
  inspect(story, 3, report(capture(story, 3)));
  answer(story, "proceed");
  const executed = { program: digest("program"), lines: 9, resends: 0 };
  story.observe({ kind: "finished", attempt: story.attempt().id, executed });
}

/** What a crash leaves: the ledger alone. */
function restart(story: Story, ledger: readonly { readonly at: number; readonly event: Event }[]): void {
  story.state = ledger.reduce((state, { at, event }) => evolve(state, event, at), emptyState);
  boot(story);
}

describe("[F10][F30][L5] a thousand deliveries of one order", () => {
  it("over forty restarts make exactly as many devices as were ordered", () => {
    const story = cellWithOrder({ copies });
    const ledger: { at: number; event: Event }[] = [];
    const keep = () => {
      for (const event of story.events.slice(ledger.length)) ledger.push({ at: story.at, event });
    };
    const refused: Record<string, number> = {};
    let made = 0;
    for (let delivery = 0; delivery < 1_000; delivery += 1) {
      // By turns: the same order, its number under another name, the same order in another package.
      const change = [{}, { id: `J-${delivery}` as JobId }, { source: digest(`package ${delivery}`) }][delivery % 3];
      const { refusal } = story.tell({ kind: "accept-order", order: { ...order, copies, ...change } });
      refused[refusal?.code ?? "accepted"] = (refused[refusal?.code ?? "accepted"] ?? 0) + 1;
      if (delivery % 100 === 50) {
        if (made < copies) {
          makeOne(story);
          made += 1;
        } else {
          prepare(story);
          expect(start(story).refusal).not.toBeNull();
        }
      }
      if (delivery % 25 === 24) {
        keep();
        restart(story, ledger);
      }
    }
    expect(refused).toEqual({ "order-repeated": 667, "order-replayed": 333 });
    const done = story.events.filter(({ type }) => type === "OperationCompleted");
    const started = story.events.filter(({ type }) => type === "AttemptStarted");
    expect([done.length, started.length, Object.keys(story.state.jobs)]).toEqual([copies, copies, [job]]);
  });
});
