/** Which certificate of each machine was accepted here, and which were revoked: one small file in the key folder. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { TrustRecord } from "../certificate.ts";

const fingerprint = z.string().regex(/^[0-9a-f]{64}$/);
const pin = z.strictObject({ fingerprint, subject: z.string().max(200), at: z.number() });
const schema = z.strictObject({
  machines: z.record(z.string().min(1).max(64), pin).default({}),
  revoked: z.array(z.strictObject({ fingerprint, machine: z.string().max(64), at: z.number() })).default([]),
});

export type TrustFile = z.infer<typeof schema>;
export type Pin = z.infer<typeof pin>;

const name = "trust.json";

/** Reads the file; nothing is trusted where there is none. Throws where it is damaged: then nothing is trusted either. */
export function readTrust(folder: string): TrustFile {
  const file = join(folder, name);
  return existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, "utf8"))) : schema.parse({});
}

/** Replaces the file as a whole. */
export function writeTrust(folder: string, trust: TrustFile): void {
  const draft = join(folder, `${name}.${process.pid}`);
  writeFileSync(draft, `${JSON.stringify(schema.parse(trust), null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, join(folder, name));
}

/** What is known of one machine. */
export function trustRecord(trust: TrustFile, machine: string, configured: string | undefined): TrustRecord {
  return {
    machine,
    accepted: trust.machines[machine]?.fingerprint ?? null,
    configured: configured ?? null,
    revoked: trust.revoked.map((each) => each.fingerprint),
  };
}
