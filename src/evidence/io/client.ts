/** Central's evidence endpoint over HTTPS: both ends with certificates of the installation's authority, one request at a time. */
import { readFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";
import { errorCode } from "../../kernel/problem.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { clip } from "../../kernel/text.ts";
import { fromBase64, textOf } from "../../ledger/bytes.ts";
import {
  evidenceHeaders,
  evidencePath,
  partType,
  printReprDigest,
  readCount,
  readReprDigest,
} from "../../ledger/evidence.ts";
import type { Endpoint, Said, Standing, Trouble } from "../ports.ts";

export interface ClientOptions {
  readonly url: string;
  readonly cell: string;
  /** PEM files: the installation's authority, this cell's certificate (common name = cell) and its key. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Longest silence of the other end. */
  readonly patienceMs: number;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const mostAnswerBytes = 64 * 1024;
const untrusted =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA)/;

/** The endpoint; certificate files are read at each connection, so that renewed ones count at once. */
export function createEvidenceClient(options: ClientOptions): Endpoint {
  let agent: Agent | null = null;
  const forget = () => {
    agent?.destroy();
    agent = null;
  };

  async function ask(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: Uint8Array,
  ): Promise<Result<Answer, Trouble>> {
    if (agent === null) {
      const made = await createAgent(options).then(ok, () => err<Trouble>({ kind: "away", code: "unreadable" }));
      if (!made.ok) return made;
      agent = made.value;
    }
    const answer = await exchange(options, agent, { method, path, headers, body });
    // A connection on which something went wrong is not used again.
    if (!answer.ok) forget();
    return answer;
  }

  return {
    async look(digest) {
      const answer = await ask("HEAD", evidencePath({ cell: options.cell, digest }), {});
      if (!answer.ok) return answer;
      return answer.value.status === 404 && answer.value.headers["cellward-code"] === "nothing"
        ? ok({ kind: "nothing" })
        : standingOf(answer.value);
    },
    async send({ owed, piece, offset, bytes }) {
      const headers = {
        "content-type": partType,
        "content-length": String(bytes.length),
        [evidenceHeaders.offset]: String(offset),
        [evidenceHeaders.length]: String(piece.bytes),
        [evidenceHeaders.complete]: offset + bytes.length === piece.bytes ? "?1" : "?0",
        [evidenceHeaders.digest]: printReprDigest(piece.sealed),
        [evidenceHeaders.entry]: String(owed.seq),
      };
      const answer = await ask("PATCH", evidencePath({ cell: options.cell, digest: owed.digest }), headers, bytes);
      return answer.ok ? saidIn(answer.value) : answer;
    },
    async absent({ digest, seq }, problem) {
      const headers = { [evidenceHeaders.entry]: String(seq), "cellward-problem": problem, "content-length": "0" };
      const answer = await ask("POST", `${evidencePath({ cell: options.cell, digest })}/absent`, headers);
      if (!answer.ok) return answer;
      return answer.value.status === 204 ? ok(null) : err(refusalIn(answer.value));
    },
    close: forget,
  };
}

async function createAgent({ caFile, certFile, keyFile }: ClientOptions): Promise<Agent> {
  const [ca, cert, key] = await Promise.all([readFile(caFile), readFile(certFile), readFile(keyFile)]);
  return new Agent({ ca, cert, key, minVersion: "TLSv1.3", rejectUnauthorized: true, keepAlive: true, maxSockets: 1 });
}

interface Question {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | undefined;
}

/** One request and its whole answer; never rejects. */
function exchange(
  { url, patienceMs }: ClientOptions,
  agent: Agent,
  { method, path, headers, body }: Question,
): Promise<Result<Answer, Trouble>> {
  return new Promise((done) => {
    const away = (problem: unknown) => {
      const code = errorCode(problem) || "lost";
      done(err({ kind: "away", code: untrusted.test(code) ? "untrusted" : code }));
    };
    const asked = request(new URL(path, url), { method, headers, agent, timeout: patienceMs }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > mostAnswerBytes) response.destroy(new Error("the answer is too long"));
        else chunks.push(chunk);
      });
      response.once("error", away);
      response.once("end", () =>
        done(ok({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })),
      );
    });
    asked.once("timeout", () => asked.destroy(new Error("no answer in time")));
    asked.once("error", away);
    asked.end(body);
  });
}

function standingOf(answer: Answer): Result<Standing, Trouble> {
  const { status, headers } = answer;
  if (status !== 200 && status !== 204) return err(refusalIn(answer));
  const whole = receiptIn(headers);
  if (whole !== null) return ok({ kind: "whole", envelope: whole });
  const offset = readCount(headerIn(headers, evidenceHeaders.offset));
  const length = readCount(headerIn(headers, evidenceHeaders.length));
  const sealed = readReprDigest(headerIn(headers, evidenceHeaders.digest) ?? "");
  if (offset === null || length === null || sealed === null) return err(nonsense);
  return ok({ kind: "part", offset, length, sealed });
}

function saidIn(answer: Answer): Result<Said, Trouble> {
  const { status, headers } = answer;
  const whole = receiptIn(headers);
  if ((status === 200 || status === 201) && whole !== null) return ok({ kind: "whole", envelope: whole });
  const offset = readCount(headerIn(headers, evidenceHeaders.offset));
  if (status === 204 && offset !== null) return ok({ kind: "more", offset });
  const code = headerIn(headers, "cellward-code");
  if (status === 409 && code === "offset") return ok({ kind: "conflict" });
  if (status === 422 && code === "differs") return ok({ kind: "differs" });
  return err(refusalIn(answer));
}

const nonsense: Trouble = {
  kind: "refused",
  code: "not-understood",
  what: "What answers for central QA's evidence endpoint says something else than it.",
  whole: true,
};

/** What keeps central from taking this piece alone; whatever else it says is about the whole. */
const aboutOnePiece = new Set(["record-first", "not-named", "too-large", "form"]);

function refusalIn({ status, headers, body }: Answer): Trouble {
  const code = headerIn(headers, "cellward-code") ?? "";
  if (!/^[a-z][a-z-]{0,39}$/.test(code)) return status >= 500 ? { kind: "away", code: `status-${status}` } : nonsense;
  return { kind: "refused", code, what: wordsIn(body, code), whole: !aboutOnePiece.has(code) };
}

/** The sentence of a refusal; somebody else wrote it. */
function wordsIn(body: Buffer, code: string): string {
  try {
    const { what } = JSON.parse(body.toString("utf8")) as { what?: unknown };
    if (typeof what === "string" && what !== "") return clip(what, 300);
  } catch {
    // A HEAD has no body: the code has to do.
  }
  return `Central QA does not take evidence of this cell (${code}).`;
}

function headerIn(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}

function receiptIn(headers: IncomingHttpHeaders): string | null {
  const bytes = fromBase64(headerIn(headers, "cellward-receipt") ?? "");
  return bytes === null || bytes.length === 0 ? null : textOf(bytes);
}
