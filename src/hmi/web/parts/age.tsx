/** A live value with its age: older than twice its period it is hatched and says since when nothing came (R5). */
import { cell, linked, now } from "../store.ts";
import { clock } from "../words.ts";

interface LiveValueProps {
  readonly label: string;
  readonly value: string | null;
  readonly at: number | null;
}

/** One value, its name and its age. */
export function LiveValue({ label, value, at }: LiveValueProps) {
  const period = cell.value?.telemetryPeriodMs ?? 1_000;
  const age = at === null ? null : Math.max(0, now.value - at);
  const stale = age === null || age > 2 * period || !linked.value;
  const told = at === null ? "no data yet" : stale ? `no data since ${clock(at)}` : `${(age / 1000).toFixed(0)} s ago`;
  return (
    <div class={stale ? "live stale" : "live"} data-live={label}>
      <span class="name">{label}</span>
      <strong>{value ?? "—"}</strong>
      <span class="age">{told}</span>
    </div>
  );
}
