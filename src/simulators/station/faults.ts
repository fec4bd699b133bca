/** What can be broken on the station, and what each breakage takes as its measure. */
import { z } from "zod";
import { err, ok, type Result } from "../../kernel/result.ts";

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const fault = z.discriminatedUnion("name", [
  /** The whole process answers nothing for this long, this socket included. */
  z.strictObject({ name: z.literal("freeze"), ms: z.number().int().min(1).max(120_000) }),
  /** Off and on again: a running job is aborted; `namespaces` empty namespaces come before the station's own. */
  z.strictObject({ name: z.literal("restart"), namespaces: z.number().int().min(0).max(20).default(3) }),
  /** Another machine at the same address: another serial number and ProductInstanceUri, after a restart. */
  z.strictObject({ name: z.literal("other-identity"), serial: name.default("FS-9999") }),
  /** A restart with a fresh key and certificate. */
  z.strictObject({ name: z.literal("other-certificate") }),
  /** Answers ReturnStatus 0 to whatever succeeded, or success (1) to whatever was refused. */
  z.strictObject({ name: z.literal("return-status"), give: z.enum(["zero", "success"]).default("zero") }),
  /** The next `count` calls of a job method are executed and never answered. */
  z.strictObject({ name: z.literal("lost-answers"), count: z.number().int().min(1).max(1000).default(1) }),
  /** So many alarms at once, until cleared. */
  z.strictObject({ name: z.literal("alarm-flood"), count: z.number().int().min(1).max(500).default(200) }),
  /** Friction in the seats is this many times what a good print has. */
  z.strictObject({ name: z.literal("overforce"), factor: z.number().min(0.1).max(20).default(8) }),
  /** The dryer runs over its set value by so many kelvin. */
  z.strictObject({ name: z.literal("dryer-runaway"), kelvin: z.number().min(-40).max(60).default(20) }),
  /** One dimension reads wrong by so many mm. */
  z.strictObject({ name: z.literal("measurement-off"), id: name, mm: z.number().min(-5).max(5) }),
  /** One result is left out. */
  z.strictObject({ name: z.literal("missing-result"), id: name }),
  /** Somebody puts another part into the fixture. */
  z.strictObject({ name: z.literal("part-swap"), tag: name }),
  /** The program store keeps the last byte of each piece that is written wrong. */
  z.strictObject({ name: z.literal("corrupt-program") }),
  /** The client's sign of life is refused. */
  z.strictObject({ name: z.literal("sign-of-life-refused") }),
  z.strictObject({ name: z.literal("door-open") }),
  z.strictObject({ name: z.literal("detergent-low") }),
  /** ByteStrings of at most `bytes`, at most `nodes` nodes in one call. */
  z.strictObject({
    name: z.literal("small-limits"),
    bytes: z.number().int().min(16).max(65_536).default(256),
    nodes: z.number().int().min(1).max(1000).default(5),
  }),
  /** Every service answers so much later. */
  z.strictObject({ name: z.literal("slow"), ms: z.number().int().min(1).max(60_000) }),
]);

export type Fault = z.infer<typeof fault>;
export type FaultName = Fault["name"];

/** All names that POST /fault takes. */
export const faultNames: readonly FaultName[] = fault.options.map((option) => option.shape.name.value);
/** Faults that happen once, and leave nothing to clear. */
export const momentary: readonly FaultName[] = [
  "freeze",
  "restart",
  "other-identity",
  "other-certificate",
  "part-swap",
];

/** Reads the body of POST /fault. */
export function readFault(body: unknown): Result<Fault, string> {
  const read = fault.safeParse(body);
  if (read.success) return ok(read.data);
  const issue = read.error.issues[0];
  if (issue?.path[0] === "name" || issue?.path.length === 0)
    return err(`name must be one of: ${faultNames.join(", ")}`);
  return err(`${issue?.path.join(".")}: ${issue?.message}`);
}

/** The faults that are in force, at most one of each name (of each id, where a fault names a result). */
export interface FaultSet {
  all(): readonly Fault[];
  set(fault: Fault): void;
  /** Ends one kind, or all. */
  clear(name?: FaultName): void;
  find<Name extends FaultName>(name: Name): Extract<Fault, { name: Name }> | null;
  every<Name extends FaultName>(name: Name): readonly Extract<Fault, { name: Name }>[];
}

/** An empty set. */
export function createFaults(): FaultSet {
  const faults = new Map<string, Fault>();
  const every = <Name extends FaultName>(name: Name) =>
    [...faults.values()].filter((one) => one.name === name) as Extract<Fault, { name: Name }>[];
  return {
    all: () => [...faults.values()],
    set: (fault) => void faults.set("id" in fault ? `${fault.name} ${fault.id}` : fault.name, fault),
    clear: (name) => {
      for (const [key, fault] of faults) if (name === undefined || fault.name === name) faults.delete(key);
    },
    find: (name) => every(name)[0] ?? null,
    every,
  };
}
