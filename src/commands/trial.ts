/** A trial of a program at a machine: what is counted, when a layer may follow, and how it is told afterwards. */
import type { Answer, Fault, LayerSummary, MachineIdentity, Observation, Telemetry } from "../equipment/machine.ts";
import type { AttemptId, Digest } from "../kernel/names.ts";
import type { EpochMs, Milliseconds } from "../kernel/units.ts";

/** Different answers that are kept; of those beyond it only the number is. */
const mostRemarks = 200;

/** What is tried. */
export interface Tried {
  readonly equipment: string;
  readonly program: Digest;
  /** Commands of the program up to and with each layer; the first is what stands before layer 1. */
  readonly linesUpTo: readonly number[];
  readonly lines: number;
  readonly layers: number;
}

export type TrialEnd =
  | { readonly kind: "finished"; readonly program: Digest; readonly lines: number; readonly resends: number }
  | { readonly kind: "failed"; readonly fault: Fault; readonly heaters: "off" | "unknown" }
  | { readonly kind: "refused"; readonly fault: Fault }
  | { readonly kind: "aborted"; readonly answer: Answer["kind"] };

export interface Trial {
  readonly tried: Tried;
  readonly attempt: AttemptId;
  identity: MachineIdentity | null;
  startedAt: EpochMs;
  endedAt: EpochMs;
  readonly layers: LayerSummary[];
  readonly remarks: Map<string, number>;
  /** Answers beyond those that are kept. */
  moreRemarks: number;
  /** Alarms, gaps and losses on the way, in words. */
  readonly incidents: string[];
  end: TrialEnd | null;
}

export function newTrial(tried: Tried, attempt: AttemptId): Trial {
  return {
    ...{ tried, attempt, identity: null, startedAt: 0, endedAt: 0, layers: [], remarks: new Map(), moreRemarks: 0 },
    ...{ incidents: [], end: null },
  };
}

/** What the machine said and its driver has no meaning for. */
export function remark(trial: Trial, text: string): void {
  const seen = trial.remarks.get(text);
  if (seen !== undefined) trial.remarks.set(text, seen + 1);
  else if (trial.remarks.size < mostRemarks) trial.remarks.set(text, 1);
  else trial.moreRemarks++;
}

/** Takes one observation; the number is the layer that may be made next, null where nothing is to be said. */
export function follow(trial: Trial, observation: Observation): number | null {
  const mine = !("attempt" in observation) || observation.attempt === trial.attempt;
  if (!mine) return null;
  if (observation.kind === "online") trial.identity = observation.identity;
  else if (observation.kind === "layer-done") {
    trial.layers.push(observation.summary);
    return observation.layer + 1;
  } else if (observation.kind === "finished") {
    const { program, lines, resends } = observation.executed;
    trial.end ??= { kind: "finished", program, lines, resends };
  } else if (observation.kind === "failed") {
    trial.end ??= { kind: "failed", fault: observation.fault, heaters: observation.heaters };
  } else if (trial.incidents.length < mostRemarks) {
    if (observation.kind === "offline") trial.incidents.push(observation.fault.what);
    else if (observation.kind === "gap" || observation.kind === "foreign-action")
      trial.incidents.push(observation.what);
    else trial.incidents.push(`${observation.alarm.active ? "Alarm" : "Alarm ended"}: ${observation.alarm.what}`);
  }
  return null;
}

/** The line that is printed every second. */
export function progressLine(trial: Trial, telemetry: Telemetry | null, now: EpochMs): string {
  const { tried, layers, startedAt } = trial;
  const seconds = Math.max(0.001, (now - startedAt) / 1000);
  const lines = tried.linesUpTo[layers.length] ?? 0;
  const resends = telemetry?.readings?.find(({ name }) => name === "resends")?.value ?? 0;
  const heat = (name: string, each: { actual: number; target: number } | null | undefined): string =>
    each === null || each === undefined
      ? `${name} ?`
      : `${name} ${each.actual.toFixed(1)}/${each.target.toFixed(0)} °C`;
  const old = telemetry === null ? "" : `, ${((now - telemetry.at) / 1000).toFixed(1)} s old`;
  return (
    `${seconds.toFixed(0).padStart(5)} s  layer ${layers.length} of ${tried.layers}  ` +
    `${(lines / seconds).toFixed(1)} lines/s  resends ${resends}  ` +
    `${heat("nozzle", telemetry?.hotend)}  ${heat("bed", telemetry?.bed)}${old}`
  );
}

/** What is written to the report's file: all that was seen, marked as what it is. */
export function reportOf(trial: Trial, proof: string | null): object {
  const { tried, attempt, identity, startedAt, endedAt, layers, incidents, end } = trial;
  const seconds = (endedAt - startedAt) / 1000;
  const lines = end?.kind === "finished" ? end.lines : (tried.linesUpTo[layers.length] ?? 0);
  const durations = layers.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return {
    format: "cellward-trial-1",
    use: "PROTOTYPE, not for human use: no order, no inspection, no record",
    ...{ equipment: tried.equipment, identity, attempt, presence: proof, program: tried.program },
    ...{ startedAt: new Date(startedAt).toISOString(), seconds, end },
    executedAsOrdered: end?.kind === "finished" ? end.program === tried.program : false,
    ...{ lines, linesPerSecond: seconds > 0 ? Math.round((lines / seconds) * 10) / 10 : null },
    layersPlanned: tried.layers,
    layersDone: layers.length,
    layerMs: { p50: at(durations, 0.5), p95: at(durations, 0.95), most: durations.at(-1) ?? null },
    layers,
    unexpected: [...trial.remarks].map(([text, times]) => ({ text, times })),
    unexpectedNotKept: trial.moreRemarks,
    incidents,
  };
}

function at(sorted: readonly Milliseconds[], share: number): Milliseconds | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}

/** How it ended, in words. */
export function endWords(trial: Trial): string {
  const { end, tried, layers } = trial;
  if (end === null) return "It has not ended.";
  if (end.kind === "aborted") {
    return end.answer === "done"
      ? "Aborted: the machine stands still and is cool or cooling."
      : "Aborted, and the machine did not confirm it: go there and look.";
  }
  if (end.kind === "finished") {
    const same = end.program === tried.program ? "exactly the program" : "NOT the program that was given";
    return `Finished: ${end.lines} lines, ${layers.length} of ${tried.layers} layers, ${end.resends} resends; what was sent is ${same}.`;
  }
  return `${end.kind === "refused" ? "Refused" : "Failed"}: ${end.fault.what} What to do: ${end.fault.remedy}`;
}
