/** The second verifier (test/second-verifier, Python) as one process that answers case after case. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { toBase64 } from "../../src/ledger/bytes.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import { formatTrustedKey } from "../../src/ledger/trusted-key.ts";
import { type Answer, answerOf, type Case, type Told } from "./case.ts";

/** Debian's interpreter: the one that python3-cryptography belongs to. */
export const python = "/usr/bin/python3";
export const program = join(import.meta.dirname, "../second-verifier/verify.py");

export interface SecondVerifier {
  ask(test: Case): Promise<Answer>;
  /** Whether a part of the format by itself holds (`judge_part` in verify.py): a proof, a signature, a note. */
  holds(question: object): Promise<boolean>;
  close(): void;
}

/** Starts it; `ask` rejects with its last words where it ends. */
export function startSecondVerifier(): SecondVerifier {
  const child: ChildProcessWithoutNullStreams = spawn(python, ["-B", program, "--serve"]);
  const waiting: { resolve: (line: string) => void; reject: (problem: Error) => void }[] = [];
  let said = "";
  let over: Error | null = null;
  child.stderr.on("data", (piece: Buffer) => {
    said = `${said}${piece.toString()}`.slice(-4000);
  });
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(line));
  const end = (why: string) => {
    over = new Error(`The second verifier ${why}: ${said}`);
    for (const each of waiting.splice(0)) each.reject(over);
  };
  child.on("error", (problem) => end(`did not start (${problem.message})`));
  child.on("close", (code) => end(`ended with ${code}`));
  async function answerTo(question: object): Promise<Told> {
    if (over) throw over;
    const line = await new Promise<string>((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(question)}\n`);
    });
    return JSON.parse(line) as Told;
  }
  return {
    ask: async (test) => answerOf(test.kind, await answerTo(questionOf(test))),
    holds: async (question) => (await answerTo(question)).ok,
    close: () => child.stdin.end(),
  };
}

/** A case as the second verifier reads it: bytes in base64, keys as lines. */
export function questionOf(test: Case): object {
  const lines = (keys: readonly VerifyingKey[]) => keys.map(formatTrustedKey);
  const keys = lines(test.keys);
  switch (test.kind) {
    case "export":
      return { kind: test.kind, data: toBase64(test.data), keys, witnesses: lines(test.witnesses) };
    case "log":
      return {
        ...{ kind: test.kind, origin: test.origin, keys, witnesses: lines(test.witnesses) },
        rows: test.rows.map(({ seq, job, entry, body }) => [seq, job, toBase64(entry), toBase64(body)]),
        checkpoints: test.checkpoints.map(({ size, note }) => [size, note]),
        cosignatures: test.cosignatures.map(({ size, note }) => [size, note]),
      };
    case "package":
      return { kind: test.kind, data: toBase64(test.data), keys, release: lines(test.release) };
    case "checkpoint":
    case "folder":
    case "archive":
      return { ...test, keys, witnesses: lines(test.witnesses) };
    case "decision":
      return { ...test, keys };
  }
}
