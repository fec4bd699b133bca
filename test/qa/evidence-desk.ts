/** Central's evidence endpoint for tests: real TLS, a real folder, and a record that names the pieces. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { evidenceFiles } from "../../src/commands/io/evidence-keys.ts";
import { openQaKeys } from "../../src/commands/io/qa-keys.ts";
import { sealFor } from "../../src/intake/io/age.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import type { Digest } from "../../src/kernel/names.ts";
import { evidencePath, printReprDigest } from "../../src/ledger/evidence.ts";
import { flushFolder, writeDurably } from "../../src/ledger/io/files.ts";
import {
  type EvidenceServer,
  type EvidenceServerOptions,
  startEvidenceServer,
} from "../../src/qa/io/evidence-server.ts";
import type { QaStore } from "../../src/qa/store.ts";
import { draft } from "../ledger/plain-drafts.ts";
import { type CellLog, createCell } from "./cell.ts";
import { createCentral } from "./central.ts";
import { type Installation, install } from "./installation.ts";

export interface EvidenceDesk {
  readonly installation: Installation;
  readonly cells: readonly [CellLog, CellLog];
  readonly store: QaStore;
  readonly folder: string;
  readonly recipient: string;
  readonly url: () => string;
  /** Ends the endpoint and starts another over the same folder. */
  restart(options?: Partial<EvidenceServerOptions>): Promise<void>;
  readonly refused: () => readonly string[];
}

/** Two enrolled cells, of which central holds and has cosigned what `name` writes. */
export async function evidenceDesk(
  name: (cell: CellLog) => void,
  options: Partial<EvidenceServerOptions> = {},
): Promise<EvidenceDesk> {
  const cells = [createCell("cell-1"), createCell("cell-2", "hospital.example/cell-2")] as const;
  for (const cell of cells) name(cell);
  const installation = await install(cells, "mqtts://localhost:1");
  const central = createCentral(cells);
  for (const cell of cells) await central.ingest.hear(cell.registered.id, await cell.message(0));
  const keys = await openQaKeys(installation.keys);
  if (!keys.ok) throw new Error(keys.error.what);
  const read = (file: string) => readFileSync(join(installation.keys, file), "utf8");
  const folder = join(installation.root, "evidence");
  const refused: string[] = [];
  let port = 0;
  const start = (more: Partial<EvidenceServerOptions>): Promise<EvidenceServer> =>
    startEvidenceServer({
      host: "127.0.0.1",
      port,
      folder,
      files: { writeDurably, flushFolder },
      authority: read("ca.cert.pem"),
      certificate: read(evidenceFiles.certificate),
      key: read(evidenceFiles.key),
      cells: new Map(cells.map(({ registered }) => [registered.id, registered])),
      store: central.store,
      signer: keys.value.decision,
      quotaBytes: 2 ** 40,
      keepFreeBytes: 0,
      requestsPerMinute: 100_000,
      now: () => 1_700_000_100_000,
      log: (what, { code }) => void refused.push(`${what}: ${code ?? ""}`),
      onProblem: (problem) => {
        throw problem;
      },
      ...options,
      ...more,
    });
  let server = await start({});
  port = Number(new URL(server.url).port);
  onTestFinished(() => server.close());
  return {
    installation,
    cells,
    store: central.store,
    folder,
    recipient: read(evidenceFiles.recipient).trim(),
    url: () => server.url,
    refused: () => refused,
    async restart(more = {}) {
      await server.close();
      server = await start(more);
    },
  };
}

/** A picture that nobody else has, with a text in it that must not be found anywhere. */
export function freshPicture(bytes: number, canary = "CANARY-ANATOMY"): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.from(canary), randomBytes(bytes)]));
}

/** An entry that names pieces, as a layer's inspection does. */
export function names(layer: number, verdict: "pass" | "fail", frame: Digest, evidence: Digest, job = "J1") {
  return draft("LayerInspected", { job, layer, report: { verdict, digests: { frame }, evidence } }, job);
}

export interface Sealed {
  readonly digest: Digest;
  readonly plain: Uint8Array;
  readonly bytes: Uint8Array;
  readonly sealed: Digest;
}

/** A piece sealed for the recipient. */
export async function sealPiece(plain: Uint8Array, recipient: string): Promise<Sealed> {
  const bytes = await sealFor(recipient, plain);
  if (!bytes.ok) throw new Error(bytes.error);
  return { digest: digestOf(plain), plain, bytes: bytes.value, sealed: digestOf(bytes.value) };
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array;
  /** Cuts the connection once so many bytes of the body were handed to it. */
  readonly cutAfter?: number;
  /** And when this has come true. */
  readonly cutWhen?: Promise<void>;
}

/** One request with the certificate of `as` (null: none). Rejects where the connection ends without an answer. */
export function askDesk(desk: EvidenceDesk, as: string | null, asked: Asked): Promise<HttpAnswer> {
  const file = (name: string) => readFileSync(join(desk.installation.handed(as ?? "cell-1"), name));
  const own = as === null ? {} : { cert: file("cell.cert.pem"), key: file("cell.key.pem") };
  return new Promise((done, fail) => {
    const { method, path, headers = {}, body, cutAfter, cutWhen = Promise.resolve() } = asked;
    const sent = request(
      new URL(path, desk.url()),
      { method, headers, ca: file("ca.cert.pem"), ...own, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.once("error", fail);
        response.once("end", () => done({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      },
    );
    sent.once("error", fail);
    if (cutAfter === undefined) return void sent.end(body);
    sent.write(body?.subarray(0, cutAfter) ?? "", () => void cutWhen.then(() => sent.destroy()));
  });
}

/** The headers of a part, as a true cell states it. */
export function partHeaders(piece: Sealed, offset: number, bytes: number, entry: number): OutgoingHttpHeaders {
  return {
    "content-type": "application/partial-upload",
    "content-length": bytes,
    "upload-offset": offset,
    "upload-length": piece.bytes.length,
    "upload-complete": offset + bytes === piece.bytes.length ? "?1" : "?0",
    "repr-digest": printReprDigest(piece.sealed),
    "cellward-entry": entry,
  };
}

/** Sends the bytes from `offset` up to `to`. */
export function sendPart(
  desk: EvidenceDesk,
  cell: string,
  piece: Sealed,
  {
    offset,
    to = piece.bytes.length,
    entry = 1,
    cutAfter,
    cutWhen,
  }: { offset: number; to?: number; entry?: number; cutAfter?: number; cutWhen?: Promise<void> },
): Promise<HttpAnswer> {
  const body = piece.bytes.subarray(offset, to);
  return askDesk(desk, cell, {
    method: "PATCH",
    path: evidencePath({ cell, digest: piece.digest }),
    headers: partHeaders(piece, offset, body.length, entry),
    body,
    ...(cutAfter !== undefined && { cutAfter }),
    ...(cutWhen !== undefined && { cutWhen }),
  });
}

export function look(desk: EvidenceDesk, cell: string, digest: Digest): Promise<HttpAnswer> {
  return askDesk(desk, cell, { method: "HEAD", path: evidencePath({ cell, digest }) });
}

/** A picture that is the same in every process; a text in it must not be found anywhere. */
export function madePicture(seed: number, bytes = 1_800_000): Uint8Array {
  const block = createHash("sha512").update(`picture ${seed}`).digest();
  const plain = Buffer.alloc(bytes, block);
  plain.write("CANARY-ANATOMY", 4);
  plain.writeUInt32BE(seed >>> 0, 0);
  return new Uint8Array(plain);
}
