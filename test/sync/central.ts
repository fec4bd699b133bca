/** A small central QA for tests, with faults to order: the far end of the wire, written from docs/sync-format.md alone. */
import { type Batch, type DownMessage, messageBytes, readUp } from "../../src/ledger/batch.ts";
import { fromBase64, toBase64, toHex, utf8 } from "../../src/ledger/bytes.ts";
import { formatCheckpoint, openCheckpoint } from "../../src/ledger/checkpoint.ts";
import { cosign } from "../../src/ledger/cosignature.ts";
import { signFork } from "../../src/ledger/fork.ts";
import { signNote } from "../../src/ledger/note.ts";
import { extendsTree } from "../../src/ledger/proofs.ts";
import type { SignatureCheck, Signer, VerifyingKey } from "../../src/ledger/signer.ts";
import { emptyFrontier, type Frontier, grow, leafHash, rootOf } from "../../src/ledger/tree.ts";

/** What a central that lies does to its receipts. */
export type Lie = "signature" | "stranger" | "root" | "size" | "time" | "form" | "none";

export interface CentralOptions {
  readonly origin: string;
  readonly cellKey: VerifyingKey;
  readonly check: SignatureCheck;
  readonly witness: Signer;
  /** The cell's key in the hands of somebody who makes other trees with it. */
  readonly stolen?: Signer;
  /** POSIX seconds. */
  readonly now: () => number;
  /** Central's decision key; without it a fork is only said. */
  readonly decision?: Signer;
}

/** What survives a crash of central QA. */
export interface CentralDisk {
  readonly entries: { entry: string; body: string }[];
  receipt: { size: number; note: string } | null;
  /** Every batch that was taken, for the count of what came twice. */
  taken: number;
}

export interface Central {
  readonly disk: CentralDisk;
  lie: Lie;
  /** Numbers of entries that it refuses. */
  readonly poison: Set<number>;
  frozen: boolean;
  /** False: what it says of a fork is not signed. */
  signs: boolean;
  /** Answers to a message, in order. */
  hear(bytes: Uint8Array): Promise<readonly Uint8Array[]>;
}

/** A central over a disk; another one may be opened on it later. */
export function createCentral(
  options: CentralOptions,
  disk: CentralDisk = { entries: [], receipt: null, taken: 0 },
): Central {
  const central: Central = {
    disk,
    lie: "none",
    poison: new Set(),
    frozen: false,
    signs: true,
    async hear(bytes) {
      const read = readUp(bytes);
      if (!read.ok || read.value.origin !== options.origin) return [];
      if (read.value.kind === "fill" || read.value.kind === "status") return [];
      const answers = read.value.kind === "hello" ? await greet(read.value.id) : await takeBatch(read.value);
      return answers.map(messageBytes);
    },
  };
  const { origin } = options;

  function frontier(size = disk.entries.length): Frontier {
    return disk.entries.slice(0, size).reduce((edge, { entry }) => grow(edge, leafHash(utf8(entry))), emptyFrontier);
  }

  async function forked(size: number, what: string): Promise<DownMessage[]> {
    const { decision } = options;
    const signed = decision && central.signs ? { envelope: await signFork(origin, decision) } : {};
    return [{ kind: "fork", origin, size, what, ...signed }];
  }

  async function greet(id: string): Promise<DownMessage[]> {
    const size = disk.entries.length;
    if (central.frozen) return forked(size, "This log is frozen.");
    const at: DownMessage = { kind: "at", origin, size, root: toHex(rootOf(frontier())), id };
    return disk.receipt === null ? [at] : [at, { kind: "receipt", origin, ...disk.receipt }];
  }

  async function takeBatch(batch: Batch): Promise<DownMessage[]> {
    const held = disk.entries.length;
    const to = batch.from + batch.entries.length;
    const opened = openCheckpoint(batch.checkpoint, origin, [options.cellKey], options.check);
    if (!opened.ok || opened.value.size !== to) {
      return [
        { kind: "refused", origin, from: batch.from, to, code: "checkpoint", what: "The checkpoint does not hold." },
      ];
    }
    if (to <= held && disk.receipt !== null) return [{ kind: "receipt", origin, ...disk.receipt }];
    if (batch.from !== held) return [{ kind: "conflict", origin, size: held }];
    if (batch.entries.some((_, index) => central.poison.has(batch.from + index))) {
      return [{ kind: "refused", origin, from: batch.from, to, code: "body-format", what: "A body is malformed." }];
    }
    const before = frontier();
    const after = batch.entries.reduce((edge, { entry }) => grow(edge, leafHash(utf8(entry))), before);
    const proof = batch.proof.map((node) => fromBase64(node) ?? new Uint8Array());
    const follows =
      toHex(rootOf(after)) === toHex(opened.value.root) &&
      (held === 0 ? proof.length === 0 : extendsTree(held, rootOf(before), to, rootOf(after), proof));
    if (!follows) {
      central.frozen = true;
      return forked(held, "Its first entries differ from what is held.");
    }
    disk.entries.push(...batch.entries);
    disk.taken += 1;
    const size = central.lie === "size" ? to - 1 : to;
    disk.receipt = { size, note: await countersign(batch.checkpoint, to) };
    return [{ kind: "receipt", origin, ...disk.receipt }];
  }

  async function countersign(checkpoint: string, size: number): Promise<string> {
    const { witness, now } = options;
    if (central.lie === "form") return checkpoint;
    if (central.lie === "time") return cosign(checkpoint, witness, now() + 100 * 24 * 3600);
    if (central.lie === "root") {
      const other = formatCheckpoint({ origin, size, root: new Uint8Array(32) });
      return cosign(await signNote(other, options.stolen ?? witness), witness, now());
    }
    const good = await cosign(checkpoint, witness, now());
    if (central.lie === "stranger") return good.replaceAll(`— ${witness.key.name} `, "— elsewhere.example ");
    if (central.lie !== "signature") return good;
    const line = good.split("\n").at(-2) ?? "";
    const blob = fromBase64(line.split(" ")[2] ?? "") ?? new Uint8Array();
    blob[40] = (blob[40] ?? 0) ^ 1;
    return good.replace(line, `— ${witness.key.name} ${toBase64(blob)}`);
  }

  return central;
}
