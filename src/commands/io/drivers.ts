/** Every driver of the cell, by the name of its section in a machine's configuration: the one place where they are made. */
import { type DriverName, driverNames, type MachineConfig } from "../../config/schema.ts";
import type { ChildMachine, LoadProgram } from "../../drivers/io/child-machine.ts";
import { createMarlinMachine } from "../../drivers/io/marlin.ts";
import { createMoonrakerMachine } from "../../drivers/io/moonraker.ts";
import { createOpcuaMachine } from "../../drivers/io/opcua.ts";
import { assert } from "../../kernel/assert.ts";
import type { Digest, EquipmentId } from "../../kernel/names.ts";

/** What a driver is given besides its section; most need few of it. */
export interface DriverParts {
  readonly equipment: EquipmentId;
  readonly loadProgram: LoadProgram;
  /** The cell's key folder, and the name of its ledger. */
  readonly keysDir: string;
  readonly origin: string;
  readonly storeEvidence: (bytes: Uint8Array) => Promise<Digest>;
  /** Nobody has said yet which machine this is: whatever answers is taken. */
  readonly anonymous?: true;
  readonly log?: (what: string) => void;
  readonly remark?: (text: string) => void;
}

type Section<Name extends DriverName> = NonNullable<MachineConfig[Name]>;
type Makers = {
  readonly [Name in DriverName]: (section: Section<Name>, serial: string, parts: DriverParts) => ChildMachine;
};

const makers: Makers = {
  marlin: (section, serial, parts) =>
    createMarlinMachine({
      ...parts,
      config: { ...section, driver: "marlin", serial: parts.anonymous ? null : serial },
    }),
  moonraker: (section, serial, parts) =>
    createMoonrakerMachine({ ...parts, config: { ...section, driver: "moonraker", serial } }),
  opcua: (section, serial, parts) => createOpcuaMachine({ ...parts, config: { ...section, driver: "opcua", serial } }),
};

/** Starts the driver of a machine; its state comes as observations. */
export function createDriver(machine: MachineConfig, parts: DriverParts): ChildMachine {
  const name = driverNames.find((each) => machine[each] !== undefined);
  assert(name !== undefined, "the configuration gives every machine one driver");
  return makers[name](machine[name] as never, machine.serial, parts);
}
