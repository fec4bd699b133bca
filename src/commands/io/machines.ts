/** The machines of a cell: each behind the driver that its section of the configuration names. */
import type { Cell } from "../../cell.ts";
import type { CellConfig, MachineConfig } from "../../config/schema.ts";
import type { ChildMachine } from "../../drivers/io/child-machine.ts";
import type { Machine } from "../../drivers/machine.ts";
import type { Expected } from "../../equipment/layer-values.ts";
import type { Intake } from "../../intake/io/intake.ts";
import { machinePartOf } from "../../intake/recipe.ts";
import { programOf } from "../../jobs/order.ts";
import { findAttempt } from "../../jobs/state.ts";
import type { AttemptId, Digest, EquipmentId } from "../../kernel/names.ts";
import { wellFormed } from "../../kernel/text.ts";
import type { LayerKeeper } from "../../layer-watch.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import type { WindowKeeper } from "../../window-watch.ts";
import { createDriver } from "./drivers.ts";

/** What a machine is given of its cell. */
export interface Surroundings {
  readonly cell: Cell;
  readonly artifacts: Artifacts;
  readonly intake: Intake;
  readonly keysDir: string;
  /** Name of the ledger. */
  readonly origin: string;
  readonly windows: Pick<WindowKeeper, "accountOf">;
  readonly layers: Pick<LayerKeeper, "close">;
  readonly log: (message: string, facts?: Record<string, unknown>) => void;
}

/** Starts the driver of one machine; what it observes goes to the cell. */
export function startMachine(config: MachineConfig, around: Surroundings): ChildMachine {
  const equipment = config.id as EquipmentId;
  const machine = createDriver(config, {
    equipment,
    loadProgram: (program, attempt) => loadProgram(program, attempt, around),
    keysDir: around.keysDir,
    origin: around.origin,
    storeEvidence: (bytes) => around.artifacts.put(bytes),
    log: (what) => around.log("driver", { equipment, what }),
  });
  hearMachine(machine, equipment, around.cell, around);
  return machine;
}

/** What a machine observes goes to the cell, with texts that the record can hold whatever the machine wrote. */
export function hearMachine(
  machine: Pick<Machine, "observe">,
  equipment: EquipmentId,
  cell: Pick<Cell, "submit">,
  keepers?: Pick<Surroundings, "windows" | "layers">,
): void {
  machine.observe((observation) => {
    const seen = observation.kind === "finished" ? keepers?.windows.accountOf(observation.attempt) : undefined;
    const { attempt, summary } = observation.kind === "layer-done" ? observation : { attempt: null, summary: null };
    const values = attempt === null ? null : keepers?.layers.close(attempt, summary.markedAt);
    const said = { kind: "observed", equipment, observation: wellFormed(observation) } as const;
    cell
      .submit({ ...said, ...(seen !== undefined && { windows: seen }), ...(values && { values }) })
      .catch(() => undefined);
  });
}

/** One program may serve many orders, each under its own recipe: the attempt says which order this is. */
async function loadProgram(program: Digest, id: AttemptId, { cell, artifacts, intake }: Surroundings) {
  const found = findAttempt(cell.state(), id);
  const operation = found?.job.order.route.find((each) => each.id === found.attempt.operation);
  const ordered = operation !== undefined && programOf(operation) === program;
  const recipe = found && ordered ? intake.recipe(found.job.order.recipe) : null;
  const bytes = recipe ? await artifacts.get(program) : null;
  return recipe && bytes?.ok ? { bytes: bytes.value, recipe: machinePartOf(recipe, operation?.id ?? "") } : null;
}

/** The quantities that a machine is configured to tell; a reading without a unit is text, or yes or no. */
export function measuredBy(config: CellConfig, equipment: string): readonly Expected[] {
  const readings = config.machine.find(({ id }) => id === equipment)?.opcua?.readings ?? [];
  return readings.filter(({ unit }) => unit !== "").map(({ name, unit }) => ({ reading: name, unit }));
}
