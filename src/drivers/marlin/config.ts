/** The configuration of a Marlin-family printer on a serial port. */
import { z } from "zod";
import { dialectOf, dialectSetting } from "./dialect.ts";
import { defaultLimits } from "./link.ts";
import { defaultTimes, type SessionSetup } from "./session.ts";

const milliseconds = z.number().int().min(10).max(600_000);
const coordinate = z.number().min(-2000).max(2000);

/** Parses the `machine` section of a printer driven by `marlin`; unknown keys are refused. */
export const marlinConfig = z.strictObject({
  driver: z.literal("marlin"),
  /** Device path; name the machine, not the socket: `/dev/serial/by-id/...`. */
  port: z
    .string()
    .regex(/^\/[\x21-\x7e]{1,250}$/)
    .refine((path) => !/^\/dev\/tty(?:USB|ACM)\d+$/.test(path), {
      message: "names a socket and not a machine, whichever is plugged in: use its path under /dev/serial/by-id",
    }),
  baud: z.number().int().min(9600).max(2_000_000).default(115_200),
  /** UUID that the printer gives in M115, or, where it gives none or zeros, the name of its port; null accepts any and is for commissioning only. */
  serial: z.string().min(1).max(64).nullable(),
  /** MACHINE_TYPE of M115. Many printers share the UUID that their firmware was delivered with: give both. */
  machineType: z.string().min(1).max(64).nullable().default(null),
  vendor: z.string().min(1).max(64),
  dialect: dialectSetting,
  /**
   * Who proved, when and how, that the heaters of this very machine switch off when a sensor fails. Asked for where the
   * dialect says that the firmware does not tell; a firmware that says that it has no protection is always refused.
   */
  thermalProtectionProof: z.string().min(20).max(300).nullable().default(null),
  /** What the printer does by itself when nobody talks to it; `driver`: this driver's child cools it. */
  onHostLoss: z.enum(["none", "firmware", "driver", "relay"]).default("driver"),
  /** Where the tool goes after an abort, in machine coordinates; null leaves it where it stopped. */
  park: z
    .strictObject({ lift_mm: z.number().min(0).max(50), x_mm: coordinate, y_mm: coordinate })
    .nullable()
    .default(null),
  /** Folder of the lock file that keeps a second program off the port. */
  lockFolder: z.string().min(1).default("/run/lock"),
  /** Bytes that the firmware's receive ring holds, less one. */
  rxBytes: z.number().int().min(63).max(4095).optional(),
  maxInFlight: z.number().int().min(1).max(32).default(defaultLimits.maxInFlight),
  livenessMs: milliseconds.default(defaultTimes.liveness),
  stallMs: milliseconds.default(defaultLimits.stall),
  safeMs: milliseconds.default(defaultTimes.safe),
});

export type MarlinConfig = z.infer<typeof marlinConfig>;

/** The pure protocol's view of a configuration; `prepare` is the toolpath's part. */
export function sessionSetup(config: MarlinConfig, prepare: SessionSetup["prepare"]): SessionSetup {
  const { park } = config;
  const dialect = dialectOf(config.dialect);
  return {
    port: config.port.slice(config.port.lastIndexOf("/") + 1),
    serial: config.serial,
    machineType: config.machineType,
    dialect,
    protectionProven: config.thermalProtectionProof !== null,
    vendor: config.vendor,
    park: park === null ? [] : ["G91", `G1 Z${park.lift_mm} F600`, "G90", `G1 X${park.x_mm} Y${park.y_mm} F3000`],
    times: { ...defaultTimes, liveness: config.livenessMs, safe: config.safeMs },
    limits: {
      ...defaultLimits,
      rxBytes: config.rxBytes ?? dialect.rxBytes,
      maxInFlight: config.maxInFlight,
      plainInFlight: dialect.plainInFlight,
      stall: config.stallMs,
      slow: dialect.slowMs,
    },
    prepare,
  };
}
