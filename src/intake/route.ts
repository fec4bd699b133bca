/** The route of an order, made from its recipe: which machine does which step with which program. */
import type { Operation } from "../jobs/order.ts";
import type { ProcessPack } from "../jobs/process-pack.ts";
import type { Digest, EquipmentId, OperationId } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { reactionsWithin } from "./pack-rules.ts";
import type { Recipe, RouteStep } from "./recipe.ts";

/** What the recipe's steps are filled with. */
export interface RouteParts {
  /** The program of the one build step, with the layers that the toolpath plans. */
  readonly build: { readonly program: Digest; readonly layersPlanned: number };
  /** Programs of the other machines, by the name under which the recipe asks for them. */
  readonly programs: ReadonlyMap<string, Digest>;
  /** The cell's machine of a class, or null. */
  readonly equipmentOf: (equipmentClass: string) => ClassMachine | null;
  /** What follows a finding that the recipe says nothing of. */
  readonly pack: ProcessPack;
}

/** A machine of the cell as recipes find it, by its class. */
export interface ClassMachine {
  readonly id: EquipmentId;
  /** It begins no layer before it is told to: what an inspection of every layer asks for. */
  readonly holdsLayers: boolean;
}

/** The operations in order; the error is a sentence that names the first step which cannot be done here. */
export function routeOf(recipe: Recipe, parts: RouteParts): Result<readonly Operation[], string> {
  const twice = recipe.route.find(({ id }, index) => recipe.route.findIndex((each) => each.id === id) !== index);
  if (twice) return err(`The recipe ${recipe.recipe} has two steps called ${twice.id}.`);
  const route: Operation[] = [];
  for (const step of recipe.route) {
    const made = operationOf(step, recipe, parts);
    if (!made.ok) return made;
    route.push(made.value);
  }
  return ok(route);
}

/** What is tolerated while it is made is read by whoever releases it. */
function whyNotTolerated(
  { title, reactions }: Extract<RouteStep, { kind: "build" }>,
  { route }: Recipe,
): string | null {
  const tolerates = reactions?.rules.some(({ tolerated }) => tolerated !== null) ?? false;
  if (!tolerates || route.some(({ kind }) => kind === "release")) return null;
  return `The step ${title} tolerates findings, and nobody releases what is made: a recipe that tolerates needs a release.`;
}

function operationOf(step: RouteStep, recipe: Recipe, parts: RouteParts): Result<Operation, string> {
  const id = step.id as OperationId;
  const { title } = step;
  if (step.kind === "label" || step.kind === "release") return ok({ kind: step.kind, id, title });
  if (step.kind === "handover") return ok({ kind: step.kind, id, title, to: step.to });
  const machine = parts.equipmentOf(step.equipmentClass);
  if (machine === null) {
    return err(`The step ${title} needs a machine of the class ${step.equipmentClass}, which this cell does not have.`);
  }
  const equipment = machine.id;
  const { materials } = step;
  const { windows = [] } = step;
  const watched = windows.length > 0 ? { windows } : {};
  if (step.kind === "build") {
    if (!machine.holdsLayers) {
      return err(
        `The step ${title} is inspected layer by layer, and ${equipment} has no way to wait between two layers: a recipe makes it on another machine, or as a task that is inspected as a whole.`,
      );
    }
    if (windows.length > 0 && parts.build.layersPlanned < 2) {
      return err(`The step ${title} has windows to watch from layer to layer, but only one layer.`);
    }
    const { gate } = recipe.toolpath;
    const lag = gate === "each-layer" ? 0 : gate.lag;
    const unreleased = whyNotTolerated(step, recipe);
    if (unreleased !== null) return err(unreleased);
    const reactions = reactionsWithin(step.reactions, parts.pack);
    const reacts = reactions === undefined ? {} : { reactions };
    return ok({ kind: "build", id, title, equipment, ...parts.build, lag, materials, ...watched, ...reacts });
  }
  const program = parts.programs.get(step.program);
  if (program === undefined) return err(`The step ${title} needs the program ${step.program}, which did not come.`);
  const { characteristics, evidence, reworks } = step;
  const asked = { materials, characteristics, evidence, reworks, ...watched };
  return ok({ kind: "task", id, title, equipment, program, ...asked });
}
