/** Injected faults do what their names say, at the layer they were armed for, and nothing else. */
import { describe, expect, test } from "vitest";
import { type Fault, readFault } from "../../../src/simulators/printer/faults.ts";
import type { Bead } from "../../../src/simulators/printer/plate.ts";
import { framed, type Host, printing, volumeOf } from "./host.ts";

function faultOf(value: unknown): Fault {
  const read = readFault(value);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

/** Prints `layers` layers of ten 40 mm strands and returns the beads. */
function print(host: Host, layers: number): readonly Bead[] {
  for (let layer = 1; layer <= layers; layer += 1) {
    host.send(`G1 Z${(layer * 0.2).toFixed(1)} F600`);
    for (let strand = 0; strand < 10; strand += 1) {
      host.send(`G0 X40 Y${40 + strand} F6000`, "G1 X80 E1.4 F3000");
    }
  }
  host.send("M400");
  return host.printer.beads(0, 100_000).beads;
}

function withFault(value: unknown, layers = 3): { readonly host: Host; readonly beads: readonly Bead[] } {
  const host = printing();
  host.printer.inject(faultOf(value), host.now());
  return { host, beads: print(host, layers) };
}

const atLayer = (beads: readonly Bead[], z: number): Bead[] => beads.filter((bead) => Math.abs(bead[2] - z) < 0.01);
const volume = (beads: readonly Bead[]): number => beads.reduce((sum, bead) => sum + volumeOf(bead), 0);

describe("faults in the print [F34]", () => {
  const sound = withFault({ name: "clear" }).beads;

  test("without a fault thirty strands lie where the program says", () => {
    expect(sound.length).toBe(30);
    expect(sound.every((bead) => bead[0] === 40 && bead[3] === 80)).toBe(true);
  });

  test("under-extrusion from a layer on", () => {
    const { host, beads } = withFault({ name: "under-extrusion", factor: 0.5, atLayerZ: 0.4 });
    expect(volume(atLayer(beads, 0.2))).toBeCloseTo(volume(atLayer(sound, 0.2)), 2);
    expect(volume(atLayer(beads, 0.6))).toBeCloseTo(volume(atLayer(sound, 0.6)) / 2, 2);
    expect(host.printer.takeNotes()).toEqual(["fault under-extrusion: struck at layer z 0.400"]);
    expect(host.printer.takeNotes()).toEqual([]);
  });

  test("clog: the firmware goes on, nothing is printed", () => {
    expect(withFault({ name: "clog", atLayerZ: 0.4 }).beads.length).toBe(10);
  });

  test("missing strands, every n-th or for a time", () => {
    expect(withFault({ name: "missing-strand", every: 5 }).beads.length).toBe(24);
    expect(withFault({ name: "missing-strand", seconds: 1e5 }).beads.length).toBe(0);
  });

  test("layer shift: later strands lie elsewhere, and M114 does not know", () => {
    const { host, beads } = withFault({ name: "layer-shift", dx: 2, dy: -1, atLayerZ: 0.4 });
    expect(atLayer(beads, 0.2)[0]?.slice(0, 2)).toEqual([40, 40]);
    expect(atLayer(beads, 0.6)[0]?.slice(0, 2)).toEqual([42, 39]);
    expect(host.send("M114")[0]).toContain("X:80.00 Y:49.00");
    host.send("G28", "M400");
    expect(host.printer.state(host.now()).head.x).toBe(0);
  });

  test("blob, foreign object", () => {
    const { host, beads } = withFault({ name: "blob", x: 50, y: 60, size: 4, atLayerZ: 0.4 });
    expect(beads.filter((bead) => bead[6] === 4)).toHaveLength(1);
    host.printer.inject(faultOf({ name: "foreign-object", x: 70, y: 50, r: 5, h: 2 }), host.now());
    const { objects } = host.printer.state(host.now());
    expect(objects.map(({ kind, x, y, r }) => [kind, x, y, r])).toEqual([["foreign", 70, 50, 5]]);
  });

  test("a detached part moves as a whole, the epoch tells, and later strands go astray", () => {
    const { host, beads } = withFault({ name: "detached-part", dx: 5, dy: 0, degrees: 0, atLayerZ: 0.4 });
    expect(atLayer(beads, 0.2)[0]?.[0]).toBeCloseTo(45);
    expect(host.printer.state(host.now()).epoch).toBe(2);
    expect(beads.at(-1)?.[0]).not.toBe(40);
  });

  test("spaghetti: loops above the part hold the filament", () => {
    const { beads } = withFault({ name: "spaghetti", atLayerZ: 0.4 });
    expect(beads.length).toBeGreaterThan(60);
    expect(volume(beads)).toBeCloseTo(volume(sound), 0);
  });

  test("the plate can be cleared, and what was done can be undone", () => {
    const { host } = withFault({ name: "clog" });
    host.printer.inject(faultOf({ name: "clear" }), host.now());
    host.printer.clearPlate(host.now());
    expect(print(host, 1).length).toBe(10);
    expect(host.printer.state(host.now()).epoch).toBe(2);
  });
});

describe("faults on the wire and in the board [F25][F28]", () => {
  test("a dropped ok is gone, the line is not", () => {
    const host = printing();
    host.printer.inject(faultOf({ name: "drop-ok" }), host.now());
    const from = host.heard.length;
    host.write("G1 X50 F6000\n");
    host.wait(60_000);
    expect(host.heard.slice(from)).toEqual([]);
    expect(host.printer.state(host.now()).head.x).toBe(50);
  });

  test("delay, garbage and stall", () => {
    const host = printing();
    host.printer.inject(faultOf({ name: "delay", ms: 800 }), host.now());
    const from = host.heard.length;
    host.write("M114\n");
    host.wait(799);
    expect(host.heard.length).toBe(from);
    host.wait(10);
    expect(host.heard.length).toBe(from + 2);
    host.printer.inject(faultOf({ name: "clear" }), host.now());
    host.printer.inject(faultOf({ name: "garbage" }), host.now());
    host.wait(1);
    expect(host.heard.at(-1)).toMatch(/^[\u0080-\u00ff]{23}$/);
    host.printer.inject(faultOf({ name: "stall", seconds: 10 }), host.now());
    const stalled = host.heard.length;
    host.write("M114\n");
    host.wait(9_000);
    expect(host.heard.length).toBe(stalled);
    host.wait(2_000);
    host.write("M114\n");
    host.wait(100);
    expect(host.heard.length).toBe(stalled + 2);
  });

  test("a resend storm never takes a numbered line", () => {
    const host = printing();
    host.printer.inject(faultOf({ name: "resend-storm" }), host.now());
    const from = host.heard.length;
    for (let i = 0; i < 20; i += 1) {
      host.write(framed(9, "G1 X1"));
      host.wait(10);
    }
    expect(host.heard.slice(from).filter((line) => line === "Resend: 9").length).toBe(20);
  });

  test("noise damages bytes, the same ones for the same seed", () => {
    const hearing = (): string[] => {
      const host = printing();
      host.printer.inject(faultOf({ name: "noise", rate: 0.05, direction: "both", seed: 3 }), host.now());
      for (let i = 0; i < 50; i += 1) {
        host.write("M114\n");
        host.wait(10);
      }
      return host.heard;
    };
    expect(hearing()).toEqual(hearing());
    expect(hearing().some((line) => /Unknown command/.test(line))).toBe(true);
  });

  test("a pulled cable carries nothing, and the world goes on", () => {
    const host = printing();
    host.printer.inject(faultOf({ name: "unplug" }), host.now());
    const from = host.heard.length;
    host.write("M114\n");
    host.wait(1000);
    expect(host.heard.length).toBe(from);
    expect(host.printer.state(host.now())).toMatchObject({ plugged: false, hotend: { target: 205 } });
    host.printer.inject(faultOf({ name: "replug" }), host.now());
    host.write("M114\n");
    host.wait(1000);
    expect(host.heard.length).toBe(from + 2);
  });

  test("a reset in mid-print: banner, heaters off, the firmware is lost", () => {
    const { host, beads } = withFault({ name: "clear" }, 1);
    host.printer.inject(faultOf({ name: "reset" }), host.now());
    host.wait(100);
    expect(host.heard.includes("start")).toBe(true);
    const state = host.printer.state(host.now());
    expect([state.hotend.target, state.next]).toEqual([0, beads.length]);
  });

  test("what is no fault is refused in words", () => {
    expect(readFault({ name: "magic" }).ok).toBe(false);
    expect(readFault({ name: "blob", size: -1 }).ok).toBe(false);
    expect(readFault({ name: "clog", extra: 1 }).ok).toBe(false);
    expect(readFault(null).ok).toBe(false);
  });
});
