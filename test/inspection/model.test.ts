/** The model registry: only the very file that the manifest names, and only plain layers in it. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkModel, forbiddenContent, readManifest } from "../../src/inspection/model.ts";

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

test("a manifest for other classes or shapes is refused [F52]", () => {
  const swapped = { ...raw, output: { ...raw.output, classes: [...raw.output.classes].reverse() } };
  const refused = readManifest(swapped);
  expect(refused.ok ? "" : refused.error.what).toContain("other channels, classes or shapes");
  expect(readManifest({ ...raw, file: "../elsewhere.onnx" }).ok).toBe(false);
});

test("external weights, custom operators and unknown operators are refused [F52]", () => {
  expect(forbiddenContent(modelOf(field(1, field(4, text("Conv")))))).toBeNull();
  expect(forbiddenContent(modelOf(field(1, [...field(4, text("Conv")), ...field(7, text("com.custom"))])))).toContain(
    "custom",
  );
  expect(forbiddenContent(modelOf(field(1, field(4, text("PyOp")))))).toContain("PyOp");
  expect(forbiddenContent(modelOf(field(5, [14 * 8, 1])))).toContain("outside its file");
  expect(forbiddenContent(new Uint8Array([0x3a, 0x7f]))).toContain("no ONNX model");
});
