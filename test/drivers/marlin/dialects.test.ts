/** The same job over the ways of several firmwares: the simulated printer's lines put into each one's form. */
import { describe, expect, test } from "vitest";
import { marlinConfig, sessionSetup } from "../../../src/drivers/marlin/config.ts";
import { dialects } from "../../../src/drivers/marlin/dialect.ts";
import { prepare } from "../../../src/drivers/marlin/prepare.ts";
import { layered } from "../../toolpath/bench.ts";
import { ofProgram, Virtual, type VirtualOptions } from "./virtual.ts";

type Name = keyof typeof dialects;
type Form = readonly (readonly [RegExp, string])[];

const zeros = "00000000-0000-0000-0000-000000000000";
const noProtection: Form = [[/^Cap:THERMAL_PROTECTION:1\n/, ""]];
const prusa = (name: string): Form => [
  ...noProtection,
  [
    /^FIRMWARE_NAME:.*/,
    `FIRMWARE_NAME:${name} based on Marlin PROTOCOL_VERSION:1.0 MACHINE_TYPE:MK3S EXTRUDER_COUNT:1 UUID:${zeros}`,
  ],
  [/T:(\S+) \/(\S+) B:(\S+) \/(\S+) @:(\d+) B@:(\d+)/, "T:$1 /$2 B:$3 /$4 T0:$1 /$2 @:$5 B@:$6 P:0.0 A:31.2"],
];

/** What each firmware makes of a line. */
const forms: Record<Name, Form> = {
  "marlin-2": [],
  "marlin-1.1": [...noProtection, [/^FIRMWARE_NAME:Marlin \S+/, "FIRMWARE_NAME:Marlin 1.1.9"]],
  "prusa-mk3": [...prusa("Prusa-Firmware 3.13.3"), [/^echo:DEBUG:.*\n/, 'echo:Unknown command: "M111 S1"\n']],
  "prusa-buddy": prusa("Prusa-Firmware-Buddy 5.1.2"),
  repetier: [
    ...noProtection,
    [
      /^FIRMWARE_NAME:.*/,
      "FIRMWARE_NAME:Repetier_1.0.4 PROTOCOL_VERSION:1.0 MACHINE_TYPE:Mendel EXTRUDER_COUNT:1 REPETIER_PROTOCOL:3",
    ],
    [/^ok\n/, "ok 7\nwait\n"],
    [/^\/\/(layer:\d+|program-end)/, "A1 $1"],
    [/^echo:busy.*\n/, ""],
    [/^Resend: /, "Resend:"],
  ],
  "octoprint-virtual": [
    ...noProtection,
    [/^FIRMWARE_NAME:.*/, "FIRMWARE_NAME:Virtual Marlin 1.0 PROTOCOL_VERSION:1.0"],
    [/^ T:(\S+) .* W:.*/, "T:$1"],
    [/T:(\S+) \/(\S+) B:(\S+) \/(\S+).*/, "T:$1/ $2 B:$3/ $4 @:64"],
    [/^X:.*\n/, ""],
    [/^(?:echo:busy|\/\/action:notification).*\n/, ""],
    [/^ok\n/, "ok\nwait\n"],
    [/^Resend: /, "Resend:"],
  ],
};

function spoken(form: Form): NonNullable<VirtualOptions["wire"]> {
  return (bytes, way) => {
    if (way === "to-printer") return bytes;
    const line = form.reduce((text, [from, to]) => text.replace(from, to), String.fromCharCode(...bytes));
    return Uint8Array.from(line, (char) => char.charCodeAt(0));
  };
}

function setupOf(dialect: Name, proof: string | null) {
  const port = "/dev/serial/by-id/usb-Maker_Printer_0042-if00";
  const config = { driver: "marlin", port, serial: null, vendor: "maker", dialect, thermalProtectionProof: proof };
  return sessionSetup(marlinConfig.parse(config), prepare);
}

const proof = "E. Meier pulled the sensor of both heaters, 2026-11-20: both off within 30 s";

function printing(name: Name): Virtual {
  const bare = name === "repetier" || name === "octoprint-virtual" || name === "prusa-mk3";
  const profile = { advancedOk: !bare, emergencyParser: !bare, autoReport: name !== "repetier" };
  const bench = new Virtual({ speed: 20, profile, setup: setupOf(name, proof), wire: spoken(forms[name]) });
  expect(bench.open()).toBe(true);
  bench.begin(layered(3));
  return bench;
}

const names = Object.keys(dialects) as Name[];
const asMarlin = printing("marlin-2");
asMarlin.end();

describe("dialects", () => {
  test.each(names)("[F25] %s: the same job is executed, and the printer is known", (name) => {
    const bench = printing(name);
    expect(bench.end()).toBe("finished");
    expect(ofProgram(bench.executed)).toEqual(ofProgram(asMarlin.executed));
    const serial = bench.heard("online")?.identity.serial;
    const own = name.startsWith("marlin");
    expect(serial === "usb-Maker_Printer_0042-if00").toBe(!own);
  });

  test.each(names)("[F25] %s: another firmware than the configured one is refused by its name", (name) => {
    const other: Name = name === "repetier" ? "marlin-2" : "repetier";
    const bench = new Virtual({ setup: setupOf(other, proof), wire: spoken(forms[name]) });
    expect(bench.open()).toBe(false);
    expect(bench.heard("offline")?.fault.code).toBe("wrong-firmware");
  });

  test.each(names.filter((name) => !dialects[name].tellsProtection))(
    "[F25] %s: without the proof of its protection it is refused",
    (name) => {
      const bench = new Virtual({ setup: setupOf(name, null), wire: spoken(forms[name]) });
      expect(bench.open()).toBe(false);
      expect(bench.heard("offline")?.fault.code).toBe("no-thermal-protection");
    },
  );

  test("[F32] a port that names a socket and not a machine is refused in words", () => {
    const config = { driver: "marlin", port: "/dev/ttyUSB0", serial: "x", vendor: "maker" };
    expect(marlinConfig.safeParse(config).error?.issues[0]?.message).toContain("/dev/serial/by-id");
  });
});
