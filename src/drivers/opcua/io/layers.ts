/** Layers of an additive machine (OPC 40540): the runs in a job's report, by the server's own definition of what a run is. */
import {
  AttributeIds,
  BrowseDirection,
  type ClientSession,
  DataType,
  type NodeId,
  ReferenceTypeIds,
  resolveNodeId,
  type Variant,
} from "node-opcua";
import type { Milliseconds } from "../../../kernel/units.ts";
import { countIn, type Definition, type Member } from "../structure.ts";
import { within } from "./deadline.ts";

const mostRuns = 1000;
/** StructureType of OPC 10000-3, 8.48. */
const structureTypes = { plain: 0, withOptional: 1 } as const;

/** A structure that the library left as it came. */
interface Opaque {
  readonly nodeId: NodeId;
  readonly buffer: Uint8Array;
}

interface Given {
  readonly structureType: number;
  readonly fields: readonly {
    readonly name: string | null;
    readonly dataType: NodeId;
    readonly valueRank: number;
    readonly isOptional: boolean;
  }[];
}

/**
 * How many layers the furthest run of a report has completed (`Runs`, 9.1; `CurrentLayer`, 10.1); null where it does not say. The
 * library leaves structures inside of values as they came; they are read here.
 */
export async function layersIn(session: ClientSession, response: unknown, ms: Milliseconds): Promise<number | null> {
  const data: unknown = (response as { readonly jobResponseData?: unknown } | null)?.jobResponseData;
  const items = Array.isArray(data) ? (data as { readonly ID?: unknown; readonly value?: Variant | null }[]) : [];
  const value = items.find(({ ID }) => ID === "Runs")?.value;
  if (value?.dataType !== DataType.ExtensionObject) return null;
  const runs: unknown[] = [value.value].flat().slice(0, mostRuns);
  const counts: number[] = [];
  for (const run of runs) {
    const count = await countOf(session, run, ms);
    if (count !== null) counts.push(count);
  }
  return counts.length === 0 ? null : Math.max(...counts);
}

async function countOf(session: ClientSession, run: unknown, ms: Milliseconds): Promise<number | null> {
  if (!isOpaque(run)) {
    const known: unknown = (run as { readonly currentLayer?: unknown } | null)?.currentLayer;
    return typeof known === "number" ? known : null;
  }
  const definition = await definitionOf(session, run.nodeId, ms);
  return definition === null ? null : countIn(run.buffer, definition, "CurrentLayer");
}

function isOpaque(run: unknown): run is Opaque {
  return (
    typeof run === "object" && run !== null && "nodeId" in run && "buffer" in run && run.buffer instanceof Uint8Array
  );
}

const known = new WeakMap<ClientSession, Map<string, Definition | null>>();

/** The definition behind an encoding, read once for each connection. */
async function definitionOf(session: ClientSession, encoding: NodeId, ms: Milliseconds): Promise<Definition | null> {
  const definitions = known.get(session) ?? new Map<string, Definition | null>();
  known.set(session, definitions);
  const key = encoding.toString();
  const before = definitions.get(key);
  if (before !== undefined) return before;
  const read = await readDefinition(session, encoding, ms);
  definitions.set(key, read);
  return read;
}

async function readDefinition(session: ClientSession, encoding: NodeId, ms: Milliseconds): Promise<Definition | null> {
  const found = await within(
    ms,
    session.browse({
      nodeId: encoding,
      browseDirection: BrowseDirection.Inverse,
      referenceTypeId: resolveNodeId(ReferenceTypeIds.HasEncoding),
      includeSubtypes: false,
      nodeClassMask: 0,
      resultMask: 0,
    }),
  );
  const type = found.references?.[0]?.nodeId as NodeId | undefined;
  if (type === undefined) return null;
  const read = await within(ms, session.read({ nodeId: type, attributeId: AttributeIds.DataTypeDefinition }));
  const given = (read.value?.value ?? null) as Given | null;
  const types: readonly number[] = Object.values(structureTypes);
  if (given === null || !types.includes(given.structureType) || !Array.isArray(given.fields)) return null;
  const members = given.fields.map(
    ({ name, dataType, valueRank, isOptional }): Member => ({
      name: name ?? "",
      type: dataType.namespace === 0 && typeof dataType.value === "number" ? dataType.value : null,
      isArray: valueRank >= 0,
      isOptional: isOptional === true,
    }),
  );
  return { hasOptional: given.structureType === structureTypes.withOptional, members };
}
