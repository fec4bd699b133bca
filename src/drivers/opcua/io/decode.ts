/** Structures of OPC 10031-4 as the client library decodes them, checked before anything is made of them. */
import { DataType, type NodeId, type Variant, VariantArrayType } from "node-opcua";
import { z } from "zod";
import { type JobState, readJobState } from "../job-state.ts";
import type { JobEntry, JobReport, ReportItem, ReportValue } from "../requests.ts";
import { unitOf } from "../results.ts";

const mostJobs = 1000;
const mostItems = 1000;
const mostPoints = 200_000;

const text = z.string().max(4096).nullish();
const localized = z.object({ text }).nullish();
const state = z.object({
  browsePath: z
    .object({
      elements: z
        .array(z.object({ targetName: z.object({ name: text }) }))
        .max(32)
        .nullish(),
    })
    .nullish(),
  stateNumber: z.number().int().nonnegative(),
});
/** Some servers give the one top state alone where the specification has a list. */
const states = z.union([z.array(state).max(32), state.transform((one) => [one])]).nullish();
const variant = z
  .custom<Variant>((value) => typeof value === "object" && value !== null && "dataType" in value)
  .nullish();
const entry = z.object({
  jobOrder: z.object({
    jobOrderID: z.string().max(256).nullish(),
    jobOrderParameters: z
      .array(z.object({ ID: text, value: variant }))
      .max(256)
      .nullish(),
  }),
  state: states,
});
const flat = z.object({
  ID: z.string().max(256).nullish(),
  value: variant,
  engineeringUnits: z.object({ unitId: z.number(), displayName: localized }).nullish(),
});
const item = flat.extend({ subparameters: z.array(flat).max(32).nullish() });
const report = z.object({
  jobOrderID: z.string().max(256).nullish(),
  description: localized,
  jobState: states,
  jobResponseData: z.array(item).max(mostItems).nullish(),
});
const list = z.array(entry).max(mostJobs).nullish();

/** JobOrderList; null where it is none. */
export function readJobList(value: unknown): readonly JobEntry[] | null {
  const read = list.safeParse(value);
  if (!read.success) return null;
  return (read.data ?? []).map(({ jobOrder, state: its }) => ({
    id: jobOrder.jobOrderID ?? "",
    state: stateOf(its),
    parameters: new Map(
      (jobOrder.jobOrderParameters ?? []).flatMap(({ ID, value: given }) =>
        typeof ID === "string" && typeof given?.value === "string" ? [[ID, given.value] as const] : [],
      ),
    ),
  }));
}

/** ISA95JobResponseDataType; null where it is none. */
export function readReport(value: unknown): JobReport | null {
  const read = report.safeParse(value);
  if (!read.success) return null;
  const { jobOrderID, description, jobState, jobResponseData } = read.data;
  return {
    job: jobOrderID ?? "",
    state: stateOf(jobState),
    description: description?.text ?? "",
    data: (jobResponseData ?? []).map((each) =>
      itemOf(
        each,
        (each.subparameters ?? []).map((one) => itemOf(one, [])),
      ),
    ),
  };
}

function itemOf({ ID, value, engineeringUnits }: z.infer<typeof flat>, below: readonly ReportItem[]): ReportItem {
  const unit = engineeringUnits ? unitOf(engineeringUnits.unitId, engineeringUnits.displayName?.text ?? "") : "";
  return { id: ID ?? "", value: plainValue(value), unit, below };
}

/** Numbers, texts, truth values, bytes and lists of numbers; everything else is no value. */
export function plainValue(given: Variant | null | undefined): ReportValue {
  if (given === null || given === undefined) return null;
  const value: unknown = given.value;
  if (given.arrayType === VariantArrayType.Array) return isNumbers(value) ? Array.from(value) : null;
  if (given.arrayType !== VariantArrayType.Scalar) return null;
  if (given.dataType === DataType.ByteString) return value instanceof Uint8Array ? new Uint8Array(value) : null;
  if (given.dataType === DataType.Int64 || given.dataType === DataType.UInt64) return null;
  return typeof value === "number" || typeof value === "string" || typeof value === "boolean" ? value : null;
}

function isNumbers(value: unknown): value is ArrayLike<number> {
  const list = ArrayBuffer.isView(value) || Array.isArray(value) ? (value as unknown as ArrayLike<unknown>) : null;
  return list !== null && list.length <= mostPoints && Array.from(list).every((each) => typeof each === "number");
}

function stateOf(raw: z.infer<typeof states>): JobState | null {
  return readJobState(
    (raw ?? []).map(({ browsePath, stateNumber }) => ({
      path: (browsePath?.elements ?? []).map(({ targetName }) => targetName.name ?? ""),
      number: stateNumber,
    })),
  );
}

const integers: readonly DataType[] = [
  ...[DataType.SByte, DataType.Byte, DataType.Int16, DataType.UInt16, DataType.Int32, DataType.UInt32],
];

/** A whole number that is not negative; the library holds 64 bits as high and low word. Null where it is none. */
export function readInteger(given: Variant | null | undefined): bigint | null {
  if (given === undefined || given === null) return null;
  const value: unknown = given.value;
  if (integers.includes(given.dataType))
    return typeof value === "number" && Number.isInteger(value) && value >= 0 ? BigInt(value) : null;
  if (given.dataType !== DataType.UInt64 && given.dataType !== DataType.Int64) return null;
  const pair = z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]).safeParse(value);
  return pair.success ? (BigInt(pair.data[0]) << 32n) + BigInt(pair.data[1]) : null;
}

/** The number of a state by the node that stands for it in its type, where the machine gives no number. */
export function stateNumberOf(
  given: unknown,
  numbers: Readonly<Record<number, number>>,
  namespaceIndex: number,
): number | null {
  const id = given as NodeId | null;
  if (typeof id !== "object" || id === null || id.namespace !== namespaceIndex) return null;
  return typeof id.value === "number" ? (numbers[id.value] ?? null) : null;
}
