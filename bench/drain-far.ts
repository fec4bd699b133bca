/** The far end of the drain measurement, in a thread of its own: broker and a central that countersigns without looking. */
import { generateKeyPairSync, sign } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { readUp } from "../src/ledger/batch.ts";
import { emptyChain, headOf } from "../src/ledger/chain.ts";
import { cosign } from "../src/ledger/cosignature.ts";
import { formatKey, verifyingKey } from "../src/ledger/note.ts";
import { openLink } from "../src/qa/io/mqtt.ts";
import { startBroker } from "../src/simulators/broker/io/broker.ts";

/** PEM texts of the installation. */
export interface FarIdentity {
  readonly authority: string;
  readonly broker: { readonly certificate: string; readonly key: string };
  readonly central: { readonly certificate: string; readonly key: string };
  readonly origin: string;
}

/** What the thread says once it listens. */
export interface FarReady {
  readonly port: number;
  /** The cosigner's public key. */
  readonly witness: string;
}

const { authority, broker: server, central, origin } = workerData as FarIdentity;
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const raw = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
const witness = {
  key: verifyingKey("bench.example/qa", 4, raw),
  sign: async (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey)),
};
const broker = await startBroker({ host: "127.0.0.1", port: 0, authority, ...server, central: "central-qa" });
/** In the bare loop nobody answers. */
let answers = false;
parentPort?.on("message", (wanted: boolean) => {
  answers = wanted;
});
const link = openLink({
  url: `mqtts://localhost:${broker.port}`,
  authority,
  ...central,
  async hear(cell, bytes) {
    const read = answers ? readUp(bytes) : null;
    if (read?.ok !== true) return;
    const message = read.value;
    if (message.kind === "hello") {
      const { size, root } = headOf(emptyChain(origin));
      void link.say(cell, { kind: "at", origin, size, root, id: message.id });
      return;
    }
    if (message.kind !== "batch") return;
    const size = message.from + message.entries.length;
    const note = await cosign(message.checkpoint, witness, Math.floor(Date.now() / 1000));
    void link.say(cell, { kind: "receipt", origin, size, note });
  },
  onState(state) {
    if (state === "connected") {
      const ready: FarReady = { port: broker.port, witness: formatKey(witness.key) };
      parentPort?.postMessage(ready);
    }
  },
  onProblem: (problem) => console.error(problem),
});
