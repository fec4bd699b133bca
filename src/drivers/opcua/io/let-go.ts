/** Ends a connection, also one whose other end says nothing any more. */
import type { OPCUAClient } from "node-opcua";
import type { Milliseconds } from "../../../kernel/units.ts";
import { within } from "./deadline.ts";

const politely: Milliseconds = 1000;

/** The part of the client's inside by which a silent connection is cut. */
interface Inside {
  readonly _secureChannel?: { forceConnectionBreak(): void } | null;
}

/** Disconnects; what does not answer a goodbye is cut off. Never rejects. */
export async function letGo(client: OPCUAClient): Promise<void> {
  try {
    await within(politely, client.disconnect());
  } catch {
    (client as unknown as Inside)._secureChannel?.forceConnectionBreak();
    await within(politely, client.disconnect()).catch(() => undefined);
  }
}
