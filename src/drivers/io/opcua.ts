/** Makes the machine of an OPC UA server: its child process behind the common parent half. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Digest, EquipmentId } from "../../kernel/names.ts";
import { clientUriOf, type OpcuaChildConfig, type OpcuaConfig } from "../opcua/config.ts";
import { type ChildMachine, createChildMachine, type LoadProgram } from "./child-machine.ts";

export interface OpcuaMachineOptions {
  readonly equipment: EquipmentId;
  /** As parsed by `opcuaConfig`. */
  readonly config: OpcuaConfig;
  /** The cell's key folder; certificates stand in it under `opcua`. */
  readonly keysDir: string;
  /** Name of the cell's ledger, from which the cell's ApplicationUri is made. */
  readonly origin: string;
  readonly loadProgram: LoadProgram;
  readonly storeEvidence: (bytes: Uint8Array) => Promise<Digest>;
  /** After so many connections the child is replaced: the library makes code for each, which is never given back. */
  readonly connectionsAtMost?: number;
  readonly log?: (what: string) => void;
  readonly remark?: (text: string) => void;
}

/** Starts the driver of a machine on OPC UA. Its state comes as observations; nothing is thrown. */
export function createOpcuaMachine(options: OpcuaMachineOptions): ChildMachine {
  const { equipment, config: machine, keysDir, origin } = options;
  const config: OpcuaChildConfig = {
    machine,
    equipment,
    pki: pkiFolder(keysDir),
    clientUri: clientUriOf(origin),
    connectionsAtMost: options.connectionsAtMost ?? 100,
  };
  return createChildMachine({
    ...options,
    config,
    traits: { recognisesAttempts: machine.profile !== "packml", onHostLoss: machine.onHostLoss },
    entry: fileURLToPath(new URL("../opcua/io/child.ts", import.meta.url)),
    // A start writes the program, reads it back, and asks again where its answer is lost; all others wait behind it.
    answerWithin: { begin: 75_000, proceed: 90_000, hold: 90_000, abort: 100_000 },
    closeWithin: 40_000,
  });
}

/** Where certificates for OPC UA stand within the key folder. */
export function pkiFolder(keysDir: string): string {
  return join(keysDir, "opcua");
}
