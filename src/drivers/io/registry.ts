/** The drivers of this house, one line each: how their configuration reads and how their machine is made. */
import { marlinConfig } from "../marlin/config.ts";
import { createMarlinMachine } from "./marlin.ts";

/** By the `driver` member of a machine's configuration. */
export const drivers = {
  marlin: { config: marlinConfig, create: createMarlinMachine },
} as const;

export type DriverName = keyof typeof drivers;
