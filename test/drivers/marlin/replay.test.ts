/** Recorded answers of real firmware, fed to the driver: what it sends in return is sane. */
import { describe, expect, test } from "vitest";
import { hear, type Link, newLink, pump, rebase, takeOutput } from "../../../src/drivers/marlin/link.ts";
import { createProtocol } from "../../../src/drivers/marlin/protocol.ts";
import { readReply } from "../../../src/drivers/marlin/reply.ts";
import { checksum, firstNumber } from "../../../src/drivers/marlin/wire.ts";
import { latin1, setupOf } from "./rig.ts";
import { type Recorded, recorded, transcripts } from "./transcripts.ts";

/** The recording's commands in order, each with what came back before the next was sent; repeats are left out. */
function exchanges(records: readonly Recorded[]): { command: string; answers: string[] }[] {
  const all: { command: string; answers: string[] }[] = [];
  for (const { dir, text } of records) {
    if (dir === "rx") all.at(-1)?.answers.push(text.trimEnd());
    else all.push({ command: /^N\d+ (.*)\*\d+\n$/.exec(text)?.[1] ?? "", answers: [] });
  }
  return all;
}

/** Recorded numbers start at 0; the driver's do not. */
function shifted(line: string, by: number): string {
  return line.replace(/(ok N|Resend: |Last Line: )(\d+)/, (_, what: string, n: string) => `${what}${Number(n) + by}`);
}

function sent(link: Link): { number: number; command: string }[] {
  return takeOutput(link)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, number, command, sum] = /^N(\d+) (.*)\*(\d+)$/.exec(line) ?? [];
      expect(checksum(`N${number} ${command}`)).toBe(Number(sum));
      return { number: Number(number), command: command ?? "" };
    });
}

describe("recordings", () => {
  test("[F25] a recorded print is sent again in the same order, with numbers without a gap", () => {
    const all = exchanges(recorded("marlin/02-stream-layers")).slice(1);
    const link = newLink();
    let [now, next] = [0, 0];
    rebase(link, now);
    expect(sent(link)).toEqual([{ number: firstNumber, command: `M110 N${firstNumber}` }]);
    hear(link, readReply(`ok N${firstNumber} P15 B7`), now);
    const seen: string[] = [];
    while (seen.length < all.length) {
      now += 1;
      pump(link, now, () => all[next++]?.command ?? null);
      const lines = sent(link);
      expect(lines.length).toBeGreaterThan(0);
      for (const { number, command } of lines) {
        expect(number).toBe(firstNumber + 1 + seen.length);
        for (const answer of all[seen.length]!.answers)
          hear(link, readReply(answer.replace(/^ok N\d+/, `ok N${number}`)), now);
        seen.push(command);
      }
    }
    expect(seen).toEqual(all.map((e) => e.command));
    expect(link.resends).toBe(0);
  });

  test("[F25] a bad line inside a window of six brings five errors and is repeated once, from the right line", () => {
    const records = recorded("marlin/03-checksum-resend");
    const at = records.findIndex((r) => r.text.includes("w92"));
    const answers = records.slice(at + 1, at + 18).map((r) => shifted(r.text.trimEnd(), firstNumber - 10));
    const link = newLink({ ...newLink().limits, rxBytes: 200 });
    const commands = [11, 12, 13, 14, 15, 16].map((n) => `M118 E1 w${n}`);
    rebase(link, 0);
    hear(link, readReply(`ok N${firstNumber} P15 B7`), 0);
    pump(link, 0, () => commands.shift() ?? null);
    expect(sent(link)).toHaveLength(7);
    answers.forEach((line, i) => {
      hear(link, readReply(line), i);
      pump(link, i, () => null);
    });
    pump(link, 500, () => null);
    const repeated = sent(link).filter(({ command }) => command !== "M113 S1");
    expect(repeated.map((line) => line.command)).toEqual([12, 13, 14, 15, 16].map((n) => `M118 E1 w${n}`));
    expect(repeated[0]?.number).toBe(firstNumber + 2);
    expect(link.resends).toBe(1);
  });

  test.each([...transcripts("marlin"), ...transcripts("octoprint-virtual")])(
    "%s: whatever is heard, only well-formed lines are sent, and nothing moves",
    (name) => {
      const protocol = createProtocol(setupOf({ serial: null }));
      const written: string[] = [];
      const step = (event: Parameters<typeof protocol>[0], mono: number) => {
        for (const output of protocol(event, { mono, utc: mono }))
          if (output.kind === "write") written.push(output.text);
      };
      step({ kind: "opened" }, 0);
      let mono = 0;
      for (const { dir, t, text } of recorded(name)) {
        for (; mono + 50 < t * 1000; mono += 50) step({ kind: "tick" }, mono);
        if (dir === "rx") step({ kind: "bytes", bytes: latin1(text) }, mono);
      }
      const lines = written
        .join("")
        .split("\n")
        .filter((line) => line !== "");
      for (const line of lines) {
        const [, body, sum] = /^(N\d+ [A-Z][ -)+-:<-~]*)\*(\d+)$/.exec(line) ?? [];
        if (body === undefined) expect(["M108", "M410"]).toContain(line);
        else expect(checksum(body)).toBe(Number(sum));
        expect(line).not.toMatch(/ G[0-9]/);
        expect(line.length).toBeLessThanOrEqual(95);
      }
      expect(lines.length).toBeLessThan(400);
    },
  );

  test.each([...transcripts("klipper").slice(0, 1), ...transcripts("grbl"), ...transcripts("grblhal")])(
    "[F25][L8] %s: a peer that is none of the family is refused in words, and hears nothing but the greeting",
    (name) => {
      const protocol = createProtocol(setupOf({ serial: null }));
      let [written, refused] = ["", ""];
      let mono = 0;
      const step = (event: Parameters<typeof protocol>[0]) => {
        for (const output of protocol(event, { mono, utc: mono })) {
          if (output.kind === "write") written += output.text;
          else if (output.kind === "observe" && output.observation.kind === "offline")
            refused ||= output.observation.fault.code;
        }
      };
      step({ kind: "opened" });
      for (const { dir, t, text } of recorded(name)) {
        for (; mono + 50 < t * 1000; mono += 50) step({ kind: "tick" });
        if (dir === "rx" && refused === "") step({ kind: "bytes", bytes: latin1(text) });
      }
      expect(refused).toBe("wrong-firmware");
      expect(written).not.toMatch(/ [G]\d|M10[49]|M1[49]0/);
    },
  );
});
