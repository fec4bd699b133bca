/** The OPC UA server around the station: nodesets, SignAndEncrypt only, users from a file, its own trust list. */
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AddressSpace,
  MessageSecurityMode,
  nodesets,
  OPCUAServer,
  SecurityPolicy,
  UserTokenType,
} from "node-opcua";
import { digestOf } from "../../../kernel/hash.ts";
import type { Robot } from "../robot.ts";
import type { Station } from "../station.ts";
import { additiveNodeset } from "./additive.ts";
import { jobControlUris } from "./editions.ts";
import { buildMachine, type Identity, type Serves } from "./machine.ts";
import { openTrust } from "./trust.ts";

/** One who may sign in. */
export interface User {
  readonly user: string;
  readonly password: string;
}

export interface ServerOptions {
  readonly port: number;
  /** Folder of the station's own key and certificate. */
  readonly pki: string;
  /** Folder with `trusted/certs` and `rejected`; it stays when the key changes. */
  readonly lists: string;
  readonly users: readonly User[];
  readonly identity: Identity;
  /** Stands in the certificate, and so stays when only the machine's plate changes. */
  readonly applicationUri: string;
  /** Empty namespaces before the station's own. */
  readonly dummies: number;
  readonly serves: Serves;
  /** The robot beside the station, where there is one. */
  readonly robot: Robot | null;
}

/** A server that is up. */
export interface StationServer {
  readonly url: string;
  /** SHA-1 of the certificate, as OPC UA names certificates, hex. */
  readonly thumbprint: string;
  /** Shows the station's values of now. */
  show(): void;
  /** Makes the server's limits small, or as they were with null. */
  limit(to: { readonly bytes: number; readonly nodes: number } | null): void;
  close(): Promise<void>;
}

/** Starts a server on the loopback interface. */
export async function startServer(options: ServerOptions, station: Station): Promise<StationServer> {
  const trust = await openTrust(options.pki, options.lists, options.applicationUri);
  const server = new OPCUAServer({
    port: options.port,
    certificateFile: trust.certificateFile,
    hostname: "127.0.0.1",
    nodeset_filename: [
      ...[nodesets.standard, nodesets.di, nodesets.ia, nodesets.machinery],
      ...jobControlNodesets(options),
      nodesets.packML,
      ...(options.robot === null ? [] : [nodesets.robotics]),
    ],
    serverCertificateManager: trust.certificates,
    userCertificateManager: trust.certificates,
    securityModes: [MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [
      SecurityPolicy.Aes256_Sha256_RsaPss,
      SecurityPolicy.Basic256Sha256,
      SecurityPolicy.Aes128_Sha256_RsaOaep,
    ],
    allowAnonymous: false,
    userManager: { isValidUser: (user: string, password: string) => isUser(options.users, user, password) },
    serverInfo: {
      applicationUri: options.applicationUri,
      productUri: "urn:cellward.example:finishing-station",
    },
    buildInfo: {
      productName: "Cellward simulated finishing station",
      softwareVersion: options.identity.softwareRevision,
    },
  });
  await server.initialize();
  onlyUserNames(server);
  const space = server.engine.addressSpace as AddressSpace;
  const show = buildMachine(space, station, options, Date.now);
  server.on("session_closed", (session) => station.files.forget(session.getSessionId().toString()));
  show();
  delayServices(server, () => station.faults.find("slow")?.ms ?? 0);
  limitOperations(server, station.faults.find("small-limits"));
  await server.start();
  return {
    url: server.getEndpointUrl(),
    thumbprint: createHash("sha1").update(server.getCertificate()).digest("hex"),
    show,
    limit: (to) => limitOperations(server, to),
    close: async () => {
      await server.shutdown(100);
      await trust.close();
    },
  };
}

/**
 * The nodesets of job control. The first edition is in no package: it is stood in for by the second under the first's URI, which
 * shows that nothing hangs on URI, indexes or numbers of nodes.
 */
function jobControlNodesets({ serves, pki }: ServerOptions): string[] {
  const files = [nodesets.isa95JobControl, nodesets.machineryJobs];
  if (serves === "additive") return [...files, additiveNodeset(pki)];
  if (serves !== "job-control-v1") return files;
  return files.map((file, index) => {
    const renamed = join(pki, `job-control-${index}.xml`);
    writeFileSync(renamed, underFirstUri(readFileSync(file, "utf8")));
    return renamed;
  });
}

/** Without the dictionaries of types inside the nodeset, which are base64: the definitions of the types say the same. */
function underFirstUri(nodeset: string): string {
  return nodeset
    .replaceAll(jobControlUris.v2, jobControlUris.v1)
    .replace(/<Value>\s*<(?:uax:)?ByteString\b[^>]*>[^<]*<\/(?:uax:)?ByteString>\s*<\/Value>/g, "");
}

/** node-opcua offers user certificates besides; a machine's trusted client is not yet a user. */
function onlyUserNames(server: OPCUAServer): void {
  for (const endpoint of server.endpoints.flatMap((one) => one.endpointDescriptions())) {
    endpoint.userIdentityTokens = (endpoint.userIdentityTokens ?? []).filter(
      ({ tokenType }) => tokenType === UserTokenType.UserName,
    );
  }
}

/** Hands each request on so much later; the answers come late in the same order. */
function delayServices(server: OPCUAServer, delayMs: () => number): void {
  const handle = server.on_request.bind(server);
  server.on_request = (message, channel) => {
    const ms = delayMs();
    if (ms === 0) handle(message, channel);
    else setTimeout(() => handle(message, channel), ms);
  };
}

const limits = { bytes: 65_536, nodes: 1000 };

function limitOperations(server: OPCUAServer, to: { readonly bytes: number; readonly nodes: number } | null): void {
  const { bytes, nodes } = to ?? limits;
  const { serverCapabilities } = server.engine;
  serverCapabilities.maxByteStringLength = bytes;
  const { operationLimits } = serverCapabilities;
  operationLimits.maxNodesPerRead = nodes;
  operationLimits.maxNodesPerWrite = nodes;
  operationLimits.maxNodesPerBrowse = nodes;
  operationLimits.maxNodesPerMethodCall = nodes;
  operationLimits.maxNodesPerTranslateBrowsePathsToNodeIds = nodes;
  operationLimits.maxMonitoredItemsPerCall = nodes;
}

/** Compares in a time that tells neither name nor password. */
function isUser(users: readonly User[], user: string, password: string): boolean {
  const digest = (one: string, two: string) => Buffer.from(digestOf(Buffer.from(JSON.stringify([one, two]))));
  const shown = digest(user, password);
  return users.map((known) => timingSafeEqual(digest(known.user, known.password), shown)).includes(true);
}
