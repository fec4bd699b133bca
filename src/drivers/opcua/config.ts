/** The configuration of a machine that is driven over OPC UA. */
import { z } from "zod";
import { digestOf } from "../../kernel/hash.ts";
import { namespaces } from "./names.ts";
import { defaultTimes, type SessionSetup } from "./session.ts";

const milliseconds = z.number().int().min(100).max(600_000);
const path = z.string().min(1).max(1024);
const name = z.string().min(1).max(120);
const uri = z.string().regex(/^[\x21-\x7e]{1,255}$/);
const step = z.strictObject({ namespace: uri, name });
/** Names below the machine's node, in the namespace of that node where they say no other. */
const below = z
  .array(z.union([name, step]))
  .min(1)
  .max(8);

/** Parses the `machine` section of a machine driven by `opcua`; unknown keys are refused. */
export const opcuaConfig = z.strictObject({
  driver: z.literal("opcua"),
  /** Where the machine listens, `opc.tcp://host:port` with a path where it has one. */
  endpoint: z.string().regex(/^opc\.tcp:\/\/(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]{1,253}):\d{1,5}(\/[\x21-\x7e]{0,200})?$/),
  /** Serial number that the machine's nameplate must show. */
  serial: z.string().min(1).max(64),
  /** ProductInstanceUri that the machine's nameplate must show (OPC 40001-1): the machine, not its address. */
  productInstanceUri: uri,
  /** ApplicationUri that the machine's certificate must carry. */
  applicationUri: uri,
  /**
   * SHA-256 of the machine's certificate, where the configuration itself pins it. Without it only the certificate that
   * `cellward trust accept` pinned counts; with it, both must agree.
   */
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Files that hold the user name and the password which the machine gave this cell. */
  userFile: path,
  passwordFile: path,
  /**
   * How the machine shows its jobs: `machinery-jobs` is OPC 40001-3 with OPC 10031-4 in either edition, `additive` the same with the
   * layers of OPC 40540, `packml` a unit of OPC 30050 that knows no jobs by name.
   */
  profile: z.enum(["machinery-jobs", "additive", "packml"]).default("machinery-jobs"),
  /** The machine's node: namespace by URI, never by index. */
  node: step,
  /** Where that node stands, from Objects on; without it in the folder Machines of OPC 40001-1. */
  folder: below.default([{ namespace: namespaces.machinery, name: "Machines" }]),
  /**
   * The folder for programs (FileDirectoryType); `none`: the machine takes no files, and is told by name what to do. Without it
   * a unit of PackML has none, and every other machine the folder `Programs`.
   */
  programs: z.union([below, z.literal("none")]).optional(),
  /** Of the profile `packml`. */
  packml: z
    .strictObject({
      /** The unit's PackMLBaseObjectType. */
      object: below.default(["PackML"]),
      /** Texts that say what to do, written and read back before each start. */
      inputs: z
        .array(
          z.strictObject({
            path: below,
            gives: z.enum(["WorkMaster", "ProgramFile", "ProgramDigest", "PartTag", "JobOrderID"]),
          }),
        )
        .max(16)
        .default([]),
      /** Values that are read when the unit is complete, as the results of the step. */
      results: z
        .array(
          z.strictObject({
            characteristic: z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/),
            path: below,
            unit: z.string().max(16),
          }),
        )
        .max(64)
        .default([]),
    })
    .optional(),
  /** A number at the machine that this cell counts up as its sign of life; the machine makes itself safe without it. */
  signOfLife: z.strictObject({ path: below, everyMs: milliseconds.default(1000) }).optional(),
  /**
   * The machine's lock (OPC 10000-100), `Lock` below its node: `if-there`, it is taken for this cell alone where the machine has
   * one; `required`, a machine without one is not used; `none`, it is left alone.
   */
  lock: z.enum(["if-there", "required", "none"]).default("if-there"),
  /** Values that the page shows, each with its age. */
  readings: z
    .array(z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/), path: below, unit: z.string().max(16) }))
    .max(32)
    .default([]),
  /**
   * Values anywhere in the server that have to be as named before a job and while one runs: the safety states of a robot
   * beside the machine (OPC 40010: EmergencyStop, ProtectiveStop, OperationalMode), a light curtain, a vacuum.
   */
  interlocks: z
    .array(
      z.strictObject({
        /** What does not hold, to follow "the machine says that": `the robot's emergency stop is pressed`. */
        title: z.string().min(1).max(120),
        /** From Objects on, each step with its namespace. */
        path: z.array(step).min(1).max(16),
        /** The value that holds, or each of the numbers that do. */
        safeWhen: z.union([z.boolean(), z.number().int(), z.array(z.number().int()).min(1).max(16)]),
      }),
    )
    .max(16)
    .default([]),
  /** What the machine's own bits of ReturnStatus mean, by the number of the bit, to follow "it refused to start:". */
  reasons: z.record(z.string().regex(/^(3[3-9]|[45][0-9]|6[0-3])$/), z.string().min(1).max(120)).default({}),
  /** What the machine does by itself when nobody talks to it; `driver`: this driver's child aborts its job. */
  onHostLoss: z.enum(["none", "firmware", "driver", "relay"]).default("driver"),
  /** How often the heartbeat is read, and the deadline of each read. */
  heartbeatMs: milliseconds.default(2000),
  /** So many heartbeats missed one after the other: the machine is not watched any more. */
  heartbeatsMissed: z.number().int().min(1).max(10).default(3),
  /** Deadline of one call. */
  callMs: milliseconds.default(4000),
  /** While it works on a job, a machine may be out of sight for so long; then the attempt is over. */
  patienceMs: milliseconds.default(20_000),
});

export type OpcuaConfig = z.infer<typeof opcuaConfig>;

/** Where programs are written; null where the machine takes none. */
export function programsOf({ profile, programs }: OpcuaConfig): readonly (string | z.infer<typeof step>)[] | null {
  if (programs === "none") return null;
  return programs ?? (profile === "packml" ? null : ["Programs"]);
}

/** What is wrong with a machine's section beyond the form of its members, or null. */
export function profileProblem({ profile, programs, packml }: OpcuaConfig): string | null {
  if (profile !== "packml")
    return packml === undefined
      ? null
      : "`packml` is of the profile `packml` alone; leave it out, or name that profile.";
  return (programs === undefined || programs === "none") && (packml?.inputs.length ?? 0) === 0
    ? "A PackML unit has to be told what to do: name its folder of `programs`, or `packml.inputs` that say it."
    : null;
}

/** What a connection needs: the configuration, and what the cell knows besides. */
export interface OpcuaTarget {
  readonly machine: OpcuaConfig;
  /** The machine's name in the configuration: its pinned certificate is kept under it. */
  readonly equipment: string;
  /** Folder of certificates and keys for OPC UA, inside the key folder. */
  readonly pki: string;
  /** Who this cell says that it is; its certificate carries the same. */
  readonly clientUri: string;
}

/** What the driver's child process is given. */
export interface OpcuaChildConfig extends OpcuaTarget {
  /** After so many connections the child asks to be replaced. */
  readonly connectionsAtMost: number;
}

/** The pure protocol's view of a configuration. */
export function sessionSetup(config: OpcuaConfig, clientUri: string): SessionSetup {
  const { serial, productInstanceUri, heartbeatMs, heartbeatsMissed, patienceMs } = config;
  const mark = digestOf(new TextEncoder().encode(clientUri)).slice(0, 8);
  return {
    ...{ mark, serial, productInstanceUri },
    reasons: new Map(Object.entries(config.reasons).map(([bit, words]) => [Number(bit), words])),
    times: { ...defaultTimes, patience: patienceMs, watch: { every: heartbeatMs, misses: heartbeatsMissed } },
  };
}

/** The ApplicationUri of a cell as an OPC UA client, from the name of its ledger (`site/cell`). */
export function clientUriOf(origin: string): string {
  return `urn:cellward:${origin.replace("/", ":")}`;
}
