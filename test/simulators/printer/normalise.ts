/** The only differences from a recorded line that a replay may show, each with its reason. */
import type { TimedLine, Transcript } from "./replay.ts";

/** Names of the normalisations, as the replay test reports them. */
export type Normalisation = "buffer-race" | "sensor" | "stop-place" | "busy-order";

/**
 * - buffer-race: the B of an ok (free command buffers) when at least two lines were in flight and the ok followed
 *   another within 2 ms. It tells how two threads of the recorded peer raced; two of its runs differ there too.
 * - sensor: temperatures are played from the recording and read some milliseconds earlier or later: 1 degC; and the
 *   heater power `@:` of a heater that has a target, which depends on PID internals.
 * - stop-place: where M410 caught the moving head: 0.2 mm (10 ms at 20 mm/s), in the M114 after it.
 * - busy-order: in 06 a busy line and a temperature report fall due in the same millisecond, or the VM stalled: a
 *   busy line may stand up to three places from where it was recorded, if its time agrees within 250 ms.
 */
export const maximumLatenessMs = 250;

/** What a comparison found: differences in words, and which normalisations it needed. */
export interface Comparison {
  readonly differences: readonly string[];
  readonly used: ReadonlySet<Normalisation>;
  readonly latestMs: number;
}

/** Compares what was heard in a replay with the recorded answers, line by line and in order. */
export function compare(transcript: Transcript, heard: readonly TimedLine[]): Comparison {
  const used = new Set<Normalisation>();
  const differences: string[] = [];
  const expected = recordedLines(transcript);
  const got = transcript.name.startsWith("06") ? alignBusy(expected, heard, used) : [...heard];
  let latestMs = 0;
  for (let i = 0; i < Math.max(expected.length, got.length); i += 1) {
    const want = expected[i];
    const line = got[i];
    if (want === undefined || line === undefined) {
      differences.push(
        `line ${i}: recorded ${want?.text.trim() ?? "nothing"}, heard ${line?.text.trim() ?? "nothing"}`,
      );
      continue;
    }
    const difference = want.text === line.text ? null : differenceOf(want, line, used);
    if (difference !== null) differences.push(`line ${i} at ${want.atMs} ms: ${difference}`);
    latestMs = Math.max(latestMs, Math.abs(line.atMs - want.atMs));
  }
  if (latestMs > maximumLatenessMs) differences.push(`a line came ${Math.round(latestMs)} ms off its recorded time`);
  return { differences, used, latestMs };
}

interface RecordedLine extends TimedLine {
  /** Another ok came at most 2 ms before while two lines or more were in flight. */
  readonly races: boolean;
  readonly afterStop: boolean;
}

function recordedLines(transcript: Transcript): RecordedLine[] {
  const lines: RecordedLine[] = [];
  let inFlight = 0;
  let lastOkMs = Number.NEGATIVE_INFINITY;
  let afterStop = false;
  for (const record of transcript.records) {
    const atMs = record.t * 1000;
    if (record.dir === "tx") {
      inFlight += record.text.split("\n").length - 1;
      afterStop ||= record.text.includes("M410");
      continue;
    }
    const isOk = record.text.startsWith("ok");
    lines.push({ atMs, text: record.text, races: isOk && inFlight >= 2 && atMs - lastOkMs <= 2, afterStop });
    if (!isOk) continue;
    inFlight = Math.max(0, inFlight - 1);
    lastOkMs = atMs;
  }
  return lines;
}

function differenceOf(want: RecordedLine, line: TimedLine, used: Set<Normalisation>): string | null {
  const plain = `recorded ${want.text.trim()}, heard ${line.text.trim()}`;
  const racing = want.races && withoutBuffers(want.text) === withoutBuffers(line.text);
  const sensed = sameTemperatures(want.text, line.text);
  const stopped = want.afterStop && samePlace(want.text, line.text);
  if (racing) used.add("buffer-race");
  else if (sensed) used.add("sensor");
  else if (stopped) used.add("stop-place");
  else return plain;
  return null;
}

const withoutBuffers = (text: string): string => text.replace(/ B\d\n$/, "\n");

const temperatures = /^(ok| )(.*T:)(-?[\d.]+) \/(\S+) B:(-?[\d.]+) \/(\S+) @:(\d+) B@:(\d+)(.*\n)$/;

function sameTemperatures(a: string, b: string): boolean {
  const [p, q] = [temperatures.exec(a), temperatures.exec(b)];
  if (p === null || q === null) return false;
  const equal = [1, 2, 4, 6, 9].every((i) => p[i] === q[i]);
  const near = [3, 5].every((i) => Math.abs(Number(p[i]) - Number(q[i])) <= 1);
  const power = (i: number, target: number): boolean => Number(p[target]) > 0 || p[i] === q[i];
  return equal && near && power(7, 4) && power(8, 6);
}

const place = /^X:(-?[\d.]+) Y:(-?[\d.]+) Z:(-?[\d.]+) (E:.*) Count X:(-?\d+) Y:(-?\d+) Z:(-?\d+)\n$/;
/** Steps per millimetre of X, Y, Z. */
const stepsPerMm = [80, 80, 400];

function samePlace(a: string, b: string): boolean {
  const [p, q] = [place.exec(a), place.exec(b)];
  if (p === null || q === null || p[4] !== q[4]) return false;
  return [0, 1, 2].every((axis) => {
    const off = Math.abs(Number(p[1 + axis]) - Number(q[1 + axis]));
    const steps = Math.abs(Number(p[5 + axis]) - Number(q[5 + axis]));
    return off <= 0.2 && steps <= 0.2 * stepsPerMm[axis]!;
  });
}

/** Moves busy lines that were heard near their recorded place to that place. */
function alignBusy(
  expected: readonly RecordedLine[],
  heard: readonly TimedLine[],
  used: Set<Normalisation>,
): TimedLine[] {
  const isBusy = (line: TimedLine | undefined): boolean => line?.text.startsWith("echo:busy") === true;
  const aligned = [...heard];
  for (let i = 0; i < expected.length; i += 1) {
    if (isBusy(expected[i]) === isBusy(aligned[i])) continue;
    const from = isBusy(expected[i])
      ? aligned.findIndex((line, j) => j > i && j <= i + 3 && isBusy(line))
      : aligned.findIndex((line, j) => j > i && j <= i + 3 && !isBusy(line));
    if (from < 0) continue;
    used.add("busy-order");
    aligned.splice(i, 0, ...aligned.splice(from, 1));
  }
  return aligned;
}
