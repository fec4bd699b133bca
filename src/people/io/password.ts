/** Password hashing with argon2id (RFC 9106), one at a time so that a flood of guesses cannot take the memory. */
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import type { PasswordHash } from "../account.ts";

export interface PasswordCost {
  readonly memory_KiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** RFC 9106 4, second recommended option, with one lane: the panel's own processor has to print as well. */
export const defaultCost: PasswordCost = { memory_KiB: 65_536, passes: 3, lanes: 1 };

const saltBytes = 16;
const tagBytes = 32;

let queue: Promise<unknown> = Promise.resolve();

/** Hashes a password with a fresh salt. */
export async function hashPassword(password: string, cost: PasswordCost): Promise<PasswordHash> {
  const salt = randomBytes(saltBytes);
  const tag = await derive(password, salt, cost);
  return { algorithm: "argon2id", ...cost, salt: salt.toString("hex"), tag: tag.toString("hex") };
}

/** True when the password is the one that was hashed; takes the same time either way. */
export async function isPassword(password: string, hash: PasswordHash): Promise<boolean> {
  const tag = await derive(password, Buffer.from(hash.salt, "hex"), hash);
  const expected = Buffer.from(hash.tag, "hex");
  return tag.length === expected.length && timingSafeEqual(tag, expected);
}

function derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
  const turn = queue.then(() => deriveNow(password, salt, cost));
  queue = turn.catch(() => undefined);
  return turn;
}

function deriveNow(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
  const parameters = {
    message: Buffer.from(password.normalize("NFKC"), "utf8"),
    nonce: salt,
    parallelism: cost.lanes,
    tagLength: tagBytes,
    memory: cost.memory_KiB,
    passes: cost.passes,
  };
  return new Promise((resolve, reject) => {
    argon2("argon2id", parameters, (problem, tag) => (problem ? reject(problem) : resolve(tag)));
  });
}
