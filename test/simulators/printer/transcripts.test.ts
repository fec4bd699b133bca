/** The simulated printer answers as the recorded Marlin did, line by line. */
import { describe, expect, test } from "vitest";
import { compare, type Normalisation } from "./normalise.ts";
import { replay, transcripts } from "./replay.ts";

/** Which normalisations (normalise.ts says why each exists) a transcript may need; the others need none. */
const allowed: Record<string, readonly Normalisation[]> = {
  "03-checksum-resend": ["buffer-race"],
  "06-heating-m108": ["sensor", "busy-order"],
  "08-m112-silence-reset": ["sensor"],
  "09-m410-quickstop": ["buffer-race", "stop-place"],
  "12-limits": ["sensor"],
  "13-ok-flow": ["buffer-race"],
  "14-burst": ["buffer-race"],
  "15-soft-endstops": ["stop-place"],
};

const recorded = transcripts();

describe("recorded Marlin sessions", () => {
  test("all fifteen are there", () => {
    expect(recorded.length).toBe(15);
  });

  test.each(recorded.map((transcript) => [transcript.name.replace(".jsonl", ""), transcript] as const))(
    "%s is reproduced in order and in time [F25]",
    (name, transcript) => {
      const comparison = compare(transcript, replay(transcript));
      expect(comparison.differences).toEqual([]);
      for (const normalisation of comparison.used) expect(allowed[name] ?? []).toContain(normalisation);
    },
  );

  test("a replay is deterministic", () => {
    const burst = recorded.find((transcript) => transcript.name.startsWith("14"))!;
    expect(replay(burst)).toEqual(replay(burst));
  });
});
