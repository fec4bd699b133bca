/** Events a second through the core in memory: decided and applied live, and applied again as after a restart. */
import type { Event } from "../src/jobs/event.ts";
import { evolve } from "../src/jobs/evolve.ts";
import { obligations } from "../src/jobs/obligations.ts";
import type { Operation } from "../src/jobs/order.ts";
import { emptyState } from "../src/jobs/state.ts";
import { digestOfValue } from "../src/kernel/hash.ts";
import type { JobId } from "../src/kernel/names.ts";
import { begin, cellWithOrder, goodLayer, order } from "../test/jobs/story.ts";
import type { Row } from "./row.ts";

const layers = 62;
const earlierJobs = 300;
const measureMs = 1500;

/** Measures against the least that any ledger has to do with an event: canonical JSON and SHA-256, in the same run. */
export async function run(): Promise<Row[]> {
  const events = print(0);
  const baseline = perSecond(() => {
    for (const event of events) digestOfValue(event);
    return events.length;
  });
  const row = (name: string, value: number): Row => ({
    name,
    value,
    unit: "events/s",
    baseline,
    ratio: value / baseline,
  });
  return [
    row(
      "decide, evolve, obligations",
      perSecond(() => print(0).length),
    ),
    row(
      `the same with ${earlierJobs} open orders beside it`,
      perSecond(() => print(earlierJobs).length),
    ),
    row(
      "evolve alone, as on replay",
      perSecond(() => replay(events)),
    ),
  ];
}

/** One guide of 62 layers from boot to the last verdict; returns what became true. */
function print(beside: number): readonly Event[] {
  const route = [{ ...order.route[0]!, layersPlanned: layers } as Operation];
  const story = cellWithOrder({ route });
  for (let n = 0; n < beside; n++) {
    story.tell({ kind: "accept-order", order: { ...order, id: `E${n}` as JobId, nonce: `earlier-${n}` } });
  }
  const before = story.events.length;
  begin(story);
  for (let layer = 1; layer <= layers; layer++) {
    goodLayer(story, layer);
    obligations(story.state);
  }
  return beside > 0 ? story.events.slice(before) : story.events;
}

function replay(events: readonly Event[]): number {
  let state = emptyState;
  for (const event of events) state = evolve(state, event, 0);
  return events.length;
}

/** Repeats `work`, which says how many things it did, for the measuring time. */
function perSecond(work: () => number): number {
  work();
  let count = 0;
  const began = performance.now();
  while (performance.now() - began < measureMs) count += work();
  return (count / (performance.now() - began)) * 1000;
}
