/** Somebody who has stolen central QA's place at the broker, but not its keys: every batch gets a receipt, forged. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { openQaKeys } from "../src/commands/io/qa-keys.ts";
import { downTopic, upTopic } from "../src/ledger/batch.ts";
import { cosign } from "../src/ledger/cosignature.ts";
import type { Central } from "./central.ts";
import { cellward } from "./programs.ts";

export interface Liar {
  /** How many forged receipts were sent. */
  told(): number;
  end(): Promise<void>;
}

/** Connects with central's own certificate and answers with countersignatures of the same name, by another key. */
export async function lyingCentral(central: Central, cell: string, origin: string): Promise<Liar> {
  const { keys } = central.places;
  const forged = `${keys}-forged`;
  await cellward(["qa", "init", "--keys", forged]);
  const opened = await openQaKeys(forged);
  if (!opened.ok) throw new Error(opened.error.what);
  const { witness } = opened.value;
  const file = (name: string) => readFileSync(join(keys, name));
  const client = await connectAsync(central.brokerUrl, {
    ...{ ca: file("ca.cert.pem"), cert: file("central.cert.pem"), key: file("central.key.pem") },
    ...{ protocolVersion: 4, clientId: "central-qa", reconnectPeriod: 0 },
  });
  let told = 0;
  client.on("message", (_, payload) => {
    const said = JSON.parse(payload.toString()) as {
      kind: string;
      checkpoint: string;
      from: number;
      entries: unknown[];
    };
    if (said.kind !== "batch") return;
    void cosign(said.checkpoint, witness, Math.floor(Date.now() / 1000)).then((note) => {
      const size = said.from + said.entries.length;
      told += 1;
      client.publish(downTopic(cell), JSON.stringify({ kind: "receipt", note, origin, size }), { qos: 1 });
    });
  });
  await client.subscribeAsync(upTopic("+"), { qos: 1 });
  return { told: () => told, end: () => client.endAsync(true) };
}
