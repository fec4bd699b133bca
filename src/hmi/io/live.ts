/** The live stream: server-sent events to every open page, bounded in number and in what may wait to be sent. */
import type { ServerResponse } from "node:http";
import type { Recorded } from "../../jobs/controller.ts";
import { jobOf } from "../../jobs/event.ts";
import type { PersonId } from "../../kernel/names.ts";
import type { LiveEvent } from "../api.ts";
import type { Desk } from "../route.ts";

/** Whose stream it is. */
export interface Listener {
  readonly person: PersonId;
  readonly session: string;
  /** The name that the page gave itself, or null. */
  readonly page: string | null;
  /** Asked before anything is sent. */
  readonly stillSignedIn: () => boolean;
}

export interface LiveStream {
  /** Takes over a response; an older one makes room where there are too many. */
  add(response: ServerResponse, listener: Listener): void;
  close(): void;
}

const mostStreams = 32;
/** A person looks at one page, perhaps at a second; a third is one that was not closed yet. */
const mostOfOneSession = 3;
/** A page that reads slower than this is cut off; it connects again and asks for everything anew. */
const mostWaitingBytes = 65_536;

/** How often the presence device is looked at. */
const lookMs = 200;

type LiveDesk = Pick<Desk, "clock" | "telemetry" | "presence" | "sync" | "evidenceToQa" | "controller" | "scanner">;

/** Starts the heartbeat. */
export function createLiveStream(desk: LiveDesk, periodMs: number): LiveStream {
  const streams = new Map<ServerResponse, Listener>();
  const { clock, telemetry, presence, sync, evidenceToQa, controller, scanner } = desk;

  /** `told` is what the page that the scanner serves hears, `others` what every other one does. */
  function send(told: LiveEvent, others = told): void {
    const [mine, theirs] = [written(told), written(others)];
    for (const [response, { stillSignedIn, page }] of streams) {
      if (!stillSignedIn() || response.writableLength > mostWaitingBytes) drop(response);
      else response.write(isServed(page) ? mine : theirs);
    }
  }
  const isServed = (page: string | null) => page !== null && page === scanner.page;

  function drop(response: ServerResponse): void {
    streams.delete(response);
    response.end();
  }

  /** The oldest of the same session goes; where the house is full, the oldest of whoever has the most. */
  function makeRoom({ session }: Listener): void {
    const own = [...streams].filter(([, each]) => each.session === session);
    if (own.length >= mostOfOneSession) return own.slice(0, own.length - mostOfOneSession + 1).forEach(dropEntry);
    if (streams.size < mostStreams) return;
    const most = mostFrequent([...streams.values()].map((each) => each.person));
    [...streams]
      .filter(([, each]) => each.person === most)
      .slice(0, 1)
      .forEach(dropEntry);
  }

  const dropEntry = ([response]: readonly [ServerResponse, Listener]) => drop(response);
  const beat = (mine: boolean): LiveEvent => {
    const { online, scanned, what, read } = presence();
    const isNew = read?.number !== scanner.before?.number || read?.code !== scanner.before?.code;
    const scanning = { mine, read: mine && isNew ? read : null };
    const live = { at: clock.now(), telemetry: telemetry(), sync: sync(), evidenceToQa: evidenceToQa() };
    return { kind: "beat", ...live, presence: { online, scanned, what }, scanner: scanning };
  };
  let said = "";
  let beatAt = Number.NEGATIVE_INFINITY;
  /** A scan or a press at the cell is told at once, everything else with the next beat. */
  const look = (): void => {
    const now = JSON.stringify([presence(), scanner.page]);
    if (now !== said || clock.monotonic() - beatAt >= periodMs) {
      said = now;
      beatAt = clock.monotonic();
      send(beat(true), beat(false));
    }
    cancel = clock.after(lookMs, look);
  };
  let cancel = clock.after(lookMs, look);
  const unsubscribe = controller.subscribe(({ seq, at, event }: Recorded) =>
    send({ kind: "changed", at, seq, type: event.type, job: jobOf(event) }),
  );

  return {
    add(response, listener) {
      makeRoom(listener);
      response.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
      response.write(`retry: 1000\n\n${written(beat(isServed(listener.page)))}`);
      streams.set(response, listener);
      response.once("close", () => streams.delete(response));
    },
    close() {
      cancel();
      unsubscribe();
      for (const response of [...streams.keys()]) drop(response);
    },
  };
}

function written(event: LiveEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

function mostFrequent(people: readonly PersonId[]): PersonId | undefined {
  const counts = new Map<PersonId, number>();
  for (const person of people) counts.set(person, (counts.get(person) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
