/** The camera's geometry: a pinhole with one radial term, from millimetres on the machine to pixels and back. */

/** A point of the machine in millimetres: x right, y back, z up from the plate. */
export interface Point3 {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** A point of the picture in pixels: x right, y down, (0, 0) the centre of the first pixel. */
export interface Pixel {
  readonly x: number;
  readonly y: number;
}

/**
 * Pinhole camera with square pixels and one or two radial distortion terms (Brown, 1966): `rotation` is row-major 3x3 from
 * machine to camera axes (x right, y down, z forward), `translation` in millimetres, `focal_px` and the principal
 * point in pixels.
 */
export interface Lens {
  readonly rotation: readonly number[];
  readonly translation: readonly [number, number, number];
  readonly focal_px: number;
  readonly centre_px: Pixel;
  readonly k1: number;
  /** Absent where one term is all that is known. */
  readonly k2?: number | undefined;
}

/** Where a point of the machine appears in the picture; meaningless behind the camera, where it returns NaN. */
export function project(lens: Lens, p: Point3): Pixel {
  const [r, t] = [lens.rotation, lens.translation];
  const depth = r[6]! * p.x + r[7]! * p.y + r[8]! * p.z + t[2];
  if (depth <= 0) return { x: Number.NaN, y: Number.NaN };
  const u = (r[0]! * p.x + r[1]! * p.y + r[2]! * p.z + t[0]) / depth;
  const v = (r[3]! * p.x + r[4]! * p.y + r[5]! * p.z + t[1]) / depth;
  const radial = radialAt(lens, u * u + v * v);
  return { x: lens.centre_px.x + lens.focal_px * u * radial, y: lens.centre_px.y + lens.focal_px * v * radial };
}

/** By how much a ray is moved outwards whose tangent from the axis has this square. */
export function radialAt({ k1, k2 = 0 }: Pick<Lens, "k1" | "k2">, square: number): number {
  return 1 + square * (k1 + k2 * square);
}

/** Where the camera's eye stands, in millimetres of the machine. */
export function eyeOf(lens: Lens): Point3 {
  const [r, t] = [lens.rotation, lens.translation];
  return {
    x: -(r[0]! * t[0] + r[3]! * t[1] + r[6]! * t[2]),
    y: -(r[1]! * t[0] + r[4]! * t[1] + r[7]! * t[2]),
    z: -(r[2]! * t[0] + r[5]! * t[1] + r[8]! * t[2]),
  };
}

/** Millimetres per pixel around a point, the larger of the two directions of the horizontal plane through it. */
export function scaleAt(lens: Lens, p: Point3): number {
  const here = project(lens, p);
  const right = project(lens, { ...p, x: p.x + 1 });
  const back = project(lens, { ...p, y: p.y + 1 });
  const across = Math.hypot(right.x - here.x, right.y - here.y);
  const along = Math.hypot(back.x - here.x, back.y - here.y);
  return 1 / Math.min(across, along);
}

/** A camera as a technician would describe it: where it stands, what it looks at, and its focal length in pixels. */
export interface Mount {
  readonly eye: Point3;
  readonly target: Point3;
  readonly focal_px: number;
  readonly width_px: number;
  readonly height_px: number;
}

/** The undistorted, unrolled lens of a mount: what a calibration starts its search from. */
export function lensOfMount(mount: Mount): Lens {
  const forward = unit(minus(mount.target, mount.eye));
  const right = unit(cross(forward, { x: 0, y: 0, z: 1 }));
  const down = cross(forward, right);
  const rows = [right, down, forward];
  const translation = rows.map((row) => -(row.x * mount.eye.x + row.y * mount.eye.y + row.z * mount.eye.z));
  return {
    rotation: rows.flatMap((row) => [row.x, row.y, row.z]),
    translation: [translation[0]!, translation[1]!, translation[2]!],
    focal_px: mount.focal_px,
    centre_px: { x: (mount.width_px - 1) / 2, y: (mount.height_px - 1) / 2 },
    k1: 0,
  };
}

/** The lens turned by a small rotation vector (radians, camera axes) and shifted by millimetres along the camera axes. */
export function nudge(
  lens: Lens,
  turn: readonly [number, number, number],
  shift: readonly [number, number, number],
): Lens {
  const spin = rotationOf(turn);
  const t = lens.translation;
  const moved = (i: number): number =>
    spin[3 * i]! * t[0] + spin[3 * i + 1]! * t[1] + spin[3 * i + 2]! * t[2] + shift[i]!;
  return { ...lens, rotation: times(spin, lens.rotation), translation: [moved(0), moved(1), moved(2)] };
}

/** Rotation matrix (row-major) of a rotation vector (Rodrigues' formula). */
export function rotationOf(turn: readonly [number, number, number]): number[] {
  const angle = Math.hypot(...turn);
  if (angle < 1e-12) return [1, -turn[2], turn[1], turn[2], 1, -turn[0], -turn[1], turn[0], 1];
  const [x, y, z] = [turn[0] / angle, turn[1] / angle, turn[2] / angle];
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const k = 1 - c;
  return [
    c + x * x * k,
    x * y * k - z * s,
    x * z * k + y * s,
    y * x * k + z * s,
    c + y * y * k,
    y * z * k - x * s,
    z * x * k - y * s,
    z * y * k + x * s,
    c + z * z * k,
  ];
}

function times(a: readonly number[], b: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < 3; i++) {
    for (let k = 0; k < 3; k++) out.push(a[3 * i]! * b[k]! + a[3 * i + 1]! * b[k + 3]! + a[3 * i + 2]! * b[k + 6]!);
  }
  return out;
}

/** Vector product. */
export function cross(a: Point3, b: Point3): Point3 {
  return { x: a.y * b.z - a.z * b.y, y: a.z * b.x - a.x * b.z, z: a.x * b.y - a.y * b.x };
}

/** The vector scaled to length 1. */
export function unit(a: Point3): Point3 {
  const length = Math.hypot(a.x, a.y, a.z);
  return { x: a.x / length, y: a.y / length, z: a.z / length };
}

function minus(a: Point3, b: Point3): Point3 {
  return { x: a.x - b.x, y: a.y - b.y, z: a.z - b.z };
}
