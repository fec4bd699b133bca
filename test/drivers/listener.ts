/** Collects a machine's observations and lets a test wait for one. */
import type { Machine } from "../../src/drivers/machine.ts";
import type { Observation } from "../../src/equipment/machine.ts";

type Kind = Observation["kind"];
type Of<K extends Kind> = Extract<Observation, { kind: K }>;

/** Everything heard so far, and promises for what is still to come. */
export class Listener {
  readonly heard: Observation[] = [];
  #waiting: { matches: (o: Observation) => boolean; resolve: (o: Observation) => void }[] = [];

  constructor(machine: Machine) {
    machine.observe((observation) => {
      this.heard.push(observation);
      const due = this.#waiting.filter((one) => one.matches(observation));
      this.#waiting = this.#waiting.filter((one) => !due.includes(one));
      for (const one of due) one.resolve(observation);
    });
  }

  /** The first observation of that kind, now or later, that matches. */
  async next<K extends Kind>(kind: K, matches: (o: Of<K>) => boolean = () => true): Promise<Of<K>> {
    const fits = (o: Observation) => o.kind === kind && matches(o as Of<K>);
    const found = this.heard.find(fits);
    if (found !== undefined) return found as Of<K>;
    return (await new Promise<Observation>((resolve) => this.#waiting.push({ matches: fits, resolve }))) as Of<K>;
  }

  layer(attempt: string, layer: number): Promise<Of<"layer-done">> {
    return this.next("layer-done", (o) => o.attempt === attempt && o.layer === layer);
  }

  /** Forgets what was heard, so that `next` waits for news. */
  forget(): void {
    this.heard.length = 0;
  }
}
