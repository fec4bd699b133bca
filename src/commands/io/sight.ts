/** The sight of a cell with several cameras: each has an eye of its own, and what they see goes to the core side by side. */
import { camerasIn, hasSeveralViews } from "../../config/cameras.ts";
import type { Fault } from "../../equipment/machine.ts";
import type { CameraStatus } from "../../jobs/calibration.ts";
import { type ChallengeBefore, unseen } from "../../jobs/challenge.ts";
import { firstCamera, together } from "../../jobs/views.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Eyes, Picture } from "../../perform.ts";
import { type EyesOptions, openEyes, type Probed, type Sight } from "./eyes.ts";

/** One camera's eye, and whose work it sees. */
interface View {
  readonly id: string;
  readonly machine: string | null;
  readonly sight: Sight;
}

/** Opens every camera that the configuration names; where that is one for all machines, nothing stands between. */
export async function openSight(options: EyesOptions): Promise<Sight> {
  const { config } = options;
  if (!hasSeveralViews(config)) return openEyes(options);
  const views = await Promise.all(
    camerasIn(config).map(async (view): Promise<View> => {
      const { id, machine } = view;
      return { id, machine, sight: await openEyes({ ...options, view }) };
    }),
  );
  const [first] = views as [View, ...View[]];
  return {
    get fault() {
      const closed = views.find(({ sight }) => sight.fault !== null);
      return closed === undefined ? null : named(closed.id, closed.sight.fault!);
    },
    get model() {
      return first.sight.model;
    },
    get setupDigest() {
      return first.sight.setupDigest;
    },
    get calibration() {
      return first.sight.calibration;
    },
    get views() {
      return views.slice(1).map(({ id, sight }) => ({ camera: id, setup: sight.setupDigest }));
    },
    probe: () => probe(views),
    know(order) {
      for (const { sight } of views) sight.know(order);
    },
    hear(recorded) {
      for (const { sight } of views) sight.hear(recorded);
    },
    async close() {
      await Promise.all(views.map(({ sight }) => sight.close()));
    },
    eyes: eyesOf(views),
  };
}

async function probe(views: readonly View[]): Promise<Probed> {
  const all = await Promise.all(
    views.map(async ({ id, sight }): Promise<CameraStatus> => {
      const { ready, what } = await sight.probe().catch(() => unreadable);
      return { camera: id, ready, what, calibration: sight.calibration };
    }),
  );
  const closed = all.filter(({ ready }) => !ready);
  const what = closed.map((each) => `Camera ${each.camera}: ${each.what}`).join(" ");
  const good = `${all.length} cameras and their inspections are ready.`;
  return { ready: closed.length === 0, what: closed.length === 0 ? good : what, views: all };
}

const unreadable = { ready: false, what: "The camera's picture cannot be read." };

function eyesOf(views: readonly View[]): Eyes {
  const seeing = (equipment: string) => views.filter(({ machine }) => machine === null || machine === equipment);
  return {
    async capture(owed) {
      const taken = await all(seeing(owed.equipment), (each) => each.eyes.capture(owed));
      if (!taken.ok) return taken;
      const [{ camera, ...picture }, ...others] = taken.value;
      const views = others.map((each) => ({ ...picturesOf(each), camera: each.camera }));
      return ok({ ...picture, ...mainName(camera), ...(views.length > 0 && { views }) });
    },
    async inspect(owed) {
      const pictures = owed.views ?? [{ camera: firstCamera, frame: owed.frame }];
      const reports = await all(seeing(owed.equipment), async (each, id) => {
        const frame = pictures.find(({ camera }) => camera === id)?.frame;
        return frame === undefined ? err(notTaken) : each.eyes.inspect({ ...owed, frame });
      });
      if (!reports.ok) return reports;
      const [{ camera, ...own }, ...others] = reports.value;
      return ok(camera === firstCamera && others.length === 0 ? own : together(reports.value));
    },
    async challenge() {
      const all = await Promise.all(
        views.map(async ({ id, sight }): Promise<ChallengeBefore> => {
          const outcome = await sight.eyes.challenge();
          return { ...(outcome.ok ? outcome.value : unseen(outcome.error)), camera: id };
        }),
      );
      const [{ camera: _, ...first }, ...others] = all as [ChallengeBefore, ...ChallengeBefore[]];
      return ok({ ...first, ...(others.length > 0 && { views: others }) });
    },
    async checkPlate(owed) {
      const said = await Promise.all(
        seeing(owed.equipment).map(async ({ id, sight }) => ({ camera: id, ...(await sight.eyes.checkPlate(owed)) })),
      );
      const [first, ...others] = said;
      if (first === undefined) return { clear: false, what: noCamera.what, frame: null };
      const { camera, ...seen } = first;
      return { ...seen, ...mainName(camera), ...(others.length > 0 && { views: others }) };
    },
  };
}

/** The cell's first camera is never named; a record of one camera is as it always was. */
function mainName(camera: string): { readonly camera?: string } {
  return camera === firstCamera ? {} : { camera };
}

function picturesOf({ frame, requestedAt, receivedAt, exposureStart }: Picture) {
  return { frame, requestedAt, receivedAt, exposureStart };
}

/** Asks all side by side; what one of them cannot say, all of them have not said. */
async function all<T extends object>(
  seeing: readonly View[],
  ask: (sight: Sight, id: string) => Promise<Result<T, Fault>>,
): Promise<Result<[T & { camera: string }, ...(T & { camera: string })[]], Fault>> {
  const answers = await Promise.all(seeing.map(async ({ id, sight }) => ({ id, said: await ask(sight, id) })));
  const good: (T & { camera: string })[] = [];
  for (const { id, said } of answers) {
    if (!said.ok) return err(named(id, said.error));
    good.push({ ...said.value, camera: id });
  }
  const [first, ...others] = good;
  return first === undefined ? err(noCamera) : ok([first, ...others]);
}

function named(camera: string, fault: Fault): Fault {
  return { ...fault, what: `Camera ${camera}: ${fault.what}` };
}

const noCamera: Fault = {
  code: "no-camera",
  what: "No camera looks at this machine.",
  remedy: "The engineer gives it one in the configuration, under [inspection].",
};
const notTaken: Fault = {
  code: "view-missing",
  what: "It has no picture of this layer.",
  remedy: "Call the engineer; the layer holds until it is seen.",
};
