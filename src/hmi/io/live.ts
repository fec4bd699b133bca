/** The live stream: server-sent events to every open page, bounded in number and in what may wait to be sent. */
import type { ServerResponse } from "node:http";
import type { Recorded } from "../../jobs/controller.ts";
import { jobOf } from "../../jobs/event.ts";
import type { LiveEvent } from "../api.ts";
import type { HmiPorts } from "../ports.ts";

export interface LiveStream {
  /** Takes over a response; returns false when there are too many already. */
  add(response: ServerResponse, stillSignedIn: () => boolean): boolean;
  close(): void;
}

const mostStreams = 32;
/** A page that reads slower than this is cut off; it connects again and asks for everything anew. */
const mostWaitingBytes = 65_536;

/** Starts the heartbeat. */
export function createLiveStream(ports: Omit<HmiPorts, "history">, periodMs: number): LiveStream {
  const streams = new Map<ServerResponse, () => boolean>();
  const { clock, telemetry, presence, controller } = ports;

  function send(event: LiveEvent): void {
    const text = `data: ${JSON.stringify(event)}\n\n`;
    for (const [response, stillSignedIn] of streams) {
      if (!stillSignedIn() || response.writableLength > mostWaitingBytes) drop(response);
      else response.write(text);
    }
  }

  function drop(response: ServerResponse): void {
    streams.delete(response);
    response.end();
  }

  const beat = (): LiveEvent => ({ kind: "beat", at: clock.now(), telemetry: telemetry(), presence: presence() });
  let cancel = clock.after(periodMs, function again() {
    send(beat());
    cancel = clock.after(periodMs, again);
  });
  const unsubscribe = controller.subscribe(({ seq, at, event }: Recorded) =>
    send({ kind: "changed", at, seq, type: event.type, job: jobOf(event) }),
  );

  return {
    add(response, stillSignedIn) {
      if (streams.size >= mostStreams) return false;
      response.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
      response.write(`retry: 1000\n\ndata: ${JSON.stringify(beat())}\n\n`);
      streams.set(response, stillSignedIn);
      response.once("close", () => streams.delete(response));
      return true;
    },
    close() {
      cancel();
      unsubscribe();
      for (const response of [...streams.keys()]) drop(response);
    },
  };
}
