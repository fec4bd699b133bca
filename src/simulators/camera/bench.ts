/** Fixed things of the bench that the camera sees: bed, frame, fiducials, toolhead. All lengths in millimetres. */
import type { Vec3 } from "./pinhole.ts";

/** The printable bed. */
export const bed = { x0: 0, y0: 0, x1: 150, y1: 150 } as const;
/** The frame around the bed, in the bed's plane. */
export const frame = { x0: -18, y0: -16, x1: 168, y1: 168 } as const;

/** Centres of the nine fiducials: five in the bed's plane, four on posts. */
export const fiducials: readonly Vec3[] = [
  [-8, -8, 0],
  [158, -8, 0],
  [-8, 158, 0],
  [158, 158, 0],
  [75, -8, 0],
  [-10, 40, 20],
  [160, 40, 20],
  [-10, 110, 20],
  [160, 110, 20],
];

/** A black ring of this outer and inner diameter on a light square. */
export const fiducialRing = { outer: 8, inner: 4, square: 12 } as const;

/** A box given by its lower and upper corner. */
export interface Box {
  readonly low: Vec3;
  readonly high: Vec3;
}

/** The parts of the toolhead relative to the nozzle tip; the beam behind it spans the machine. */
export const toolhead = {
  nozzle: { low: [-1.5, -1.5, 0], high: [1.5, 1.5, 3] },
  block: { low: [-6, -9, 3], high: [6, 9, 6] },
  carriage: { low: [-8, -14, 5], high: [8, 12, 23] },
  beam: { low: [-260, 14, 18], high: [260, 30, 36] },
} as const satisfies Record<string, Box>;

/** The bright marker: a disc on the carriage's front face, relative to the nozzle tip. */
export const marker = { dx: 0, dy: toolhead.carriage.low[1], dz: 13, diameter: 8 } as const;
