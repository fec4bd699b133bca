/** The simulated lens: a pinhole with one radial distortion term, its projection and its table of viewing rays. */

/** A point or direction in bench millimetres: x right, y to the back, z up. */
export type Vec3 = readonly [number, number, number];

/**
 * The true parameters of a camera, in OpenCV's convention: `p = R X + t` is in the camera's frame (x right, y down,
 * z forward, millimetres), `x = p.x / p.z`, `y = p.y / p.z`, `d = 1 + k1 (x^2 + y^2)`, `u = fx x d + cx`,
 * `v = fy y d + cy`. The centre of the top left pixel is (0, 0).
 */
export interface CameraModel {
  readonly width: number;
  readonly height: number;
  /** Focal lengths in pixels. */
  readonly fx: number;
  readonly fy: number;
  /** Principal point in pixels. */
  readonly cx: number;
  readonly cy: number;
  /** First radial distortion coefficient; negative is barrel. */
  readonly k1: number;
  /** Rotation from bench to camera, three rows of three. */
  readonly R: readonly number[];
  /** Translation from bench to camera in millimetres. */
  readonly t: Vec3;
}

/** Where a camera stands and looks: what a fitter would measure with a tape. */
export interface Mount {
  /** Point on the bench that the optical axis meets. */
  readonly target: Vec3;
  /** Distance from the target to the pinhole in millimetres. */
  readonly distance: number;
  /** Angle of the optical axis below the horizon in degrees. */
  readonly elevation: number;
  /** Turn of the camera about the vertical through the target in degrees; 0 stands at the front. */
  readonly azimuth: number;
  /** Turn about the optical axis in degrees. */
  readonly roll: number;
}

/** The mount of the bench's camera: at the front above the bed, so that all nine fiducials are in view. */
export const benchMount: Mount = { target: [75, 67.5, 0], distance: 345, elevation: 62, azimuth: 0.4, roll: -0.3 };

const radians = Math.PI / 180;

/** Rotation of `mount`, rows x (right), y (down), z (forward) of the camera in bench coordinates, and its pinhole. */
function pose(mount: Mount): { readonly R: number[]; readonly centre: Vec3 } {
  const el = mount.elevation * radians;
  const az = mount.azimuth * radians;
  const roll = mount.roll * radians;
  const forward = [-Math.sin(az) * Math.cos(el), Math.cos(az) * Math.cos(el), -Math.sin(el)] as const;
  const right = [Math.cos(az), Math.sin(az), 0] as const;
  const down = [
    forward[1] * right[2] - forward[2] * right[1],
    forward[2] * right[0] - forward[0] * right[2],
    forward[0] * right[1] - forward[1] * right[0],
  ] as const;
  const c = Math.cos(roll);
  const s = Math.sin(roll);
  const R = [
    ...right.map((value, axis) => c * value + s * down[axis]!),
    ...down.map((value, axis) => c * value - s * right[axis]!),
    ...forward,
  ];
  const centre: Vec3 = [
    mount.target[0] - mount.distance * forward[0],
    mount.target[1] - mount.distance * forward[1],
    mount.target[2] - mount.distance * forward[2],
  ];
  return { R, centre };
}

function translation(R: readonly number[], centre: Vec3): Vec3 {
  const row = (r: number) => -(R[3 * r]! * centre[0] + R[3 * r + 1]! * centre[1] + R[3 * r + 2]! * centre[2]);
  return [row(0), row(1), row(2)];
}

/** The camera of `width` x `height` pixels on `mount`; `focal` is in pixels at a width of 1600 and scales with it. */
export function cameraAt(
  mount: Mount,
  width: number,
  height: number,
  lens: { readonly focal: number; readonly k1: number } = { focal: 2400, k1: -0.07 },
): CameraModel {
  const { R, centre } = pose(mount);
  const fx = (lens.focal * width) / 1600;
  return {
    width,
    height,
    fx,
    fy: fx * 1.0015,
    // A real sensor never sits exactly on the optical axis.
    cx: width * 0.5035 - 0.5,
    cy: height * 0.4955 - 0.5,
    k1: lens.k1,
    R,
    t: translation(R, centre),
  };
}

/** The same camera after a knock: its pinhole shifted by `shift` (bench mm), then turned by `degrees` about all axes. */
export function knocked(camera: CameraModel, shift: Vec3, degrees: number): CameraModel {
  const at = centreOf(camera);
  const centre: Vec3 = [at[0] + shift[0], at[1] + shift[1], at[2] + shift[2]];
  // Rodrigues' formula about a slanted axis of the camera's frame.
  const angle = degrees * radians;
  const third = 1 / Math.sqrt(3);
  const [x, y, z] = [third, -third, third] as const;
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  const v = 1 - c;
  const turn = [
    [c + x * x * v, x * y * v - z * s, x * z * v + y * s],
    [y * x * v + z * s, c + y * y * v, y * z * v - x * s],
    [z * x * v - y * s, z * y * v + x * s, c + z * z * v],
  ] as const;
  const R = turn.flatMap((row) =>
    [0, 1, 2].map((col) => row[0] * camera.R[col]! + row[1] * camera.R[3 + col]! + row[2] * camera.R[6 + col]!),
  );
  return { ...camera, R, t: translation(R, centre) };
}

/** The pinhole's place on the bench in millimetres. */
export function centreOf(camera: CameraModel): Vec3 {
  const { R, t } = camera;
  const column = (c: number) => -(R[c]! * t[0] + R[3 + c]! * t[1] + R[6 + c]! * t[2]);
  return [column(0), column(1), column(2)];
}

/** Pixel coordinates (u, v) of a bench point; the point must lie in front of the camera. */
export function project(camera: CameraModel, x: number, y: number, z: number): [number, number] {
  const { R, t } = camera;
  const depth = R[6]! * x + R[7]! * y + R[8]! * z + t[2];
  const px = (R[0]! * x + R[1]! * y + R[2]! * z + t[0]) / depth;
  const py = (R[3]! * x + R[4]! * y + R[5]! * z + t[1]) / depth;
  const d = 1 + camera.k1 * (px * px + py * py);
  return [camera.fx * px * d + camera.cx, camera.fy * py * d + camera.cy];
}

/** Bench point at height `z` (mm) that is seen at pixel (u, v); the inverse of `project` on that plane. */
export function unproject(camera: CameraModel, u: number, v: number, z: number): [number, number] {
  const [rx, ry] = slopes(camera, u, v);
  const centre = centreOf(camera);
  return [centre[0] + (centre[2] - z) * rx, centre[1] + (centre[2] - z) * ry];
}

/** Millimetres in x and y that the ray of pixel (u, v) travels for each millimetre that it falls. */
function slopes(camera: CameraModel, u: number, v: number): [number, number] {
  const xd = (u - camera.cx) / camera.fx;
  const yd = (v - camera.cy) / camera.fy;
  let d = 1;
  // Fixed-point inversion of the distortion: for |k1| r^2 below 0.05 six rounds leave less than 1e-7 pixels.
  for (let round = 0; round < 6; round++) d = 1 + (camera.k1 * (xd * xd + yd * yd)) / (d * d);
  const x = xd / d;
  const y = yd / d;
  const { R } = camera;
  const fall = -(R[2]! * x + R[5]! * y + R[8]!);
  return [(R[0]! * x + R[3]! * y + R[6]!) / fall, (R[1]! * x + R[4]! * y + R[7]!) / fall];
}

/** Every pixel's ray: bench x = centre.x + (centre.z - z) * rx[pixel], and likewise y; row by row. */
export interface Rays {
  readonly centre: Vec3;
  readonly rx: Float32Array;
  readonly ry: Float32Array;
}

/** The table of rays for all pixels of `camera`. */
export function raysOf(camera: CameraModel): Rays {
  const { width, height } = camera;
  const rx = new Float32Array(width * height);
  const ry = new Float32Array(width * height);
  for (let v = 0, index = 0; v < height; v++) {
    for (let u = 0; u < width; u++, index++) {
      const [x, y] = slopes(camera, u, v);
      rx[index] = x;
      ry[index] = y;
    }
  }
  return { centre: centreOf(camera), rx, ry };
}
