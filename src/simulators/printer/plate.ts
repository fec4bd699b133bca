/** What really lies on the build plate: beads in compact storage, and things that do not belong there. */

/** A bead: start, end (mm; z is its top), width and height in mm. */
export type Bead = readonly [
  x0: number,
  y0: number,
  z0: number,
  x1: number,
  y1: number,
  z1: number,
  w: number,
  h: number,
];

/** A thing on the plate that nobody printed. */
export interface ForeignObject {
  readonly kind: "foreign";
  readonly x: number;
  readonly y: number;
  /** Top of the object. */
  readonly z: number;
  readonly r: number;
  readonly h: number;
}

const fields = 8;
/** Beads that can be held; what is deposited beyond is not recorded (40 times the demo's part). */
const mostBeads = 2_000_000;
const mostObjects = 64;

/** The build plate and everything on it. */
export class Plate {
  #data = new Float32Array(fields * 4096);
  #count = 0;
  #epoch = 1;
  #objects: ForeignObject[] = [];

  get count(): number {
    return this.#count;
  }

  /** Changes whenever beads that were already reported changed or went away. */
  get epoch(): number {
    return this.#epoch;
  }

  get objects(): readonly ForeignObject[] {
    return this.#objects;
  }

  add(bead: Bead): void {
    if (this.#count >= mostBeads) return;
    const at = this.#count * fields;
    if (at + fields > this.#data.length) {
      const larger = new Float32Array(this.#data.length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data.set(bead, at);
    this.#count += 1;
  }

  addObject(object: ForeignObject): void {
    if (this.#objects.length < mostObjects) this.#objects.push(object);
  }

  /** Takes everything off the plate. */
  clear(): void {
    this.#count = 0;
    this.#objects = [];
    this.#epoch += 1;
  }

  /** Beads from index `since` on, at most `limit`, rounded to a tenth of a micrometre. */
  slice(since: number, limit: number): number[][] {
    const out: number[][] = [];
    const end = Math.min(this.#count, since + limit);
    for (let i = since; i < end; i += 1) {
      const bead: number[] = [];
      for (let f = 0; f < fields; f += 1) bead.push(Math.round(this.#data[i * fields + f]! * 1e4) / 1e4);
      out.push(bead);
    }
    return out;
  }

  /** Moves the whole part as a rigid body: turned by `angle` radians about its middle, then shifted by mm. */
  displace(dx: number, dy: number, angle: number): void {
    const data = this.#data;
    let middleX = 0;
    let middleY = 0;
    for (let i = 0; i < this.#count; i += 1) {
      middleX += (data[i * fields]! + data[i * fields + 3]!) / 2 / this.#count;
      middleY += (data[i * fields + 1]! + data[i * fields + 4]!) / 2 / this.#count;
    }
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    for (let i = 0; i < this.#count; i += 1) {
      for (const f of [0, 3]) {
        const at = i * fields + f;
        const [x, y] = [data[at]! - middleX, data[at + 1]! - middleY];
        data[at] = middleX + dx + x * cosine - y * sine;
        data[at + 1] = middleY + dy + x * sine + y * cosine;
      }
    }
    this.#epoch += 1;
  }
}
