/** The simulated unit of PackML, as an engineer who commissions it writes it down. */
import type { OpcuaConfig } from "../../../src/drivers/opcua/config.ts";

const told = ["WorkMaster", "ProgramFile", "ProgramDigest", "PartTag"] as const;

export const packmlUnit: Partial<OpcuaConfig> = {
  profile: "packml",
  programs: ["Programs"],
  packml: {
    object: ["PackML"],
    inputs: told.map((gives) => ({ path: ["Order", gives], gives })),
    results: [{ characteristic: "sleeve-1-peak-force", path: ["Results", "sleeve-1-peak-force"], unit: "N" }],
  },
};
