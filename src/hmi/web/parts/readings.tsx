/** Live values of a machine that is no printer: each with the time it is from, hatched when the machine is not watched (R5). */
import type { Reading } from "../../../equipment/machine.ts";
import type { MachineView } from "../../api.ts";
import { linked, now } from "../store.ts";
import { clock, plain } from "../words.ts";
import { Temperatures } from "./temperatures.tsx";

/** A driver that watches its machine says so at least this often; a steady value stays true for as long. */
const watchedMs = 6_000;

interface ReadingsProps {
  readonly machine: MachineView | undefined;
  /** How many there is room for. */
  readonly most: number;
}

/** The temperatures of a printer, or the readings of another machine. */
export function Readings({ machine, most }: ReadingsProps) {
  const telemetry = machine?.telemetry ?? null;
  const readings = telemetry?.readings ?? [];
  if (machine?.builds) return <Temperatures machine={machine} />;
  if (readings.length === 0) return <p class="quiet">No live values yet.</p>;
  const watched = machine?.online === true && linked.value && now.value - (telemetry?.at ?? 0) <= watchedMs;
  return (
    <div class="lives">
      {readings.slice(0, most).map((each) => (
        <ReadingBox key={each.name} reading={each} watched={watched} />
      ))}
    </div>
  );
}

function ReadingBox({ reading, watched }: { readonly reading: Reading; readonly watched: boolean }) {
  const { name, value, unit, at } = reading;
  const seconds = Math.max(0, Math.round((now.value - at) / 1000));
  const age = seconds < 60 ? `${seconds} s ago` : `unchanged since ${clock(at)}`;
  return (
    <div class={watched ? "live" : "live stale"} data-live={name}>
      <span class="name">{plain(name)}</span>
      <strong>{worded(value, unit)}</strong>
      <span class="age">{watched ? age : `no data since ${clock(at)}`}</span>
    </div>
  );
}

function worded(value: Reading["value"], unit: string): string {
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "string") return value === "" ? "—" : value;
  const text = Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 2 : 1);
  return unit === "" ? text : `${text} ${unit === "C" ? "°C" : unit}`;
}
