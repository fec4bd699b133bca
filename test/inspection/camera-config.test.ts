/** Further cameras in the configuration: each with a name of its own, at a machine that there is. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { setupOf } from "../../src/commands/io/set-up.ts";
import { cameraNamed } from "../../src/config/cameras.ts";
import { loadConfig } from "../../src/config/io/load.ts";

const file = join(tmpdir(), `cameras-${process.pid}.toml`);
const simulated = await readFile(new URL("../../config/simulated-cell.toml", import.meta.url), "utf8");
afterAll(() => rm(file, { force: true }));

const view = (id: string, more = "") => `
[[inspection.view]]
id = "${id}"
setup = "${id}.json"
rig = "${id}-rig.json"
lens = "${id}-lens.json"
${more}
[inspection.view.camera]
kind = "http"
url = "http://192.0.2.31/${id}.jpg"
`;

async function load(...views: readonly string[]) {
  await writeFile(file, `${simulated}\n${views.join("\n")}`);
  return loadConfig(file);
}

it("[F51] a view has its own camera, set-up, rig and lens; a configuration without one writes down no cameras", async () => {
  const loaded = await load(view("right", 'machine = "printer-1"'), view("top"));
  if (!loaded.ok) throw new Error(loaded.error.join(" "));
  expect(setupOf(loaded.value.config).cameras).toEqual([
    { id: "camera-1", machine: null },
    { id: "right", machine: "printer-1" },
    { id: "top", machine: null },
  ]);
  expect(cameraNamed(loaded.value.config, "right")).toMatchObject({
    ...{ machine: "printer-1", setup: join(tmpdir(), "right.json"), lens: join(tmpdir(), "right-lens.json") },
    camera: { url: "http://192.0.2.31/right.jpg", timeoutSeconds: 5 },
  });
  const plain = await load();
  expect(plain.ok && setupOf(plain.value.config)).not.toHaveProperty("cameras");
});

it("[F51] two cameras of one name, the first one's name, and a machine that is not there are refused", async () => {
  for (const [views, word] of [
    [
      [view("right"), view("right").replace("right.jpg", "b.jpg").replace("right.json", "b.json")],
      "two cameras have one name",
    ],
    [[view("camera-1")], '"camera-1" is the name of [camera]'],
    [
      [view("right"), view("top").replace("/top.jpg", "/right.jpg")],
      "inspection.view.1.camera: another camera has this address",
    ],
    [
      [view("right"), view("top").replace("top.json", "right.json")],
      "inspection.view.1.setup: another camera has this set-up",
    ],
    [[view("right", 'machine = "printer-9"')], 'inspection.view.0.machine: "printer-9" is no machine of this cell'],
  ] as const) {
    expect(await load(...views)).toMatchObject({ ok: false, error: [expect.stringContaining(word)] });
  }
});
