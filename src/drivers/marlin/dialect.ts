/** How firmwares of the Marlin family differ, as data: the built-in dialects, and the form of one of your own. */
import { z } from "zod";

/** A dialect as a configuration may spell it out; unknown keys are refused. */
export const dialectForm = z.strictObject({
  /** One of these must stand in the FIRMWARE_NAME of M115. */
  firmware: z.array(z.string().min(3).max(64)).min(1).max(8),
  /** Lines that may be unconfirmed where `ok` carries no numbers: 1, unless the firmware is known to hold more. */
  plainInFlight: z.number().int().min(1).max(32).default(1),
  /** Bytes that its receive buffer holds, less one. */
  rxBytes: z.number().int().min(63).max(4095).default(127),
  /** It says `busy` while a command takes its time (M113). */
  keepAlive: z.boolean().default(true),
  /** Without keep-alive: so long may homing or heating be silent. */
  slowMs: z.number().int().min(2500).max(600_000).default(120_000),
  /** M111 S1 makes it repeat every line that it carries out. */
  echoes: z.boolean().default(false),
  /** M115 tells whether the thermal protection is compiled in; else its proof stands in the configuration. */
  tellsProtection: z.boolean().default(true),
});

/** One firmware's ways. */
export type Dialect = z.infer<typeof dialectForm>;

/** Dialects by name. What M115 says of capabilities decides everything that is not here. */
export const dialects = {
  "marlin-2": dialectForm.parse({ firmware: ["Marlin"], echoes: true }),
  "marlin-1.1": dialectForm.parse({
    ...{ firmware: ["Marlin"], echoes: true, tellsProtection: false },
  }),
  "prusa-mk3": dialectForm.parse({ firmware: ["Prusa-Firmware 3."], tellsProtection: false }),
  "prusa-buddy": dialectForm.parse({ firmware: ["Prusa-Firmware-Buddy"], echoes: true, tellsProtection: false }),
  repetier: dialectForm.parse({ firmware: ["Repetier"], keepAlive: false, tellsProtection: false }),
  "octoprint-virtual": dialectForm.parse({ firmware: ["Virtual Marlin"], keepAlive: false, tellsProtection: false }),
} as const satisfies Record<string, Dialect>;

const names = Object.keys(dialects) as (keyof typeof dialects)[];

/** The `dialect` of a configuration: a built-in name, or a dialect spelled out. */
export const dialectSetting = z.union([z.enum(names), dialectForm]).default("marlin-2");

/** The dialect that a setting names or spells out. */
export function dialectOf(setting: z.infer<typeof dialectSetting>): Dialect {
  return typeof setting === "string" ? dialects[setting] : setting;
}
