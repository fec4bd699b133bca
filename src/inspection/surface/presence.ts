/** Is there part where the expected picture says so? Told by brightness and roughness together, as good layers show parts and powder. */
import { components } from "../components.ts";
import { solve } from "../linear.ts";
import { type Arena, boxMean, type Field, logarithm, meanOfSome, quantile, thinned } from "./field.ts";
import { around, leastAround, type Parts } from "./parts.ts";

/** A layer as it came and where its parts are, both at the working scale. */
export interface KnownLayer {
  readonly field: Field;
  readonly parts: Parts;
}

/** How part is told from powder: a mixture of the two signs that is 0 for powder and 1 for part, and limits for stretches of each reach and for whole islands. */
export interface PresenceModel {
  readonly weights: readonly [number, number];
  readonly offset: number;
  /** A stretch of part that is so much less than 1 is not there; infinite where good layers stray as far. */
  readonly limits: readonly number[];
}

/** Sides of the stretches that are looked at are twice this and one, in working pixels. */
const reaches = [5, 11, 22] as const;
/** Islands of fewer working pixels show too little of themselves. */
const leastIsland = 100;
/** A stretch has to hold at least this share of part. */
const leastShare = 0.35;
/** Means of part and powder have to lie so many spreads apart before they can be told from each other. */
const leastApart = 1;
/** Half of part is no lack: a rough surface has lighter and darker stretches. */
const leastLimit = 0.5;
/** Nothing that is still this little like part is needed to be told: powder itself is 1 less. */
const mostLimit = 0.85;
/** Fewer pixels than this tell nothing. */
const fewest = 500;
/** Pixels of a layer that tell the mixture. */
const looked = 20_000;

/** Learns from good layers whose parts are known; null where parts cannot be told from powder by these signs. */
export function learnPresence(layers: readonly KnownLayer[], arena: Arena): PresenceModel | null {
  const sums = [newSums(), newSums()];
  for (const layer of layers) {
    const [bright, rough] = signsOf(layer, arena);
    const step = Math.max(1, Math.ceil(bright.length / looked));
    for (let i = 0; i < bright.length; i += step) {
      const kind = layer.parts[i]!;
      if (kind < 2 && isTold(layer.field, i)) add(sums[kind]!, bright[i]!, rough[i]!);
    }
  }
  const mixture = mixtureOf(sums[0]!, sums[1]!);
  if (mixture === null) return null;
  const lacking = layers.map((layer) => lackOf({ ...mixture, limits: [] }, layer, arena));
  const limits = lacking[0]!.map((_, r) => {
    const most = lacking.map((maps) => maps[r]!.reduce((a, b) => Math.max(a, b), 0));
    const limit = Math.max(leastLimit, Math.max(...most) * (1 + 1 / layers.length));
    return limit <= mostLimit ? limit : Number.POSITIVE_INFINITY;
  });
  return limits.every((limit) => limit === Number.POSITIVE_INFINITY) ? null : { ...mixture, limits };
}

/**
 * By how much, in limits, part is missing at each pixel of a frame; above 1 it is. The largest of all reaches; 0 where no part
 * is expected.
 */
export function missingIn(model: PresenceModel, layer: KnownLayer, arena: Arena): Float32Array {
  const over = new Float32Array(layer.parts.length);
  for (const [r, lack] of lackOf(model, layer, arena).entries()) {
    const limit = model.limits[r]!;
    for (let i = 0; i < over.length; i++) over[i] = Math.max(over[i]!, lack[i]! / limit);
  }
  return over;
}

interface Sums {
  n: number;
  readonly one: [number, number];
  readonly two: [number, number, number];
}

function newSums(): Sums {
  return { n: 0, one: [0, 0], two: [0, 0, 0] };
}

function add(sums: Sums, a: number, b: number): void {
  sums.n++;
  sums.one[0] += a;
  sums.one[1] += b;
  sums.two[0] += a * a;
  sums.two[1] += a * b;
  sums.two[2] += b * b;
}

/** Fisher's linear discriminant (1936) of the two signs, scaled so that powder's mean is 0 and the part's 1. */
function mixtureOf(powder: Sums, part: Sums): Pick<PresenceModel, "weights" | "offset"> | null {
  if (powder.n < fewest || part.n < fewest) return null;
  const means = [powder, part].map(({ n, one }) => [one[0] / n, one[1] / n] as const);
  const within = [0, 1, 2].map((k) =>
    [powder, part].reduce((sum, { n, two }, c) => {
      const [a, b] = means[c]!;
      return sum + (two[k]! / n - [a * a, a * b, b * b][k]!) / 2;
    }, 0),
  );
  const apart = [means[1]![0] - means[0]![0], means[1]![1] - means[0]![1]];
  const raw = solve(
    [
      [within[0]! + 1e-6, within[1]!],
      [within[1]!, within[2]! + 1e-6],
    ],
    apart,
  );
  if (raw === null) return null;
  // The square of the distance of both means in spreads (Mahalanobis).
  const distance = raw[0]! * apart[0]! + raw[1]! * apart[1]!;

  if (!(distance > leastApart ** 2)) return null;
  const weights = [raw[0]! / distance, raw[1]! / distance] as const;
  return { weights, offset: weights[0] * means[0]![0] + weights[1] * means[0]![1] };
}

/** Grey levels that show nothing. */
const black = 2;

function isTold({ data }: Field, i: number): boolean {
  return data[i]! > black;
}

/** By how much part is less than part, over stretches of each reach; 0 where no part is expected. */
function lackOf({ weights, offset }: PresenceModel, layer: KnownLayer, arena: Arena): Float32Array[] {
  const [bright, rough] = signsOf(layer, arena);
  const { parts } = layer;
  const lack = new Float32Array(parts.length);
  const isPart = new Float32Array(parts.length);
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] !== 1) continue;
    isPart[i] = 1;
    lack[i] = 1 - (weights[0] * bright[i]! + weights[1] * rough[i]! - offset);
  }
  const [mean, share] = [arena.buffer(2), arena.buffer(3)];
  const stretches = reaches.map((reach) => {
    boxMean(arena, lack, mean, reach, reach);
    boxMean(arena, isPart, share, reach, reach);
    return mean.map((v, i) => (parts[i] === 1 && share[i]! >= leastShare ? v / share[i]! : 0));
  });
  return [...stretches, ofIslands(lack, parts, arena)];
}

/** The mean over each island of part that is large enough to tell. */
function ofIslands(lack: Float32Array, parts: Parts, { width, height }: Arena): Float32Array {
  const out = new Float32Array(lack.length);
  const isPart = parts.map((kind) => (kind === 1 ? 1 : 0));
  for (const { pixels } of components(isPart, width, height, leastIsland)) {
    const mean = pixels.reduce((sum, i) => sum + lack[i]!, 0) / pixels.length;
    for (const i of pixels) out[i] = mean;
  }
  return out;
}

/** Brightness of each pixel (logarithm) less that of the powder around it, and its roughness less that of the powder. */
function signsOf({ field, parts }: KnownLayer, arena: Arena): readonly [Float32Array, Float32Array] {
  const size = parts.length;
  const [log, rough] = [new Float32Array(size), new Float32Array(size)];
  const smooth = arena.buffer(2);
  logarithm(field.data, log, black);
  boxMean(arena, log, smooth, 2, 2);
  for (let i = 0; i < size; i++) rough[i] = Math.abs(log[i]! - smooth[i]!);
  boxMean(arena, rough, rough, 4, 4);
  logarithm(rough, rough, 0.002);
  boxMean(arena, log, log, 1, 1);
  for (const sign of [log, rough]) withoutPowder(sign, parts, arena);
  return [log, rough];
}

/** In place: less the mean of the powder around, or of all powder where none is near. */
function withoutPowder(sign: Float32Array, parts: Parts, arena: Arena): void {
  const [sum, count] = [arena.buffer(2), arena.buffer(3)];
  const powder = thinned(
    sign.filter((_, i) => parts[i] === 0),
    20_000,
  );
  const usual = powder.length === 0 ? 0 : quantile(powder, 0.5);
  for (let i = 0; i < sign.length; i++) {
    count[i] = parts[i] === 0 ? 1 : 0;
    sum[i] = count[i]! * sign[i]!;
  }
  meanOfSome(arena, sum, count, around, leastAround, usual);
  for (let i = 0; i < sign.length; i++) sign[i]! -= sum[i]!;
}
