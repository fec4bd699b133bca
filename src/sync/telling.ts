/** The cell's word about itself, said to central QA every minute and soon after a change; it is no record, and is never kept. */
import type { Clock } from "../kernel/ports.ts";
import type { Milliseconds, MonotonicMs } from "../kernel/units.ts";
import type { UpMessage } from "../ledger/batch.ts";
import type { Signer } from "../ledger/signer.ts";
import { type CellStatus, signStatus } from "../ledger/status.ts";

export interface TellingPorts {
  readonly origin: string;
  readonly signer: Signer;
  readonly clock: Clock;
  /** Of this start alone, made by chance. */
  readonly instance: string;
  /** What there is to say now, but for its place and its time. */
  readonly word: () => Omit<CellStatus, "counter" | "instance" | "at">;
  /** Hands a message to the connection; nothing happens while there is none. */
  readonly say: (message: UpMessage) => void;
  readonly onProblem: (problem: unknown) => void;
}

export interface Telling {
  /** Something may have changed. */
  changed(): void;
  stop(): void;
}

export const tellingTimes = {
  /** Without any change, so often. */
  beatMs: 60_000,
  /** What changes within so long is said once. */
  gatherMs: 5_000,
} as const satisfies Record<string, Milliseconds>;

/** Begins to tell. */
export function startTelling(ports: TellingPorts): Telling {
  const { clock } = ports;
  let counter = 0;
  let stopped = false;
  let due: MonotonicMs | null = null;
  let cancel: () => void = () => undefined;

  async function tell(): Promise<void> {
    due = null;
    counter += 1;
    const status = { ...ports.word(), counter, instance: ports.instance, at: Math.floor(clock.now()) };
    const note = await signStatus(ports.origin, status, ports.signer);
    if (stopped) return;
    ports.say({ kind: "status", origin: ports.origin, note });
  }

  function within(delay: Milliseconds): void {
    const at = clock.monotonic() + delay;
    if (stopped || (due !== null && due <= at)) return;
    cancel();
    due = at;
    cancel = clock.after(delay, () => {
      void tell()
        .catch(ports.onProblem)
        .finally(() => within(tellingTimes.beatMs));
    });
  }

  within(tellingTimes.gatherMs);
  return {
    changed: () => within(tellingTimes.gatherMs),
    stop() {
      stopped = true;
      cancel();
    },
  };
}
