/** Makes the machine of a printer behind Moonraker: its child process behind the common parent half. */
import { fileURLToPath } from "node:url";
import type { EquipmentId } from "../../kernel/names.ts";
import type { MoonrakerConfig } from "../moonraker/config.ts";
import { type ChildMachine, createChildMachine, type LoadProgram } from "./child-machine.ts";

export interface MoonrakerMachineOptions {
  readonly equipment: EquipmentId;
  /** As parsed by `moonrakerConfig`. */
  readonly config: MoonrakerConfig;
  /** Gives program bytes and the `ToolpathRecipe` they were validated with. */
  readonly loadProgram: LoadProgram;
  readonly log?: (what: string) => void;
  readonly remark?: (text: string) => void;
}

/** Starts the driver of a Klipper printer. The printer's state comes as observations; nothing is thrown. */
export function createMoonrakerMachine(options: MoonrakerMachineOptions): ChildMachine {
  const { safeMs, patienceMs } = options.config;
  return createChildMachine({
    ...options,
    traits: { recognisesAttempts: false, onHostLoss: options.config.onHostLoss },
    entry: fileURLToPath(new URL("../moonraker/io/child.ts", import.meta.url)),
    // A begin stores the program and reads it back over a network that may be slow.
    answerWithin: { begin: 420_000, proceed: 5000, hold: 5000, abort: safeMs + 5000 },
    closeWithin: safeMs + patienceMs + 5000,
  });
}
