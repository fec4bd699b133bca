/** Judges one filament frame whose parts are known: the bed around them, and they themselves, each by its own limits. */
import { farthest } from "./align.ts";
import { eachChannel } from "./channels.ts";
import type { Field } from "./field.ts";
import { grown, type SurfaceVerdict } from "./judge.ts";
import type { Parts } from "./parts.ts";
import { prepare } from "./prepare.ts";
import { type PrintedModel, spreadsAt, viewOf } from "./printed.ts";

/** Judges a frame whose `parts` are where its expected picture says. */
export type PrintedJudge = (frame: Field, parts: Parts, lap?: () => void) => SurfaceVerdict;

/** Makes a judge that keeps its buffers between frames. */
export function createPrintedJudge(model: PrintedModel): PrintedJudge {
  const size = model.width * model.height;
  const inside = new Uint8Array(size);
  const [excess, growing] = [new Float32Array(size), new Float32Array(size)];
  const leading = new Int8Array(size);
  const mask = new Uint8Array(size);
  return (frame, parts, lap) => {
    const prepared = prepare(model.arena, frame, model, inside, lap);
    lap?.();
    const bed = prepared.difference.slice();
    excess.fill(0);
    growing.fill(0);
    leading.fill(0);
    const scores = new Array<number>(model.kinds[0]!.length).fill(0);
    for (const kind of [0, 1] as const) {
      const { difference, zone } = viewOf(model, { field: frame, parts }, bed, kind);
      eachChannel(model.arena, difference, (c, values) => {
        const { limit, grow } = model.kinds[kind]![c]!;
        for (let i = 0; i < size; i++) {
          if (zone[i] === 0 || inside[i] === 0) continue;
          const z = spreadsAt(model, model.kinds[kind]![c]!, kind, c, values[i]!, i);
          const far = Math.abs(z);
          if (far / limit > scores[c]!) scores[c] = far / limit;
          if (far < grow) continue;
          if (far / limit > excess[i]!) {
            excess[i] = far / limit;
            leading[i] = z > 0 ? c + 1 : -(c + 1);
          }
          growing[i] = Math.max(growing[i]!, far / grow);
        }
      });
    }
    const findings = grown(model, { excess, growing, leading, mask });
    const moved_px = farthest(prepared.aligned.motion);
    return { score: Math.max(...scores), scores, excess, mask, findings, moved_px, prepared };
  };
}
