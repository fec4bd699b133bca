/** The model registry: only the very file that the manifest names, and only plain layers in it. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkModel, checkReport, readManifest } from "../../src/inspection/model.ts";
import { portsOf, problemIn } from "../../src/inspection/onnx.ts";
import { digestOf } from "../../src/kernel/hash.ts";

const folder = new URL("../../models/", import.meta.url);
const raw = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8"));
const bytes = new Uint8Array(readFileSync(new URL(raw.file, folder)));
const manifest = readManifest(raw);

/** One length-delimited protobuf field. */
const field = (number: number, body: readonly number[]): number[] => [number * 8 + 2, body.length, ...body];
const text = (value: string): number[] => [...new TextEncoder().encode(value)];
const modelOf = (...parts: number[][]): Uint8Array => new Uint8Array(field(7, parts.flat()));

test("the committed model is the one that its manifest names [F52]", () => {
  if (!manifest.ok) throw new Error(manifest.error.what);
  expect(checkModel(bytes, manifest.value).ok).toBe(true);
});

test("a model with any byte changed is refused [F52]", () => {
  if (!manifest.ok) throw new Error(manifest.error.what);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = bytes.slice();
      changed[at] = changed[at]! ^ by;
      expect(checkModel(changed, manifest.value).ok).toBe(false);
    }),
    { numRuns: 30 },
  );
});

test("a manifest for other classes or shapes, and one that is not whole, is refused [F52]", () => {
  const swapped = { ...raw, output: { ...raw.output, classes: [...raw.output.classes].reverse() } };
  const refused = readManifest(swapped);
  expect(refused.ok ? "" : refused.error.what).toContain("other channels, classes or shapes");
  expect(readManifest({ ...raw, file: "../elsewhere.onnx" }).ok).toBe(false);
  for (const name of Object.keys(raw)) {
    const { [name]: _, ...rest } = raw;
    expect([name, readManifest(rest).ok]).toEqual([name, false]);
  }
  const unnamed = readManifest({ ...raw, training: { ...raw.training, data: "" } });
  expect(unnamed.ok ? "" : unnamed.error.what).toMatch(/training\.data/);
});

test("the manifest's digest covers all that it says, and not how it is written [F52]", () => {
  if (!manifest.ok) throw new Error(manifest.error.what);
  const reordered = readManifest(Object.fromEntries(Object.entries(raw).reverse()));
  expect(reordered.ok && reordered.value.facts.manifest).toBe(manifest.value.facts.manifest);
  const otherSeeds = readManifest({ ...raw, training: { ...raw.training, seeds: "none" } });
  expect(otherSeeds.ok && otherSeeds.value.facts.manifest).not.toBe(manifest.value.facts.manifest);
});

test("the manifest names the committed model card; models/manifest.py --card names a new one [F52]", () => {
  if (!manifest.ok) throw new Error(manifest.error.what);
  const card = new Uint8Array(readFileSync(new URL("CARD.md", folder)));
  expect(checkReport(card, manifest.value)).toBeNull();
  expect(checkReport(card.slice(1), manifest.value)).toMatchObject({ code: "model-report" });
});

test("external weights, custom operators, graphs in graphs and unknown operators are refused [F52]", () => {
  const node = (...parts: number[][]) => modelOf(field(1, parts.flat()));
  expect(problemIn(node(field(4, text("Conv"))))).toBeNull();
  expect(problemIn(node(field(4, text("Conv")), field(7, text("com.custom"))))?.why).toContain("custom");
  expect(problemIn(node(field(4, text("PyOp"))))).toMatchObject({
    kind: "operators",
    why: expect.stringMatching(/PyOp/),
  });
  expect(problemIn(node(field(4, text("Constant")), field(5, field(5, [14 * 8, 1]))))).toMatchObject({
    kind: "external",
  });
  expect(problemIn(node(field(4, text("Conv")), field(5, field(6, []))))?.why).toContain("graph within");
  expect(problemIn(modelOf(field(5, [14 * 8, 1])))).toMatchObject({
    kind: "external",
    why: expect.stringMatching(/outside its file/),
  });
  expect(problemIn(new Uint8Array([0x3a, 0x7f]))?.why).toContain("no ONNX model");
});

test("inputs and outputs of the real network are those of the manifest; another network under it is refused [F52]", () => {
  if (!manifest.ok) throw new Error(manifest.error.what);
  expect(portsOf(bytes)).toEqual({
    inputs: [{ name: raw.input.name, isFloat: true, shape: raw.input.shape }],
    outputs: [{ name: raw.output.name, isFloat: true, shape: raw.output.shape }],
  });
  const other = modelOf(field(11, [...field(1, text("residual"))]), field(12, field(1, text("classes"))));
  const named = { ...manifest.value, facts: { ...manifest.value.facts, model: digestOf(other) } };
  const refused = checkModel(other, named);
  expect(refused).toMatchObject({
    ok: false,
    error: { code: "model-shape", remedy: expect.stringMatching(/this version of the program/) },
  });
});
