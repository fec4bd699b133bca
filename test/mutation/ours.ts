/** What this project's own verifier answers to a case. */

import { openSigned } from "../../src/intake/package/open.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import type { EpochMs } from "../../src/kernel/units.ts";
import { concat, fromHex } from "../../src/ledger/bytes.ts";
import { openCheckpoint } from "../../src/ledger/checkpoint.ts";
import { openCosignatures } from "../../src/ledger/cosignature.ts";
import { openDecision } from "../../src/ledger/decision.ts";
import { verifyArchive } from "../../src/ledger/io/archive-verify.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { type FolderTrust, verifyFolder } from "../../src/ledger/io/verify.ts";
import type { SignatureCheck } from "../../src/ledger/signer.ts";
import { type Report, verifyLog } from "../../src/ledger/verify.ts";
import { verifyExport } from "../../src/ledger/verify-export.ts";
import { type Answer, answerOf, type Case, type CheckpointCase, type FolderCase, type Told } from "./case.ts";

/** The real check, asked once for each question: nearly every mutant has the same signatures. */
const answers = new Map<string, boolean>();
const check: SignatureCheck = (key, message, signature) => {
  const question = digestOf(concat(Uint8Array.of(key.type), key.publicKey, message, Uint8Array.of(0), signature));
  const answer = answers.get(question) ?? checkSignature(key, message, signature);
  if (answers.size > 100_000) answers.clear();
  answers.set(question, answer);
  return answer;
};

/** Our verifier's answer. */
export async function ours(test: Case): Promise<Answer> {
  return answerOf(test.kind, await judge(test));
}

async function judge(test: Case): Promise<Told> {
  switch (test.kind) {
    case "export": {
      const { report } = verifyExport(test.data, test.keys, check, test.witnesses);
      const { lastCheckpoint, countersignedBy } = report;
      return { ...report, lastCheckpoint: lastCheckpoint?.size ?? null, countersignedBy: inOrder(countersignedBy) };
    }
    case "log": {
      const { origin, rows, checkpoints, cosignatures, keys: trusted, witnesses } = test;
      const log = { origin, rows, checkpoints, cosignatures, trusted, witnesses };
      return toldOf(verifyLog({ ...log, check, parseBodies: true }).report);
    }
    case "folder":
      return toldOf(await verifyFolder(test.path, trustOf(test)));
    case "archive": {
      const trust = {
        trusted: test.keys,
        witnesses: test.witnesses,
        dataKey: fromHex(test.dataKey ?? "-") ?? undefined,
      };
      const { ok, findings } = (await verifyArchive(test.path, trust)).report;
      return { ok, findings };
    }
    case "checkpoint":
      return judgeCheckpoint(test);
    case "decision": {
      const used = (nonce: string) => test.used.includes(nonce);
      const trust = { keys: test.keys, origin: test.origin, now: Date.parse(test.now) as EpochMs, used };
      const opened = openDecision(test.text, trust, check);
      return { ok: opened.ok, code: opened.ok ? null : opened.error.code };
    }
    case "package": {
      const opened = openSigned(test.data, { designAuthority: test.keys, clinicalRelease: test.release }, check);
      return { ok: opened.ok, code: opened.ok ? null : opened.error.code };
    }
  }
}

function trustOf({ keys: trusted, witnesses, dataKey }: FolderCase): FolderTrust {
  return { trusted, witnesses, dataKey: fromHex(dataKey) ?? undefined };
}

function toldOf(report: Report): Told {
  const { cosigned, lastCheckpoint, ok, findings, entries, jobs, uncovered } = report;
  if (findings.some(({ rule }) => rule === "database")) return { ok, findings };
  const by = inOrder(cosigned?.by ?? null) ?? [];
  return {
    ...{ ok, findings, entries, jobs, uncovered },
    lastCheckpoint: lastCheckpoint?.size ?? null,
    cosigned: cosigned === null ? null : { size: cosigned.size, by },
  };
}

function judgeCheckpoint({ note, origin, keys, witnesses }: CheckpointCase): Told {
  const refused = (rule: string): Told => ({ ok: false, findings: [{ rule, seq: null }] });
  const head = openCheckpoint(note, origin, keys, check);
  if (!head.ok) return refused("checkpoint-signature");
  const cosigned = openCosignatures(note, witnesses, check);
  if (!cosigned.ok) return refused("cosignature");
  const by = inOrder([...new Set(cosigned.value.map((each) => each.by.name))]) ?? [];
  return { ok: true, size: head.value.size, by, findings: [] };
}

function inOrder(names: readonly string[] | null): readonly string[] | null {
  return names === null ? null : [...names].sort();
}
