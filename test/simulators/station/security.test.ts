/** Who is let in: SignAndEncrypt only, nobody anonymous, no certificate that nobody has accepted. */
import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { MessageSecurityMode, SecurityPolicy, type UserIdentityInfo, UserTokenType } from "node-opcua";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, type ClientOptions, clientOf, keysIn, startBench, user } from "./bench.ts";

let bench: Bench;
let stranger: NonNullable<ClientOptions["who"]>;

beforeAll(async () => {
  bench = await startBench();
  stranger = { keys: await keysIn(bench.folder, "stranger"), file: "stranger" };
});
afterAll(async () => {
  await stranger.keys.dispose();
  expect(await bench.stop()).toBe(0);
});

const byName: UserIdentityInfo = { type: UserTokenType.UserName, ...user };

/** Connects, signs in and out; the reason why not, otherwise. */
async function tries(options: ClientOptions, token: UserIdentityInfo = byName): Promise<string> {
  const client = clientOf(bench, options);
  try {
    await client.connect(bench.url);
    const session = await client.createSession(token);
    await session.close();
    return "in";
  } catch (problem) {
    return String(problem);
  } finally {
    await client.disconnect();
  }
}

test("every endpoint signs and encrypts, with one of three policies and a user name", async () => {
  const client = clientOf(bench);
  await client.connect(bench.url);
  const endpoints = await client.getEndpoints();
  await client.disconnect();
  expect(endpoints.length).toBe(3);
  for (const endpoint of endpoints) {
    expect(endpoint.securityMode).toBe(MessageSecurityMode.SignAndEncrypt);
    const kinds = new Set(endpoint.userIdentityTokens?.map(({ tokenType }) => tokenType));
    expect([...kinds]).toEqual([UserTokenType.UserName]);
  }
  expect(endpoints.map(({ securityPolicyUri }) => securityPolicyUri).sort()).toEqual(
    [SecurityPolicy.Aes128_Sha256_RsaOaep, SecurityPolicy.Aes256_Sha256_RsaPss, SecurityPolicy.Basic256Sha256].sort(),
  );
});

test.each([SecurityPolicy.Aes256_Sha256_RsaPss, SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes128_Sha256_RsaOaep])(
  "a known client with its password is let in over %s",
  async (policy) => {
    expect(await tries({ policy })).toBe("in");
  },
);

test("no security, signing alone, nobody's name and a wrong password are refused", async () => {
  expect(await tries({ mode: MessageSecurityMode.None, policy: SecurityPolicy.None })).not.toBe("in");
  expect(await tries({ mode: MessageSecurityMode.Sign })).not.toBe("in");
  expect(await tries({}, { type: UserTokenType.Anonymous })).toMatch(/BadIdentityTokenInvalid|anonymous/i);
  const wrong: UserIdentityInfo = { ...byName, password: "not-the-password" } as UserIdentityInfo;
  expect(await tries({}, wrong)).toMatch(/BadUserAccessDenied|BadIdentityTokenRejected/);
});

test("an unknown certificate is refused until somebody moves it to trusted, and again when it is moved away", async () => {
  const pki = join(bench.folder, "pki");
  expect(await tries({ who: stranger })).not.toBe("in");
  const [rejected] = readdirSync(join(pki, "rejected"));
  const [from, to] = [join(pki, "rejected", rejected!), join(pki, "trusted", "certs", rejected!)];
  renameSync(from, to);
  expect(await tries({ who: stranger })).toBe("in");
  renameSync(to, from);
  expect(await tries({ who: stranger })).not.toBe("in");
});
