/** Real servers with weak ways of talking or a wrong certificate: the driver says in its own words why it does not use them. */
import { expect, test } from "vitest";
import { badServers } from "./bad-servers.ts";
import { refusalOf } from "./refusal.ts";

/** The rest is struck by `npm run opcua-faults`; the judgement of certificates is a pure function with tests of its own. */
const struck = badServers.filter(
  ({ code, trusted }) =>
    ["no-secure-policy", "no-user-name", "certificate-forged", "certificate-expired"].includes(code) ||
    trusted === "stolen",
);

test.each(struck)("[F23] $fault: not used, $code", async (bad) => {
  const { fault } = await refusalOf(bad);
  expect(fault.code).toBe(bad.code);
  for (const text of [fault.what, fault.remedy]) expect(text).toMatch(/^[A-Za-z`].*[.`]$/);
});
