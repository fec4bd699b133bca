/** Asks a server, without any trust yet, in which ways it can be talked to and with which certificate it proves itself. */
import { type EndpointDescription, MessageSecurityMode, OPCUAClient, UserTokenType } from "node-opcua";
import type { Milliseconds } from "../../../kernel/units.ts";
import type { OfferedEndpoint } from "../policy.ts";
import { within } from "./deadline.ts";
import { letGo } from "./let-go.ts";
import type { Pki } from "./pki.ts";

/** An endpoint with the certificate that stands behind it. */
export interface DiscoveredEndpoint extends OfferedEndpoint {
  readonly certificate: Uint8Array;
  readonly applicationUri: string;
}

const modes: Readonly<Record<number, OfferedEndpoint["mode"]>> = {
  [MessageSecurityMode.Sign]: "sign",
  [MessageSecurityMode.SignAndEncrypt]: "sign-and-encrypt",
};
const most = 64;

/** The server's endpoints. Rejects where nothing answers in time. */
export async function discover(
  endpoint: string,
  pki: Pki,
  clientUri: string,
  ms: Milliseconds,
): Promise<readonly DiscoveredEndpoint[]> {
  const client = OPCUAClient.create({
    applicationName: "Cellward",
    applicationUri: clientUri,
    certificateFile: pki.certificateFile,
    privateKeyFile: pki.manager.privateKey,
    clientCertificateManager: pki.manager,
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 200 },
    transportTimeout: ms,
  });
  try {
    await within(ms, client.connect(endpoint));
    const found = await within(ms, client.getEndpoints({ endpointUrl: endpoint }));
    return found.slice(0, most).map(read);
  } finally {
    await letGo(client);
  }
}

function read(found: EndpointDescription): DiscoveredEndpoint {
  return {
    url: found.endpointUrl ?? "",
    mode: modes[found.securityMode] ?? "none",
    policy: (found.securityPolicyUri ?? "").split("#").at(-1) ?? "",
    takesUserName: (found.userIdentityTokens ?? []).some(({ tokenType }) => tokenType === UserTokenType.UserName),
    certificate: firstCertificate(new Uint8Array(found.serverCertificate ?? [])),
    applicationUri: found.server?.applicationUri ?? "",
  };
}

/** A server may send its whole chain, one DER after the other: its own certificate is the first. */
export function firstCertificate(bytes: Uint8Array): Uint8Array {
  const [tag, first = 0, second = 0, third = 0] = bytes;
  if (tag !== 0x30) return bytes;
  if (first < 0x80) return bytes.subarray(0, 2 + first);
  if (first === 0x81) return bytes.subarray(0, 3 + second);
  return first === 0x82 ? bytes.subarray(0, 4 + second * 256 + third) : bytes;
}
