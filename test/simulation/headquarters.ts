/** Central QA in virtual time: its own ingest over an archive, with crashes, a bad network, and somebody who lies in its name. */
import { AssertionFailed } from "../../src/kernel/assert.ts";
import { type Batch, type DownMessage, messageBytes, readUp } from "../../src/ledger/batch.ts";
import { sameBytes, toBase64 } from "../../src/ledger/bytes.ts";
import { cosign } from "../../src/ledger/cosignature.ts";
import { type MemoryDisk, simulatedSignature, simulatedSigner } from "../../src/ledger/memory.ts";
import { verifyingKey } from "../../src/ledger/note.ts";
import type { SignatureCheck, Signer } from "../../src/ledger/signer.ts";
import { createIngest, type Ingest } from "../../src/qa/ingest.ts";
import type { RegisteredCell } from "../../src/qa/judge.ts";
import type { SyncLedger } from "../../src/sync/compose.ts";
import { type Sync, startSync } from "../../src/sync/sync.ts";
import { createNetwork } from "../sync/network.ts";
import { type Archive, createArchive } from "./archive.ts";
import { epochMs } from "./orders.ts";
import type { Storm } from "./printer.ts";
import type { Random, VirtualTime } from "./time.ts";

export interface Headquarters {
  readonly archive: Archive;
  /** The cell's end: a courier over its ledger. */
  join(ledger: SyncLedger): Promise<Sync>;
  /** The weather changes, lines break, central falls over. */
  visit(): void;
  /** In calm, what is on its way comes to its end, if it ever does. */
  settle(disk: MemoryDisk): Promise<void>;
}

const check: SignatureCheck = (_, message, signature) => sameBytes(signature, simulatedSignature(message));

function signerOf(name: string): Signer {
  return { key: verifyingKey(name, 4, new Uint8Array(32)), sign: async (message) => simulatedSignature(message) };
}

export interface HeadquartersWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly storm: Storm;
  readonly accuse: (law: string) => void;
  /** Of the cell's log. */
  readonly origin: string;
}

/** Puts central QA at the far end of a network. */
export function createHeadquarters({ time, random, storm, accuse, origin }: HeadquartersWorld): Headquarters {
  const chance = (p: number) => random() < p * storm.strength;
  const archive = createArchive(origin, () => chance(0.03));
  const network = createNetwork(time, random);
  const witness = signerOf("qa.example");
  const cellKey = simulatedSigner(origin).key;
  const cell: RegisteredCell = {
    ...{
      id: "cell",
      title: "Cell",
      origin,
      keys: [cellKey],
      demonstration: true,
      silentAfterMs: 60_000,
      ancestors: [],
    },
  };
  const now = () => epochMs + Math.floor(time.elapsed());
  const ports = { store: archive, cells: new Map([["cell", cell]]), witness, check, now };
  let awayUntil = 0;
  let ingest: Ingest | null = createIngest(ports);

  /** A start after a crash: what was stored and not cosigned is cosigned now. */
  function rise(): void {
    const next = createIngest(ports);
    next.catchUp().then(
      () => (ingest = next),
      () => time.after(10_000, rise),
    );
  }

  function fall(): void {
    ingest = null;
    time.after(5_000 + random() * 120_000, rise);
  }

  network.far = async (bytes) => {
    const here = ingest;
    if (here === null) return [];
    const read = readUp(bytes);
    if (read.ok && read.value.kind === "batch" && chance(0.15)) return (await lie(read.value)).map(messageBytes);
    const heard = await here.hear("cell", bytes).catch(() => null);
    // Central may fall over with everything stored and nothing answered.
    if (chance(0.02)) fall();
    return ingest === here ? (heard?.answers ?? []).map(messageBytes) : [];
  };

  /** Answers for a batch that was never stored: none of them may be believed. */
  async function lie({ checkpoint, from, entries }: Batch): Promise<DownMessage[]> {
    const size = from + entries.length;
    const receipt = (note: string, over = size): DownMessage => ({ kind: "receipt", origin, size: over, note });
    const stranger = await cosign(checkpoint, signerOf("elsewhere.example"), now() / 1000 - ((now() / 1000) % 1));
    const good = await cosign(checkpoint, witness, Math.floor(now() / 1000));
    const forged = good.replace(/[^\n]*\n$/, `\u2014 ${witness.key.name} ${toBase64(forgedLine(witness.key.id))}\n`);
    const late = await cosign(checkpoint, witness, Math.floor(now() / 1000) + 40 * 86_400);
    const lies = [
      receipt(checkpoint),
      receipt(stranger),
      receipt(forged),
      receipt(late),
      receipt(good, Math.max(1, size - 1)),
      { kind: "conflict", origin, size: Math.floor(random() * (size + 3)) } as const,
    ];
    return [lies[Math.floor(random() * lies.length)]!];
  }

  function join(ledger: SyncLedger): Promise<Sync> {
    const trust = { origin, own: [cellKey], witnesses: [witness.key], decisions: [], check };
    return startSync({
      ...{ ledger, transport: network.transport, clock: time.clock, chance: random, trust },
      used: () => false,
      onDecision: async () => undefined,
      onStatus: () => undefined,
      onAlarm: () => undefined,
      log: () => undefined,
      onDamage: (fault) => {
        throw new Error(fault.what);
      },
      onFatal(problem) {
        if (problem instanceof AssertionFailed) accuse(`sync is wrong about itself: ${problem.message}`);
      },
    });
  }

  function visit(): void {
    const s = storm.strength;
    network.weather = { lose: 0.1 * s, double: 0.1 * s, delayMs: 20 + 3_000 * s * random(), mute: 0.1 * s };
    // Away for most of the time, as in a cellar, and back for minutes: what was written meanwhile comes at once.
    if (network.reachable && chance(0.15)) awayUntil = time.elapsed() + random() * 1_500_000;
    network.reachable = s === 0 || time.elapsed() >= awayUntil;
    if (!network.reachable || chance(0.05)) network.cut();
    if (ingest && chance(0.02)) fall();
  }

  async function settle(disk: MemoryDisk): Promise<void> {
    const until = time.elapsed() + 1_800_000;
    visit();
    while (disk.cosignatures.at(-1)?.size !== disk.rows.length && time.elapsed() < until) await time.advance();
  }

  return { archive, join, visit, settle };
}

function forgedLine(id: string): Uint8Array {
  const line = new Uint8Array(4 + 72);
  line.set(Buffer.from(id, "hex"));
  return line;
}
