/** Finds nodes by namespace URI and browse path; node ids and indexes hold for one connection only. */
import {
  AttributeIds,
  BrowsePath,
  type ClientSession,
  type DataValue,
  type NodeId,
  QualifiedName,
  ReferenceTypeIds,
  RelativePath,
  RelativePathElement,
  resolveNodeId,
} from "node-opcua";
import type { Milliseconds } from "../../../kernel/units.ts";
import { namespaces, type PathStep } from "../names.ts";
import { within } from "./deadline.ts";

/** What a server takes at most in one request; 1 where it does not say and is asked in small steps. */
export interface OperationLimits {
  readonly nodesPerRead: number;
  readonly pathsPerTranslate: number;
}

/** A server's view of namespaces and limits, read anew for each connection. */
export interface Directory {
  /** URIs in the order of their indexes. */
  readonly uris: readonly string[];
  readonly limits: OperationLimits;
}

const largestRequest = 200;
const limitNodes = [
  "Server_ServerCapabilities_OperationLimits_MaxNodesPerRead",
  "Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds",
] as const;

/** Reads the namespace array and the operation limits. */
export async function openDirectory(session: ClientSession, ms: Milliseconds): Promise<Directory> {
  const uris = await within(ms, session.readNamespaceArray());
  const read: number[] = [];
  for (const node of limitNodes) {
    const value = await within(ms, session.read({ nodeId: resolveNodeId(node), attributeId: AttributeIds.Value }));
    const limit: unknown = value.value.value;
    read.push(typeof limit === "number" && limit > 0 ? Math.min(limit, largestRequest) : largestRequest);
  }
  return { uris, limits: { nodesPerRead: read[0]!, pathsPerTranslate: read[1]! } };
}

/** The node at each path below `from`, or null where there is none; in the order of the paths. */
export async function findAll(
  session: ClientSession,
  directory: Directory,
  from: NodeId,
  paths: readonly (readonly PathStep[])[],
  ms: Milliseconds,
): Promise<readonly (NodeId | null)[]> {
  const found: (NodeId | null)[] = paths.map(() => null);
  const asked = paths.flatMap((path, index) => {
    const browse = browsePathOf(directory, from, path);
    return browse === null ? [] : [{ index, browse }];
  });
  const size = directory.limits.pathsPerTranslate;
  for (let at = 0; at < asked.length; at += size) {
    const some = asked.slice(at, at + size);
    const answers = await within(ms, session.translateBrowsePath(some.map(({ browse }) => browse)));
    some.forEach(({ index }, n) => {
      const target = answers[n]?.targets?.[0];
      // A target in another server, or a path that only begins to exist, is not found.
      if (target !== undefined && target.remainingPathIndex === 0xffffffff && target.targetId.serverIndex === 0)
        found[index] = target.targetId;
    });
  }
  return found;
}

/** Values of nodes in the order given, in as many requests as the server's limits ask for. */
export async function readAll(
  session: ClientSession,
  { limits }: Directory,
  nodes: readonly NodeId[],
  ms: Milliseconds,
): Promise<readonly DataValue[]> {
  const values: DataValue[] = [];
  for (let at = 0; at < nodes.length; at += limits.nodesPerRead) {
    const some = nodes.slice(at, at + limits.nodesPerRead);
    const asked = some.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value }));
    values.push(...(await within(ms, session.read(asked))));
  }
  return values;
}

function browsePathOf({ uris }: Directory, startingNode: NodeId, path: readonly PathStep[]): BrowsePath | null {
  const elements: RelativePathElement[] = [];
  for (const { namespace, name } of path) {
    const namespaceIndex = namespace === namespaces.ua ? 0 : uris.indexOf(namespace);
    if (namespaceIndex < 0) return null;
    elements.push(
      new RelativePathElement({
        referenceTypeId: resolveNodeId(ReferenceTypeIds.HierarchicalReferences),
        isInverse: false,
        includeSubtypes: true,
        targetName: new QualifiedName({ namespaceIndex, name }),
      }),
    );
  }
  return new BrowsePath({ startingNode, relativePath: new RelativePath({ elements }) });
}
