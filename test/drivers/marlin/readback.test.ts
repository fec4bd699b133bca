/** What the driver reads back instead of believing an `ok`: set points, places, lines, identities; in virtual time. */
import { describe, expect, test } from "vitest";
import { dialects } from "../../../src/drivers/marlin/dialect.ts";
import { layered } from "../../toolpath/bench.ts";
import { longPrint } from "./long-print.ts";
import { ofProgram, Virtual } from "./virtual.ts";

function begun(options: ConstructorParameters<typeof Virtual>[0] = {}, layers = 4): Virtual {
  const bench = new Virtual({ speed: 20, ...options });
  expect(bench.open()).toBe(true);
  bench.begin(layered(layers));
  return bench;
}

describe("read back", () => {
  test("[F25] a whole job ends with every set point and place as the program has them", () => {
    const bench = begun();
    expect(bench.end()).toBe("finished");
    expect(bench.executed.filter((line) => line.includes(" M114*"))).toHaveLength(4);
    expect(bench.telemetry[0]).toMatchObject({ commanded: { hotend: 0, bed: 0 }, resends: 0 });
  });

  test("[F13][F25] a set point that the firmware clamps without a word ends the job with both values", () => {
    const bench = begun({ profile: { hotendMaxTarget: 180 } });
    expect(bench.end()).toBe("set-point-not-taken");
    expect(bench.heard("failed")).toMatchObject({ heaters: "off" });
    expect(bench.heard("failed")?.fault.what).toContain("205 °C and the printer shows a set point of 180 °C");
    expect(bench.executed.some((line) => /G1 X/.test(line))).toBe(false);
  });

  test("[F32] a set point changed at the panel is seen within 10 s, and the print is not continued", () => {
    const bench = begun({ speed: 1 });
    expect(bench.until(() => bench.heard("layer-done") !== undefined)).toBe(true);
    const since = bench.now;
    bench.printer.receive(new TextEncoder().encode("M104 S230\n"), bench.now);
    expect(["someone-at-panel", "foreign-line"]).toContain(bench.end());
    expect(bench.now - since).toBeLessThan(20_000);
    expect(bench.heard("failed")).toMatchObject({ heaters: "off" });
    const { fault } = bench.heard("failed") as { fault: { code: string; what: string } };
    if (fault.code === "someone-at-panel") expect(bench.heard("foreign-action")).toMatchObject({ what: fault.what });
  });

  test("[F25] a lost move shows in the place at the end of its layer", () => {
    const bench = begun();
    let done = 0;
    bench.wire = (bytes, way) => {
      const text = String.fromCharCode(...bytes);
      if (way !== "to-printer" || !text.includes("E0.7") || done++ > 0) return bytes;
      // Damage that no checksum shows: two bytes of a move changed alike.
      return Uint8Array.from(
        text.replace(/E0\.7(.*)\*(\d+)/, (_, rest: string, sum: string) => `E0.6${rest}*${Number(sum) ^ 1}`),
        (c) => c.charCodeAt(0),
      );
    };
    expect(bench.end()).toBe("position-differs");
    expect(bench.observations.some((o) => o.kind === "layer-done")).toBe(false);
  });

  test("[F25] a damaged line that its checksum does not show is seen in its echo once the wire is known to be bad", () => {
    const bench = begun();
    let done = 0;
    bench.wire = (bytes, way) => {
      if (way !== "to-printer") return bytes;
      const text = String.fromCharCode(...bytes);
      if (/X60 Y\d+ E0\.7/.test(text)) done++;
      if (done === 1) return bytes.map((byte) => (byte === 0x58 ? 0x59 : byte));
      if (done < 3) return bytes;
      return Uint8Array.from(
        text.replace(/X80 (.*)\*(\d+)/, (_, rest: string, sum: string) => `X81 ${rest}*${Number(sum) ^ 1}`),
        (c) => c.charCodeAt(0),
      );
    };
    expect(bench.end()).toBe("damaged-line-taken");
    expect(bench.executed.at(-1)).toBeDefined();
  });

  test("[F25] no ADVANCED_OK, no emergency parser, no automatic reports: the job is the same", () => {
    const full = begun();
    const plain = begun({ profile: { advancedOk: false, emergencyParser: false, autoReport: false } });
    expect([full.end(), plain.end()]).toEqual(["finished", "finished"]);
    expect(ofProgram(plain.executed)).toEqual(ofProgram(full.executed));
  });

  test.each([
    ["Klipper", "ok FIRMWARE_NAME:Klipper FIRMWARE_VERSION:?", "wrong-firmware", "Moonraker"],
    ["Klipper's greeting", "// Klipper state: Ready", "wrong-firmware", "Moonraker"],
    ["Grbl", "Grbl 1.1h ['$' for help]", "wrong-firmware", "printer"],
    ["grblHAL", "error:20", "wrong-firmware", "printer"],
    ["RepRapFirmware", "FIRMWARE_NAME: RepRapFirmware for Duet 2 FIRMWARE_VERSION: 3.4", "wrong-firmware", "network"],
  ])("[F25][L8] %s is refused in a sentence and gets no further line", (_, line, code, word) => {
    const bench = new Virtual();
    bench.cut = true;
    bench.event({ kind: "opened" });
    bench.event({ kind: "bytes", bytes: new TextEncoder().encode(`${line}\r\n`) });
    const fault = bench.heard("offline")?.fault;
    expect(fault?.code).toBe(code);
    expect(`${fault?.what} ${fault?.remedy}`).toContain(word);
    const before = bench.sentBytes;
    bench.until(() => false, 5000);
    expect(bench.sentBytes).toBe(before);
  });

  test("[F32] another kind of printer with the same stock UUID is refused", () => {
    const bench = new Virtual({ setup: { machineType: "Other printer" } });
    expect(bench.open()).toBe(false);
    expect(bench.heard("offline")?.fault.code).toBe("wrong-machine");
  });

  test("[F32] a firmware without a UUID of its own is known by the name of its port", () => {
    const uuid = "00000000-0000-0000-0000-000000000000";
    for (const serial of ["usb-Test_printer-if00", "usb-Other_printer-if00"]) {
      const bench = new Virtual({ profile: { uuid }, setup: { serial } });
      expect(bench.open()).toBe(serial === "usb-Test_printer-if00");
      if (bench.heard("online")) expect(bench.heard("online")?.identity.serial).toBe(serial);
      else expect(bench.heard("offline")?.fault.code).toBe("wrong-machine");
    }
  });

  test("[F33] power-loss recovery that is told at a start is no matter once it is off; one that stays on is refused", () => {
    for (const stays of [false, true]) {
      const bench = new Virtual();
      bench.wire = (bytes, way) => {
        const line = String.fromCharCode(...bytes);
        if (way === "to-printer") return bytes;
        const told = stays
          ? line.replace("M413 S0 ; OFF", "M413 S1 ; ON")
          : line.replace(/^echo:V88/, "echo:  M413 S1 ; ON\necho:V88");
        return Uint8Array.from(told, (char) => char.charCodeAt(0));
      };
      expect(bench.open()).toBe(!stays);
      if (stays) expect(bench.heard("offline")?.fault.code).toBe("power-loss-recovery");
    }
  });

  test("[F25] a firmware that cannot tell of its thermal protection needs a written proof", () => {
    const quiet = { ...dialects["marlin-2"], tellsProtection: false };
    const lacks = (line: Uint8Array) =>
      new TextEncoder().encode(new TextDecoder().decode(line).replace(/Cap:THERMAL_PROTECTION:1/, "Cap:OTHER:1"));
    for (const protectionProven of [true, false]) {
      const bench = new Virtual({
        setup: { dialect: quiet, protectionProven },
        wire: (bytes, way) => (way === "to-host" ? lacks(bytes) : bytes),
      });
      expect(bench.open()).toBe(protectionProven);
    }
  });
});

test("[F25] ten hours of printing leave the driver's state as it was after the first", () => {
  const { hours, layers, kibAfterOneHour, kibAtEnd } = longPrint(10);
  expect(hours).toBeGreaterThanOrEqual(10);
  expect(layers).toBe(95);
  expect(kibAtEnd).toBeLessThan(kibAfterOneHour + 4096);
});
