/** A powder bed under a camera, drawn without anything of the inspector: clean layers, faults and their exact truth. */
import { generator, noise2 } from "../camera/random.ts";

/** One machine: its camera, lamp, powder and bed. Lengths in pixels, contrasts as shares of brightness. */
export interface PowderMachine {
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  /** Grey level of the powder in the middle. */
  readonly level: number;
  /** Brightness lost at the corners, and gained from one side to the other. */
  readonly vignette: number;
  readonly slope: readonly [number, number];
  /** Contrast and size of the powder's grain. */
  readonly grain: number;
  readonly grain_px: number;
  /** Layer to layer: waviness of the powder, flicker of the lamp, trembling of the camera. */
  readonly wave: number;
  readonly flicker: number;
  readonly tremble_px: number;
  /** Sensor noise, grey levels. */
  readonly noise: number;
  /** Dark machine around the bed, share of the width; 0 shows the bed alone. */
  readonly margin: number;
  /** The recoater moves down the picture, or across it. */
  readonly across: boolean;
  readonly phase: "recoated" | "fused";
}

const surfaceFaults = ["streak", "elevation", "spatter", "missing powder", "hopping", "debris"] as const;
export const faultKinds = [...surfaceFaults, "missing part"] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Faults that a layer can have: under fresh powder no part is missing. */
export function faultKindsOf(phase: PowderMachine["phase"]): readonly FaultKind[] {
  return phase === "fused" ? faultKinds : surfaceFaults;
}

/** One layer as drawn: grey levels, the fault's pixels (place of the kind plus one), and where parts are (255). */
export interface PowderFrame {
  readonly grey: Uint8Array;
  readonly truth: Uint8Array;
  readonly parts: Uint8Array;
}

/** A machine drawn at random, unlike any other: another seed, another optics, lamp and powder. */
export function powderMachine(seed: number, phase: "recoated" | "fused", width = 1024): PowderMachine {
  const draw = shares(seed * 7919 + 17);
  const between = (low: number, high: number): number => low + (high - low) * draw();
  return {
    ...{ seed, phase, width, height: Math.round(width * between(0.7, 1)), level: between(70, 170) },
    ...{ vignette: between(0.05, 0.4), slope: [between(-0.2, 0.2), between(-0.2, 0.2)] },
    ...{ grain: between(0.02, 0.07), grain_px: between(0.8, 2.5), wave: between(0.004, 0.012) },
    ...{ flicker: between(0.005, 0.03), tremble_px: between(0, 0.4), noise: between(0.8, 2.5) },
    ...{ margin: draw() < 0.5 ? 0 : between(0.03, 0.08), across: draw() < 0.5 },
  };
}

/** Draws one layer of the machine with these faults, each placed by the layer's own seed. */
export function drawLayer(machine: PowderMachine, layer: number, faults: readonly FaultKind[]): PowderFrame {
  const { width, height, seed } = machine;
  const draw = shares(seed * 1_000_003 + layer * 977);
  const surface = new Float32Array(width * height).fill(1);
  const truth = new Uint8Array(width * height);
  const parts = new Uint8Array(width * height);
  layParts(machine, layer, surface, parts);
  for (const kind of faults) {
    if (kind === "missing part") loseArea(machine, parts, draw, surface, truth);
    else addFault(machine, kind, draw, surface, truth);
  }
  return { grey: photograph(machine, layer, draw, surface, truth), truth, parts };
}

/** Bars and discs whose outlines creep from layer to layer; fused they show, under fresh powder only a hint of them. */
function layParts(
  { width, height, seed, phase }: PowderMachine,
  layer: number,
  surface: Float32Array,
  parts: Uint8Array,
): void {
  const draw = shares(seed * 31 + 5);
  const contrast = (phase === "fused" ? 0.25 + 0.3 * draw() : 0.01) * (draw() < 0.5 ? -1 : 1);
  for (let part = 0; part < 7; part++) {
    const [cx, cy] = [(0.15 + 0.7 * draw()) * width, (0.15 + 0.7 * draw()) * height];
    const size = (0.03 + 0.05 * draw()) * width * (1 + 0.15 * Math.sin(layer / 7 + part));
    const round = draw() < 0.5;
    for (let y = Math.max(0, Math.floor(cy - size)); y < Math.min(height, cy + size); y++) {
      for (let x = Math.max(0, Math.floor(cx - size)); x < Math.min(width, cx + size); x++) {
        const far = round ? Math.hypot(x - cx, y - cy) : Math.max(Math.abs(x - cx), 2 * Math.abs(y - cy));
        if (far > size) continue;
        const hatch = phase === "fused" ? 0.05 * Math.sin((x * Math.cos(layer) + y * Math.sin(layer)) * 0.9) : 0;
        surface[y * width + x] =
          1 + contrast + hatch + (phase === "fused" ? 0.1 * (noise2(x / 2, y / 2, seed + layer) - 0.5) : 0);
        parts[y * width + x] = 255;
      }
    }
  }
}

type Painter = (machine: PowderMachine, draw: () => number, mark: (x: number, y: number, by: number) => void) => void;

const painters: Readonly<Record<(typeof surfaceFaults)[number], Painter>> = {
  streak({ width, height, across }, draw, mark) {
    const [long, wide] = across ? [width, height] : [height, width];
    for (let count = 1 + Math.floor(3 * draw()); count > 0; count--) {
      const at = (0.1 + 0.8 * draw()) * wide;
      const [from, half] = [draw() < 0.5 ? 0.06 * long : draw() * 0.6 * long, (1 + 3 * draw()) * (width / 1024)];
      const by = (0.06 + 0.14 * draw()) * (draw() < 0.6 ? -1 : 1);
      for (let s = from; s < 0.94 * long; s++) {
        for (let d = -half; d <= half; d++) mark(across ? s : at + d, across ? at + d : s, by);
      }
    }
  },
  elevation({ width, height }, draw, mark) {
    const [cx, cy, r] = [(0.2 + 0.6 * draw()) * width, (0.2 + 0.6 * draw()) * height, (0.02 + 0.03 * draw()) * width];
    const by = 0.15 + 0.25 * draw();
    for (let y = -r; y <= r; y++) {
      for (let x = -r; x <= r; x++) {
        const far = Math.hypot(x, y);
        if (far <= r && far > 0.6 * r) mark(cx + x, cy + y, x > 0 ? by : -by);
      }
    }
  },
  spatter({ width, height }, draw, mark) {
    for (let count = 15 + Math.floor(30 * draw()); count > 0; count--) {
      const [cx, cy, r] = [
        (0.1 + 0.8 * draw()) * width,
        (0.1 + 0.8 * draw()) * height,
        (1.2 + 2.5 * draw()) * (width / 1024),
      ];
      const by = (0.25 + 0.4 * draw()) * (draw() < 0.5 ? -1 : 1);
      for (let y = -r; y <= r; y++) for (let x = -r; x <= r; x++) if (Math.hypot(x, y) <= r) mark(cx + x, cy + y, by);
    }
  },
  "missing powder"({ width, height, seed }, draw, mark) {
    const [x0, y0] = [draw() < 0.5 ? 0.06 * width : 0.5 * width, 0.5 * height * draw() + 0.06 * height];
    const [w, h] = [(0.1 + 0.25 * draw()) * width, (0.1 + 0.25 * draw()) * height];
    const by = -(0.1 + 0.25 * draw());
    for (let y = 0; y < h; y++) {
      const edge = 0.15 * w * (noise2(y / 15, 3, seed) - 0.5);
      for (let x = 0; x < w + edge; x++)
        mark(x0 + x, y0 + y, by * (0.6 + 0.8 * noise2((x0 + x) / 6, (y0 + y) / 6, seed + 9)));
    }
  },
  hopping({ width, height, across }, draw, mark) {
    const [long, wide] = across ? [width, height] : [height, width];
    const [at, by] = [(0.15 + 0.6 * draw()) * long, 0.05 + 0.1 * draw()];
    for (let band = 0; band < 3; band++) {
      for (let d = 0; d < 8 * (width / 1024); d++) {
        for (let s = 0.08 * wide; s < 0.92 * wide; s++)
          mark(across ? at + 30 * band + d : s, across ? s : at + 30 * band + d, -by);
      }
    }
  },
  debris({ width, height }, draw, mark) {
    const [cx, cy, r] = [
      (0.15 + 0.7 * draw()) * width,
      (0.15 + 0.7 * draw()) * height,
      (0.008 + 0.015 * draw()) * width,
    ];
    for (let y = -r; y <= r; y++) {
      for (let x = -2 * r; x <= 2 * r; x++) if (Math.hypot(x / 2, y) <= r) mark(cx + x, cy + y, x > 0 ? 0.35 : -0.3);
    }
  },
};

/** A round piece of one part was not melted: powder lies there. */
function loseArea(
  { width, height }: PowderMachine,
  parts: Uint8Array,
  draw: () => number,
  surface: Float32Array,
  truth: Uint8Array,
): void {
  const all = parts.reduce((sum, v) => sum + (v > 0 ? 1 : 0), 0);
  let left = Math.floor(draw() * all);
  const centre = parts.findIndex((v) => v > 0 && left-- === 0);
  if (centre < 0) return;
  const [cx, cy, r] = [centre % width, Math.floor(centre / width), (0.012 + 0.03 * draw()) * width];
  for (let y = Math.max(0, Math.ceil(cy - r)); y < Math.min(height, cy + r); y++) {
    for (let x = Math.max(0, Math.ceil(cx - r)); x < Math.min(width, cx + r); x++) {
      const at = y * width + x;
      if (parts[at] === 0 || Math.hypot(x - cx, y - cy) > r) continue;
      surface[at] = 1;
      truth[at] = faultKinds.indexOf("missing part") + 1;
    }
  }
}

function addFault(
  machine: PowderMachine,
  kind: (typeof surfaceFaults)[number],
  draw: () => number,
  surface: Float32Array,
  truth: Uint8Array,
): void {
  const { width, height, margin } = machine;
  const rim = Math.max(margin, 0.02) * width + 2;
  const touched = new Set<number>();
  painters[kind](machine, draw, (fx, fy, by) => {
    const [x, y] = [Math.round(fx), Math.round(fy)];
    if (x < rim || y < rim || x >= width - rim || y >= height - rim) return;
    const at = y * width + x;
    if (touched.has(at)) return;
    touched.add(at);
    surface[at]! *= 1 + by;
    truth[at] = faultKinds.indexOf(kind) + 1;
  });
}

function photograph(
  machine: PowderMachine,
  layer: number,
  draw: () => number,
  surface: Float32Array,
  truth: Uint8Array,
): Uint8Array {
  const { width, height, seed } = machine;
  const lamp = 1 + machine.flicker * (2 * draw() - 1);
  const [dx, dy] = [machine.tremble_px * (2 * draw() - 1), machine.tremble_px * (2 * draw() - 1)];
  const grey = new Uint8Array(truth.length);
  const own = seed * 131 + layer * 7;
  const rim = machine.margin * width;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [(2 * x) / width - 1, (2 * y) / height - 1];
      const light = lamp * (1 - (machine.vignette * (u * u + v * v)) / 2 + machine.slope[0] * u + machine.slope[1] * v);
      const [sx, sy] = [x + dx, y + dy];
      const outside = rim > 0 && (sx < rim || sy < rim || sx > width - rim || sy > height - rim);
      const dust = 1 + machine.grain * 3.4 * (noise2(sx / machine.grain_px, sy / machine.grain_px, own) - 0.5);
      const wave = 1 + 2 * machine.wave * (noise2(sx / 60, sy / 60, own + 3) - 0.5);
      const shown = outside ? 0.15 + 0.1 * noise2(sx / 9, sy / 9, seed) : surface[y * width + x]! * dust * wave;
      // The sum of three even draws is near enough to a sensor's noise.
      const noise = machine.noise * 2 * (draw() + draw() + draw() - 1.5);
      grey[y * width + x] = Math.max(0, Math.min(255, Math.round(machine.level * light * shown + noise)));
    }
  }
  return grey;
}

/** Numbers from 0 up to 1, even. */
function shares(seed: number): () => number {
  const next = generator(seed);
  return () => next() / 2 ** 32;
}
