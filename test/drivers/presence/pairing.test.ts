/** The presence line protocol and the pairing of scan and press, against the simulated device's own encoder. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hearLine, type Paired, type Pairing, readCode, unpaired } from "../../../src/drivers/presence/pairing.ts";
import { crc16, createLineCutter, jobOfCode, parseLine } from "../../../src/drivers/presence/protocol.ts";
import { checked, createSimulatedDevice } from "../../../src/simulators/presence/device.ts";

const boot = "0123456789abcdef";
const nonce = "00112233445566778899aabbccddeeff";
const bytes = (text: string) => new TextEncoder().encode(text);

function hear(pairing: Pairing, text: string, now: number): Paired {
  const line = parseLine(text.trimEnd());
  return line ? hearLine(pairing, line, now) : { pairing, proof: null };
}

function greeted() {
  const device = createSimulatedDevice("bench");
  device.restart(boot);
  return { device, pairing: hear(unpaired, device.hello(), 0).pairing };
}

describe("lines", () => {
  it("has the CRC's published check value", () => expect(crc16(bytes("123456789"))).toBe(0x29b1));

  it("reads what the simulated device writes", () => {
    expect(parseLine(checked(`HELLO 1 bench ${boot}`).trimEnd())).toEqual({ kind: "hello", device: "bench", boot });
    expect(parseLine(checked("SCAN 4 JOB:J-1").trimEnd())).toEqual({ kind: "scan", counter: 4, code: "JOB:J-1" });
    expect(parseLine(checked(`PRESS 5 ${nonce}`).trimEnd())).toEqual({ kind: "press", counter: 5, nonce });
  });

  it("[F47] carries the longest code of a label with its separator, and no other control sign", () => {
    const label = `]d2010950110102091711261125172711251${"0ABCDEFGHIJKLMNOPQRST"}\u001d21ABCDEFGHIJKLMNOPQRST`;
    expect(parseLine(createSimulatedDevice("bench").scan(label).trimEnd())).toMatchObject({
      kind: "scan",
      code: label,
    });
    for (const sign of ["\u001c", "\u001e", "\u0000", "\u007f", " "]) {
      expect(parseLine(checked(`SCAN 4 A${sign}B`).trimEnd())).toBeNull();
    }
  });

  it("[F29] any one damaged byte of a press makes it no line at all", () => {
    const good = bytes(checked(`PRESS 5 ${nonce}`).trimEnd());
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = Uint8Array.from(good, (byte, index) => (index === at ? byte ^ flip : byte));
        expect(parseLine(String.fromCharCode(...bad))).toBeNull();
      }),
    );
  });

  it("cuts lines the same way however the bytes arrive, and drops what is too long", () => {
    const stream = bytes(`\n${checked("SCAN 1 JOB:J-1")}${"x".repeat(500)}\n${checked(`PRESS 2 ${nonce}`)}`);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 }), (sizes) => {
        const cutter = createLineCutter();
        const lines: string[] = [];
        let at = 0;
        for (let turn = 0; at < stream.length; turn += 1) {
          const size = sizes[turn % sizes.length]!;
          lines.push(...cutter.push(stream.slice(at, at + size)));
          at += size;
        }
        expect(lines.map((line) => parseLine(line)?.kind)).toEqual(["scan", "press"]);
      }),
    );
  });

  it("knows a job's code from any other", () => {
    expect(jobOfCode("JOB:J-2026-000042")).toBe("J-2026-000042");
    for (const code of ["J-1", "JOB:", "JOB:../x", "(01)04012345678901"]) expect(jobOfCode(code)).toBeNull();
  });
});

describe("pairing", () => {
  it("[F29][L5] a scan and a press within ten seconds prove presence once, for that job", () => {
    const { device, pairing } = greeted();
    const scanned = hear(pairing, device.scan("JOB:J-1"), 1_000);
    expect(scanned.proof).toBeNull();
    const press = device.press(nonce);
    const pressed = hear(scanned.pairing, press, 11_000);
    expect(pressed.proof).toEqual({ kind: "prove-presence", job: "J-1", device: "bench", proof: `${boot}-2-${nonce}` });
    expect(hear(pressed.pairing, press, 11_000).proof).toBeNull();
    expect(hear(pressed.pairing, device.press(nonce), 11_001).proof).toBeNull();
  });

  it("[F29] too late, without a scan, or after another code: no proof, and the reason in words", () => {
    const { device, pairing } = greeted();
    const late = hear(hear(pairing, device.scan("JOB:J-1"), 0).pairing, device.press(nonce), 10_001);
    expect(late.proof).toBeNull();
    expect(late.pairing.what).toContain("Too late");
    expect(hear(pairing, device.press(nonce), 5).pairing.what).toContain("first");
    const other = hear(hear(pairing, device.scan("JOB:J-1"), 0).pairing, device.scan("(10)LOT7"), 1);
    expect(other.pairing.what).toContain("not a job's code");
    expect(hear(other.pairing, device.press(nonce), 2).proof).toBeNull();
  });

  it("[F48] every code goes to the screen for ten seconds; one that is no job's proves nothing; it is gone with the device", () => {
    const { device, pairing } = greeted();
    const read = hear(pairing, device.scan("TAG-0007"), 1_000).pairing;
    expect(readCode(read, 11_000)).toEqual({ code: "TAG-0007", number: 1 });
    expect(readCode(read, 11_001)).toBeNull();
    expect(hear(read, device.press(nonce), 2_000).proof).toBeNull();
    const again = hear(read, device.scan("TAG-0007"), 3_000).pairing;
    expect(readCode(again, 3_000)?.number).toBeGreaterThan(1);
    expect(readCode(hear(again, device.scan("JOB:J-1"), 3_500).pairing, 3_500)?.code).toBe("JOB:J-1");
    device.restart("fedcba9876543210");
    expect(readCode(hear(again, device.hello(), 4_000).pairing, 4_000)).toBeNull();
  });

  it("[F30] a device that starts anew forgets its scan, and nothing counts before its first hello", () => {
    const { device, pairing } = greeted();
    const scanned = hear(pairing, device.scan("JOB:J-1"), 0);
    device.restart("fedcba9876543210");
    const anew = hear(scanned.pairing, device.hello(), 1);
    expect(hear(anew.pairing, device.press(nonce), 2).proof).toBeNull();
    expect(hear(unpaired, createSimulatedDevice("x").scan("JOB:J-1"), 0).pairing).toBe(unpaired);
  });

  it("[L5] whatever is said in whatever order, there are never more proofs than scans, and no proof comes twice", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom("scan", "press", "hello", "restart", "repeat"), wait: fc.nat(12_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { device, pairing } = greeted();
        let heard = pairing;
        let now = 0;
        let last = "";
        let boots = 0;
        const count = { scan: 0, press: 0, hello: 0, restart: 0, repeat: 0 };
        const proofs: string[] = [];
        for (const each of steps) {
          now += each.wait;
          count[each.do as keyof typeof count] += 1;
          boots += 1;
          if (each.do === "restart") device.restart(boots.toString(16).padStart(16, "0"));
          if (each.do === "scan") last = device.scan("JOB:J-1");
          if (each.do === "press") last = device.press(nonce);
          if (each.do === "hello" || each.do === "restart") last = device.hello();
          const paired = hear(heard, last, now);
          heard = paired.pairing;
          if (paired.proof) proofs.push(paired.proof.proof);
        }
        expect(proofs.length).toBeLessThanOrEqual(Math.min(count.scan, count.press));
        expect(new Set(proofs).size).toBe(proofs.length);
      }),
    );
  });
});
