/** Giving a signal its value, as an expression for handlers of one line. */
import type { Signal } from "@preact/signals";

/** Sets `signal` to `value`. */
export function set<T>(signal: Signal<T>, value: T): void {
  signal.value = value;
}
