/** What each of several cameras says of itself: whether it can look, and until when its calibration counts. */
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import { type CameraCalibration, type CameraStatus, dayOf, whyCalibrationIsOver } from "./calibration.ts";
import type { SetupOfCamera } from "./challenge.ts";
import type { Versions } from "./event.ts";
import type { Setup } from "./setup.ts";
import { camerasOf } from "./views.ts";

/** The part of the state that says it. */
interface Seeing {
  readonly setup: Pick<Setup, "cameras"> | null;
  readonly inspection: Omit<CameraStatus, "camera"> & { readonly views?: readonly CameraStatus[] };
}

/** What the cameras that look at this machine say; one that is silent cannot look. */
export function camerasAt({ setup, inspection }: Seeing, equipment: string): readonly CameraStatus[] {
  const wanted = camerasOf(setup, equipment);
  if (setup?.cameras === undefined) return wanted.map((camera) => ({ ...inspection, camera }));
  return wanted.map((camera) => inspection.views?.find((each) => each.camera === camera) ?? silent(camera));
}

function silent(camera: string): CameraStatus {
  return { camera, ready: false, what: "It has not reported yet.", calibration: null };
}

/** Why the cameras that look at this machine cannot see what it makes, in one sentence, or null. */
export function whyNotSeen(state: Seeing, equipment: string): string | null {
  const all = camerasAt(state, equipment);
  if (all.length === 0) return "No camera looks at this machine.";
  const closed = all.find(({ ready }) => !ready);
  if (closed === undefined) return null;
  return state.setup?.cameras === undefined ? closed.what : `Camera ${closed.camera}: ${closed.what}`;
}

/** Why nothing may be begun at this machine by the calibrations of its cameras, one sentence each, or null. */
export function whyNotCalibrated(state: Seeing, equipment: string, at: EpochMs): string | null {
  const over = camerasAt(state, equipment).flatMap(({ camera, calibration }) => {
    return whyCalibrationIsOver(calibration, at, subjectOf(state, camera)) ?? [];
  });
  const shared = sharedSetup(
    camerasAt(state, equipment).map(({ camera, calibration }) => ({ camera, setup: calibration?.setup ?? null })),
  );
  return over.length === 0 ? shared : over.join(" ");
}

/** Two cameras that go by one set-up, in words; null where there are none: at most one of them is where it is taken to be. */
export function sharedSetup(all: readonly { readonly camera: string; readonly setup: Digest | null }[]): string | null {
  const second = all.findIndex(({ setup }, k) => setup !== null && all.findIndex((each) => each.setup === setup) < k);
  if (second < 0) return null;
  const first = all.find(({ setup }) => setup === all[second]!.setup)!;
  return `Cameras ${first.camera} and ${all[second]!.camera} go by one and the same set-up: each is calibrated for itself.`;
}

/** The set-ups that layers are judged by now: what the eye says, and before it has looked what the start of the program said. */
export function setupsInUse({ versions, inspection }: InUse): {
  readonly setup: Digest | null;
  readonly views: readonly SetupOfCamera[];
} {
  const views = (versions?.views ?? []).map((before): SetupOfCamera => {
    const now = inspection.views?.find((each) => each.camera === before.camera)?.calibration;
    return { ...before, setup: now?.setup ?? before.setup };
  });
  return { setup: inspection.calibration?.setup ?? versions?.cameraDigest ?? null, views };
}

/** And what the program was started with. */
interface InUse extends Pick<Seeing, "inspection"> {
  readonly versions: Versions | null;
}

/** Until when the cameras that look at this machine are calibrated, and how well they know a place; null where none says so. */
export function calibrationWords(state: Seeing, equipment: string): string | null {
  const words = camerasAt(state, equipment).flatMap(({ camera, calibration }) => {
    if (calibration === null || calibration.due === null) return [];
    const name = state.setup?.cameras === undefined ? "Calibrated" : `${camera}: calibrated`;
    return [`${name} until ${dayOf(calibration.due)}, places ± ${calibration.uncertainty_mm.toFixed(2)} mm.`];
  });
  return words.length === 0 ? null : words.join(" ");
}

/** Every camera's calibration, with the words by which sentences name it. */
export function calibrationsOf(
  state: Seeing,
): readonly { readonly camera: string | null; readonly calibration: CameraCalibration | null; readonly of: string }[] {
  const { setup, inspection } = state;
  if (setup?.cameras === undefined)
    return [{ camera: null, calibration: inspection.calibration, of: subjectOf(state, "") }];
  return setup.cameras.map(({ id: camera }) => {
    const calibration = inspection.views?.find((each) => each.camera === camera)?.calibration ?? null;
    return { camera, calibration, of: subjectOf(state, camera) };
  });
}

function subjectOf({ setup }: Pick<Seeing, "setup">, camera: string): string {
  return setup?.cameras === undefined ? "The camera's calibration" : `The calibration of camera ${camera}`;
}
