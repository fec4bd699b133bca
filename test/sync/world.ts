/** A cell, a network and a central QA in virtual time, for the tests of sync. */
import { sameBytes } from "../../src/ledger/bytes.ts";
import type { Decision } from "../../src/ledger/decision.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import type { Ledger, LedgerFault } from "../../src/ledger/ledger.ts";
import {
  createMemoryDisk,
  type MemoryDisk,
  openMemoryLedger,
  simulatedSignature,
  simulatedSigner,
} from "../../src/ledger/memory.ts";
import type { SignatureCheck } from "../../src/ledger/signer.ts";
import { type Sync, startSync } from "../../src/sync/sync.ts";
import type { Trouble } from "../../src/sync/trouble.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";
import { ed25519Signer } from "../ledger/witness.ts";
import { createTime, seeded, type VirtualTime } from "../simulation/time.ts";
import { type Central, createCentral } from "./central.ts";
import { createNetwork, type Network } from "./network.ts";

export const witness = ed25519Signer("qa.hospital.example", 4);
export const decider = ed25519Signer("qa.hospital.example/decisions", 1);

/** The cell's key is the simulated one; central's are real. */
export const check: SignatureCheck = (key, message, signature) =>
  key.name === origin ? sameBytes(signature, simulatedSignature(message)) : checkSignature(key, message, signature);

export interface World {
  readonly time: VirtualTime;
  readonly network: Network;
  disk: MemoryDisk;
  central: Central;
  ledger: Ledger;
  sync: Sync;
  readonly alarms: Trouble[];
  readonly decisions: Decision[];
  readonly used: Set<string>;
  fatal: unknown;
  /** Damage of its own record that sync has come upon. */
  readonly damage: LedgerFault[];
  /** Writes so many entries; the first of a start comes by itself. */
  write(count: number, bytes?: number): Promise<void>;
  /** The cell ends without a word and starts again on what its disk holds. */
  crash(): Promise<void>;
  /** Central ends and starts again; what was not answered is not answered. */
  crashCentral(): void;
  /** Lets the world run until `until` holds; false when it has not after so many virtual milliseconds. */
  run(until: () => boolean, forMs?: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** A world at time zero, with nothing written. */
export async function createWorld(
  seed: number,
  disk = createMemoryDisk(origin),
  window = 20,
  bytesPerSecond?: number,
): Promise<World> {
  const time = createTime();
  const random = seeded(seed);
  const network = createNetwork(time, random, window);
  const cellKey = simulatedSigner(origin);
  const options = {
    origin,
    cellKey: cellKey.key,
    check,
    witness,
    stolen: cellKey,
    decision: decider,
    now: () => Math.floor(time.clock.now() / 1000),
  };
  const alarms: Trouble[] = [];
  const decisions: Decision[] = [];
  const used = new Set<string>();
  let boot = -1;

  const begin = (ledger: Ledger): Promise<Sync> =>
    startSync({
      ledger,
      transport: network.transport,
      clock: time.clock,
      chance: random,
      ...(bytesPerSecond !== undefined && { bytesPerSecond }),
      trust: { origin, own: [cellKey.key], witnesses: [witness.key], decisions: [decider.key], check },
      used: (nonce) => used.has(nonce),
      async onDecision(decision) {
        used.add(decision.nonce);
        decisions.push(decision);
      },
      onStatus: () => undefined,
      onDamage: (fault) => void world.damage.push(fault),
      onAlarm: (trouble) => alarms.push(trouble),
      log: () => undefined,
      onFatal: (problem) => {
        world.fatal = problem;
      },
    });

  const serve = (): void => {
    const { central } = world;
    network.far = (bytes) => central.hear(bytes);
  };

  const ledger = openMemoryLedger(disk);
  const world: World = {
    time,
    network,
    disk,
    central: createCentral(options),
    ledger,
    sync: await begin(ledger),
    alarms,
    decisions,
    used,
    fatal: null,
    damage: [],
    async write(count, bytes = 20) {
      if (boot < 0) await world.ledger.append([started(++boot)]);
      for (let n = 0; n < count; n++) {
        await world.ledger.append([draft("Noted", { n, x: "y".repeat(bytes) }, "J1", boot)]);
      }
      world.sync.headMoved();
      // What follows from it has happened before time goes on.
      await new Promise((resolve) => setImmediate(resolve));
    },
    async crash() {
      await world.sync.close();
      network.cut();
      world.ledger = openMemoryLedger(world.disk);
      boot += 1;
      await world.ledger.append([started(boot)]);
      world.sync = await begin(world.ledger);
    },
    crashCentral() {
      const { lie, frozen, signs, poison, disk: kept } = world.central;
      world.central = createCentral(options, kept);
      Object.assign(world.central, { lie, frozen, signs });
      for (const seq of poison) world.central.poison.add(seq);
      serve();
    },
    async run(until, forMs = 3_600_000) {
      const end = time.elapsed() + forMs;
      while (!until()) {
        if (time.elapsed() > end || !(await time.advance())) return until();
      }
      return true;
    },
    stop: () => world.sync.close(),
  };
  serve();
  return world;
}

/** Central holds exactly what the cell has written, and the cell knows it. */
export function isSettled(world: World): boolean {
  const { state, withQa, head } = world.sync.status();
  return state === "with-qa" && withQa === head && head === world.ledger.head().size;
}
