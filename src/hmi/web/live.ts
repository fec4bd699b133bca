/** The live stream into the store, opened again for as long as somebody is signed in. */
import type { LiveEvent } from "../api.ts";
import { hear, loadSession, page, refresh, session, tick } from "./store.ts";

const tickMs = 250;
/** News that come together are asked for together. */
const gatherMs = 120;

let source: EventSource | null = null;
let gathering = false;

/** Starts time and keeps the stream open. */
export function startLive(): void {
  setInterval(tick, tickMs);
  session.subscribe((value) => (value?.person ? listen() : hush()));
}

function listen(): void {
  if (source) return;
  const opened = new EventSource(`/api/events?page=${page}`);
  source = opened;
  opened.onopen = () => void refresh();
  opened.onmessage = ({ data }: MessageEvent<string>) => {
    const event = JSON.parse(data) as LiveEvent;
    hear(event);
    if (event.kind === "changed") gather();
  };
  opened.onerror = () => {
    if (opened.readyState !== EventSource.CLOSED) return;
    if (source === opened) source = null;
    setTimeout(() => void loadSession().then(() => session.value?.person && listen()), 1_000);
  };
}

function hush(): void {
  source?.close();
  source = null;
}

function gather(): void {
  if (gathering) return;
  gathering = true;
  setTimeout(() => {
    gathering = false;
    void refresh();
  }, gatherMs);
}
