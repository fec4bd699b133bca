/** What doctor says about files that are missing is typed as it stands, one after the other, until nothing is missing. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Check } from "../../src/commands/io/check.ts";
import { doctor } from "../../src/commands/io/doctor.ts";
import { readQaConfig } from "../../src/commands/io/qa-set-up.ts";

const root = mkdtempSync(join(tmpdir(), "doctor's-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const bin = new URL("../../bin", import.meta.url).pathname;
const [config, data, keys] = [join(root, "etc/cell.toml"), join(root, "data"), join(root, "keys")];

async function examined(): Promise<ReadonlyMap<string, Check>> {
  let checks: readonly Check[] = [];
  const result = (value: unknown) => {
    ({ checks } = value as { checks: readonly Check[] });
  };
  await doctor({ result, progress: () => undefined, trouble: (_, code) => code }, { config, data, keys });
  return new Map(checks.map((each) => [each.check, each]));
}

/** Types the command in a remedy into a shell. */
function type(remedy: string, input = ""): void {
  const command = /`([^`]*)`/.exec(remedy)?.[1] ?? "";
  expect(command).not.toBe("");
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"]}` };
  execFileSync("/bin/sh", ["-c", command], { input, env, stdio: ["pipe", "ignore", "pipe"] });
}

test("[F93] a configuration, both folders, the intake and the access to a machine are made by doctor's own commands", async () => {
  mkdirSync(join(root, "etc"));
  const told = new Set<string>();
  for (const name of ["configuration", "keys", "intake", "intake"]) {
    const { state, what, remedy } = (await examined()).get(name)!;
    expect([name, state, told.has(what)]).toEqual([name, "bad", false]);
    told.add(what);
    type(remedy);
  }
  const access = "access to Finishing station";
  for (const said of ["cell-1", "secret"]) type((await examined()).get(access)!.remedy, `${said}\n`);
  const all = await examined();
  for (const name of ["configuration", "keys", "intake", "packages", "ledger"])
    expect(all.get(name)).toMatchObject({ check: name, state: "good" });
  expect(all.get(access)).toBeUndefined();
  expect(readFileSync(join(root, "var/demo/run/station.password"), "utf8")).toBe("secret\n");
  // What cannot be made by a command is still told with the command that looks.
  const quoted = config.replace("'", "'\\''");
  expect(all.get("inspection")!.remedy).toContain(`camera calibrate --config '${quoted}'`);
});

test("[F93] one of two folders that belong together is never made anew beside the other", async () => {
  rmSync(keys, { recursive: true });
  const all = await examined();
  for (const name of ["keys", "packages"]) expect(all.get(name)!.remedy).toMatch(/restore it.*belong together/);
});

test("[F93] a central without its configuration is told how to begin one", async () => {
  const file = join(root, "etc/qa.toml");
  const read = await readQaConfig(file);
  if (!read.ok) type(read.error.remedy);
  const again = await readQaConfig(file);
  expect([read.ok, again.ok ? "" : again.error.what]).toEqual([false, expect.not.stringContaining("ENOENT")]);
});
