/** The transport that sync runs over: one connection at a time, which listens before it says that it is up. */
import type { DownReason } from "./courier.ts";

/** What a connection tells. Each of `up` and `down` comes at most once, `up` first; after `down` nothing comes. */
export interface Hooks {
  /** The connection stands and what central QA says is listened to; `window` is how many messages the broker takes at a time. */
  up(window: number): void;
  down(reason: DownReason): void;
  /**
   * A message came. It is acknowledged to the broker when the promise resolves, so that what was not taken comes again.
   * Retained messages never get here.
   */
  message(bytes: Uint8Array): Promise<void>;
}

export interface Connection {
  /** Sends with QoS 1; `done` is called when the broker has acknowledged it, perhaps never. */
  publish(bytes: Uint8Array, done: () => void): void;
  /** Ends the connection; nothing that was not acknowledged is sent later. */
  close(): void;
}

export interface Transport {
  /** Begins a connection; it ends in `up` or `down` within a bounded time. */
  connect(hooks: Hooks): Connection;
}
