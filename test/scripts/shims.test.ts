/** The shell shims: the pinned Node, whatever folder they are called from and through whatever link; codes and signals pass. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

it("a Node with another digest is removed and refused [F90]", () => {
  const fake = join(folder, "fake");
  mkdirSync(join(fake, "node_modules/node/bin"), { recursive: true });
  cpSync(join(root, "scripts"), join(fake, "scripts"), { recursive: true });
  const node = join(fake, "node_modules/node/bin/node");
  writeFileSync(node, "#!/bin/sh\n", { mode: 0o755 });
  const check = `root=${fake}; . ${fake}/scripts/install.sh; uname() { [ "$1" = -s ] && echo Linux || echo x86_64; }; check_node`;
  const done = spawnSync("sh", ["-c", check], { encoding: "utf8" });
  expect(done.status).toBe(78);
  expect(done.stderr).toContain("not the one this release was tested with");
  expect(existsSync(node)).toBe(false);
});
