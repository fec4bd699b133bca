/** The configuration of a Klipper printer behind Moonraker. */
import { z } from "zod";
import { defaultTimes, type SessionSetup } from "./session.ts";

const milliseconds = z.number().int().min(100).max(600_000);
const path = z.string().min(1).max(1024);

/** Names of this computer itself, over which nothing leaves it. */
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

const fields = z.strictObject({
  driver: z.literal("moonraker"),
  /** Where Moonraker listens: `https://host:port`; `http` only for this computer or a link of its own. */
  url: z.url({ protocol: /^https?$/ }).max(253),
  /** The cable leads from this cell to this printer and nowhere else: nothing on it is encrypted. */
  isolatedLink: z.boolean().default(false),
  /** The authority's certificate (PEM) that Moonraker's own comes from, where no public one does. */
  caFile: path.optional(),
  /** File with Moonraker's API key, for the cell's account alone. */
  apiKeyFile: path.optional(),
  /** Name of the printer's mainboard in Klipper's [mcu] section: canbus_uuid, or the last part of serial. */
  serial: z.string().min(1).max(200),
  vendor: z.string().min(1).max(64),
  /** What the printer does by itself when nobody talks to it; `driver`: this driver's child cancels and cools. */
  onHostLoss: z.enum(["none", "firmware", "driver", "relay"]).default("driver"),
  /** How often its state is asked for, and how long it may be silent. */
  heartbeatMs: milliseconds.default(defaultTimes.heartbeat),
  silenceMs: milliseconds.default(defaultTimes.silence),
  /** While it prints, a printer may be out of sight for so long; it stops by itself at the end of the layer. */
  patienceMs: milliseconds.default(defaultTimes.patience),
  /** Deadline of a call that is answered at once. */
  callMs: milliseconds.default(defaultTimes.call),
  /** A cancel that shows no effect after so long becomes Klipper's emergency stop. */
  cancelMs: milliseconds.default(defaultTimes.cancel),
  safeMs: milliseconds.default(defaultTimes.safe),
});

const isShielded = ({ url, isolatedLink }: { readonly url: string; readonly isolatedLink: boolean }): boolean =>
  isolatedLink || url.startsWith("https:") || loopback.test(new URL(url).hostname);
const shield =
  "http is only for this computer itself; elsewhere it takes https, or isolatedLink = true for a cable of its own";

/** Parses what the driver's child is given. */
export const moonrakerConfig = fields.refine(isShielded, shield);

/** Parses the section [machine.moonraker] of a cell's configuration; unknown keys are refused. */
export const moonrakerSection = fields.omit({ driver: true, serial: true }).refine(isShielded, shield);

export type MoonrakerConfig = z.infer<typeof moonrakerConfig>;

/** The pure protocol's view of a configuration. */
export function sessionSetup(
  config: MoonrakerConfig,
  apiKey: string | null,
  prepare: SessionSetup["prepare"],
): SessionSetup {
  const { serial, vendor, heartbeatMs, silenceMs, patienceMs, callMs, cancelMs, safeMs } = config;
  const watch = { heartbeat: heartbeatMs, silence: silenceMs, patience: patienceMs };
  return {
    ...{ serial, vendor, apiKey, prepare },
    times: { ...defaultTimes, ...watch, call: callMs, cancel: cancelMs, safe: safeMs },
  };
}
