/** The unit without job control: what it is to do stands in variables, and what it measured does afterwards. */
import { DataType, type Namespace, StatusCodes, type UAObject, type Variant } from "node-opcua";
import type { Method } from "../jobs.ts";
import type { Station } from "../station.ts";
import { scalar } from "./variants.ts";

const names = ["WorkMaster", "ProgramFile", "ProgramDigest", "PartTag"] as const;
/** Results of all its operations; those of another operation are 0. */
const results = ["sleeve-1-peak-force", "sleeve-1-depth", "sleeve-2-peak-force", "sleeve-2-depth"] as const;

/** Makes `Order` and `Results` under the machine, and gives what Start and the other commands do. */
export function installOrder(
  own: Namespace,
  machine: UAObject,
  station: Station,
): { start(): boolean; command(method: Method): boolean } {
  const told = new Map<string, string>(names.map((name) => [name, ""]));
  const order = own.addObject({ browseName: "Order", componentOf: machine });
  for (const name of names) {
    const variable = own.addVariable({
      browseName: name,
      componentOf: order,
      dataType: "String",
      accessLevel: "CurrentRead | CurrentWrite",
      userAccessLevel: "CurrentRead | CurrentWrite",
      value: scalar(DataType.String, ""),
    });
    variable.bindVariable(
      {
        get: () => scalar(DataType.String, told.get(name) ?? ""),
        set: (value: Variant) => {
          told.set(name, String(value.value ?? ""));
          return StatusCodes.Good;
        },
      },
      true,
    );
  }
  const last = () => station.jobs().at(-1);
  const found = own.addObject({ browseName: "Results", componentOf: machine });
  for (const name of results) {
    own.addVariable({
      browseName: name,
      componentOf: found,
      dataType: "Double",
      accessLevel: "CurrentRead",
      minimumSamplingInterval: 100,
      value: {
        get: () => {
          const value = last()?.findings.find(({ id }) => id === name)?.value;
          return scalar(DataType.Double, typeof value === "number" ? value : 0);
        },
      },
    });
  }
  let count = 0;
  return {
    start: () => {
      const id = `unit-${++count}`;
      if (station.unit() !== "Idle") return false;
      for (const job of station.jobs()) station.command("Clear", job.order.id);
      const [workMaster, programFile, programDigest, partTag] = names.map((name) => told.get(name) ?? "");
      const given = {
        id,
        workMaster: workMaster!,
        programFile: programFile!,
        programDigest: programDigest!,
        partTag: partTag!,
      };
      return station.store({ ...given, layersPlanned: null, priority: 0, raw: null }, true).ok;
    },
    command: (method) => {
      const job = last();
      return job !== undefined && station.command(method, job.order.id).ok;
    },
  };
}
