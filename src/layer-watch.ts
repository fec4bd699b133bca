/** Watches what the machines tell while layers are made, so that each layer's row says what every value did meanwhile. */
import type { Machine } from "./drivers/machine.ts";
import {
  createLayerCourse,
  type Expected,
  type LayerCourse,
  type LayerValues,
  samplesOf,
} from "./equipment/layer-values.ts";
import type { Telemetry } from "./equipment/machine.ts";
import type { Controller } from "./jobs/controller.ts";
import { layersOf, openAttempts, operationOf } from "./jobs/state.ts";
import type { AttemptId, EquipmentId } from "./kernel/names.ts";
import type { Clock } from "./kernel/ports.ts";
import type { EpochMs, Milliseconds } from "./kernel/units.ts";

export interface LayerKeeper {
  /** The row of the layer that ended at `markedAt`; null where the attempt is not watched. Asked once a layer. */
  close(attempt: AttemptId, markedAt: EpochMs): LayerValues | null;
  /** One look at everything; the keeper takes one by itself, more often than machines tell. */
  look(): void;
  stop(): void;
}

/** Drivers tell at most every 400 ms. */
const every: Milliseconds = 200;

/** What one attempt is watched with: its machine, and those whose readings stand beside it. */
interface Course {
  readonly course: LayerCourse;
  /** The last that was heard of each machine; the same is not heard twice. */
  readonly heard: Map<string, Telemetry>;
}

/**
 * Starts to watch. `besideOf` names the machines whose readings belong to another machine's layers, `measuredBy` the readings
 * that a machine is configured to tell, so that a sensor that is silent from the first layer on is missed too.
 */
export function keepLayers(
  cell: Pick<Controller, "state">,
  machines: ReadonlyMap<string, Pick<Machine, "telemetry">>,
  besideOf: (equipment: EquipmentId) => readonly string[],
  measuredBy: (equipment: string) => readonly Expected[],
  clock: Clock,
): LayerKeeper {
  const courses = new Map<AttemptId, Course>();
  let cancel = () => {};

  const sourcesOf = (equipment: EquipmentId) =>
    [equipment, ...besideOf(equipment)].map((id) => ({ id, prefix: id === equipment ? "" : `${id}/` }));

  function begin(equipment: EquipmentId): Course {
    const expected = sourcesOf(equipment).flatMap(({ id, prefix }) =>
      measuredBy(id).map(({ reading, unit }) => ({ reading: prefix + reading, unit })),
    );
    return { course: createLayerCourse(clock.now(), expected), heard: new Map() };
  }

  function look(): void {
    const open = openAttempts(cell.state());
    for (const { job, attempt } of open) {
      if (layersOf(operationOf(job.order, attempt.operation)) === 0) continue;
      const isNew = !courses.has(attempt.id);
      const { course, heard } = courses.get(attempt.id) ?? begin(attempt.equipment);
      courses.set(attempt.id, { course, heard });
      const waits = attempt.hold !== null;
      if (waits) course.hold(clock.now());
      else course.goOn(clock.now());
      for (const { id, prefix } of sourcesOf(attempt.equipment)) {
        const telemetry = machines.get(id)?.telemetry() ?? null;
        if (telemetry === null || telemetry === heard.get(id)) continue;
        heard.set(id, telemetry);
        // What was told before the work began, or while it waits, is no part of it.
        if (!isNew && !waits) course.hear(samplesOf(telemetry, prefix));
      }
    }
    const alive = new Set(open.map(({ attempt }) => attempt.id));
    for (const id of courses.keys()) if (!alive.has(id)) courses.delete(id);
  }

  function again(): void {
    look();
    cancel = clock.after(every, again);
  }

  again();
  return {
    close(attempt, markedAt) {
      look();
      return courses.get(attempt)?.course.close(markedAt) ?? null;
    },
    look,
    stop: () => cancel(),
  };
}
