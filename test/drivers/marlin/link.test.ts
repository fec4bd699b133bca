/** The numbered stream against every kind of answer that real and virtual firmware gives, and against nonsense. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  defaultLimits,
  hear,
  isIdle,
  type Link,
  newLink,
  pump,
  rebase,
  takeOutput,
} from "../../../src/drivers/marlin/link.ts";
import { readReply } from "../../../src/drivers/marlin/reply.ts";
import { checksum, firstNumber } from "../../../src/drivers/marlin/wire.ts";

const n = (offset: number) => firstNumber + offset;

/** A link whose numbering is confirmed, with so many commands to send. */
function ready(commands: number, first = `ok N${n(0)} P15 B7`, changes: Partial<typeof defaultLimits> = {}) {
  const link = newLink({ ...defaultLimits, ...changes });
  let next = 0;
  const source = () => (next < commands ? `G1 X${++next}` : null);
  rebase(link, 0);
  const say = (now: number, ...lines: string[]) => {
    for (const line of lines) hear(link, readReply(line), now);
    pump(link, now, source);
    return sent(link);
  };
  takeOutput(link);
  return { link, say, sent: say(0, first) };
}

function sent(link: Link): string[] {
  const lines = takeOutput(link)
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => {
    const [, body = "", sum] = /^(N\d+ .*)\*(\d+)$/.exec(line) ?? [];
    expect(checksum(body)).toBe(Number(sum));
    return body.replace(/^N(\d+)/, (_, number: string) => `N${Number(number) - firstNumber}`);
  });
}

describe("the window", () => {
  test("[F25] without ADVANCED_OK one line at a time, unless the dialect knows better; and never more than the ring holds", () => {
    expect(ready(9, "ok").sent).toEqual(["N1 G1 X1"]);
    expect(ready(9, "ok", { plainInFlight: 4 }).sent).toHaveLength(4);
    expect(ready(9, "ok", { plainInFlight: 9, rxBytes: 63 }).sent).toHaveLength(3);
  });

  test("[F25] the places that `ok` tells bound the window; none free means one line", () => {
    expect(ready(9, `ok N${n(0)} P15 B3`).sent).toHaveLength(3);
    expect(ready(9, `ok N${n(0)} P0 B0`).sent).toHaveLength(1);
  });
});

describe("answers", () => {
  test("[F25] Resend without the closing ok is obeyed all the same", () => {
    const { say } = ready(1, "ok");
    expect(say(1, "Error: Checksum mismatch", `Resend:${n(1)}`)).toEqual([]);
    expect(say(50)).toEqual(["N1 G1 X1"]);
  });

  test("[F25] an acknowledged line that is asked for again comes from the history, and all behind it", () => {
    const { say } = ready(3, "ok");
    for (const now of [1, 2]) say(now, "ok");
    say(3, `Error: expected line ${n(2)} got ${n(3)}`, `Resend:${n(2)}`, "ok");
    expect([say(60), say(61, "ok")].flat()).toEqual(["N2 G1 X2", "N3 G1 X3"]);
  });

  test("[F25] a Resend of a line never sent repeats what is not sure", () => {
    const { say } = ready(3, "ok");
    expect(say(1, "Error: Missing checksum", `Resend:${n(11)}`, "ok")).toEqual(["N1 G1 X1"]);
  });

  test("[F25] a dropped duplicate, which gets no reply, is resolved by the next number", () => {
    const { say, link } = ready(2, "ok");
    expect(say(2600)).toEqual(["N2 G1 X2"]);
    say(2601, "ok");
    expect(isIdle(link)).toBe(true);
  });

  test("[F25] a firmware that counts a damaged line as taken loses the line: the stream ends", () => {
    const { say, link } = ready(2, "ok");
    expect(say(1, "Error: Checksum mismatch", `Resend:${n(2)}`, "ok")).toEqual(["N1 G1 X1"]);
    say(60, `Error: expected line ${n(2)} got ${n(1)}`, `Resend:${n(2)}`, "ok");
    expect(link.fault?.code).toBe("line-lost");
  });

  test("[F25] two answers in one line, with one wrong byte between them, cost nothing with numbers", () => {
    const { say, link } = ready(3);
    say(1, `ok N${n(1)} P15 B7\u008aok N${n(2)} P15 B7`);
    say(2, `ok N${n(3)} P15 B7`);
    expect(isIdle(link)).toBe(true);
  });

  test("[F25] `busy` holds the stream for long, and not for ever", () => {
    const { say, link } = ready(1, "ok", { longest: 60_000 });
    for (let now = 1000; now <= 61_000; now += 1000) expect(say(now, "echo:busy: processing")).toEqual([]);
    expect(link.fault?.code).toBe("endless-command");
  });
});

const answers = fc.oneof(
  fc.integer({ min: -2, max: 30 }).map((at) => `ok N${n(at)} P15 B7`),
  fc.integer({ min: -3, max: 40 }).map((at) => `Resend: ${n(at)}`),
  fc.constantFrom(
    "ok",
    "wait",
    "echo:busy: processing",
    "Error:checksum mismatch, Last Line: 3",
    "ok P15 B2",
    "ok T:20.0 /0.0 B:20.0 /0.0",
  ),
  fc.constantFrom("Error: expected line 9 got 4", "", "rs 5", "start", "echo:N12 G1 X5*1"),
  fc.string({ maxLength: 30 }),
);

test("[F25] whatever is answered: lines are well formed, in order, bounded, and no more are open than the ring holds", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(answers, fc.integer({ min: 0, max: 900 })), { maxLength: 60 }),
      fc.boolean(),
      (all, numbered) => {
        const { say, link } = ready(25, numbered ? undefined : "ok");
        let now = 0;
        let lines = 0;
        for (const [line, later] of all) {
          now += later;
          const bodies = say(now, line);
          lines += bodies.length;
          bodies.forEach((body, i) => {
            const before = bodies[i - 1];
            if (before !== undefined) expect(Number(/\d+/.exec(body))).toBe(Number(/\d+/.exec(before)) + 1);
          });
          // One more than the window: the line that finds out what became of the others.
          expect(link.cursor - 1 - link.acked).toBeLessThanOrEqual(
            defaultLimits.maxInFlight + defaultLimits.stallsInRow,
          );
        }
        expect(lines).toBeLessThan(60 * 8);
        expect(link.history.length).toBeLessThan(120);
      },
    ),
    { numRuns: 300 },
  );
});
