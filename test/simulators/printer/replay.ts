/** Replays a recorded Marlin session against the simulated printer in virtual time and lists the differences. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Printer } from "../../../src/simulators/printer/printer.ts";
import { recordedPeer } from "../../../src/simulators/printer/profile.ts";
import type { HeaterName, RecordedSensor } from "../../../src/simulators/printer/thermal.ts";

export interface WireRecord {
  readonly t: number;
  readonly dir: "tx" | "rx";
  readonly text: string;
}

export interface Transcript {
  readonly name: string;
  /** Times in seconds at which the recorded peer was restarted. */
  readonly resets: readonly number[];
  readonly records: readonly WireRecord[];
}

export interface TimedLine {
  readonly atMs: number;
  readonly text: string;
}

const folder = resolve(import.meta.dirname, "../../../../shared/data/transcripts/marlin");

/** All recorded Marlin sessions; throws when they are not there. */
export function transcripts(): Transcript[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  return names.sort().map(readTranscript);
}

function readTranscript(name: string): Transcript {
  const lines = readFileSync(join(folder, name), "utf8").trimEnd().split("\n");
  const [about, ...rest] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const records = rest.map((record) => {
    const text =
      typeof record["hex"] === "string" ? Buffer.from(record["hex"], "hex").toString("latin1") : record["text"];
    return { t: record["t"], dir: record["dir"], text } as WireRecord;
  });
  return { name, resets: (about?.["resets"] as number[] | undefined) ?? [], records };
}

/** The temperatures that the recorded peer told, as its sensors: between two tellings they change evenly. */
function sensorOf(records: readonly WireRecord[]): RecordedSensor {
  const points: Record<HeaterName, { ms: number; celsius: number }[]> = { hotend: [], bed: [] };
  for (const record of records) {
    const match = /T:(-?[\d.]+) .*B:(-?[\d.]+) /.exec(record.dir === "rx" ? record.text : "");
    if (match === null) continue;
    points.hotend.push({ ms: record.t * 1000, celsius: Number(match[1]) });
    points.bed.push({ ms: record.t * 1000, celsius: Number(match[2]) });
  }
  return (heater, nowMs) => {
    const track = points[heater];
    const after = track.findIndex((point) => point.ms >= nowMs);
    if (track.length === 0) return 19.37;
    if (after <= 0) return track.at(after)!.celsius;
    const [a, b] = [track[after - 1]!, track[after]!];
    return a.celsius + ((b.celsius - a.celsius) * (nowMs - a.ms)) / (b.ms - a.ms || 1);
  };
}

/** How long a line may be late before the host of the replay goes on without it. */
const patienceMs = 1500;

/**
 * Plays the host's part at the recorded times and returns what the printer answered. Where the recorded host had
 * waited for answers, the replayed one waits for as many, so that a few milliseconds of motion do not change who
 * was first.
 */
export function replay(transcript: Transcript): TimedLine[] {
  const options = { profile: recordedPeer, speed: 1, seed: 1, recordedSensor: sensorOf(transcript.records) };
  const printer = new Printer(options, 0);
  const heard: TimedLine[] = [];
  const resets = [...transcript.resets];
  const run = (toMs: number, enough: number): void => {
    for (;;) {
      const due = printer.nextMs();
      const next = Math.min(due, toMs);
      printer.advance(next);
      for (const line of printer.takeOutput()) {
        heard.push({ atMs: line.atMs, text: Buffer.from(line.bytes).toString("latin1") });
      }
      if (due > toMs || (heard.length >= enough && next >= toMs)) return;
    }
  };
  let expected = 0;
  let clockMs = 0;
  for (const record of transcript.records) {
    const atMs = record.t * 1000;
    const resetMs = (resets[0] ?? Number.POSITIVE_INFINITY) * 1000;
    if (atMs >= resetMs) {
      resets.shift();
      run(resetMs, 0);
      printer.inject({ name: "reset" }, resetMs);
      clockMs = resetMs;
    }
    if (record.dir === "rx") {
      expected += 1;
      continue;
    }
    clockMs = Math.max(clockMs, atMs);
    run(clockMs, 0);
    while (heard.length < expected && clockMs < atMs + patienceMs) {
      clockMs += 0.25;
      run(clockMs, 0);
    }
    printer.receive(Buffer.from(record.text, "latin1"), clockMs);
  }
  run(Math.max(clockMs, (transcript.records.at(-1)?.t ?? 0) * 1000) + 400, 0);
  return heard;
}
