/** Camera and inspector behind the cell's eyes: pictures and reports are stored before anybody hears of them. */
import { readFile } from "node:fs/promises";
import type { CellConfig } from "../../config/schema.ts";
import type { Fault } from "../../equipment/machine.ts";
import type { Camera, CameraFrame } from "../../inspection/camera.ts";
import { evidenceBytes } from "../../inspection/evidence.ts";
import { gate } from "../../inspection/gate.ts";
import type { Build, Inspector, NoResult } from "../../inspection/inspector.ts";
import { decodeGrey } from "../../inspection/io/decode.ts";
import { createFolderCamera } from "../../inspection/io/folder-camera.ts";
import { createHttpCamera } from "../../inspection/io/http-camera.ts";
import { createInspector } from "../../inspection/io/supervisor.ts";
import { inspectionLimits } from "../../inspection/limits.ts";
import { checkPlate } from "../../inspection/plate.ts";
import { register } from "../../inspection/registration.ts";
import type { InspectionReport } from "../../inspection/report.ts";
import { type CameraSetup, readSetup } from "../../inspection/setup.ts";
import type { Recipe } from "../../intake/recipe.ts";
import type { Recorded } from "../../jobs/controller.ts";
import type { Finding, LayerReport } from "../../jobs/report.ts";
import { digestOf } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import type { Eyes } from "../../perform.ts";
import { type BuildInHand, type Consequence, createFollower } from "../build-in-hand.ts";
import { systemClock } from "./system.ts";

/** The cell's sight: eyes that do what is owed, and whether they could. */
export interface Sight {
  readonly eyes: Eyes;
  readonly model: Digest | null;
  /** Looks once: is there a picture, is it good, does the camera stand where it was commissioned? */
  probe(): Promise<{ readonly ready: boolean; readonly what: string }>;
  /** Must hear every entry, so that builds and their references are known. */
  hear(recorded: Recorded): void;
  close(): Promise<void>;
}

export interface EyesOptions {
  readonly config: CellConfig;
  readonly artifacts: Artifacts;
  /** The recipe of an order by its digest, once intake has read them. */
  readonly recipe: (digest: Digest) => Recipe | null;
}

/** Opens camera, set-up and model; the fault says which of them cannot be used. */
export async function openEyes(options: EyesOptions): Promise<Result<Sight, Fault>> {
  const { config, artifacts } = options;
  const setup = await loadSetup(config.inspection.setup);
  if (!setup.ok) return setup;
  const inspector = await createInspector({ manifest: config.inspection.model });
  if (!inspector.ok) return inspector;
  const camera = openCamera(config);
  const exposures = new Map<Digest, number | null>();
  const follower = createFollower();
  return ok({
    model: inspector.value.modelDigest,
    hear: (recorded) => void tell(follower.hear(recorded), inspector.value, artifacts),
    probe: () => probe(camera, setup.value),
    close: () => inspector.value.close(),
    eyes: {
      async capture() {
        const taken = await takeNew(camera, artifacts);
        if (!taken.ok) return taken;
        const { frame, requestedAt, receivedAt, exposureStart } = taken.value;
        exposures.set(frame, exposureStart);
        return ok({ frame, requestedAt, receivedAt });
      },
      async inspect(owed) {
        const inHand = follower.inHand();
        if (inHand?.attempt !== owed.attempt) return err(notInHand);
        const fault = await begin(inHand, inspector.value, setup.value, options);
        if (fault) return err(fault);
        const frame = await artifacts.get(owed.frame);
        if (!frame.ok) return err(pictureGone);
        const { attempt, layer, take, markedAt } = owed;
        const taken = inHand.frames.get(layer);
        if (taken?.frame !== owed.frame) return err(pictureGone);
        const { requestedAt, receivedAt } = taken;
        const times = { markedAt, requestedAt, receivedAt, exposureStart: exposures.get(owed.frame) ?? null };
        exposures.delete(owed.frame);
        const said = await inspector.value.inspect({ attempt, layer, take, frame: frame.value, ...times });
        return said.kind === "report" ? ok(await store(said, artifacts)) : err(lost(inHand, said));
      },
      checkPlate: () => lookAtPlate(camera, setup.value, artifacts),
    },
  });
}

/** Eyes of a cell whose camera, set-up or model cannot be used: nothing is ever seen, and so nothing passes. */
export function closedEyes(fault: Fault): Sight {
  return {
    model: null,
    hear: () => undefined,
    probe: async () => ({ ready: false, what: fault.what }),
    close: async () => undefined,
    eyes: {
      capture: async () => err(fault),
      inspect: async () => err(fault),
      checkPlate: async () => ({ clear: false, what: fault.what, frame: null }),
    },
  };
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
}

/** Opens the build at the inspector before its first picture. */
async function begin(
  inHand: BuildInHand,
  inspector: Inspector,
  setup: CameraSetupWithPlate,
  { artifacts, recipe }: EyesOptions,
): Promise<Fault | null> {
  if (inHand.begun) return null;
  const known = recipe(inHand.recipe);
  const limits = inspectionLimits.safeParse(known?.inspection);
  const program = await artifacts.get(inHand.program);
  if (!known || !limits.success || !program.ok) return cannotInspect;
  const plate = inHand.emptyPlate ? await artifacts.get(inHand.emptyPlate) : null;
  const reference = inHand.accepted ? await artifacts.get(inHand.accepted.frame) : null;
  const build: Build = {
    attempt: inHand.attempt,
    program: program.value,
    recipe: known.toolpath,
    setup: setup.setup,
    limits: limits.data,
    emptyPlate: plate?.ok ? plate.value : setup.emptyPlate,
    accepted: inHand.accepted && reference?.ok ? { layer: inHand.accepted.layer, frame: reference.value } : null,
    seen: inHand.seen,
  };
  const fault = await inspector.begin(build);
  inHand.begun = fault === null;
  return fault;
}

const mostFindings = 16;

/** Stores the whole report and hands on the part that stands in the ledger. */
async function store(said: InspectionReport, artifacts: Artifacts): Promise<LayerReport> {
  const evidence = await artifacts.put(evidenceBytes(said));
  const { frame, expected, setup, limits, model } = said.digests;
  return {
    grade: said.grade,
    verdict: said.verdict,
    reasons: said.reasons.slice(0, 8),
    findings: said.findings.slice(0, mostFindings).map(
      ({ class: kind, region, measured, limit, unit, score, by }): Finding => ({
        class: kind,
        box: region,
        measured: rounded(measured),
        limit,
        unit,
        score: by === "network" ? rounded(score) : null,
      }),
    ),
    digests: { frame, expected, setup, limits, model: said.network === null ? null : model },
    evidence,
  };
}

const rounded = (value: number) => Math.round(value * 1000) / 1000;

type NewPicture = CameraFrame & { readonly frame: Digest };

/** Takes a picture and stores it; two exposures never give the same bytes, so one that is stored already is an old one. */
async function takeNew(camera: Camera, artifacts: Artifacts): Promise<Result<NewPicture, Fault>> {
  const taken = await camera.take();
  if (!taken.ok) return taken;
  const frame = digestOf(taken.value.bytes);
  if (await artifacts.has(frame)) return err(repeatedPicture);
  await artifacts.put(taken.value.bytes);
  return ok({ ...taken.value, frame });
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

interface CameraSetupWithPlate {
  readonly setup: CameraSetup;
  /** JPEG of the empty plate at commissioning. */
  readonly emptyPlate: Uint8Array;
}

/** Where commissioning leaves the picture of the empty plate, beside the set-up file. */
export function emptyPlatePath(setup: string): string {
  return `${setup.replace(/\.json$/, "")}.empty-plate.jpg`;
}

async function loadSetup(path: string): Promise<Result<CameraSetupWithPlate, Fault>> {
  try {
    const setup = readSetup(JSON.parse(await readFile(path, "utf8")));
    if (!setup.ok) return setup;
    return ok({ setup: setup.value, emptyPlate: new Uint8Array(await readFile(emptyPlatePath(path))) });
  } catch {
    return err({
      code: "camera-not-commissioned",
      what: `There is no camera set-up at ${path}.`,
      remedy: "An engineer clears the plate and runs `cellward camera calibrate`.",
    });
  }
}

const remedy = "Call the engineer; the layer holds until it is seen.";
const notInHand: Fault = { code: "build-not-in-hand", what: "The inspection does not know this build.", remedy };
const repeatedPicture: Fault = {
  code: "repeated-picture",
  what: "The camera delivered a picture that this cell already has: it is an old one.",
  remedy: "Check what stands between the camera and the cell; the layer holds until a new picture shows it.",
};
const pictureGone: Fault = { code: "picture-gone", what: "The stored picture cannot be read back.", remedy };
const cannotInspect: Fault = {
  code: "build-cannot-be-inspected",
  what: "Program or inspection limits of this build cannot be read.",
  remedy,
};
