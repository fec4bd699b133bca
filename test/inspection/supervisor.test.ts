/** The inspector's process may crash, hang or lie: the layer then has no result, and the next one is judged again. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Build, InspectionRequest } from "../../src/inspection/inspector.ts";
import { createInspector } from "../../src/inspection/io/supervisor.ts";

const folder = await mkdtemp(join(tmpdir(), "inspector-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const build = { attempt: "A1", accepted: null, seen: [] } as unknown as Build;
const request = (layer: number): InspectionRequest => ({
  ...{ attempt: "A1", layer, take: 1, frame: new Uint8Array([layer]) },
  ...{ markedAt: 1, requestedAt: 2, receivedAt: 3, exposureStart: null },
});

/** A process that speaks the protocol and does `onInspect` when asked to judge. */
async function stubborn(
  name: string,
  onInspect: string,
  hello = '{ kind: "ready", inHand: { model: "d", manifest: "e" } }',
): Promise<string> {
  const path = join(folder, `${name}.mjs`);
  await writeFile(
    path,
    `let begun = 0;
     process.on("disconnect", () => process.exit(0));
     process.on("message", (order) => {
       if (order.kind === "begin") begun++;
       if (order.kind !== "inspect") return process.send({ kind: "done", id: order.id });
       const layer = order.request.layer;
       const report = { kind: "report", id: order.id, report: { verdict: "pass", layer, begun } };
       ${onInspect}
     });
     process.send(${hello});`,
  );
  return path;
}

test("a crash gives no result, and the next layer is judged by a fresh process that knows the build [L3][F55]", async () => {
  const entry = await stubborn("crash", "if (layer === 2) process.exit(3); process.send(report);");
  const started = await createInspector({ manifest: "none", entry, timeout_ms: 5_000 });
  if (!started.ok) throw new Error(started.error.what);
  const inspector = started.value;
  expect(await inspector.begin(build)).toBeNull();
  expect(await inspector.inspect(request(1))).toMatchObject({ verdict: "pass" });
  expect(await inspector.inspect(request(2))).toMatchObject({
    kind: "no-result",
    layer: 2,
    fault: { code: "inspector-died" },
  });
  expect(await inspector.inspect(request(3))).toMatchObject({ verdict: "pass", begun: 1 });
  await inspector.close();
  expect(await inspector.inspect(request(4))).toMatchObject({ kind: "no-result", fault: { code: "inspector-closed" } });
});

test("a process that hangs is ended and the layer holds [L3][F66]", async () => {
  const entry = await stubborn("hang", "for (;;);");
  const started = await createInspector({ manifest: "none", entry, timeout_ms: 1_000 });
  if (!started.ok) throw new Error(started.error.what);
  await started.value.begin(build);
  expect(await started.value.inspect(request(1))).toMatchObject({
    kind: "no-result",
    fault: { code: "inspector-late" },
  });
  await started.value.close();
});

test("a model that is refused stops the inspector from starting [F52]", async () => {
  const fault = '{ kind: "unfit", fault: { code: "model-refused", what: "w", remedy: "r" } }';
  const entry = await stubborn("unfit", "", fault);
  const started = await createInspector({ manifest: "none", entry, timeout_ms: 5_000 });
  expect(started).toMatchObject({ ok: false, error: { code: "model-refused" } });
  const real = await createInspector({ manifest: join(folder, "no-such-manifest.json") });
  expect(real).toMatchObject({ ok: false, error: { code: "model-unavailable" } });
});

test("a model or a manifest that was exchanged under the running cell judges nothing [F52][L3]", async () => {
  for (const inHand of ["model: String(process.pid), manifest: 'e'", "model: 'd', manifest: String(process.pid)"]) {
    const entry = await stubborn("changed", "process.exit(3);", `{ kind: "ready", inHand: { ${inHand} } }`);
    const started = await createInspector({ manifest: "none", entry, timeout_ms: 5_000 });
    if (!started.ok) throw new Error(started.error.what);
    await started.value.begin(build);
    await started.value.inspect(request(1));
    expect(await started.value.inspect(request(2))).toMatchObject({ fault: { code: "model-changed" } });
    await started.value.close();
  }
});
