/** What is mutated: records, exports, notes, decisions and packages, made by the real parts with fresh keys. */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../../src/kernel/hash.ts";
import { canonicalBytes } from "../../src/kernel/json.ts";
import type { JobId } from "../../src/kernel/names.ts";
import { artifactDigests } from "../../src/ledger/artifacts.ts";
import { textOf, toHex } from "../../src/ledger/bytes.ts";
import { formatCheckpoint } from "../../src/ledger/checkpoint.ts";
import { cosign } from "../../src/ledger/cosignature.ts";
import { type Decision, decisionBytes, decisionPayloadType } from "../../src/ledger/decision.ts";
import { printEnvelope, signPayload } from "../../src/ledger/dsse.ts";
import { makeArchive } from "../../src/ledger/io/archive-make.ts";
import { openArtifacts } from "../../src/ledger/io/artifacts.ts";
import {
  checkpointRows,
  cosignatureRows,
  databaseFile,
  openForReading,
  rowsFrom,
} from "../../src/ledger/io/database.ts";
import type { KeyAlgorithm } from "../../src/ledger/io/key-file.ts";
import type { Keys } from "../../src/ledger/io/keys.ts";
import { createLedger, openLedger } from "../../src/ledger/io/ledger.ts";
import { type SignedNote, signNote } from "../../src/ledger/note.ts";
import type { Signer } from "../../src/ledger/signer.ts";
import { artifactList, signStatement } from "../../src/ledger/statement.ts";
import { anchors, designer, makeCellIdentity, released, releaser } from "../intake/packages.ts";
import { exportedBytes } from "../ledger/io/exported.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";
import { ed25519Signer } from "../ledger/witness.ts";
import { handedOnSubjects } from "./handed-on.ts";
import type { Subject } from "./subject.ts";

const otherOrigin = "hospital.example/cell-2";
const witness = ed25519Signer("qa.hospital.example", 4);
const stranger = ed25519Signer(origin, 1);
const job = "J1" as JobId;

/** All subjects; folders are made under `root`. */
export async function makeSubjects(root: string): Promise<readonly Subject[]> {
  return [
    ...(await recordSubjects(join(root, "ed25519"), "ed25519")),
    ...(await recordSubjects(join(root, "p256"), "ecdsa-p256")),
    ...(await handedOnSubjects()),
    await decisionSubject(),
    await packageSubject(),
  ];
}

function must<T>(made: { ok: true; value: T } | { ok: false; error: { what: string } }): T {
  if (!made.ok) throw new Error(made.error.what);
  return made.value;
}

/** A record in two starts with two jobs, pictures, two checkpoints and two countersignatures, and job J1's exports. */
async function recordSubjects(root: string, algorithm: KeyAlgorithm): Promise<readonly Subject[]> {
  const folders = { dataDir: join(root, "data"), keysDir: join(root, "keys") };
  must(await createLedger(folders, origin, algorithm));
  chmodSync(folders.keysDir, 0o700);
  const { ledger, keys } = must(await openLedger({ ...folders, checkpointEveryMs: 0 }));
  const store = openArtifacts(folders.dataDir, keys.dataKey);
  const [one, two] = [await store.put(Buffer.from("picture one")), await store.put(Buffer.from("picture two"))];
  await ledger.append([
    started(),
    draft(
      "JobAccepted",
      {
        order: "drill guide",
        lots: [
          { lot: "L-1", weight: 0.5 },
          { lot: "L-2", weight: 1e-7 },
        ],
      },
      job,
    ),
    draft("JobAccepted", { order: "other" }, "J2"),
    draft("LayerJudged", { layer: 1, frame: one, simulated: true }, job),
  ]);
  await ledger.checkpoint();
  await ledger.append([
    draft("LayerJudged", { layer: 1 }, "J2"),
    draft("LayerJudged", { layer: 2, note: "<b>Grüße</b> \u{1f600}", nested: { deep: [[], {}, null, true] } }, job),
    started(1),
    draft("JobEnded", { artifacts: [two] }, job, 1),
  ]);
  await ledger.checkpoint();
  for (const size of [4, 8]) {
    await ledger.putCosignature(size, await cosign(await ledger.checkpointAt(size), witness, 1_790_000_000 + size));
  }
  await ledger.close();
  return subjectsOf(folders.dataDir, keys, algorithm);
}

async function subjectsOf(dataDir: string, keys: Keys, algorithm: KeyAlgorithm): Promise<readonly Subject[]> {
  const db = openForReading(join(dataDir, databaseFile));
  const [checkpoints, cosignatures] = [checkpointRows(db, false), cosignatureRows(db, false)];
  const rows = [...rowsFrom(db)].map((row) => ({
    ...row,
    entry: new Uint8Array(row.entry),
    body: new Uint8Array(row.body),
  }));
  db.close();
  const trusted = { keys: keys.trusted, witnesses: [witness.key] };
  const bytes = must(
    await exportedBytes(dataDir, job, { signer: keys.signer, artifacts: openArtifacts(dataDir, keys.dataKey) }),
  );
  const older = await olderExport(bytes, checkpoints.at(-1)?.note ?? "", keys.signer);
  const note = cosignatures.at(-1)?.note ?? "";
  const replays = await replaysOf(
    keys.signer,
    [...checkpoints, ...cosignatures].map((row) => row.note),
    bytes,
  );
  const more = { replays, signers: [keys.signer] };
  const path = `${dataDir}-2023`;
  const around = { dataDir, keys, year: 2023, out: path, witnesses: [witness.key], plain: false };
  must(await makeArchive({ ...around, now: Date.UTC(2024, 0, 1), onProgress: () => undefined }));
  const dataKey = toHex(keys.dataKey);
  return [
    { name: `${algorithm} archive`, whole: { kind: "archive", path, dataKey, ...trusted }, ...more },
    { name: `${algorithm} export`, whole: { kind: "export", data: bytes, ...trusted }, ...more },
    { name: `${algorithm} export of format 2`, whole: { kind: "export", data: older, ...trusted }, ...more },
    { name: `${algorithm} log`, whole: { kind: "log", origin, rows, checkpoints, cosignatures, ...trusted }, ...more },
    { name: `${algorithm} checkpoint`, whole: { kind: "checkpoint", origin, note, ...trusted }, ...more },
    {
      name: `${algorithm} folder`,
      whole: { kind: "folder", path: dataDir, dataKey, ...trusted },
      ...more,
    },
  ];
}

/** The same export as the first release wrote it: format 2, the cell's own checkpoint, and its shorter statement. */
async function olderExport(bytes: Uint8Array, checkpoint: SignedNote, signer: Signer): Promise<Uint8Array> {
  const file = JSON.parse(textOf(bytes) ?? "") as {
    entries: { entry: string; body: string }[];
    artifacts: Record<string, string>;
  };
  const own = file.entries.filter(({ entry }) => entry.includes(`"job":"${job}"`));
  const last = own.at(-1)?.entry ?? "";
  const digests = own.flatMap(({ body }) => artifactDigests(JSON.parse(body)));
  const statement = await signStatement(
    {
      ...{ origin, job, entries: own.length, lastSeq: (JSON.parse(last) as { seq: number }).seq, size: 8 },
      ...{ lastDigest: digestOf(Buffer.from(last)), listed: null, noteDigest: null },
      ...{ artifacts: new Set(digests).size, artifactsDigest: artifactList(new Set(digests)) },
    },
    signer,
  );
  return canonicalBytes({ ...file, format: "cellward-job-export/2", checkpoint, statement });
}

/** Notes that could be taken for another: of the same log, of another under the same key, of another key, no checkpoint. */
async function replaysOf(
  signer: Signer,
  own: readonly SignedNote[],
  bytes: Uint8Array,
): Promise<readonly SignedNote[]> {
  const head = { size: 8, root: new Uint8Array(32) };
  const renamed = { ...signer, key: { ...signer.key, name: otherOrigin } };
  const { statement } = JSON.parse(textOf(bytes) ?? "") as { statement: SignedNote };
  return [
    ...own,
    statement,
    await signNote(formatCheckpoint({ origin: otherOrigin, ...head }), signer),
    await signNote(formatCheckpoint({ origin: otherOrigin, ...head }), renamed),
    await signNote(formatCheckpoint({ origin, ...head }), stranger),
    await signNote("An entirely different text.\n", signer),
  ];
}

async function decisionSubject(): Promise<Subject> {
  const central = ed25519Signer("qa.hospital.example/decisions", 1);
  const content: Decision = {
    ...{ format: "cellward-decision/1", id: "D-1", nonce: "n-1", origin, action: "hold", reason: "material-recall" },
    target: { kind: "lot", id: "LOT-1" },
    ...{ issuedAt: "2026-01-31T08:00:00.000Z", expires: "2026-02-28T08:00:00.000Z" },
  };
  const payload = decisionBytes(content);
  const signatures = [await signPayload(decisionPayloadType, payload, central)];
  const text = textOf(printEnvelope({ payloadType: decisionPayloadType, payload, signatures })) ?? "";
  const now = "2026-02-01T00:00:00.000Z";
  return {
    name: "decision",
    whole: { kind: "decision", text, keys: [central.key], origin, now, used: ["n-0"] },
    replays: [],
    signers: [central],
  };
}

async function packageSubject(): Promise<Subject> {
  const data = await released((await makeCellIdentity()).recipient);
  const keys = { keys: anchors.designAuthority, release: anchors.clinicalRelease };
  return { name: "package", whole: { kind: "package", data, ...keys }, replays: [], signers: [designer, releaser] };
}
