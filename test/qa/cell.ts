/** A cell as central QA meets it: a log with its key, and the messages that a true or a false cell would send of it. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { digestOf } from "../../src/kernel/hash.ts";
import type { Digest, JobId } from "../../src/kernel/names.ts";
import { type Batch, messageBytes } from "../../src/ledger/batch.ts";
import { textOf, toBase64 } from "../../src/ledger/bytes.ts";
import { type Chain, emptyChain, type JobHeads, seal, textDraft } from "../../src/ledger/chain.ts";
import { formatCheckpoint } from "../../src/ledger/checkpoint.ts";
import type { EntryDraft } from "../../src/ledger/entry.ts";
import { publicHalf } from "../../src/ledger/io/crypto.ts";
import { signNote, verifyingKey } from "../../src/ledger/note.ts";
import { consistencyProof, rootAt, type Tree, treeOf } from "../../src/ledger/proofs.ts";
import type { Signer, VerifyingKey } from "../../src/ledger/signer.ts";
import { grow, leafHash } from "../../src/ledger/tree.ts";
import type { RegisteredCell } from "../../src/qa/judge.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";

/** A signer over a fresh Ed25519 key; `type` 4 is a witness's. */
export function freshSigner(name: string, type: 1 | 4 = 1): Signer {
  const { privateKey } = generateKeyPairSync("ed25519");
  return signerOf(name, privateKey, type);
}

function signerOf(name: string, privateKey: KeyObject, type: 1 | 4): Signer {
  const { publicKey } = publicHalf(name, privateKey);
  return {
    key: verifyingKey(name, type, publicKey),
    sign: async (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  };
}

export interface CellLog {
  readonly signer: Signer;
  readonly registered: RegisteredCell;
  readonly texts: readonly { readonly entry: string; readonly body: string }[];
  append(...drafts: EntryDraft[]): void;
  /** Signs an entry as it stands, whatever it is. */
  spoil(entry: string, body: string): void;
  /** Signs an entry of this draft whose body has this text, whatever it is. */
  spoilBody(given: EntryDraft, bodyText: string): void;
  /** Lets the job go on from an entry that was spoiled. */
  rememberJob(job: string, digest: string): void;
  /** The batch from `from` up to `to` (the end), as a true cell makes it. */
  batch(from: number, to?: number): Promise<Batch>;
  /** Its bytes on the wire. */
  message(from: number, to?: number): Promise<Uint8Array>;
  tree(): Tree;
  /** The same log up to `size`, to be continued otherwise: a restored or cloned cell. */
  clone(size: number): CellLog;
}

/** What central has to know of a cell that signs with these keys. */
export function registeredAs(keys: readonly VerifyingKey[]): Pick<CellLog, "registered"> {
  const known = { demonstration: true, silentAfterMs: 60_000, ancestors: [] };
  return { registered: { id: "cell-1", title: "Cell 1", origin, keys, ...known } };
}

/** A cell whose log begins with a start. */
export function createCell(id = "cell-1", log = origin): CellLog {
  const cell = cellOf(id, log, freshSigner(log));
  cell.append(started());
  return cell;
}

/** Entries of a little job, by number. */
export function story(count: number, job = "J1"): EntryDraft[] {
  return Array.from({ length: count }, (_, n) => draft("LayerAccepted", { layer: n + 1, z: 0.2 * n }, job));
}

function cellOf(
  id: string,
  log: string,
  signer: Signer,
  known: readonly { entry: string; body: string }[] = [],
): CellLog {
  let chain: Chain = emptyChain(log);
  const heads: JobHeads = new Map();
  const texts = [...known];
  const drafts: EntryDraft[] = [];
  const leaves = () => Buffer.concat(texts.map(({ entry }) => leafHash(Buffer.from(entry))));

  function append(...added: EntryDraft[]): void {
    for (const each of added) {
      drafts.push(each);
      const { chain: next, sealed } = seal(chain, heads, textDraft(each));
      chain = next;
      texts.push({ entry: textOf(sealed.entryBytes) ?? "", body: textOf(sealed.bodyBytes) ?? "" });
    }
  }

  function take(bytes: Uint8Array, body: Uint8Array): void {
    texts.push({ entry: textOf(bytes) ?? "", body: textOf(body) ?? "" });
  }

  async function batch(from: number, to = texts.length): Promise<Batch> {
    const tree = treeOf(new Uint8Array(leaves()));
    const checkpoint = await signNote(formatCheckpoint({ origin: log, size: to, root: rootAt(tree, to) }), signer);
    const proof = from === 0 ? [] : consistencyProof(tree, from, to).map(toBase64);
    return { kind: "batch", origin: log, from, entries: texts.slice(from, to), checkpoint, proof };
  }

  return {
    signer,
    registered: {
      id,
      title: "Cell 1",
      origin: log,
      keys: [signer.key],
      demonstration: false,
      silentAfterMs: 60_000,
      ancestors: [],
    },
    texts,
    append,
    spoil(entry, body) {
      const bytes = Buffer.from(entry);
      chain = { ...chain, frontier: grow(chain.frontier, leafHash(bytes)), prev: digestOf(bytes) };
      take(bytes, Buffer.from(body));
    },
    rememberJob: (job, digest) => void heads.set(job as JobId, digest as Digest),
    spoilBody(given, bodyText) {
      const { chain: next, sealed } = seal(chain, heads, { ...textDraft(given), bodyText });
      chain = next;
      take(sealed.entryBytes, sealed.bodyBytes);
    },
    batch,
    message: async (from, to) => messageBytes(await batch(from, to)),
    tree: () => treeOf(new Uint8Array(leaves())),
    clone(size) {
      const copy = cellOf(id, log, signer);
      copy.append(...drafts.slice(0, size));
      return copy;
    },
  };
}
