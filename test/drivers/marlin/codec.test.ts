/** Framing and reading of lines, against recorded firmware and against noise. */

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Reply, readReply } from "../../../src/drivers/marlin/reply.ts";
import { checksum, createLineSplitter, frame, isSendable, maxLineBytes } from "../../../src/drivers/marlin/wire.ts";
import { latin1 } from "./rig.ts";
import { recorded, transcripts } from "./transcripts.ts";

describe("framing", () => {
  test("[F25] checksums are those that real firmware took", () => {
    expect(checksum("N0 M110 N0")).toBe(125);
    expect(frame(14, "G1 X89.915 Y90.753 F7800")).toBe("N14 G1 X89.915 Y90.753 F7800*113\n");
    for (const { text } of recorded("marlin/02-stream-layers").filter((r) => r.dir === "tx")) {
      const [, number, command] = /^N(\d+) (.*)\*\d+\n$/.exec(text) ?? [];
      expect(frame(Number(number), command ?? "")).toBe(text);
    }
  });

  test("[F25] every damage of one byte shows in the checksum, and nothing sendable is cut by the firmware", () => {
    const command = fc.stringMatching(/^[A-Z][ -)+-:<-~]{0,81}$/);
    fc.assert(
      fc.property(command, fc.nat(9_999_999), fc.nat(), fc.integer({ min: 1, max: 255 }), (text, n, place, flip) => {
        expect(isSendable(text)).toBe(true);
        const line = frame(n, text).slice(0, -1);
        expect(line.length).toBeLessThanOrEqual(maxLineBytes);
        const star = line.lastIndexOf("*");
        const at = place % star;
        const damaged = line.slice(0, at) + String.fromCharCode(line.charCodeAt(at) ^ flip) + line.slice(at + 1, star);
        expect(checksum(damaged)).not.toBe(Number(line.slice(star + 1)));
      }),
    );
    for (const bad of ["", "g28", "G1 X1*5", "G1 ;x", "G1\n", "G1\u00e4", `G1 ${"9".repeat(90)}`])
      expect(isSendable(bad)).toBe(false);
  });

  test("lines come out the same however the bytes are cut, and an endless line stays bounded", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
        const whole = createLineSplitter()(Uint8Array.from(chunks.flatMap((chunk) => [...chunk])));
        const split = createLineSplitter();
        expect(chunks.flatMap((chunk) => split(chunk))).toEqual(whole);
      }),
    );
    const [line] = createLineSplitter(100)(latin1(`${"x".repeat(10_000)}\n`));
    expect(line).toHaveLength(100);
  });
});

describe("reading", () => {
  test("any text is read without an error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(readReply(String.fromCharCode(...bytes)).kind).toBeTypeOf("string");
      }),
    );
  });

  const cases: [string, Partial<Reply>][] = [
    ["ok N12 P15 B3", { kind: "ok", number: 12, free: 3, heat: null }],
    ["ok", { kind: "ok", number: null, free: null, heat: null }],
    ["Resend: 13", { kind: "resend", number: 13 }],
    ["Error: Missing checksum", { kind: "rejected" }],
    ["Error: expected line 3 got 4", { kind: "rejected" }],
    ["Error:Printer halted. kill() called!", { kind: "halted" }],
    ["echo:EMERGENCY SHUTDOWN DETECTED. KILLED.", { kind: "halted" }],
    ["Error: MINTEMP triggered!", { kind: "thermal" }],
    ["busy:processing", { kind: "busy" }],
    ["// action:pause", { kind: "action", name: "pause" }],
    ["//layer:7", { kind: "mark", text: "layer:7" }],
    ['echo:Unknown command: "M73 P50"', { kind: "unknown-command", command: "M73 P50" }],
  ];
  test.each(cases)("%s", (text, reply) => expect(readReply(text)).toMatchObject(reply));

  test("[F25] recorded answers of real firmware are all understood", () => {
    const counts = new Map<string, number>();
    for (const name of transcripts("marlin").concat(transcripts("octoprint-virtual"))) {
      for (const { dir, text } of recorded(name)) {
        if (dir !== "rx") continue;
        const line = text.replace(/\r?\n$/, "");
        const { kind } = readReply(line);
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
        if (/^ok\b/.test(line)) expect([name, line, kind]).toEqual([name, line, "ok"]);
        if (/^Resend/.test(line)) expect(kind).toBe("resend");
        if (/^Error/.test(line)) expect(["rejected", "halted", "thermal"]).toContain(kind);
        if (/^ ?T:.*B:/.test(line)) expect(kind).toBe("heat");
        if (/^\/\/ ?action/.test(line)) expect(kind).toBe("action");
      }
    }
    for (const kind of ["ok", "resend", "rejected", "halted", "thermal", "banner", "busy", "wait", "heat", "mark"])
      expect(counts.get(kind) ?? 0).toBeGreaterThan(0);
  });

  test("who the recorded printer is", () => {
    const line = readFileSync(
      new URL("../../../../shared/data/transcripts/marlin/01-boot-handshake.jsonl", import.meta.url),
      "utf8",
    );
    const text = /FIRMWARE_NAME:[^"\\]*/.exec(line)?.[0] ?? "";
    expect(readReply(text)).toMatchObject({
      kind: "firmware",
      firmware: { machineType: "SimRap 1.4", uuid: "cede2a2f-41a2-4748-9b12-c55c62f367ff" },
    });
  });
});
