/** Judges an ordered program for this driver with the toolpath's guard, and cuts it into layers. */
import type { Fault } from "../../equipment/machine.ts";
import type { AttemptId } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { parkSlot, renderCaptureMacro } from "../../toolpath/capture.ts";
import { checkText, createGuard } from "../../toolpath/guard.ts";
import { type ToolpathRecipe, toolpathRecipe } from "../../toolpath/limits.ts";
import { planToolpath } from "../../toolpath/plan.ts";
import type { Refusal } from "../../toolpath/refusal.ts";
import { faults } from "./faults.ts";
import type { AttemptGuard, PrintPlan } from "./plan.ts";
import type { ProgramSource } from "./session.ts";

/**
 * The plan of a program that is safe as a whole, capture macros included, or why it is not. `recipe` must be a
 * `ToolpathRecipe`: it came over a process border and is read again.
 */
export function prepare(program: ProgramSource): Result<PrintPlan, Fault> {
  const recipe = toolpathRecipe.safeParse(program.recipe);
  if (!recipe.success) return err(faults.unsafe("The recipe for this machine cannot be read."));
  const plan = planToolpath(program.bytes, recipe.data);
  if (!plan.ok) return err(faultOf(plan.error[0]));
  const { preamble, layers, postamble } = plan.value;
  return ok({
    ...{ bytes: program.bytes, preamble, layers, postamble },
    newGuard: (attempt) => attemptGuard(program.bytes, recipe.data, attempt),
  });
}

function attemptGuard(bytes: Uint8Array, recipe: ToolpathRecipe, attempt: AttemptId): AttemptGuard {
  const guard = createGuard(recipe.guard, recipe.gate === "each-layer");
  let line = 0;
  const said = (refusal: Refusal | null): Fault | null => (refusal === null ? null : faultOf(refusal));
  return {
    line: (start, end) => said(guard.check(bytes, start, end, ++line, "program")),
    insert: (command) => said(checkText(guard, command, line, "insert")),
    place() {
      const { x, y, z, e, shiftX, shiftY, shiftZ } = guard.interpreter.state;
      return { x: x - shiftX, y: y - shiftY, z: z - shiftZ, e };
    },
    capture(layer) {
      const slot = parkSlot(recipe.capture.park.slots, attempt, layer);
      return renderCaptureMacro(recipe.capture, layer, slot, guard.interpreter.state);
    },
  };
}

function faultOf(refusal: Refusal | undefined): Fault {
  if (refusal === undefined) return faults.unsafe("The program was refused.");
  const where = refusal.line > 0 ? `Line ${refusal.line}: ` : "";
  return { ...faults.unsafe(`${where}${refusal.what}`), remedy: refusal.remedy };
}
