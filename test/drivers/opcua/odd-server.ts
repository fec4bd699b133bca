/**
 * Loaded into the simulated station before it starts (`node --import odd-server.ts?name`): its server then does what servers of other
 * makers do and the library's own does not. It acts on requests and answers alone, below everything that the station is made of.
 */
import {
  AttributeIds,
  BrowsePathResult,
  CreateSessionResponse,
  type DataValue,
  EndpointDescription,
  GetEndpointsResponse,
  OPCUAServer,
  QualifiedName,
  ReadRequest,
  ReadResponse,
  type ReferenceDescription,
  RelativePathElement,
  ServiceFault,
  StatusCode,
  StatusCodes,
  TranslateBrowsePathsToNodeIdsRequest,
  TranslateBrowsePathsToNodeIdsResponse,
} from "node-opcua";

/** What a request and an answer have that is looked at here; the library's classes have it by name. */
interface Named {
  readonly schema: { readonly name: string };
  readonly requestHeader?: { readonly requestHandle: number };
  readonly responseHeader?: { requestHandle: number };
}
interface Channel {
  send_response(kind: string, response: Named, message: Message, done?: () => void): void;
  oddly?: true;
}
interface Message {
  readonly request: Named;
}
type Items = readonly { readonly itemToMonitor: { attributeId: number } }[];

interface Server {
  readonly engine: { readonly addressSpace: { getNamespaceIndex(uri: string): number } };
  on_request(message: Message, channel: Channel): void;
}

/** How a server is odd: it takes a request for another, refuses it as a whole, or changes what it answers. */
interface Oddity {
  readonly ask?: (request: Named, namespaceIndex: (uri: string) => number) => void;
  readonly refuse?: (request: Named) => StatusCode | null;
  readonly change?: (request: Named, response: Named) => void;
}

const nameOf = ({ schema }: Named) => schema.name;
const countOf = (request: Named, member: string): number =>
  (request as unknown as Record<string, unknown[]>)[member]?.length ?? 0;
const itemsOf = (request: Named) => (request as unknown as { itemsToCreate?: Items }).itemsToCreate ?? [];
const machinery = "http://opcfoundation.org/UA/Machinery/";
const plateNames = ["Manufacturer", "Model", "SerialNumber", "ProductInstanceUri", "SoftwareRevision"];
const noAttribute = 99;
let items = 0;
let published = 0;

export const oddities = {
  /** It takes three of anything at once, and says so nowhere. */
  "few-at-once": {
    refuse: (request) => {
      const members = ["nodesToRead", "browsePaths", "itemsToCreate", "methodsToCall", "nodesToBrowse", "nodesToWrite"];
      return members.some((member) => countOf(request, member) > 3) ? StatusCodes.BadTooManyOperations : null;
    },
    change: (request, response) => {
      if (!(request instanceof ReadRequest && response instanceof ReadResponse)) return;
      for (const [n, { nodeId }] of (request.nodesToRead ?? []).entries()) {
        const isLimit = nodeId.namespace === 0 && Number(nodeId.value) >= 11_705 && Number(nodeId.value) <= 11_715;
        if (isLimit) (response.results as DataValue[])[n]!.statusCode = StatusCodes.BadNodeIdUnknown;
      }
    },
  },
  /** It has no events at all. */
  "no-events": {
    ask: (request) => {
      for (const { itemToMonitor } of itemsOf(request))
        if (itemToMonitor.attributeId === AttributeIds.EventNotifier) itemToMonitor.attributeId = noAttribute;
    },
  },
  /** It monitors the first item, and no more. */
  "few-items": {
    ask: (request) => {
      for (const { itemToMonitor } of itemsOf(request)) if (items++ > 0) itemToMonitor.attributeId = noAttribute;
    },
  },
  /** Its profile knows no subscriptions. */
  "no-subscriptions": {
    refuse: (request) => (nameOf(request) === "CreateSubscriptionRequest" ? StatusCodes.BadServiceUnsupported : null),
  },
  /** It has forgotten its subscriptions after a while, and says so only to who asks for the next message. */
  "forgets-subscriptions": {
    refuse: (request) =>
      nameOf(request) === "PublishRequest" && ++published > 8 && published < 20 ? StatusCodes.BadNoSubscription : null,
  },
  /** It takes requests for messages, and answers none of them any more. */
  "silent-subscriptions": {
    refuse: (request) => (nameOf(request) === "PublishRequest" && ++published > 8 ? silent : null),
  },
  /** Its values are good, with bits of information about them. */
  "information-bits": {
    change: (request, response) => {
      if (!(request instanceof ReadRequest && response instanceof ReadResponse)) return;
      for (const [n, { nodeId, attributeId }] of (request.nodesToRead ?? []).entries()) {
        // Of the types and namespaces the library itself reads what it needs, and takes no such bits.
        const isData = attributeId === AttributeIds.Value && (nodeId.namespace > 0 || nodeId.value === 2256);
        const one = (response.results as DataValue[])[n]!;
        if (isData && one.statusCode.value === 0)
          one.statusCode = StatusCode.makeStatusCode(StatusCodes.Good, "SemanticChanged");
      }
    },
  },
  /** Its files' names are of another namespace than their folder's. */
  "files-elsewhere": {
    change: (request, response) => {
      hide(request, response, (name) => name.includes("."));
      const results = (response as unknown as { results?: { references?: ReferenceDescription[] }[] }).results ?? [];
      if (nameOf(response) !== "BrowseResponse") return;
      for (const { browseName } of results.flatMap(({ references }) => references ?? []))
        if (browseName.name?.includes(".") === true) browseName.namespaceIndex = 1;
    },
  },
  /** It has none of the methods that the specification lets a server leave out and that can be done without. */
  "few-methods": {
    change: (request, response) => hide(request, response, (name) => /^(Cancel|Clear|Stop)$/.test(name)),
  },
  /** Its machine is a device of the set of devices, with its nameplate on itself. */
  "device-set": {
    ask: (request, namespaceIndex) => {
      if (!(request instanceof TranslateBrowsePathsToNodeIdsRequest)) return;
      for (const { relativePath } of request.browsePaths ?? []) {
        const elements = relativePath.elements ?? [];
        const [first] = elements;
        const name = first?.targetName.name ?? "";
        if (first === undefined) continue;
        if (/^(Machines|Identification)$/.test(name)) first.targetName = new QualifiedName({ name: "Nothing" });
        else if (name === "DeviceSet")
          first.targetName = new QualifiedName({ name: "Machines", namespaceIndex: namespaceIndex(machinery) });
        else if (elements.length === 1 && plateNames.includes(name)) {
          const own = new QualifiedName({ name: "Identification", namespaceIndex: first.targetName.namespaceIndex });
          relativePath.elements = [new RelativePathElement({ ...first, targetName: own }), first];
        }
      }
    },
  },
  /** It listens on every address, and says so instead of its own. */
  "any-address": { change: (_, response) => tellEndpoints(response, () => "0.0.0.0") },
  /** It calls itself by a name that is known in its own network alone. */
  "inner-name": { change: (_, response) => tellEndpoints(response, () => "plc-7.machine.invalid") },
  /** Besides those that this cell can use it offers what it cannot: other transports, other policies, and a broken one. */
  "more-endpoints": {
    change: (_, response) => {
      const told = tellEndpoints(response, (own) => own);
      const [first] = told.list;
      if (first === undefined) return;
      const also = (change: object) => Object.assign(new EndpointDescription(first), change);
      const policy = "http://opcfoundation.org/UA/SecurityPolicy#ECC_nistP256";
      told.set([
        also({ securityPolicyUri: policy, securityLevel: 255 }),
        also({ endpointUrl: "https://127.0.0.1:443/UA", securityLevel: 254 }),
        also({ endpointUrl: null, securityPolicyUri: null, userIdentityTokens: null, serverCertificate: null }),
        ...told.list,
      ]);
    },
  },
  /** A session lasts three seconds without a word. */
  "short-session": {
    change: (_, response) => {
      if (response instanceof CreateSessionResponse) response.revisedSessionTimeout = 3000;
    },
  },
  /** It cannot be held. */
  "no-pause": { change: (request, response) => hide(request, response, (name) => name === "Pause") },
} as const satisfies Record<string, Oddity>;

/** The endpoints that an answer tells, on another host; none where it tells none. */
function tellEndpoints(response: Named, host: (own: string) => string) {
  const told = response as unknown as Record<string, EndpointDescription[]>;
  const member = response instanceof GetEndpointsResponse ? "endpoints" : "serverEndpoints";
  const list = (told[member] ?? []).map((each) => {
    const url = new URL(each.endpointUrl ?? "opc.tcp://nobody");
    const endpointUrl = `opc.tcp://${host(url.hostname)}:${url.port}${url.pathname}`;
    return Object.assign(new EndpointDescription(each), { endpointUrl });
  });
  const set = (all: EndpointDescription[]) => {
    if (told[member] !== undefined) told[member] = all;
  };
  set(list);
  return { list, set };
}

/** Answers that there is nothing at a path whose last name is one of these. */
function hide(request: Named, response: Named, isHidden: (name: string) => boolean): void {
  if (!(request instanceof TranslateBrowsePathsToNodeIdsRequest)) return;
  if (!(response instanceof TranslateBrowsePathsToNodeIdsResponse)) return;
  for (const [n, { relativePath }] of (request.browsePaths ?? []).entries()) {
    if (!isHidden(relativePath.elements?.at(-1)?.targetName.name ?? "")) continue;
    response.results![n] = new BrowsePathResult({ statusCode: StatusCodes.BadNoMatch, targets: [] });
  }
}

/** A request that is never answered. */
const silent = StatusCodes.BadRequestCancelledByClient;

const name = new URL(import.meta.url).searchParams.get("name") ?? "";
const oddity: Oddity | undefined = (oddities as Record<string, Oddity>)[name];
if (oddity !== undefined) {
  const server = OPCUAServer.prototype as unknown as Server;
  const handle = server.on_request;
  server.on_request = function odd(message, channel) {
    if (channel.oddly !== true) {
      channel.oddly = true;
      const send = channel.send_response.bind(channel);
      channel.send_response = (kind, response, to, done) => {
        oddity.change?.(to.request, response);
        send(kind, response, to, done);
      };
    }
    oddity.ask?.(message.request, (uri) => this.engine.addressSpace.getNamespaceIndex(uri));
    const refused = oddity.refuse?.(message.request) ?? null;
    if (refused === silent) return;
    if (refused === null) return handle.call(this, message, channel);
    const answer = new ServiceFault({ responseHeader: { serviceResult: refused } });
    channel.send_response("MSG", answer as unknown as Named, message);
  };
}
