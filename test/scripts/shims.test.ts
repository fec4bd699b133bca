/** The shell shims: the pinned Node, whatever folder they are called from and through whatever link; codes and signals pass. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const pinned = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies.node as string;
const folder = mkdtempSync(join(tmpdir(), "cellward-shims-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

it("run.sh runs TypeScript on the pinned Node and passes arguments, folder and exit code", () => {
  const file = program(
    "say.ts",
    "const said: object = { v: process.version, a: process.argv.slice(2), cwd: process.cwd() }; console.log(JSON.stringify(said)); process.exitCode = 7;",
  );
  const done = spawnSync("sh", [join(root, "scripts/run.sh"), file, "a b", "--json"], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(done.status).toBe(7);
  expect(JSON.parse(done.stdout)).toEqual({ v: `v${pinned}`, a: ["a b", "--json"], cwd: folder });
  expect(done.stderr).toBe("");
});

it("run.sh without a file says how it is used", () => {
  const done = spawnSync("sh", [join(root, "scripts/run.sh")], { encoding: "utf8" });
  expect([done.status, done.stderr]).toEqual([2, expect.stringContaining("usage")]);
});

it("a signal reaches the program itself", async () => {
  const file = program(
    "wait.ts",
    'process.on("SIGTERM", () => process.exit(5)); setInterval(() => {}, 1000); console.log("up");',
  );
  const child = spawn("sh", [join(root, "scripts/run.sh"), file], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.once("data", () => child.kill("SIGTERM"));
  const code = await new Promise((resolve) => child.once("exit", resolve));
  expect(code).toBe(5);
});

it("bin/cellward finds its repository through a chain of links", () => {
  symlinkSync(join(root, "bin/cellward"), join(folder, "first"));
  symlinkSync("first", join(folder, "cellward"));
  const done = spawnSync("sh", ["-x", join(folder, "cellward"), "--version"], { cwd: folder, encoding: "utf8" });
  expect(done.stderr).toContain(`${root}/bin/../scripts/run.sh src/main.ts --version`);
});
