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
import { statusNameIn } from "../call-status.ts";
import { editions, namespaces, type PathStep } from "../names.ts";
import { within, wordsOf } from "./deadline.ts";

/** What a server takes at most in one request. */
export interface OperationLimits {
  readonly nodesPerRead: number;
  readonly pathsPerTranslate: number;
}

/** A server's view of namespaces and limits, read anew for each connection. */
export interface Directory {
  /** URIs in the order of their indexes. */
  readonly uris: readonly string[];
  /** Read again when the server calls a request too large all the same. */
  limits: OperationLimits;
}

const largestRequest = 200;
const limitNodes = [
  "Server_ServerCapabilities_OperationLimits_MaxNodesPerRead",
  "Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds",
] as const;

/** Reads the namespace array and the operation limits. */
export async function openDirectory(session: ClientSession, ms: Milliseconds): Promise<Directory> {
  const uris = await within(ms, session.readNamespaceArray());
  return { uris, limits: await readLimits(session, ms) };
}

async function readLimits(session: ClientSession, ms: Milliseconds): Promise<OperationLimits> {
  const read: number[] = [];
  for (const node of limitNodes) {
    const value = await within(ms, session.read({ nodeId: resolveNodeId(node), attributeId: AttributeIds.Value }));
    const limit: unknown = value.value.value;
    read.push(typeof limit === "number" && limit > 0 ? Math.min(limit, largestRequest) : largestRequest);
  }
  return { nodesPerRead: read[0]!, pathsPerTranslate: read[1]! };
}

/** What a server says that was asked too much at once, or would have to answer too much. */
const tooMuch = new Set([
  "BadTooManyOperations",
  "BadEncodingLimitsExceeded",
  "BadRequestTooLarge",
  "BadResponseTooLarge",
]);

/**
 * Asks for all items in steps that the server takes; answers in the order of the items. A server that takes fewer than it says, or says
 * nothing, is asked for half as many until it answers.
 */
async function inSteps<Item, Answer>(
  session: ClientSession,
  directory: Directory,
  limit: keyof OperationLimits,
  items: readonly Item[],
  ms: Milliseconds,
  ask: (some: Item[]) => Promise<readonly Answer[]>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  while (answers.length < items.length) {
    const some = items.slice(answers.length, answers.length + directory.limits[limit]);
    try {
      const got = await within(ms, ask(some));
      if (got.length !== some.length)
        throw new Error("the server answered another number of questions than it was asked");
      answers.push(...got);
    } catch (problem) {
      if (some.length === 1 || !tooMuch.has(statusNameIn(wordsOf(problem)) ?? "")) throw problem;
      const told = await readLimits(session, ms);
      directory.limits = { ...told, [limit]: Math.min(told[limit], Math.floor(some.length / 2)) };
    }
  }
  return answers;
}

/**
 * The node at each path below `from`, or null where there is none; in the order of the paths. A path that is not there in the
 * edition of a specification that it names is looked for in the editions before.
 */
export async function findAll(
  session: ClientSession,
  directory: Directory,
  from: NodeId,
  paths: readonly (readonly PathStep[])[],
  ms: Milliseconds,
): Promise<readonly (NodeId | null)[]> {
  const found = [...(await findExactly(session, directory, from, paths, ms))];
  for (const earlier of editions.filter(({ uri }) => directory.uris.includes(uri))) {
    const open = paths.flatMap((path, index) => {
      const isNamed = found[index] === null && path.some(({ namespace }) => namespace === earlier.of);
      const step = ({ namespace, name }: PathStep) => ({
        namespace: namespace === earlier.of ? earlier.uri : namespace,
        name,
      });
      return isNamed ? [{ index, path: path.map(step) }] : [];
    });
    if (open.length === 0) continue;
    const again = await findExactly(
      session,
      directory,
      from,
      open.map(({ path }) => path),
      ms,
    );
    open.forEach(({ index }, n) => {
      found[index] = again[n] ?? null;
    });
  }
  return found;
}

async function findExactly(
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
  const browses = asked.map(({ browse }) => browse);
  const answers = await inSteps(session, directory, "pathsPerTranslate", browses, ms, (some) =>
    session.translateBrowsePath(some),
  );
  asked.forEach(({ index }, n) => {
    const target = answers[n]?.targets?.[0];
    // A target in another server, or a path that only begins to exist, is not found.
    if (target !== undefined && target.remainingPathIndex === 0xffffffff && target.targetId.serverIndex === 0)
      found[index] = target.targetId;
  });
  return found;
}

/** Values of nodes in the order given, in as many requests as the server's limits ask for. */
export function readAll(
  session: ClientSession,
  directory: Directory,
  nodes: readonly NodeId[],
  ms: Milliseconds,
): Promise<readonly DataValue[]> {
  return inSteps(session, directory, "nodesPerRead", nodes, ms, (some) =>
    session.read(some.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value }))),
  );
}

/**
 * The node that stands by `name`, of OPC UA's own namespace, below each of `nodes`, or null; in the order of the nodes, in as many
 * requests as the server asks for.
 */
export async function findBelowEach(
  session: ClientSession,
  directory: Directory,
  nodes: readonly NodeId[],
  name: string,
  ms: Milliseconds,
): Promise<readonly (NodeId | null)[]> {
  const paths = nodes.map((node) => browsePathOf(directory, node, [{ namespace: namespaces.ua, name }])!);
  const answers = await inSteps(session, directory, "pathsPerTranslate", paths, ms, (some) =>
    session.translateBrowsePath(some),
  );
  return answers.map(({ targets }) => targets?.[0]?.targetId ?? null);
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
