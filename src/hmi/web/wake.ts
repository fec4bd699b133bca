/** Dimming, cleaning, and telling the server that somebody is here. */
import { signal } from "@preact/signals";
import { post } from "./client.ts";
import { cell, session } from "./store.ts";

export const dimmed = signal(false);
/** End of the cleaning mode by this page's own clock; null when it is off. */
export const cleaningUntil = signal<number | null>(null);

const dimAfterMs = 3 * 60_000;
const touchEveryMs = 30_000;
export const cleaningMs = 60_000;

let touchedAt = performance.now();
let toldAt = 0;

/** Watches touches and keys; an alarm that was not there before wakes the screen by itself. */
export function startWatching(): void {
  const touched = () => {
    touchedAt = performance.now();
    if (session.value?.person && touchedAt - toldAt > touchEveryMs) {
      toldAt = touchedAt;
      void post("/api/touch");
    }
  };
  for (const name of ["pointerdown", "keydown"] as const) document.addEventListener(name, touched, { capture: true });
  setInterval(() => {
    if (performance.now() - touchedAt > dimAfterMs) dimmed.value = true;
    if (cleaningUntil.value !== null && performance.now() > cleaningUntil.value) cleaningUntil.value = null;
  }, 500);
  let before = "";
  cell.subscribe((view) => {
    const alarms = (view?.alarms ?? []).map((alarm) => alarm.key).join();
    if (alarms !== before && alarms.length > before.length) wake();
    before = alarms;
  });
}

/** Lights the screen again. */
export function wake(): void {
  touchedAt = performance.now();
  dimmed.value = false;
}

/** Starts the cleaning mode. */
export function clean(): void {
  cleaningUntil.value = performance.now() + cleaningMs;
}
