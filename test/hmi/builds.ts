/** Builds of any number of layers, as far as the page looks at their entries. */
import sharp from "sharp";
import type { Recorded } from "../../src/jobs/controller.ts";

/** Names of what is stored beside a layer. */
export type StoredOf = (layer: number) => { readonly frame: string; readonly evidence: string };

const namesAlone: StoredOf = (layer) => ({ frame: `f${layer}`, evidence: `e${layer}` });

/** The entries of one build from number `from` on; every tenth layer has a finding. */
export function* buildOf(planned: number, name = "J1", from = 0, storedOf = namesAlone): Generator<Recorded> {
  const [of, at] = [{ job: name, attempt: `${name}-A1` }, 0];
  let seq = from;
  const entry = (event: object): Recorded => ({ seq: seq++, at, event: event as never });
  const step = { kind: "build", id: "print", title: "Print", program: "p", layersPlanned: planned };
  yield entry({ type: "JobOrderAccepted", job: name, order: { route: [step], recipe: "r" } });
  yield entry({ type: "AttemptStarted", ...of, operation: "print", simulated: true, person: "P1" });
  for (let layer = 1; layer <= planned; layer += 1) {
    const [take, box] = [1, { x_mm: layer % 100, y_mm: 5, w_mm: 2, h_mm: 2 }];
    const finding = { class: "extra", box, measured: 2, limit: 1, unit: "mm", score: null };
    const isGood = layer % 10 !== 0;
    const { frame, evidence } = storedOf(layer);
    const digests = { frame, expected: "x", setup: "s", limits: "l", model: null };
    const said = { grade: "good", verdict: isGood ? "pass" : "fail", reasons: [], findings: isGood ? [] : [finding] };
    yield entry({ type: "LayerDone", ...of, layer });
    yield entry({ type: "LayerCaptured", ...of, layer, take, frame, receivedAt: layer });
    yield entry({ type: "LayerInspected", ...of, layer, take, report: { ...said, digests, evidence } });
    yield entry({ type: "LayerDecided", ...of, layer, verdict: said.verdict });
  }
}

/** A picture with as much grain as a camera's. */
export function grain(size: { readonly width: number; readonly height: number }, at: number): Promise<Uint8Array> {
  const noise = { type: "gaussian", mean: 90 + at, sigma: 14 } as const;
  return sharp({ create: { ...size, channels: 3, background: "#777", noise } })
    .jpeg({ quality: 85 })
    .toBuffer();
}
