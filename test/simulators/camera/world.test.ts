/** The world link's JSON: checked, bounded, and restarted when the plate changes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyScene, readBeads, readState, withBeads } from "../../../src/simulators/camera/world.ts";

const bead = [1, 2, 0.2, 3, 4, 0.2, 0.45, 0.2];

test("whatever JSON comes, reading it gives a value or a reason", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      expect(typeof readBeads(body).ok).toBe("boolean");
      expect(typeof readState(body).ok).toBe("boolean");
    }),
  );
});

test("beads that are not eight finite numbers are refused", () => {
  const page = (beads: unknown) => readBeads({ epoch: 1, next: 1, beads });
  expect(page([bead]).ok).toBe(true);
  expect(page([bead.slice(1)]).ok).toBe(false);
  expect(page([[...bead.slice(1), Number.NaN]]).ok).toBe(false);
  expect(page([[...bead.slice(1), "7"]]).ok).toBe(false);
  expect(page("none").ok).toBe(false);
});

test("a state without a head has none; objects that are not places are left out", () => {
  const state = readState({ epoch: 1, next: 0, objects: [{ kind: "foreign", x: 1, y: 2, r: 3 }, { x: 1 }, 7] });
  expect(state).toMatchObject({ ok: true, value: { head: null, objects: [{ x: 1, y: 2, z: 0, r: 3 }] } });
});

test("pages append within an epoch and start again with a new one", () => {
  let scene = emptyScene();
  for (const [epoch, beads, count] of [
    [1, [bead, bead], 2],
    [1, [bead], 3],
    [2, [bead], 1],
  ] as const) {
    const next = withBeads(scene, { epoch, next: count, beads });
    if (!next.ok) throw new Error(next.error);
    scene = next.value;
    expect([scene.epoch, scene.beads.count]).toEqual([epoch, count]);
  }
});
