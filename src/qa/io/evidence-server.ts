/** Central's evidence endpoint: HTTPS with client certificates; a cell appends to its own pieces, and to nothing else. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { DurableFiles } from "../../kernel/durable-files.ts";
import { errorCode } from "../../kernel/problem.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { EpochMs } from "../../kernel/units.ts";
import { toBase64, utf8 } from "../../ledger/bytes.ts";
import {
  type EvidencePlace,
  evidenceHeaders,
  printReprDigest,
  readCount,
  readEvidencePath,
  signReceipt,
} from "../../ledger/evidence.ts";
import type { Signer } from "../../ledger/signer.ts";
import { type EvidenceRefusal, evidenceRefusals, namingProblem, readPart, type StatedPart } from "../evidence.ts";
import type { RegisteredCell } from "../judge.ts";
import { originsOf } from "../logs.ts";
import { type QaStore, StoreFailed } from "../store.ts";
import {
  appendPart,
  bytesOf,
  confirmWhole,
  finishPart,
  freeBytes,
  noteAbsent,
  openCellFolder,
  openPart,
  partOf,
  wholeReceipt,
} from "./evidence-folder.ts";

export interface EvidenceServerOptions {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly files: DurableFiles;
  /** PEM: the installation's authority, this endpoint's certificate and its key. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
  readonly cells: ReadonlyMap<string, RegisteredCell>;
  readonly store: Pick<QaStore, "entries" | "log">;
  /** Signs receipts: the decision key, which cells trust already. */
  readonly signer: Signer;
  readonly quotaBytes: number;
  readonly keepFreeBytes: number;
  readonly requestsPerMinute: number;
  readonly now: () => EpochMs;
  /** Codes and counts. */
  readonly log: (what: string, facts: Record<string, number | string>) => void;
  readonly onProblem: (problem: unknown) => void;
}

export interface EvidenceServer {
  readonly url: string;
  close(): Promise<void>;
}

interface House {
  readonly options: EvidenceServerOptions;
  /** The request that a piece is in the hands of; a newer one ends it. */
  readonly hands: Map<string, { readonly request: IncomingMessage; readonly done: Promise<void> }>;
  readonly counts: Map<string, { minute: number; requests: number }>;
  /** Bytes of each cell's evidence, counted once and then kept up. */
  readonly bytes: Map<string, number>;
}

const idleMs = 60_000;
const mostConnections = 2_048;

/** Listens. Rejects where the port is taken or a certificate is none. */
export async function startEvidenceServer(options: EvidenceServerOptions): Promise<EvidenceServer> {
  for (const cell of options.cells.keys()) await openCellFolder(options.folder, cell);
  const house: House = { options, hands: new Map(), counts: new Map(), bytes: new Map() };
  const { authority, certificate, key, host, port } = options;
  const tls = { ca: authority, cert: certificate, key, requestCert: true, rejectUnauthorized: true };
  const server = createServer({
    ...tls,
    minVersion: "TLSv1.3",
    headersTimeout: 10_000,
    requestTimeout: idleMs,
    keepAliveTimeout: idleMs,
  });
  server.maxConnections = mostConnections;
  server.on("request", (request, response) => void serve(house, request, response));
  // A handshake that fails is somebody without this installation's certificate: counted, and nothing else.
  server.on("tlsClientError", (problem) => options.log("evidence connection refused", { code: errorCode(problem) }));
  await listen(server, host, port);
  const bound = server.address() as AddressInfo;
  return {
    url: `https://${host}:${bound.port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      done();
    });
  });
}

/** What is answered: a status and headers, or a refusal. */
interface Said {
  readonly status: number;
  readonly headers: Record<string, string>;
}

async function serve(house: House, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { log, onProblem } = house.options;
  request.on("error", () => undefined);
  let answer: Result<Said, EvidenceRefusal>;
  const cell = nameOf(request);
  try {
    answer = await answerTo(house, request, cell);
  } catch (problem) {
    if (isOfConnection(problem, request)) return void response.destroy();
    const isFull = ["ENOSPC", "EDQUOT"].includes(errorCode(problem));
    if (!isFull) onProblem(problem);
    answer = err(
      isFull
        ? evidenceRefusals.full
        : problem instanceof StoreFailed
          ? evidenceRefusals.storeAway
          : evidenceRefusals.failed,
    );
  }
  if (answer.ok) {
    response.writeHead(answer.value.status, { "cache-control": "no-store", ...answer.value.headers }).end();
    return;
  }
  const { status, code, what, remedy } = answer.error;
  if (status !== 404) log("evidence refused", { cell: cell ?? "unknown", code });
  const body = JSON.stringify({ code, what, remedy });
  // What is still on its way is not read: the connection ends with the answer.
  const ends = request.complete ? {} : { connection: "close" };
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "cellward-code": code,
    ...ends,
  };
  response.writeHead(status, headers);
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Whether the other end has gone, also after all of its body had come: no fault of central's, and nobody to answer. */
function isOfConnection(problem: unknown, request: IncomingMessage): boolean {
  return request.errored === problem || (request.destroyed && !request.complete);
}

/** The common name of the certificate that the other end has proved; null where it has not exactly one. */
function nameOf(request: IncomingMessage): string | null {
  const socket = request.socket as TLSSocket;
  const name: unknown = socket.authorized ? socket.getPeerCertificate().subject?.CN : null;
  return typeof name === "string" ? name : null;
}

async function answerTo(
  house: House,
  request: IncomingMessage,
  name: string | null,
): Promise<Result<Said, EvidenceRefusal>> {
  const registered = name === null ? undefined : house.options.cells.get(name);
  if (registered === undefined) return err(evidenceRefusals.unknownCell);
  const place = readEvidencePath(request.url ?? "");
  if (place === null) return err(evidenceRefusals.noPlace);
  if (place.cell !== registered.id) return err(evidenceRefusals.otherCell);
  if (!isWithinRate(house, place.cell)) return err(evidenceRefusals.tooMany);
  const { method } = request;
  if (method === "POST" && place.absent) return takeAbsent(house, request, registered, place);
  if (place.absent || (method !== "HEAD" && method !== "PATCH")) return err(evidenceRefusals.noPlace);
  return inHand(house, request, place, () =>
    method === "HEAD" ? look(house, place) : takePart(house, request, registered, place),
  );
}

function isWithinRate({ counts, options }: House, cell: string): boolean {
  const minute = Math.floor(options.now() / 60_000);
  const count = counts.get(cell);
  const requests = count?.minute === minute ? count.requests + 1 : 1;
  counts.set(cell, { minute, requests });
  return requests <= options.requestsPerMinute;
}

/** One request at a time has a piece in hand; an older one is of a connection that its cell has given up. */
async function inHand<T>(
  { hands }: House,
  request: IncomingMessage,
  { cell, digest }: EvidencePlace,
  act: () => Promise<T>,
): Promise<T> {
  const key = `${cell}/${digest}`;
  const before = hands.get(key);
  const { promise: done, resolve } = Promise.withResolvers<void>();
  hands.set(key, { request, done });
  if (before !== undefined) {
    before.request.destroy();
    await before.done;
  }
  try {
    return await act();
  } finally {
    if (hands.get(key)?.request === request) hands.delete(key);
    resolve();
  }
}

async function look({ options }: House, place: EvidencePlace): Promise<Result<Said, EvidenceRefusal>> {
  const receipt = await confirmWhole(options.folder, place, options.files, (said) =>
    signReceipt({ ...said, at: new Date(options.now()).toISOString() }, options.signer),
  );
  if (receipt !== null) return ok({ status: 200, headers: receiptHeader(receipt) });
  const part = await partOf(options.folder, place);
  if (part === null) return err(evidenceRefusals.nothing);
  return ok({
    status: 204,
    headers: {
      [evidenceHeaders.offset]: String(part.size),
      [evidenceHeaders.length]: String(part.length),
      [evidenceHeaders.complete]: "?0",
      [evidenceHeaders.digest]: printReprDigest(part.sealed),
    },
  });
}

async function takePart(
  house: House,
  request: IncomingMessage,
  cell: RegisteredCell,
  place: EvidencePlace,
): Promise<Result<Said, EvidenceRefusal>> {
  const { options, bytes } = house;
  const { folder, quotaBytes, keepFreeBytes } = options;
  const stated = readPart(request.headers);
  if (!stated.ok) return stated;
  const before = await wholeReceipt(folder, place);
  if (before !== null) return ok({ status: 200, headers: receiptHeader(before) });
  const wrong = await namingFault(options, cell, place, stated.value.entry);
  if (wrong !== null) return err(wrong);
  const used = bytes.get(cell.id) ?? (await bytesOf(folder, cell.id));
  bytes.set(cell.id, used);
  if (used + stated.value.length - stated.value.offset > quotaBytes)
    return err(evidenceRefusals.quota(Math.floor(quotaBytes / 2 ** 20)));
  if ((await freeBytes(folder)) < keepFreeBytes + stated.value.bytes) return err(evidenceRefusals.full);
  const opened = await openPart(folder, place, stated.value, options.files);
  if (!opened.ok) return opened;
  // Counted anew where this does not end well, or where begun pieces gave way.
  bytes.delete(cell.id);
  const size = await appendPart(opened.value, request, stated.value.offset);
  bytes.set(cell.id, used + size - stated.value.offset);
  if (size < stated.value.length)
    return ok({ status: 204, headers: { [evidenceHeaders.offset]: String(size), [evidenceHeaders.complete]: "?0" } });
  return finish(options, cell, place, stated.value);
}

/** Whether central holds the entry that is said to name the piece, and it does. */
async function namingFault(
  { store }: EvidenceServerOptions,
  cell: RegisteredCell,
  { digest }: EvidencePlace,
  seq: number,
): Promise<EvidenceRefusal | null> {
  let problem: EvidenceRefusal | null = null;
  // What a log before names is still the cell's to bring; what is said is said of the log that it keeps.
  for (const origin of originsOf(cell)) {
    const [entries, log] = await Promise.all([store.entries(origin, seq, 1), store.log(origin)]);
    const entry = entries[0];
    problem = namingProblem(entry?.seq === seq ? entry : undefined, log.receipt?.size ?? 0, digest);
    if (problem === null) return null;
  }
  return problem;
}

async function finish(
  { folder, files, signer, now, log }: EvidenceServerOptions,
  cell: RegisteredCell,
  place: EvidencePlace,
  stated: StatedPart,
): Promise<Result<Said, EvidenceRefusal>> {
  const receipt = await finishPart(folder, place, stated, files, () => {
    const { sealed, length: bytes } = stated;
    const at = new Date(now()).toISOString();
    return signReceipt(
      { format: "cellward-evidence-receipt/1", origin: cell.origin, digest: place.digest, sealed, bytes, at },
      signer,
    );
  });
  if (!receipt.ok) return receipt;
  log("evidence kept", { cell: cell.id, bytes: stated.length });
  return ok({ status: 201, headers: receiptHeader(receipt.value) });
}

async function takeAbsent(
  { options }: House,
  request: IncomingMessage,
  cell: RegisteredCell,
  place: EvidencePlace,
): Promise<Result<Said, EvidenceRefusal>> {
  const problem = request.headers["cellward-problem"];
  const seq = readCount(request.headers[evidenceHeaders.entry] as string | undefined);
  if ((problem !== "missing" && problem !== "altered") || seq === null) {
    return err(evidenceRefusals.form("It states cellward-entry and cellward-problem, which is missing or altered."));
  }
  const wrong = await namingFault(options, cell, place, seq);
  if (wrong !== null) return err(wrong);
  if ((await wholeReceipt(options.folder, place)) === null)
    await noteAbsent(options.folder, place, problem, options.files);
  return ok({ status: 204, headers: {} });
}

function receiptHeader(receipt: string): Record<string, string> {
  return { [evidenceHeaders.complete]: "?1", "cellward-receipt": toBase64(utf8(receipt)) };
}
