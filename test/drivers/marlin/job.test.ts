/** Jobs of the pure driver against the model firmware, on a wire that does no damage. */
import { describe, expect, test } from "vitest";
import { attempt, programOf, Rig, setupOf, sourceOf } from "./rig.ts";

const a1 = attempt("a1");
const begin = (released: number, text = programOf(3, 5)) => {
  const program = sourceOf(text);
  return [{ kind: "begin", attempt: a1, program: program.digest, releasedLayer: released }, program] as const;
};
const proceed = (releasedLayer: number) => ({ kind: "proceed", attempt: a1, releasedLayer }) as const;

function started(released = 1): Rig {
  const rig = new Rig();
  expect(rig.open()).toBe(true);
  const id = rig.tell(...begin(released));
  expect(rig.answers.get(id)).toEqual({ kind: "done" });
  return rig;
}

describe("a job on a calm wire", () => {
  test("[F25][F32] the printer says who it is, and another one is refused", () => {
    const rig = new Rig();
    expect(rig.open()).toBe(true);
    expect(rig.heard("online")?.identity).toMatchObject({ vendor: "test", model: "Model SIMULATED", simulated: true });
    const other = new Rig({}, () => 0.5, setupOf({ serial: "another" }));
    expect(other.open()).toBe(false);
    expect(other.heard("offline")?.fault.code).toBe("wrong-machine");
    const id = other.tell(...begin(1));
    expect(other.answers.get(id)).toMatchObject({ kind: "refused" });
    expect(other.firmware.executed.join()).not.toMatch(/G|M104/);
  });

  test("[F25][L3] no line of a layer leaves before its release, and the digest is of what was sent", () => {
    const rig = started(1);
    expect(rig.until(() => rig.layers().length === 1)).toBe(true);
    rig.until(() => false, 5000);
    expect(rig.firmware.executed.some((line) => line.startsWith("G1 X2 Y0"))).toBe(false);
    for (const layer of [2, 3]) {
      rig.tell(proceed(layer));
      expect(rig.until(() => rig.layers().includes(layer))).toBe(true);
    }
    rig.until(() => false, 5000);
    expect(rig.heard("finished")).toBeUndefined();
    rig.tell(proceed(4));
    expect(rig.until(() => rig.heard("finished") !== undefined)).toBe(true);
    expect(rig.layers()).toEqual([1, 2, 3]);
    expect(rig.heard("finished")?.executed).toEqual({ program: begin(1)[0].program, lines: 22, resends: 0 });
    expect(rig.firmware.hotend.target).toBe(0);
  });

  test("[F28] a second begin of the attempt changes nothing; another attempt meanwhile is refused", () => {
    const rig = started(3);
    const again = rig.tell(...begin(3));
    const other = rig.tell({ ...begin(3)[0], attempt: attempt("a2") }, begin(3)[1]);
    expect(rig.answers.get(again)).toEqual({ kind: "done" });
    expect(rig.answers.get(other)).toMatchObject({ kind: "refused", fault: { code: "machine-busy" } });
    rig.until(() => rig.layers().length === 3);
    rig.tell(proceed(4));
    expect(rig.until(() => rig.heard("finished") !== undefined)).toBe(true);
    const late = rig.tell(...begin(3));
    expect(rig.answers.get(late)).toEqual({ kind: "done" });
    rig.until(() => false, 2000);
    expect(rig.firmware.executed.filter((line) => line === "G28")).toHaveLength(1);
  });

  test("a held job begins no further layer until the next proceed; an old proceed changes nothing", () => {
    const rig = started(1);
    rig.tell({ kind: "hold", attempt: a1 });
    rig.until(() => false, 3000);
    expect(rig.layers()).toEqual([]);
    rig.tell(proceed(2));
    expect(rig.until(() => rig.layers().length === 2)).toBe(true);
    rig.tell({ kind: "hold", attempt: a1 });
    rig.tell(proceed(1));
    rig.until(() => false, 3000);
    expect(rig.layers()).toEqual([1, 2]);
  });

  test("[F38] an unsafe program is refused as a whole, and an unsafe line stops the job before it is sent", () => {
    const rig = new Rig();
    rig.open();
    const refused = rig.tell(...begin(3, programOf(2, 2).replace("G1 X0 Y0", "BAD")));
    expect(rig.answers.get(refused)).toMatchObject({ kind: "refused", fault: { code: "unsafe-toolpath" } });
    rig.until(() => false, 1000);
    expect(rig.firmware.executed).not.toContain("M140 S60");
    rig.tell(...begin(3, programOf(2, 2).replace("G1 X2 Y1", "G1 LATE")));
    expect(rig.until(() => rig.heard("failed") !== undefined)).toBe(true);
    expect(rig.heard("failed")).toMatchObject({ fault: { code: "unsafe-toolpath" }, heaters: "off" });
    expect(rig.firmware.executed.join()).not.toContain("LATE");
  });

  test("other bytes than ordered, or none, are not begun", () => {
    const rig = new Rig();
    rig.open();
    const [directive] = begin(1);
    const wrong = rig.tell(directive, sourceOf(programOf(2, 2)));
    const none = rig.tell(directive, null);
    expect(rig.answers.get(wrong)).toMatchObject({ fault: { code: "wrong-program" } });
    expect(rig.answers.get(none)).toMatchObject({ fault: { code: "no-program" } });
  });

  test("the summary of a layer has its temperatures, time and mark", () => {
    const rig = started(1);
    rig.until(() => rig.layers().length === 1);
    const { summary } = rig.heard("layer-done")!;
    expect(summary.hotend.max).toBe(205);
    expect(summary.durationMs).toBeGreaterThan(0);
    expect(summary.markedAt).toBe(1_000_000 + rig.now);
  });

  test("directives for attempts that nobody knows are refused while another one is made", () => {
    const rig = started();
    for (const kind of ["hold", "abort"] as const) {
      const id = rig.tell({ kind, attempt: attempt("nobody") });
      expect(rig.answers.get(id)).toMatchObject({ kind: "refused", fault: { code: "unknown-attempt" } });
    }
  });
});
