/** Camera and inspector behind the cell's eyes: pictures and reports are stored before anybody hears of them. */
import { readFile } from "node:fs/promises";
import { type ConfiguredCamera, camerasIn } from "../../config/cameras.ts";
import type { CellConfig } from "../../config/schema.ts";
import type { Fault } from "../../equipment/machine.ts";
import type { Camera } from "../../inspection/camera.ts";
import { evidenceBytes } from "../../inspection/evidence.ts";
import { gate } from "../../inspection/gate.ts";
import type { Build, Inspector, NoResult } from "../../inspection/inspector.ts";
import { decodeGrey } from "../../inspection/io/decode.ts";
import { createFolderCamera } from "../../inspection/io/folder-camera.ts";
import { createHttpCamera } from "../../inspection/io/http-camera.ts";
import { createInspector } from "../../inspection/io/supervisor.ts";
import { whyNotTighter } from "../../inspection/limit-set.ts";
import { type InspectionLimits, inspectionLimits } from "../../inspection/limits.ts";
import { checkPlate } from "../../inspection/plate.ts";
import { register } from "../../inspection/registration.ts";
import type { InspectionReport } from "../../inspection/report.ts";
import { type CameraSetup, readSetup } from "../../inspection/setup.ts";
import type { Recipe } from "../../intake/recipe.ts";
import type { CameraCalibration, CameraStatus } from "../../jobs/calibration.ts";
import type { SetupOfCamera } from "../../jobs/challenge.ts";
import type { Recorded } from "../../jobs/controller.ts";
import type { ModelInHand } from "../../jobs/models.ts";
import type { JobOrder } from "../../jobs/order.ts";
import type { LayerReport } from "../../jobs/report.ts";
import { digestOf, digestOfValue } from "../../kernel/hash.ts";
import { canonicalBytes } from "../../kernel/json.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import type { Eyes } from "../../perform.ts";
import { type BuildInHand, type Consequence, createFollower, type Follower } from "../build-in-hand.ts";
import { layerReportOf } from "../layer-report.ts";
import { challengeInspection } from "./challenge.ts";
import { takeNew } from "./new-picture.ts";
import { systemClock } from "./system.ts";

/** The cell's sight: eyes that do what is owed, and whether they could. */
export interface Sight {
  readonly eyes: Eyes;
  /** Why nothing can be seen (set-up or model cannot be used, so nothing passes); null where the eyes are open. */
  readonly fault: Fault | null;
  /** The model that is loaded, and by which manifest; null where none could be. */
  readonly model: ModelInHand | null;
  /** Digest of the camera's set-up, which names the empty plate's picture. */
  readonly setupDigest: Digest | null;
  /** The calibration that the set-up came of; null where there is no set-up. */
  readonly calibration: CameraCalibration | null;
  /** The set-ups of the other cameras, where there are any. */
  readonly views?: readonly SetupOfCamera[];
  /**
   * Looks once: is there a picture, is it good, does the camera stand where it was commissioned? Reads the set-up
   * again, and a model that could not be loaded, so that a new commissioning counts at once: only for an idle cell.
   */
  probe(): Promise<Probed>;
  /** An order that was accepted before this start. */
  know(order: JobOrder): void;
  /** Must hear every entry of this start, so that builds and their references are known. */
  hear(recorded: Recorded): void;
  close(): Promise<void>;
}

/** How a look came out; of several cameras, that of each. */
export interface Probed {
  readonly ready: boolean;
  readonly what: string;
  readonly views?: readonly CameraStatus[];
}

export interface EyesOptions {
  readonly config: CellConfig;
  readonly artifacts: Artifacts;
  /** The recipe of an order by its digest, once intake has read them. */
  readonly recipe: (digest: Digest) => Recipe | null;
  /** All recipes that this cell may make, once intake has read them. */
  readonly recipes: () => readonly Recipe[];
}

/** And of one camera's: which one. */
export type OneEyeOptions = EyesOptions & { readonly view?: ConfiguredCamera };

/** What eyes need to be open. */
interface Sighted {
  readonly setup: CameraSetupWithPlate;
  readonly inspector: Inspector;
}

/** Opens one camera, its set-up and a model of its own; the sight's fault says which of them cannot be used. */
export async function openEyes(options: OneEyeOptions): Promise<Sight> {
  const { config, artifacts, view = camerasIn(config)[0] } = options;
  const { setup: path } = view;
  const { model: manifest } = config.inspection;
  const camera = openCamera(view);
  const follower = createFollower({ camera: view.id, machine: view.machine });
  let [setup, inspector] = [await loadSetup(path), await createInspector({ manifest })];
  let closed = false;
  // What an entry means for the inspector is told in order, and before the next picture is judged.
  let told = Promise.resolve();

  const sighted = (): Result<Sighted, Fault> => {
    if (!setup.ok) return setup;
    return inspector.ok ? ok({ setup: setup.value, inspector: inspector.value }) : inspector;
  };
  async function reopen(): Promise<void> {
    setup = await loadSetup(path);
    if (inspector.ok || closed) return;
    inspector = await createInspector({ manifest });
    if (closed && inspector.ok) await inspector.value.close();
  }
  return {
    get fault() {
      const open = sighted();
      return open.ok ? null : open.error;
    },
    get model() {
      return inspector.ok ? inspector.value.inHand : null;
    },
    get setupDigest() {
      return setup.ok ? digestOfValue(setup.value.setup) : null;
    },
    get calibration() {
      return setup.ok ? calibrationOf(setup.value.setup, config.inspection.calibrationDays) : null;
    },
    know: follower.know,
    hear(recorded) {
      const consequence = follower.hear(recorded);
      if (!inspector.ok || consequence.kind === "nothing") return;
      const to = inspector.value;
      told = told.then(() => tell(consequence, to, artifacts));
    },
    async probe() {
      await reopen();
      const open = sighted();
      return open.ok ? probe(camera, open.value.setup) : { ready: false, what: open.error.what };
    },
    async close() {
      closed = true;
      if (inspector.ok) await inspector.value.close();
    },
    eyes: createEyes(sighted, () => told, camera, follower, options),
  };
}

/** What the cell goes by; a set-up that does not say when it was made has no end. */
function calibrationOf(setup: CameraSetup, days: number): CameraCalibration {
  const { calibratedAt: at = null, uncertainty_mm } = setup;
  return { setup: digestOfValue(setup), at, due: at === null ? null : at + days * 86_400_000, uncertainty_mm };
}

/** Does what is owed with whatever is open at that moment. */
function createEyes(
  sighted: () => Result<Sighted, Fault>,
  told: () => Promise<void>,
  camera: Camera,
  follower: Follower,
  options: EyesOptions,
): Eyes {
  return {
    async capture() {
      const open = sighted();
      if (!open.ok) return open;
      const taken = await takeNew(camera, options.artifacts);
      if (!taken.ok) return taken;
      const { frame, requestedAt, receivedAt, exposureStart } = taken.value;
      return ok({ frame, requestedAt, receivedAt, exposureStart });
    },
    async inspect(owed) {
      await told();
      const open = sighted();
      if (!open.ok) return open;
      return look(owed, open.value, follower, options);
    },
    async challenge() {
      const open = sighted();
      if (!open.ok) return open;
      const { setup: of, inspector } = open.value;
      const { artifacts, recipes } = options;
      return challengeInspection({ ...of, camera, inspector, artifacts, recipes: recipes() });
    },
    async checkPlate() {
      const open = sighted();
      if (!open.ok) return { clear: false, what: open.error.what, frame: null };
      return lookAtPlate(camera, open.value.setup, options.artifacts);
    },
  };
}

/** Has one stored picture judged. */
async function look(
  { attempt, layer, take, frame, markedAt }: Parameters<Eyes["inspect"]>[0],
  { setup, inspector }: Sighted,
  follower: Follower,
  options: EyesOptions,
): Promise<Result<LayerReport, Fault>> {
  const inHand = follower.inHand(attempt);
  if (inHand === null) return err(notInHand);
  const fault = await begin(inHand, follower, inspector, setup, options);
  if (fault) return err(fault);
  const stored = await options.artifacts.get(frame);
  const taken = inHand.frames.get(layer);
  if (!stored.ok || taken?.frame !== frame) return err(pictureGone);
  const { requestedAt, receivedAt, exposureStart } = taken;
  const times = { markedAt, requestedAt, receivedAt, exposureStart };
  const said = await inspector.inspect({ attempt, layer, take, frame: stored.value, ...times });
  if (said.kind !== "report") return err(lost(inHand, said));
  if (said.verdict === "pass") inHand.reference = layer;
  return ok(await store(said, options.artifacts));
}

async function probe(camera: Camera, { setup }: CameraSetupWithPlate) {
  const taken = await camera.take();
  if (!taken.ok) return { ready: false, what: taken.error.what };
  const picture = await decodeGrey(taken.value.bytes);
  if (!picture.ok) return { ready: false, what: picture.error.what };
  const seen = gate(picture.value, setup, null);
  if (seen.grade === "unusable")
    return { ready: false, what: `The camera's picture cannot be used: ${seen.reasons.join("; ")}.` };
  const placed = register(picture.value, setup);
  if (!placed.ok) return { ready: false, what: `The camera's picture cannot be used: ${placed.reason}.` };
  return { ready: true, what: "Camera and inspection are ready." };
}

function lost(inHand: BuildInHand, said: NoResult): Fault {
  if (said.fault.code === "build-not-open") inHand.begun = false;
  return said.fault;
}

/** Tells the inspector what an entry means for it. */
async function tell(consequence: Consequence, inspector: Inspector, artifacts: Artifacts): Promise<void> {
  if (consequence.kind === "ended") return inspector.end(consequence.attempt);
  if (consequence.kind !== "conceded" || !consequence.build.accepted) return;
  const { build } = consequence;
  const { layer, frame } = consequence.build.accepted;
  const picture = await artifacts.get(frame);
  const fault = picture.ok ? await inspector.accept(build.attempt, { layer, frame: picture.value }) : pictureGone;
  // Without it the build is opened anew before the next picture, from what the ledger says was accepted.
  if (fault) build.begun = false;
  else build.reference = layer;
}

/**
 * Opens the build at the inspector before its first picture, and where it compares with what was not accepted: what this
 * camera passed may have failed before another.
 */
async function begin(
  inHand: BuildInHand,
  follower: Follower,
  inspector: Inspector,
  setup: CameraSetupWithPlate,
  { artifacts, recipe }: EyesOptions,
): Promise<Fault | null> {
  if (inHand.begun && inHand.reference === (inHand.accepted?.layer ?? 0)) return null;
  const known = recipe(inHand.recipe);
  const limits = known === null ? cannotBeRead : await limitsOf(known, inHand, setup, artifacts);
  const program = await artifacts.get(inHand.program);
  if (!known || !program.ok) return cannotInspect;
  if (!limits.ok) return limits.error;
  const plate = inHand.emptyPlate ? await artifacts.get(inHand.emptyPlate) : null;
  const reference = inHand.accepted ? await artifacts.get(inHand.accepted.frame) : null;
  const build: Build = {
    attempt: inHand.attempt,
    program: program.value,
    recipe: known.toolpath,
    setup: setup.setup,
    limits: limits.value,
    emptyPlate: plate?.ok ? plate.value : setup.emptyPlate,
    accepted: inHand.accepted && reference?.ok ? { layer: inHand.accepted.layer, frame: reference.value } : null,
    seen: inHand.seen,
  };
  await keepRules(build, known, artifacts);
  const fault = await inspector.begin(build);
  if (fault === null) follower.begun(inHand);
  else inHand.begun = false;
  return fault;
}

/** The limits that the build was started under: the recipe's own, or those of the set that was signed for, which are never looser. */
async function limitsOf(
  { inspection }: Recipe,
  { limits }: BuildInHand,
  { setup }: CameraSetupWithPlate,
  artifacts: Artifacts,
): Promise<Result<InspectionLimits, Fault>> {
  const own = inspectionLimits.safeParse(inspection);
  if (!own.success) return cannotBeRead;
  const by = digestOfValue(setup);
  const of = limits.find((each) => each.setup === by)?.limits;
  if (of === undefined) return ok(own.data);
  const stored = await artifacts.get(of);
  const set = stored.ok ? inspectionLimits.safeParse(JSON.parse(new TextDecoder().decode(stored.value))) : null;
  return set?.success && whyNotTighter(set.data, own.data) === null ? ok(set.data) : cannotBeRead;
}

/**
 * Stores what the verdicts of this build depend on beside its pictures, each under the digest by which reports name it: a
 * replay years later needs neither the recipe's file nor the camera's set-up of that time.
 */
async function keepRules({ setup, limits, emptyPlate }: Build, recipe: Recipe, artifacts: Artifacts): Promise<void> {
  for (const rule of [setup, limits, recipe]) await artifacts.put(canonicalBytes(rule));
  await artifacts.put(emptyPlate);
}

/** Stores the whole report and hands on the part that stands in the ledger. */
async function store(said: InspectionReport, artifacts: Artifacts): Promise<LayerReport> {
  const evidence = await artifacts.put(evidenceBytes(said));
  return layerReportOf(said, evidence);
}

async function lookAtPlate(camera: Camera, { setup, emptyPlate }: CameraSetupWithPlate, artifacts: Artifacts) {
  const taken = await takeNew(camera, artifacts);
  if (!taken.ok) return { clear: false, what: taken.error.what, frame: null };
  const { bytes, frame } = taken.value;
  const [now, empty] = await Promise.all([decodeGrey(bytes), decodeGrey(emptyPlate)]);
  if (!now.ok) return { clear: false, what: now.error.what, frame };
  if (!empty.ok) return { clear: false, what: empty.error.what, frame };
  return { ...checkPlate(now.value, empty.value, setup, plateLimits), frame };
}

/** Anything longer than this on an empty plate is in the way. */
const plateLimits = { extra_mm: 2, extraContrast: 12 } as Parameters<typeof checkPlate>[3];

/** The camera that the configuration names. */
export function openCamera({ camera }: Pick<CellConfig, "camera">): Camera {
  if (camera.kind === "folder") return createFolderCamera({ folder: camera.folder, clock: systemClock });
  const { url, tokenFile, timeoutSeconds } = camera;
  const token = tokenFile === undefined ? {} : { tokenFile };
  return createHttpCamera({ url, ...token, timeout_ms: timeoutSeconds * 1000, clock: systemClock });
}

export interface CameraSetupWithPlate {
  readonly setup: CameraSetup;
  /** JPEG of the empty plate at commissioning; the set-up has its digest. */
  readonly emptyPlate: Uint8Array;
}

/** Where commissioning leaves the picture of the empty plate, beside the set-up file. */
export function emptyPlatePath(setup: string): string {
  return `${setup.replace(/\.json$/, "")}.empty-plate.jpg`;
}

/** Reads the set-up and the picture of the empty plate that it was made from; any other picture is refused. */
export async function loadSetup(path: string): Promise<Result<CameraSetupWithPlate, Fault>> {
  try {
    const setup = readSetup(JSON.parse(await readFile(path, "utf8")));
    if (!setup.ok) return setup;
    const emptyPlate = new Uint8Array(await readFile(emptyPlatePath(path)));
    if (digestOf(emptyPlate) !== setup.value.emptyPlate) return err(otherPlate);
    return ok({ setup: setup.value, emptyPlate });
  } catch {
    return err({
      code: "camera-not-commissioned",
      what: `There is no camera set-up that can be read at ${path}, or its picture of the empty plate is missing.`,
      remedy: recommission,
    });
  }
}

const recommission = "An engineer clears the plate and runs `cellward camera calibrate`.";
const otherPlate: Fault = {
  code: "empty-plate-changed",
  what: "The picture of the empty plate is not the one that the camera's set-up was made from.",
  remedy: recommission,
};
const remedy = "Call the engineer; the layer holds until it is seen.";
const notInHand: Fault = { code: "build-not-in-hand", what: "The inspection does not know this build.", remedy };
const pictureGone: Fault = { code: "picture-gone", what: "The stored picture cannot be read back.", remedy };
const cannotInspect: Fault = {
  code: "build-cannot-be-inspected",
  what: "Program or inspection limits of this build cannot be read.",
  remedy,
};
const cannotBeRead = err(cannotInspect);
