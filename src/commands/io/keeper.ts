/** The keeper of keys and artifacts: destroys the key of erased texts, removes what was dropped, and reads what a job names. */
import type { KeepingPort } from "../../hmi/ports.ts";
import type { TimeSupport } from "../../jobs/keeping-event.ts";
import type { Digest, JobId } from "../../kernel/names.ts";
import type { Clock } from "../../kernel/ports.ts";
import type { EpochMs, Milliseconds } from "../../kernel/units.ts";
import { createArtifactAccount } from "../../ledger/artifact-account.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import type { ClockState } from "../../ledger/entry.ts";
import { lastCosignedAt } from "../../ledger/io/cosigned-time.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { VerifyingKey } from "../../ledger/signer.ts";
import { createSealing, type Sealing } from "../../people/io/sealing.ts";
import type { Keeper } from "../../perform.ts";
import { readJobArtifacts } from "../job-artifacts.ts";
import { type ClockWatch, watchClockState } from "./clock-state.ts";
import { systemClock } from "./system.ts";

export interface KeeperPorts {
  readonly ledger: Pick<Ledger, "read">;
  readonly artifacts: Pick<Artifacts, "remove">;
  readonly sealing: Pick<Sealing, "destroy">;
  /** Something could not be done; it is tried again. */
  readonly onProblem: (what: string) => void;
}

/** Binds the keeper; nothing of it rejects. */
export function createKeeper({ ledger, artifacts, sealing, onProblem }: KeeperPorts): Keeper {
  return {
    async destroyTextKey(of) {
      const done = sealing.destroy(of.id);
      if (!done) onProblem("the key of erased texts could not be destroyed");
      return done;
    },
    async removeArtifacts(_job: JobId, digests: readonly Digest[]) {
      try {
        const account = createArtifactAccount();
        for await (const { entry, body } of ledger.read(0)) account.take(entry.seq, entry.job, entry.type, body);
        const kept = account.kept();
        let removed = 0;
        for (const digest of digests) if (!kept.has(digest) && (await artifacts.remove(digest))) removed += 1;
        return removed;
      } catch (problem) {
        onProblem(`dropped files could not be removed (${(problem as NodeJS.ErrnoException).code ?? "unknown"})`);
        return null;
      }
    },
  };
}

/** What the desk asks of the record: whether the clock is borne out, and what a job names. */
export function createKeepingPort(ledger: Pick<Ledger, "read">, support: KeepingPort["timeSupport"]): KeepingPort {
  return {
    timeSupport: support,
    async artifactsOf(job) {
      const reading = readJobArtifacts(job);
      for await (const { entry, body } of ledger.read(0)) reading.take({ ...entry, body });
      return reading.found();
    },
  };
}

/** How long a countersignature bears out a clock. */
const freshMs: Milliseconds = 5 * 60_000;

/** Network time where the system says that it keeps the clock; else a countersignature of central QA from just now. */
export function timeSupport(state: ClockState, now: EpochMs, cosignedAt: () => EpochMs | null): TimeSupport | null {
  if (state === "synchronised") return { by: "network-time", at: now };
  const at = cosignedAt();
  return at !== null && Math.abs(now - at) <= freshMs ? { by: "central-qa", at } : null;
}

/** What bears the clock out at this moment: the time service is asked afresh, since its last answer may be of a clock set since. */
export function createTimeSupport(
  watch: Pick<ClockWatch, "ask">,
  clock: Pick<Clock, "now">,
  cosignedAt: () => EpochMs | null,
): () => Promise<TimeSupport | null> {
  return async () => timeSupport(await watch.ask(), clock.now(), cosignedAt);
}

export interface RecordKeeping {
  readonly keeper: Keeper;
  readonly port: KeepingPort;
  readonly sealing: Sealing;
  readonly clockState: () => ClockState;
  stop(): void;
}

export interface RecordKeepingOptions {
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
  readonly dataDir: string;
  readonly keysDir: string;
  /** By whose countersignatures a clock is borne out. */
  readonly witnesses: readonly VerifyingKey[];
  readonly log: (message: string, facts?: Record<string, unknown>) => void;
}

/** Everything that a running cell needs for the record itself: its clock's worth, the keys of its texts, its artifacts. */
export async function openRecordKeeping(options: RecordKeepingOptions): Promise<RecordKeeping> {
  const { ledger, artifacts, dataDir, keysDir, witnesses, log } = options;
  const watch = await watchClockState();
  const sealing = createSealing(keysDir);
  const support = createTimeSupport(watch, systemClock, () => lastCosignedAt(dataDir, witnesses));
  return {
    keeper: createKeeper({ ledger, artifacts, sealing, onProblem: (what) => log("keeping", { what }) }),
    port: createKeepingPort(ledger, support),
    sealing,
    clockState: watch.state,
    stop: watch.stop,
  };
}
