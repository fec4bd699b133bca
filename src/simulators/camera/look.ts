/** What can differ between two builds of the same camera: filament, lamp, lens and sensor. */
import type { BedLook } from "./bed.ts";
import type { CameraModel, Vec3 } from "./pinhole.ts";

/** A filament's surface. */
export interface Filament {
  /** Linear reflectance of red, green, blue. */
  readonly colour: Vec3;
  /** Strength of the highlight, 0 matt to 1 silk. */
  readonly gloss: number;
  /** Depth in mm at which what lies beneath has faded to a third; 0 is opaque. */
  readonly clearDepth: number;
}

/** Filaments by name. */
export const filaments = {
  ivory: { colour: [0.82, 0.74, 0.57], gloss: 0.3, clearDepth: 0 },
  blue: { colour: [0.3, 0.52, 0.78], gloss: 0.25, clearDepth: 0 },
  grey: { colour: [0.3, 0.31, 0.32], gloss: 0.2, clearDepth: 0 },
  red: { colour: [0.55, 0.05, 0.05], gloss: 0.3, clearDepth: 0 },
  white: { colour: [0.9, 0.9, 0.9], gloss: 0.2, clearDepth: 0 },
  natural: { colour: [0.7, 0.7, 0.64], gloss: 0.6, clearDepth: 0.9 },
} as const satisfies Record<string, Filament>;

/** The lamp and what the walls give back. */
export interface Light {
  /** Place of the lamp's middle on the bench in mm. */
  readonly lamp: Vec3;
  /** Radius of the lamp in mm: a larger one casts softer shadows. */
  readonly radius: number;
  /** Linear colour of the lamp; its strength is that on a level surface under it at `lamp` height 300. */
  readonly colour: Vec3;
  /** Light from all around, linear. */
  readonly ambient: Vec3;
}

/** The bench's lamp: a warm light bar at the front left of the camera. */
export const benchLight: Light = {
  lamp: [5, -55, 290],
  radius: 22,
  colour: [0.8, 0.77, 0.71],
  ambient: [0.2, 0.21, 0.23],
};

/** Lens faults that every lens has. */
export interface Optics {
  /** Standard deviation of the point spread in pixels. */
  readonly blur: number;
  /** Light lost at the corners, 0..1. */
  readonly vignette: number;
}

/** The bench's lens. */
export const benchOptics: Optics = { blur: 0.62, vignette: 0.24 };

/** From light to numbers. */
export interface Sensor {
  readonly exposure: number;
  /** White balance gains of red, green, blue. */
  readonly whiteBalance: Vec3;
  /** Electrons at full scale. */
  readonly fullWell: number;
  /** Read noise in electrons. */
  readonly readNoise: number;
  /** Offset of black, as a share of full scale. */
  readonly black: number;
  /** Exponent of the tone curve (output = linear ^ 1/gamma). */
  readonly gamma: number;
}

/** The bench's sensor. */
export const benchSensor: Sensor = {
  exposure: 1,
  whiteBalance: [1.0, 1.0, 1.06],
  fullWell: 5200,
  readNoise: 3.5,
  black: 0.002,
  gamma: 2.2,
};

/** What makes one build of camera and printer look unlike another; everything has the bench's value as default. */
export interface Build {
  readonly filament?: Filament;
  readonly light?: Light;
  readonly bed?: BedLook;
  readonly optics?: Optics;
  readonly sensor?: Sensor;
}

/** What a renderer is made from; everything has the bench's value as default. */
export interface RendererOptions extends Build {
  readonly camera?: CameraModel;
  /** Fixes noise; the picture of frame n under a seed never changes. */
  readonly seed?: number;
}
