/** A broker in virtual time that loses, doubles, delays and reorders, and ends connections when it is told to. */
import type { DownReason } from "../../src/sync/courier.ts";
import type { Connection, Hooks, Transport } from "../../src/sync/transport.ts";
import type { VirtualTime } from "../simulation/time.ts";

/** How bad the network is, each a chance in [0, 1]. */
export interface Weather {
  readonly lose: number;
  readonly double: number;
  /** Longest delay in ms: two messages with different delays change places. */
  readonly delayMs: number;
  /** A PUBACK is lost. */
  readonly mute: number;
}

export const fair: Weather = { lose: 0, double: 0, delayMs: 5, mute: 0 };

export interface Network {
  readonly transport: Transport;
  weather: Weather;
  /** False: no connection comes about, for this reason. */
  reachable: boolean;
  why: DownReason;
  /** What the far end does with what it gets; null: nobody listens. */
  far: ((bytes: Uint8Array) => Promise<readonly Uint8Array[]>) | null;
  /** Ends the connection that stands. */
  cut(reason?: DownReason): void;
  /** Says something to the cell that nobody asked for. */
  say(bytes: Uint8Array): void;
  /** How many messages the cell has sent, and the most that were sent and not acknowledged. */
  readonly counts: { sent: number; connects: number };
}

/** A network between one cell and one far end. */
export function createNetwork(time: VirtualTime, random: () => number, window = 20): Network {
  let hooks: Hooks | null = null;
  const network: Network = {
    weather: fair,
    reachable: true,
    why: "lost",
    far: null,
    counts: { sent: 0, connects: 0 },
    cut(reason = "lost") {
      const ended = hooks;
      hooks = null;
      ended?.down(reason);
    },
    say(bytes) {
      deliver(bytes);
    },
    transport: {
      connect(own): Connection {
        network.counts.connects += 1;
        let open = true;
        time.after(delay(), () => {
          if (!open) return;
          if (!network.reachable) return own.down(network.why);
          hooks = own;
          own.up(window);
        });
        return {
          publish(bytes, done) {
            network.counts.sent += 1;
            if (hooks !== own) return;
            if (random() >= network.weather.mute) time.after(delay(), () => hooks === own && done());
            carry(() => answer(bytes));
          },
          close() {
            open = false;
            if (hooks === own) hooks = null;
          },
        };
      },
    },
  };

  function delay(): number {
    return 1 + random() * network.weather.delayMs;
  }

  /** Runs once, twice or not at all, later. */
  function carry(act: () => void): void {
    if (random() < network.weather.lose) return;
    time.after(delay(), act);
    if (random() < network.weather.double) time.after(delay() * 3, act);
  }

  async function answer(bytes: Uint8Array): Promise<void> {
    const answers = (await network.far?.(bytes)) ?? [];
    for (const one of answers) carry(() => deliver(one));
  }

  function deliver(bytes: Uint8Array): void {
    hooks?.message(bytes).catch(() => undefined);
  }

  return network;
}
