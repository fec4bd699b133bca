/** Camera and inspector behind the cell's eyes. */
import type { Fault } from "../../equipment/machine.ts";
import { err } from "../../kernel/result.ts";
import type { Eyes } from "../../perform.ts";

const notBuilt: Fault = {
  code: "not-built",
  what: "Nobody has looked: the inspection is not built yet.",
  remedy: "Scrap the part; no layer passes unseen.",
};

/** Eyes of a cell without an inspection: nothing is ever seen. */
export function blindEyes(): Eyes {
  return {
    capture: async () => err(notBuilt),
    inspect: async () => err(notBuilt),
    checkPlate: async () => ({ clear: true, what: "The camera's check of the plate is not built.", frame: null }),
  };
}
