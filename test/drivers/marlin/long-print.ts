/** A print of many hours in virtual time: the driver's state must not grow with it. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { program, square } from "../../toolpath/bench.ts";
import { Virtual } from "./virtual.ts";

const hourMs = 3_600_000;

/** What a long print came to. */
export interface LongPrint {
  readonly hours: number;
  readonly layers: number;
  readonly lines: number;
  readonly kibAfterOneHour: number;
  readonly kibAtEnd: number;
  readonly seconds: number;
}

const most = 95;

/** Forty squares a layer, so that a layer is minutes of motion. */
function tall(): string {
  const layer = (z: number) =>
    Array.from({ length: 40 }, (_, i) => square(z, 60 + (i % 5) * 2, 60 + (i % 7) * 2)).flat();
  return program(...Array.from({ length: most }, (_, k) => layer(Math.round((k + 1) * 20) / 100)).flat());
}

/** Prints at the machine's own pace, each layer released after its verdict, for at least so many hours. */
export function longPrint(hours: number): LongPrint {
  const began = performance.now();
  const bench = new Virtual({ keep: false });
  if (!bench.open()) throw new Error("the simulated printer did not answer");
  bench.begin(tall(), 1);
  if (bench.answers.get(1) !== "done") throw new Error("the long program was refused");
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heap = () => {
    collect();
    return Math.round(process.memoryUsage().heapUsed / 1024);
  };
  let [layer, kibAfterOneHour] = [0, 0];
  while (layer < most) {
    layer++;
    const done = () => bench.heard("layer-done")?.layer === layer || bench.heard("failed") !== undefined;
    if (!bench.until(done)) throw new Error(`layer ${layer} never came`);
    const failed = bench.heard("failed");
    if (failed !== undefined) throw new Error(JSON.stringify(failed.fault));
    // A verdict takes as long as it takes: here so long that the print lasts its hours.
    bench.until(() => false, Math.max(1000, (layer * hours * hourMs) / most - bench.now));
    bench.observations.length = 0;
    if (kibAfterOneHour === 0 && bench.now >= hourMs) kibAfterOneHour = heap();
    bench.tell({ kind: "proceed", attempt: bench.attempt, releasedLayer: layer + 1 });
  }
  if (bench.end() !== "finished") throw new Error("the print did not finish");
  const lines = bench.heard("finished")?.executed.lines ?? 0;
  const seconds = Math.round((performance.now() - began) / 1000);
  return { hours: bench.now / hourMs, layers: layer, lines, kibAfterOneHour, kibAtEnd: heap(), seconds };
}
