/** The OPC UA server around the station: nodesets, SignAndEncrypt only, users from a file, its own trust list. */
import { createHash, timingSafeEqual } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  type AddressSpace,
  MessageSecurityMode,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  UserTokenType,
} from "node-opcua";
import { digestOf } from "../../../kernel/hash.ts";
import type { Station } from "../station.ts";
import { buildMachine, type Identity, productInstanceUri } from "./machine.ts";

/** One who may sign in. */
export interface User {
  readonly user: string;
  readonly password: string;
}

export interface ServerOptions {
  readonly port: number;
  /** Folder of keys and of the trust list (`own`, `trusted/certs`, `rejected`). */
  readonly pki: string;
  readonly users: readonly User[];
  readonly identity: Identity;
  /** Empty namespaces before the station's own. */
  readonly dummies: number;
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
  mkdirSync(options.pki, { recursive: true, mode: 0o700 });
  const certificates = new OPCUACertificateManager({
    rootFolder: options.pki,
    automaticallyAcceptUnknownCertificate: false,
    keySize: 2048,
  });
  await certificates.initialize();
  const certificateFile = await certify(certificates, options);
  const server = new OPCUAServer({
    port: options.port,
    certificateFile,
    hostname: "127.0.0.1",
    nodeset_filename: [
      nodesets.standard,
      nodesets.di,
      nodesets.ia,
      nodesets.machinery,
      nodesets.isa95JobControl,
      nodesets.machineryJobs,
      nodesets.packML,
    ],
    serverCertificateManager: certificates,
    userCertificateManager: certificates,
    securityModes: [MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [
      SecurityPolicy.Aes256_Sha256_RsaPss,
      SecurityPolicy.Basic256Sha256,
      SecurityPolicy.Aes128_Sha256_RsaOaep,
    ],
    allowAnonymous: false,
    userManager: { isValidUser: (user: string, password: string) => isUser(options.users, user, password) },
    serverInfo: {
      applicationUri: productInstanceUri(options.identity.serial),
      productUri: "urn:cellward.example:finishing-station",
    },
    buildInfo: {
      productName: "Cellward simulated finishing station",
      softwareVersion: options.identity.softwareRevision,
    },
  });
  await server.initialize();
  onlyUserNames(server);
  (server.engine.addressSpace as AddressSpace).installAlarmsAndConditionsService();
  const space = server.engine.addressSpace as AddressSpace;
  const show = buildMachine(space, station, options.identity, options.dummies, Date.now);
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
      await certificates.dispose();
    },
  };
}

/** Makes the certificate if there is none: for this machine, at the address where it listens. */
async function certify(certificates: OPCUACertificateManager, { pki, identity }: ServerOptions): Promise<string> {
  const outputFile = join(pki, "own", "certs", "certificate.pem");
  if (existsSync(outputFile)) return outputFile;
  await certificates.createSelfSignedCertificate({
    applicationUri: productInstanceUri(identity.serial),
    subject: "/CN=Cellward simulated finishing station",
    dns: ["localhost", hostname()],
    ip: ["127.0.0.1"],
    startDate: new Date(Date.now() - 3_600_000),
    validity: 3650,
    outputFile,
  });
  return outputFile;
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
