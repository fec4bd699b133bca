/** The longer texts of the firmware: banner, capabilities, settings. */
import type { MachineProfile } from "./profile.ts";

const version = "Marlin 2.1.2.1";

/** The lines that a boot or a watchdog reset prints. */
export function bannerLines(profile: MachineProfile): string[] {
  const lines = profile.halLine === null ? [] : [profile.halLine];
  lines.push(
    "start",
    "PowerUp",
    version,
    "echo: Last Updated: 2023-05-16 | Author: (none, default config)",
    `echo: Compiled: ${profile.compiled.date}`,
    "echo: Free Memory: 0  PlannerBufferBytes: 1280",
  );
  if (!profile.freshEeprom) return [...lines, "echo:V88 stored settings retrieved (627 bytes; crc 9414)"];
  return [
    ...lines,
    "echo:EEPROM version mismatch (EEPROM=? Marlin=V88)",
    "//action:notification Err: EEPROM Version",
    "//action:notification Err: EEPROM Version",
    "//action:notification Hardcoded Default Settings Loaded",
    "echo:Hardcoded Default Settings Loaded",
    "//action:prompt_end",
  ];
}

const capabilities: readonly string[] = [
  ..."SERIAL_XON_XOFF:0 BINARY_FILE_TRANSFER:0 EEPROM:1 VOLUMETRIC:1 AUTOREPORT_POS:1 AUTOREPORT_TEMP:1".split(" "),
  ..."PROGRESS:0 PRINT_JOB:1 AUTOLEVEL:0 RUNOUT:0 Z_PROBE:0 LEVELING_DATA:0 BUILD_PERCENT:0".split(" "),
  ..."SOFTWARE_POWER:0 TOGGLE_LIGHTS:0 CASE_LIGHT_BRIGHTNESS:0 EMERGENCY_PARSER:1 HOST_ACTION_COMMANDS:1".split(" "),
  ..."PROMPT_SUPPORT:1 SDCARD:0 REPEAT:0 SD_WRITE:0 AUTOREPORT_SD_STATUS:0 LONG_FILENAME:0 LFN_WRITE:0".split(" "),
  ..."CUSTOM_FIRMWARE_UPLOAD:0 EXTENDED_M20:0 THERMAL_PROTECTION:1 MOTION_MODES:0 ARCS:1 BABYSTEPPING:0".split(" "),
  ..."CHAMBER_TEMPERATURE:0 COOLER_TEMPERATURE:0 MEATPACK:0 CONFIG_EXPORT:0".split(" "),
];

/** The answer to M115, without its ok. */
export function identityLines(profile: MachineProfile): string[] {
  const { date, time } = profile.compiled;
  const first = [
    `FIRMWARE_NAME:${version} (${date} ${time})`,
    "SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin PROTOCOL_VERSION:1.0",
    `MACHINE_TYPE:${profile.machineType} EXTRUDER_COUNT:1 UUID:${profile.uuid}`,
  ].join(" ");
  const built = capabilities.map((capability) => {
    if (capability === "EMERGENCY_PARSER:1" && !profile.emergencyParser) return "EMERGENCY_PARSER:0";
    return capability === "AUTOREPORT_TEMP:1" && !profile.autoReport ? "AUTOREPORT_TEMP:0" : capability;
  });
  return [first, ...built.map((capability) => `Cap:${capability}`)];
}

/** The answer to M503, without its ok. */
export function settingsLines(profile: MachineProfile): string[] {
  const axes = (of: { x: number; y: number; z: number; e: number }): string =>
    `X${of.x.toFixed(2)} Y${of.y.toFixed(2)} Z${of.z.toFixed(2)} E${of.e.toFixed(2)}`;
  const { print, retract, travel } = profile.acceleration;
  const jd = profile.junctionDeviationMm.toFixed(2);
  return [
    "; Linear Units:",
    "  G21 ; (mm)",
    "; Temperature Units:",
    "  M149 C ; Units in Celsius",
    "; Filament settings (Disabled):",
    "  M200 S0 D1.75",
    "; Steps per unit:",
    `  M92 ${axes(profile.stepsPerMm)}`,
    "; Max feedrates (units/s):",
    `  M203 ${axes(profile.maxFeed)}`,
    "; Max Acceleration (units/s2):",
    `  M201 ${axes(profile.maxAcceleration)}`,
    "; Acceleration (units/s2) (P<print-accel> R<retract-accel> T<travel-accel>):",
    `  M204 P${print.toFixed(2)} R${retract.toFixed(2)} T${travel.toFixed(2)}`,
    "; Advanced (B<min_segment_time_us> S<min_feedrate> T<min_travel_feedrate> J<junc_dev>):",
    `  M205 B20000.00 S0.00 T0.00 J${jd}`,
    "; Home offset:",
    "  M206 X0.00 Y0.00 Z0.00",
    "; Hotend PID:",
    "  M301 P22.20 I1.08 D114.00",
    "; Bed PID:",
    "  M304 P10.00 I0.02 D305.40",
  ].map((line) => `echo:${line}`);
}
