/** Which of the ways that a machine's server offers this cell may take: signed and encrypted, with a policy of today. */

import type { Fault } from "../../equipment/machine.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { faults } from "./faults.ts";

/** Policies that are taken, best first (OPC UA Part 7); None, Basic128Rsa15, Basic256 and all others never are. */
export const acceptedPolicies = ["Aes256_Sha256_RsaPss", "Basic256Sha256", "Aes128_Sha256_RsaOaep"] as const;

export type Policy = (typeof acceptedPolicies)[number];

/** One endpoint as the server describes it. */
export interface OfferedEndpoint {
  readonly url: string;
  readonly mode: "none" | "sign" | "sign-and-encrypt";
  /** The part of the policy's URI behind `#`. */
  readonly policy: string;
  /** It takes a user name with a password. */
  readonly takesUserName: boolean;
}

/** The best endpoint that may be used, or the sentence that says why there is none. */
export function chooseEndpoint<T extends OfferedEndpoint>(offered: readonly T[]): Result<T, Fault> {
  const usable = offered.filter(({ mode, policy }) => mode === "sign-and-encrypt" && isAccepted(policy));
  if (usable.length === 0) return err(faults.noSecurePolicy(offered.map(nameOf)));
  const named = usable.filter(({ takesUserName }) => takesUserName);
  if (named.length === 0) return err(faults.noUserName());
  return ok([...named].sort((a, b) => rank(a.policy) - rank(b.policy))[0]!);
}

export function isAccepted(policy: string): policy is Policy {
  return rank(policy) >= 0;
}

function rank(policy: string): number {
  return (acceptedPolicies as readonly string[]).indexOf(policy);
}

/** An endpoint in a few words, such as `sign-and-encrypt Basic256Sha256`. */
export function nameOf({ mode, policy }: OfferedEndpoint): string {
  return mode === "none" ? "no security" : `${mode} ${policy}`;
}
