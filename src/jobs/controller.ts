/** The cell as its screens and adapters see it: say something, read the state, hear what became true. */
import type { Event } from "./event.ts";
import type { Message } from "./message.ts";
import type { Refusal } from "./refusal.ts";
import type { State } from "./state.ts";

/** What a message led to; it is said only after it stands on disk. */
export type Reply =
  | { readonly kind: "accepted"; readonly events: readonly Event[] }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** One thing that became true. */
export interface Recorded {
  readonly seq: number;
  readonly at: number;
  readonly event: Event;
}

export interface Controller {
  /** Hands a message to the core; resolves after its consequences are durable, rejects only when the process is ending. */
  submit(message: Message): Promise<Reply>;
  /** The fold of what is durable. */
  state(): State;
  /** Calls `hear` for every entry that becomes durable from now on; the returned function ends it. */
  subscribe(hear: (recorded: Recorded) => void): () => void;
}
