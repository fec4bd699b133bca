/** Looking around in a server's address space: reads only, a bounded number of nodes at a time. */
import {
  BrowseDirection,
  type ClientSession,
  type DataValue,
  NodeClass,
  type NodeId,
  ObjectIds,
  type ReferenceDescription,
  ReferenceTypeIds,
  resolveNodeId,
} from "node-opcua";
import { clip } from "../../../kernel/text.ts";
import type { EpochMs, Milliseconds } from "../../../kernel/units.ts";
import { within } from "./deadline.ts";
import { findBelowEach, openDirectory, readAll } from "./resolve.ts";

/** One node below the one that was looked at. */
export interface Tag {
  readonly name: string;
  readonly kind: "object" | "variable" | "method";
  readonly nodeId: string;
  /** Null where it has no value. */
  readonly value: {
    readonly text: string;
    readonly unit: string;
    readonly status: string;
    readonly at: EpochMs | null;
  } | null;
}

/** Most nodes that one look gives; of more the rest is only counted. */
export const mostTags = 500;

export interface Look {
  readonly tags: readonly Tag[];
  readonly more: boolean;
}

/** The nodes below `path` (names from Objects on); null where there is no such path. */
export async function lookBelow(
  session: ClientSession,
  path: readonly string[],
  ms: Milliseconds,
): Promise<Look | null> {
  let node = resolveNodeId(ObjectIds.ObjectsFolder);
  for (const name of path) {
    const children = await childrenOf(session, node, ms);
    const next = children.references.find(({ browseName }) => browseName.name === name);
    if (next === undefined) return null;
    node = next.nodeId as NodeId;
  }
  const { references, more } = await childrenOf(session, node, ms);
  const variables = references.filter(({ nodeClass }) => nodeClass === NodeClass.Variable);
  const values = await valuesOf(session, variables, ms);
  const tags = references.map((reference): Tag => {
    const { browseName, nodeClass, nodeId } = reference;
    const kind = nodeClass === NodeClass.Variable ? "variable" : nodeClass === NodeClass.Method ? "method" : "object";
    return {
      name: clip(browseName.name ?? "", 120),
      kind,
      nodeId: nodeId.toString(),
      value: values.get(reference) ?? null,
    };
  });
  return { tags, more };
}

/** What stands below a node, in whatever namespace; of more than `most` the rest is left out, and said. */
export async function childrenOf(
  session: ClientSession,
  nodeId: NodeId,
  ms: Milliseconds,
  most = mostTags,
): Promise<{ readonly references: readonly ReferenceDescription[]; readonly more: boolean }> {
  const found: ReferenceDescription[] = [];
  let answer = await within(
    ms,
    session.browse({
      nodeId,
      browseDirection: BrowseDirection.Forward,
      referenceTypeId: resolveNodeId(ReferenceTypeIds.HierarchicalReferences),
      includeSubtypes: true,
      nodeClassMask: 0,
      resultMask: 63,
    }),
  );
  for (;;) {
    found.push(...(answer.references ?? []));
    const more = answer.continuationPoint;
    if (more === undefined || more === null || more.length === 0) return { references: found, more: false };
    const enough = found.length >= most;
    answer = await within(ms, session.browseNext(more, enough));
    if (enough) return { references: found.slice(0, most), more: true };
  }
}

/** Values and units, in as few requests as the server takes. */
async function valuesOf(
  session: ClientSession,
  variables: readonly ReferenceDescription[],
  ms: Milliseconds,
): Promise<ReadonlyMap<ReferenceDescription, Tag["value"]>> {
  const directory = await openDirectory(session, ms);
  const nodes = variables.map(({ nodeId }) => nodeId as NodeId);
  const values = await readAll(session, directory, nodes, ms);
  const units = await findBelowEach(session, directory, nodes, "EngineeringUnits", ms);
  const known = units.filter((unit) => unit !== null);
  const read = await readAll(session, directory, known, ms);
  const words = new Map(known.map((unit, index) => [unit, unitOf(read[index])]));
  return new Map(
    variables.map((reference, index) => {
      const unit = units[index] ?? null;
      return [reference, { ...shown(values[index]), unit: unit === null ? "" : words.get(unit)! }] as const;
    }),
  );
}

function shown(value: DataValue | undefined) {
  const content: unknown = value?.value?.value;
  const text = typeof content === "object" && content !== null ? JSON.stringify(content) : String(content);
  return {
    text: clip(text ?? "", 200),
    status: value?.statusCode?.name ?? "unknown",
    at: value?.sourceTimestamp?.getTime() ?? value?.serverTimestamp?.getTime() ?? null,
  };
}

function unitOf(read: DataValue | undefined): string {
  const unit: unknown = (read?.value?.value as { displayName?: { text?: unknown } } | undefined)?.displayName?.text;
  return typeof unit === "string" ? clip(unit, 16) : "";
}
