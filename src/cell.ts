/** The cell: a mailbox, one append in flight, the fold, and what the world is owed. The whole program in two screens. */

import { createDuties } from "./duties.ts";
import type { Controller, Recorded, Reply } from "./jobs/controller.ts";
import { decide } from "./jobs/decide/decide.ts";
import type { Event } from "./jobs/event.ts";
import { actorOf, jobOf } from "./jobs/event.ts";
import { evolve } from "./jobs/evolve.ts";
import type { Message } from "./jobs/message.ts";
import { isTowardSafety, type Obligation, obligations } from "./jobs/obligations.ts";
import { emptyState, type State } from "./jobs/state.ts";
import { assert } from "./kernel/assert.ts";
import type { Clock, Ids } from "./kernel/ports.ts";
import type { EpochMs, Milliseconds, MonotonicMs } from "./kernel/units.ts";
import type { ClockState, EntryDraft, JsonObject } from "./ledger/entry.ts";
import type { Ledger } from "./ledger/ledger.ts";

export interface CellPorts {
  readonly ledger: Pick<Ledger, "append" | "read">;
  /** The fold of the log's first entries, from a cache that was held against them; without it all of it is read. */
  readonly from?: State | null;
  readonly clock: Clock;
  readonly ids: Ids;
  /** What the system's clock is worth (NTP), asked at every write. */
  readonly clockState: () => ClockState;
  /** Does what is owed, or times out; answers with exactly one message. */
  readonly perform: (obligation: Obligation) => Promise<Message>;
  /** The ledger could not write, or the core is wrong about itself: the process has to end. */
  readonly onFatal: (problem: unknown) => void;
}

export interface Cell extends Controller {
  /** Ends without a word: nothing more is decided, owed or heard. */
  stop(): void;
}

interface Letter {
  readonly message: Message;
  readonly id: string;
  readonly wall: EpochMs;
  readonly mono: MonotonicMs;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (problem: unknown) => void;
}

/** How far the wall clock may drift from the monotonic one between two messages before that is a step. */
const stepToleranceMs: Milliseconds = 2_000;

/** Folds the ledger and opens for messages; the caller then submits its `boot` message. Rejects if the ledger cannot be read. */
export async function createCell(ports: CellPorts): Promise<Cell> {
  let { state, seq } = await replay(ports.ledger, ports.from ?? emptyState);
  let mailbox: Letter[] = [];
  let writing = false;
  let stopped = false;
  let offset: number | null = null;
  const hearers = new Set<(recorded: Recorded) => void>();
  const duties = createDuties(ports.clock, ports.perform, post, () => settle(state));

  function submit(message: Message): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (stopped) return reject(new Error("the cell has stopped"));
      noticeClockStep();
      const letter = {
        message,
        id: ports.ids.next("m"),
        wall: Math.floor(ports.clock.now()),
        mono: Math.floor(ports.clock.monotonic()),
      };
      mailbox.push({ ...letter, resolve, reject });
      void tick();
    });
  }

  function post(message: Message): void {
    submit(message).catch(() => undefined);
  }

  function noticeClockStep(): void {
    const now = ports.clock.now() - ports.clock.monotonic();
    const before = offset;
    offset = now;
    if (before === null || Math.abs(now - before) <= stepToleranceMs) return;
    const said = ports.clock.now();
    post({ kind: "clock-stepped", expected: Math.round(before + ports.clock.monotonic()), said });
  }

  async function tick(): Promise<void> {
    if (writing || stopped || mailbox.length === 0) return;
    writing = true;
    const letters = mailbox;
    mailbox = [];
    try {
      const { provisional, drafts, written, replies } = deliberate(letters);
      for (const owed of obligations(provisional)) if (isTowardSafety(owed)) duties.owe(owed);
      if (drafts.length > 0) await ports.ledger.append(drafts);
      if (stopped) return;
      state = provisional;
      for (const recorded of written) for (const hear of hearers) hear(recorded);
      for (const [index, letter] of letters.entries()) letter.resolve(replies[index]!);
      settle(state);
    } catch (problem) {
      stopped = true;
      duties.stop();
      for (const letter of [...letters, ...mailbox]) letter.reject(problem);
      ports.onFatal(problem);
      return;
    } finally {
      writing = false;
    }
    void tick();
  }

  function settle(durable: State): void {
    if (!stopped) duties.settle(obligations(durable));
  }

  /** Message by message on a provisional state, so that two starts in one tick cannot both pass. */
  function deliberate(letters: readonly Letter[]) {
    let provisional = state;
    const drafts: EntryDraft[] = [];
    const written: Recorded[] = [];
    const replies: Reply[] = [];
    for (const letter of letters) {
      const decision = decide(provisional, {
        at: letter.wall,
        mono: letter.mono,
        id: letter.id,
        message: letter.message,
      });
      provisional = decision.state;
      for (const event of decision.events) {
        drafts.push(draftOf(event, letter, provisional.boots, ports.clockState()));
        written.push({ seq: seq++, at: letter.wall, event });
      }
      replies.push(
        decision.refusal
          ? { kind: "refused", refusal: decision.refusal }
          : { kind: "accepted", events: decision.events },
      );
    }
    return { provisional, drafts, written, replies };
  }

  return {
    submit,
    state: () => state,
    subscribe(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    stop() {
      stopped = true;
      duties.stop();
    },
  };
}

function draftOf(event: Event, letter: Letter, boot: number, clockState: ClockState): EntryDraft {
  const { type, ...body } = event;
  return {
    job: jobOf(event),
    actorId: actorOf(event),
    type,
    body: body as unknown as JsonObject,
    at: letter.wall,
    mono: letter.mono,
    clockState,
    boot,
  };
}

/** The fold of what is durable, on from the fold of its first entries. */
async function replay(ledger: Pick<Ledger, "read">, from: State): Promise<{ state: State; seq: number }> {
  let state = from;
  let seq = from.clock.entries;
  for await (const { entry, body } of ledger.read(seq)) {
    assert(entry.seq === seq, `entry ${entry.seq} read where ${seq} was next`);
    seq += 1;
    state = evolve(state, { type: entry.type, ...body } as unknown as Event, entry.at);
  }
  return { state, seq };
}
