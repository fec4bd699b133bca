/** What `cellward doctor` says of machines on OPC UA: access, certificate and the way of talking, looked at from outside. */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { CellConfig, MachineConfig } from "../../config/schema.ts";
import type { Check } from "./check.ts";
import { word } from "./remedies.ts";

/** One line for each machine on OPC UA, and one for each file of a password that others may read. */
export async function opcuaChecks(config: CellConfig, keys: string): Promise<readonly Check[]> {
  const machines = config.machine.filter(({ opcua }) => opcua !== undefined);
  if (machines.length === 0) return [];
  // OPC UA takes long to load: only a cell that has such machines waits.
  const { machineFault } = await import("./trust.ts");
  const checks = await Promise.all(
    machines.map(async (machine): Promise<readonly Check[]> => {
      const fault = await machineFault(config, machine.id, keys).catch((problem) => ({
        what: `The machine could not be asked (${problem instanceof Error ? problem.message : String(problem)}).`,
        remedy: "Put right what it says; docs/install.md has the certificates of OPC UA.",
      }));
      const seen: Check =
        fault === null
          ? { check: machine.title, state: "good", what: "It answers with the accepted certificate.", remedy: "" }
          : { check: machine.title, state: "bad", what: fault.what, remedy: fault.remedy };
      return [seen, ...(await accessChecks(machine))];
    }),
  );
  return checks.flat();
}

async function accessChecks({ title, opcua }: MachineConfig): Promise<readonly Check[]> {
  if (opcua === undefined) return [];
  const check = `access to ${title}`;
  for (const file of [opcua.userFile, opcua.passwordFile]) {
    const found = await stat(file).catch(() => null);
    if (found === null) {
      const write = `mkdir -p ${word(dirname(file))} && (umask 077 && cat > ${word(file)})`;
      const what = file === opcua.userFile ? "user name" : "password";
      const remedy = `Type \`${write}\`, then the ${what} that the machine gave this cell, Enter and Ctrl-D.`;
      return [{ check, state: "bad", what: `${file} is not there.`, remedy }];
    }
    if ((found.mode & 0o077) !== 0 && file === opcua.passwordFile) {
      const remedy = `Type \`chmod 600 ${word(file)}\`; it is owned by the account of the cell.`;
      return [{ check, state: "warning", what: `${file} can be read by others.`, remedy }];
    }
  }
  return [];
}
