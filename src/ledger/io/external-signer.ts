/** The signer whose private key another program holds (a token's driver): asked in lines over its standard input and output. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { err, ok, type Result } from "../../kernel/result.ts";
import { fromBase64, toBase64 } from "../bytes.ts";
import { lowS } from "../ecdsa.ts";
import { verifyingKey } from "../note.ts";
import type { Signer, VerifyingKey } from "../signer.ts";
import { checkSignature } from "./crypto.ts";

/** Asked again when its program has ended; `close` ends the program. */
export interface ExternalSigner extends Signer {
  close(): void;
}

const maxMessageBytes = 64 * 1024;
const maxLineLength = 8 * 1024;
const mostWaiting = 64;
const patienceMs = 10_000;

type Child = ChildProcessByStdio<Writable, Readable, null>;

interface Waiting {
  readonly resolve: (words: readonly string[]) => void;
  readonly reject: (problem: Error) => void;
}

/** A running program and the questions that it has not answered. */
interface Running {
  readonly child: Child;
  readonly waiting: Map<string, Waiting>;
  fail(why: string): void;
}

/**
 * Starts the program (its path, then its arguments; no shell) and asks for its public key, which is then named `name`. The
 * lines are those of docs/external-signer.md. The error says why there is no such signer.
 */
export async function openExternalSigner(
  command: readonly string[],
  name: string,
): Promise<Result<ExternalSigner, string>> {
  let running: Running | null = null;
  let next = 0;

  function started(): Running {
    running ??= start(command, (ended) => {
      if (running === ended) running = null;
    });
    return running;
  }

  async function ask(word: string, argument: string): Promise<readonly string[]> {
    const { child, waiting, fail } = started();
    if (waiting.size >= mostWaiting) throw new Error("too many signatures are waited for");
    const id = String(next++);
    const answer = new Promise<readonly string[]>((resolve, reject) => waiting.set(id, { resolve, reject }));
    const timer = setTimeout(() => fail("it does not answer"), patienceMs);
    child.stdin.write(`${word} ${id}${argument}\n`);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  async function publicKey(): Promise<VerifyingKey> {
    const [word, type, text = ""] = await ask("key", "");
    const bytes = fromBase64(text);
    if (word !== "key" || (type !== "1" && type !== "2") || !bytes || bytes.length === 0)
      throw new Error("it names no key");
    return verifyingKey(name, type === "1" ? 1 : 2, bytes);
  }

  try {
    const key = await publicKey();
    return ok({
      key,
      async sign(message) {
        if (message.length > maxMessageBytes) throw new Error("the message is too long to be signed");
        const [word, text = ""] = await ask("sign", ` ${toBase64(message)}`);
        const raw = word === "signed" ? fromBase64(text) : null;
        const signature = raw !== null && key.type === 2 ? lowS(raw) : raw;
        if (signature === null) throw new Error("the signing program refused");
        // A token that signs with another key, or wrongly, is found here and not in a record.
        if (!checkSignature(key, message, signature)) throw new Error("the signing program's signature is wrong");
        return signature;
      },
      close: () => running?.fail("it was closed"),
    });
  } catch (problem) {
    (running as Running | null)?.fail("it was closed");
    return err(problem instanceof Error ? problem.message : String(problem));
  }
}

function start([file = "", ...args]: readonly string[], onEnd: (ended: Running) => void): Running {
  // Its complaints stay its own: nobody knows what a driver writes there.
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "ignore"], shell: false });
  const waiting = new Map<string, Waiting>();
  let text = "";
  const running: Running = {
    child,
    waiting,
    fail(why) {
      onEnd(running);
      for (const { reject } of waiting.values()) reject(new Error(`the signing program: ${why}`));
      waiting.clear();
      child.kill();
    },
  };
  child.stdout.setEncoding("latin1");
  child.stdout.on("data", (piece: string) => {
    text += piece;
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) hear(waiting, line);
    if (text.length > maxLineLength) running.fail("it says too much");
  });
  child.stdin.on("error", () => running.fail("it cannot be spoken to"));
  child.on("error", () => running.fail("it cannot be started"));
  child.on("exit", () => running.fail("it ended"));
  // An idle program keeps no command from ending; it ends when its standard input does.
  child.unref();
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref();
  return running;
}

/** `WORD ID REST...`; what answers no question is nothing. */
function hear(waiting: Map<string, Waiting>, line: string): void {
  const [word = "", id = "", ...rest] = line.trimEnd().split(" ");
  const asked = waiting.get(id);
  if (asked === undefined) return;
  waiting.delete(id);
  asked.resolve([word, ...rest]);
}
