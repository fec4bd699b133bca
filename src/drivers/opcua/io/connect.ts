/** Builds one signed and encrypted connection to a machine whose certificate was accepted, and signs in. */
import { readFileSync } from "node:fs";
import { type ClientSession, MessageSecurityMode, OPCUAClient, SecurityPolicy, UserTokenType } from "node-opcua";
import type { Fault } from "../../../equipment/machine.ts";
import { err, ok, type Result } from "../../../kernel/result.ts";
import { statusNameIn } from "../call-status.ts";
import { type CertificateFacts, hostOf, judgeCertificate, judgeTrust, type TrustRecord } from "../certificate.ts";
import type { OpcuaTarget } from "../config.ts";
import { faults } from "../faults.ts";
import { chooseEndpoint, type Policy } from "../policy.ts";
import { factsOf } from "./certificate-facts.ts";
import { within, wordsOf } from "./deadline.ts";
import { type DiscoveredEndpoint, discover } from "./discover.ts";
import { letGo } from "./let-go.ts";
import { openPki, type Pki } from "./pki.ts";
import { readTrust, trustRecord } from "./trust-store.ts";

/** A session, and what is to be known of both certificates. */
export interface Connection {
  readonly client: OPCUAClient;
  readonly session: ClientSession;
  readonly certificatesEnd: { readonly machine: number; readonly cell: number };
  /** Why the machine's certificate is not trusted any more, or null: it may have been revoked meanwhile. */
  distrust(): Fault | null;
  close(): Promise<void>;
}

const policies: Readonly<Record<Policy, SecurityPolicy>> = {
  Aes256_Sha256_RsaPss: SecurityPolicy.Aes256_Sha256_RsaPss,
  Basic256Sha256: SecurityPolicy.Basic256Sha256,
  Aes128_Sha256_RsaOaep: SecurityPolicy.Aes128_Sha256_RsaOaep,
};
/** DataTypeExtractStrategy.Lazy, which the library does not export: without it every connection reads all its data types. */
const onlyWhatIsUsed = 4;
/** The server forgets a session that nobody uses for so long. */
const sessionMs = 30_000;

/** Connects and signs in, or says why not; `lost` is called once when the connection that was made is gone. */
export async function connect(config: OpcuaTarget, lost: () => void): Promise<Result<Connection, Fault>> {
  const { machine, pki: folder, clientUri } = config;
  const who = credentials(config);
  if (!who.ok) return who;
  const pki = await openPki(folder, clientUri);
  try {
    const offered = await reach(config, pki);
    if (!offered.ok) return offered;
    const chosen = chooseEndpoint(offered.value);
    if (!chosen.ok) return chosen;
    const facts = factsOf(chosen.value.certificate);
    if (!facts.ok) return err(faults.driverProblem(facts.error));
    const refusal = judge(config, facts.value);
    if (refusal !== null) return err(refusal);
    const client = clientFor(config, pki, chosen.value);
    const session = await signIn(client, config, pki, chosen.value, who.value);
    if (!session.ok) {
      await letGo(client);
      return session;
    }
    client.once("connection_lost", lost);
    client.once("close", lost);
    session.value.once("session_closed", lost);
    const certificatesEnd = { machine: facts.value.notAfter, cell: pki.facts.notAfter };
    const distrust = (): Fault | null => {
      try {
        return judgeTrust(facts.value, trustOf(config));
      } catch (problem) {
        return faults.driverProblem(wordsOf(problem));
      }
    };
    return ok({
      client,
      session: session.value,
      certificatesEnd,
      distrust,
      close: () => leave(client, session.value, machine.callMs),
    });
  } finally {
    await pki.close();
  }
}

function trustOf({ machine, equipment, pki }: OpcuaTarget): TrustRecord {
  return trustRecord(readTrust(pki), equipment, machine.fingerprint);
}

function judge(config: OpcuaTarget, facts: CertificateFacts): Fault | null {
  const { endpoint, applicationUri } = config.machine;
  return judgeCertificate(facts, trustOf(config), { host: hostOf(endpoint), applicationUri, now: Date.now() });
}

async function reach(
  { machine, clientUri }: OpcuaTarget,
  pki: Pki,
): Promise<Result<readonly DiscoveredEndpoint[], Fault>> {
  try {
    return ok(await discover(machine.endpoint, pki, clientUri, machine.callMs));
  } catch (problem) {
    return err(faults.unreachable(machine.endpoint, wordsOf(problem)));
  }
}

/** Speaks only to whoever owns the key of exactly this certificate. */
function clientFor({ machine, clientUri }: OpcuaTarget, pki: Pki, chosen: DiscoveredEndpoint): OPCUAClient {
  return OPCUAClient.create({
    applicationName: "Cellward",
    clientName: `cellward-${process.pid}`,
    applicationUri: clientUri,
    certificateFile: pki.certificateFile,
    privateKeyFile: pki.manager.privateKey,
    clientCertificateManager: pki.manager,
    securityMode: MessageSecurityMode.SignAndEncrypt,
    securityPolicy: policies[chosen.policy as Policy],
    serverCertificate: Buffer.from(chosen.certificate),
    endpointMustExist: false,
    // This driver builds every connection anew: what is found by path is found again each time.
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 200 },
    keepPendingSessionsOnDisconnect: true,
    keepSessionAlive: false,
    dataTypeExtractStrategy: onlyWhatIsUsed,
    requestedSessionTimeout: sessionMs,
    transportTimeout: machine.callMs,
  });
}

async function signIn(
  client: OPCUAClient,
  { machine }: OpcuaTarget,
  pki: Pki,
  chosen: DiscoveredEndpoint,
  who: { readonly userName: string; readonly password: string },
): Promise<Result<ClientSession, Fault>> {
  const { callMs } = machine;
  try {
    // The library's own list follows the pins, so that both agree on whom this cell talks to.
    await pki.manager.trustCertificate(Buffer.from(chosen.certificate));
    await within(2 * callMs, client.connect(machine.endpoint));
  } catch (problem) {
    const status = statusNameIn(wordsOf(problem));
    if (status?.startsWith("BadCertificate") === true) return err(faults.driverProblem(wordsOf(problem)));
    return err(faults.handshake(pki.thumbprint, pki.certificateFile));
  }
  try {
    return ok(await within(2 * callMs, client.createSession({ type: UserTokenType.UserName, ...who })));
  } catch (problem) {
    const status = statusNameIn(wordsOf(problem)) ?? "";
    return err(
      /^Bad(IdentityToken|UserAccessDenied|UserSignature)/.test(status)
        ? faults.signInRefused()
        : faults.driverProblem(wordsOf(problem)),
    );
  }
}

function credentials({ machine }: OpcuaTarget): Result<{ userName: string; password: string }, Fault> {
  const read: string[] = [];
  for (const file of [machine.userFile, machine.passwordFile]) {
    try {
      read.push(readFileSync(file, "utf8").trim());
    } catch (problem) {
      return err(faults.noCredentials(file, (problem as NodeJS.ErrnoException).code ?? "unreadable"));
    }
  }
  return ok({ userName: read[0]!, password: read[1]! });
}

async function leave(client: OPCUAClient, session: ClientSession, ms: number): Promise<void> {
  await within(Math.min(ms, 1000), session.close(true)).catch(() => undefined);
  await letGo(client);
}
