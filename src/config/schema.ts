/** The cell's configuration file: one TOML file, one schema, unknown keys refused. */
import { z } from "zod";
import { marlinConfig } from "../drivers/marlin/config.ts";
import { moonrakerSection } from "../drivers/moonraker/config.ts";
import { opcuaConfig, profileProblem } from "../drivers/opcua/config.ts";
import { type Pathway, pathways } from "../jobs/pathway.ts";
import { defaultRetention, leastYears, type RetentionRules } from "../jobs/retention.ts";
import { firstCamera } from "../jobs/views.ts";

const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const title = z.string().min(1).max(120);
const path = z.string().min(1).max(1024);
const seconds = z.number().int().min(1).max(86_400);

/** The drivers: each has a section of its own in a machine's configuration, and every machine has one of them. */
const drivers = z.strictObject({
  /** A printer of the Marlin family on a serial port. */
  marlin: marlinConfig.omit({ driver: true, serial: true }),
  /** A Klipper printer behind Moonraker. */
  moonraker: moonrakerSection,
  /** A machine on OPC UA. */
  opcua: opcuaConfig.omit({ driver: true, serial: true }),
});

export type DriverName = keyof z.infer<typeof drivers>;

/** The names of the drivers' sections. */
export const driverNames = Object.keys(drivers.shape) as readonly DriverName[];

const oneDriver = `a machine has exactly one driver, a section of its own: ${driverNames.map((name) => `[machine.${name}]`).join(", ")}`;

const machine = z
  .strictObject({
    id: identifier,
    title,
    /** What recipes ask for: their steps name a class, never a machine. */
    class: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/),
    /** Serial number or UUID that the machine itself must report. */
    serial: z.string().min(1).max(64),
    /** Machines, sensors among them, whose values are kept with each layer that this one makes. */
    beside: z.array(identifier).max(8).default([]),
    ...drivers.partial().shape,
  })
  .superRefine(({ opcua, serial }, context) => {
    const problem = opcua === undefined ? null : profileProblem({ driver: "opcua", serial, ...opcua });
    if (problem !== null) context.addIssue({ code: "custom", path: ["opcua"], message: problem });
  })
  .refine((given) => driverNames.filter((name) => given[name] !== undefined).length === 1, oneDriver);

/** A public key in its one-line form, with the bounds of its effect where it has any (src/ledger/trusted-key.ts). */
const keyLine = /^[^+\s]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{4,400}(\s+(from|until|revoked)=\S{1,40})*$/;
/** Public keys of one role: each a line `name+id+base64`, or a file of such lines. */
const keyList = z.array(z.string().min(1).max(1024)).min(1).max(16);

/** True for a key itself, false for the name of a file that holds keys. */
export function isKeyLine(text: string): boolean {
  return keyLine.test(text);
}

const camera = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("http"),
    url: z.url({ protocol: /^https?$/ }),
    /** File that holds the camera's bearer token. */
    tokenFile: path.optional(),
    timeoutSeconds: seconds.default(5),
  }),
  z.strictObject({ kind: z.literal("folder"), folder: path, timeoutSeconds: seconds.default(5) }),
]);

/** A further camera of the inspection, with a set-up of its own. */
const view = z.strictObject({
  /** What it is called wherever something is said of it: a word on the bracket. */
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,15}$/)
    .refine((id) => id !== firstCamera, `"${firstCamera}" is the name of [camera]`),
  camera,
  setup: path,
  rig: path,
  lens: path.optional(),
  /** The one machine whose builds it looks at; without it, those of all. */
  machine: identifier.optional(),
});

const evidenceConfig = z.strictObject({
  url: z.url({ protocol: /^https$/ }),
  /** File with central's evidence recipient (age1...): what is sent can be read by its identity alone. */
  recipientFile: path,
  /** What is sent unasked: nothing; what belongs to a fail; besides that every nth layer; all. */
  policy: z.enum(["none", "fails", "sample", "all"]).default("fails"),
  everyNthLayer: z.number().int().min(1).max(10_000).default(10),
  /** Most bytes a second, so that the line stays free for others. */
  kibPerSecond: z.number().int().min(16).max(1_048_576).default(1_024),
  /** Most that waits sealed in the data folder; a single piece may be larger. */
  spoolMiB: z.number().int().min(1).max(65_536).default(256),
});

const years = (least: number) => z.number().int().min(least).max(100);
/** Years from the end of a job. */
const retentionRule = z
  .strictObject({
    years: years(leastYears.years),
    /** For what stays in the body, and where the order does not say. */
    implantYears: years(leastYears.implantYears),
    /** For pictures of layers that passed. */
    pictureYears: years(leastYears.pictureYears),
  })
  .partial();

/** The retention rules of a configuration, with the least where it says nothing. */
export function retentionOf({ retention }: Pick<CellConfig, "retention">): RetentionRules {
  const rules = Object.entries(defaultRetention).map(([pathway, least]) => {
    const {
      years: record = least.years,
      implantYears = Math.max(least.implantYears, record),
      pictureYears,
    } = retention[pathway as Pathway] ?? {};
    return [pathway, { years: record, implantYears, pictureYears: pictureYears ?? implantYears }];
  });
  return Object.fromEntries(rules) as RetentionRules;
}

const cell = z.strictObject({
  cell: z.strictObject({
    id: identifier,
    title,
    site: title,
    /** Name of the ledger: the first line of its checkpoints. */
    origin: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,62}\/[a-z0-9][a-z0-9.-]{0,62}$/),
    /** True lets simulated machines take orders; their records say so and can never be released. */
    demonstration: z.boolean().default(false),
    presenceValidSeconds: seconds.default(60),
    takesAllowed: z.number().int().min(1).max(10).default(3),
  }),
  http: z
    .strictObject({
      host: z.string().min(1).max(255).default("127.0.0.1"),
      port: z.number().int().min(0).max(65_535).default(8440),
      /** Set where a TLS proxy on this computer stands before the page. */
      secureCookies: z.boolean().default(false),
      idleMinutes: z.number().int().min(1).max(60).default(10),
    })
    .prefault({}),
  record: z
    .strictObject({
      /** Bound on the ledger's database; reaching it is a full disk. */
      quotaMiB: z.number().min(0.1).max(1_048_576).optional(),
    })
    .prefault({}),
  /** How long what is kept, by pathway; what is not named here keeps the least that the law asks for. */
  retention: z.partialRecord(z.enum(pathways), retentionRule).default({}),
  machine: z
    .array(machine)
    .min(1)
    .max(32)
    .superRefine((all, context) => {
      for (const [k, { id, beside }] of all.entries()) {
        const strange = beside.find((other) => other === id || !all.some((each) => each.id === other));
        if (strange !== undefined)
          context.addIssue({
            code: "custom",
            path: [k, "beside"],
            message: `"${strange}" is no other machine of this cell`,
          });
      }
    }),
  labels: z
    .strictObject({
      /** Folder that the label printer's queue watches. */
      folder: path,
    })
    .optional(),
  /** Materials and components that may be received here. */
  material: z
    .array(
      z.strictObject({
        id: identifier,
        title,
        gtin: z.string().regex(/^[0-9]{14}$/),
        unit: z.string().min(1).max(16),
      }),
    )
    .max(256)
    .default([]),
  /** Calibrated instruments. Where there is one, only readings of those that are here and not overdue count. */
  gauge: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(64),
        title,
        /** Its last day, as YYYY-MM-DD; from the day after its readings are refused. */
        validTo: z.iso.date(),
        certificate: z.string().min(1).max(120),
      }),
    )
    .max(256)
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, "two instruments have one name")
    .optional(),
  camera,
  inspection: z.strictObject({
    /** Camera set-up, as `cellward camera calibrate` wrote it. */
    setup: path,
    /** What an engineer measured of camera and fiducials, for `camera calibrate`. */
    rig: path,
    /** The model's manifest. */
    model: path,
    /** What `cellward camera lens` found out about the camera's lens; without it the fiducials alone have to tell. */
    lens: path.optional(),
    /** For how many days a calibration of the camera counts; after them nothing is begun until it is calibrated anew. */
    calibrationDays: z.int().min(1).max(3650).default(365),
    /**
     * Nothing is built unless the inspection has found planted defects within so many hours, such as 12 for a shift.
     * Without it nobody has to challenge it; a challenge that it missed suspends it all the same.
     */
    challengeHours: z.number().min(1).max(168).optional(),
    /** The one machine whose builds [camera] looks at; without it, those of all. */
    machine: identifier.optional(),
    /** Further cameras. A layer passes only where every camera that looks at its machine has passed it. */
    view: z
      .array(view)
      .max(7)
      .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, "two cameras have one name")
      .optional(),
  }),
  presence: z.strictObject({ port: path, device: identifier.default("presence-1") }),
  intake: z.strictObject({
    folder: path,
    recipes: path,
    /** A folder of process packs of one's own, beside those that come with the program. */
    processes: path.optional(),
  }),
  /** Who signs the packages that this cell takes in; never learnt from a package. No key may stand in both roles. */
  trust: z.strictObject({ designAuthority: keyList, clinicalRelease: keyList }),
  /** Central QA; without it the record stays in this cell. */
  qa: z
    .strictObject({
      broker: z.url({ protocol: /^mqtts$/ }),
      /** 4 is MQTT 3.1.1. */
      protocolVersion: z.union([z.literal(4), z.literal(5)]).default(4),
      /** PEM files: the authority of the broker's certificate, this cell's certificate (common name = cell.id), its key. */
      caFile: path,
      certFile: path,
      keyFile: path,
      /** Central QA's public keys: what countersigns the record, and what signs decisions. */
      cosigner: keyList,
      decisions: keyList,
      /** Most that records may take of the line, on average; without it there is no bound. */
      kibPerSecond: z.number().int().min(16).max(1_048_576).optional(),
    })
    .optional(),
  /** Pictures, reports and programs for central QA, over HTTPS with the certificate of [qa]; without it none is sent. */
  evidence: evidenceConfig.optional(),
});

/** Parses a whole configuration; every path is relative to the file's own folder. */
export const cellConfig = cell.superRefine(({ machine: machines, inspection, camera: first }, context) => {
  const cameras = [{ camera: first, setup: inspection.setup }, ...(inspection.view ?? [])];
  const addresses = cameras.map((each) => (each.camera.kind === "http" ? each.camera.url : each.camera.folder));
  const refuse = (k: number, member: string, message: string) =>
    context.addIssue({ code: "custom", path: ["inspection", "view", k - 1, member], message });
  for (const [k, { setup }] of cameras.entries()) {
    if (addresses.indexOf(addresses[k]!) < k)
      refuse(k, "camera", "another camera has this address: one that looks twice sees no more");
    if (cameras.findIndex((each) => each.setup === setup) < k)
      refuse(k, "setup", "another camera has this set-up: each is calibrated for itself");
  }
  const named = [inspection.machine, ...(inspection.view ?? []).map((each) => each.machine)];
  for (const [k, id] of named.entries()) {
    if (id === undefined || machines.some((each) => each.id === id)) continue;
    const where = k === 0 ? ["inspection", "machine"] : ["inspection", "view", k - 1, "machine"];
    context.addIssue({ code: "custom", path: where, message: `"${id}" is no machine of this cell` });
  }
});

export type CellConfig = z.infer<typeof cellConfig>;
export type MachineConfig = CellConfig["machine"][number];

/** What a machine does when its controller is gone, as its driver's section declares it. */
export function onHostLossOf(machine: MachineConfig): "none" | "firmware" | "driver" | "relay" {
  return driverNames.map((name) => machine[name]).find((section) => section !== undefined)?.onHostLoss ?? "none";
}

/** Whether a machine begins no layer before it is told to. Nothing in OPC UA's job control says that (OPC 10031-4, OPC 40540). */
export function holdsLayers({ opcua }: MachineConfig): boolean {
  return opcua === undefined;
}

/** The configuration's JSON Schema (draft 2020-12), printed by `cellward config schema`. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(cellConfig, { io: "input" });
}
