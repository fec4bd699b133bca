/** The rules of the house are rules: each checker convicts wrong sources and lets the right ones pass. */
import { describe, expect, it } from "vitest";
import { brokenDoors, brokenFloors, cycles } from "./floors.ts";
import { shippedOnlyInDevelopment, soupAgainstImports, soupAgainstManifest, soupRows } from "./packages.ts";
import { impurities } from "./purity.ts";
import { emptyCommands, lockfileAddresses, lockfileGaps, wordsIn } from "./repository.ts";
import { emptyTests, functionsOf, sprawl, strangers } from "./shape.ts";
import { sentenceOf, sourceOf } from "./source.ts";

const entries = new Set(["src/drivers/marlin/io/child.ts"]);

describe("floors", () => {
  const imports = (path: string, line: string) => brokenFloors(sourceOf(path, line));
  it.each([
    ["src/kernel/a.ts", 'import { x } from "../jobs/b.ts"'],
    ["src/jobs/a.ts", 'import type { X } from "../ledger/b.ts"'],
    ["src/drivers/a.ts", 'import { x } from "../inspection/b.ts"'],
    ["src/people/a.ts", 'import type { X } from "../materials/b.ts"'],
    ["src/jobs/a.ts", 'const x = await import("../cell.ts")'],
    ["src/jobs/a.ts", 'export const f = (x: import("../hmi/b.ts").X) => x'],
    ["src/hmi/a.ts", 'import { x } from "../simulators/camera/b.ts"'],
    ["src/simulators/camera/a.ts", 'import { x } from "../../toolpath/b.ts"'],
    ["src/cell.ts", 'import { x } from "../demo/b.ts"'],
    ["src/shed/a.ts", ""],
    ["src/hmi/web/a.ts", 'import { x } from "../../kernel/hash.ts"'],
    ["src/hmi/web/a.ts", 'import { x } from "../../jobs/b.ts"'],
    ["src/hmi/web/a.ts", 'import type { X } from "../../ledger/b.ts"'],
    ["src/hmi/web/a.ts", 'import type { X } from "../io/server.ts"'],
    ["src/hmi/a.ts", 'import type { X } from "./web/b.ts"'],
  ])("convicts %s: %s", (path, line) => expect(imports(path, line)).toHaveLength(1));
  it.each([
    ["src/jobs/a.ts", 'import { x } from "../kernel/b.ts"'],
    ["src/drivers/marlin/a.ts", 'import { x } from "../../toolpath/b.ts"'],
    ["src/simulators/camera/a.ts", 'import { x } from "../printer/b.ts"'],
    ["src/hmi/web/a.tsx", 'import type { X } from "../../jobs/b.ts"; import { y } from "./c.ts"'],
    ["src/hmi/web/a.tsx", 'import { x } from "../../kernel/json.ts"'],
    ["src/main.ts", 'import { x } from "./hmi/io/b.ts"'],
    ["demo/main.ts", 'import { x } from "../src/simulators/camera/b.ts"'],
    ["src/jobs/a.ts", '// import { x } from "../cell.ts"\nconst s = \'import { x } from "../cell.ts"\';'],
  ])("lets %s pass: %s", (path, line) => expect(imports(path, line)).toEqual([]));
  it("says file, rule and mend in one sentence", () => {
    const [breach] = imports("src/kernel/a.ts", 'import "../cell.ts"');
    expect(sentenceOf(breach!)).toBe(
      "src/kernel/a.ts breaks R1: it imports src/cell.ts, and cell.ts stands to its right. Mend: move what both need to a floor to the left of both, or hand it in from main.ts; a type counts as much as a value.",
    );
  });
});

describe("doors", () => {
  const doors = (path: string, line: string) => brokenDoors(sourceOf(path, line), entries);
  it("convicts who opens io from outside", () => {
    expect(doors("src/hmi/a.ts", 'import { x } from "./io/b.ts"')).toHaveLength(1);
    expect(doors("src/hmi/io/a.ts", 'import { x } from "../../ledger/io/b.ts"')).toHaveLength(1);
    expect(doors("src/drivers/marlin/io/port.ts", 'import { x } from "../../io/b.ts"')).toHaveLength(1);
  });
  it("lets roots, entry files and the own folder", () => {
    expect(doors("src/main.ts", 'import { x } from "./ledger/io/b.ts"')).toEqual([]);
    expect(doors("src/drivers/marlin/io/child.ts", 'import { x } from "../../io/b.ts"')).toEqual([]);
    expect(doors("src/hmi/io/a.ts", 'import { x } from "./b.ts"')).toEqual([]);
    expect(doors("test/a.test.ts", 'import { x } from "../src/hmi/io/b.ts"')).toEqual([]);
  });
  it("finds entry files by their URL", () => {
    const source = sourceOf("src/ledger/io/link.ts", 'const w = new Worker(new URL("./writer.ts", import.meta.url));');
    expect(source.entries).toEqual(["src/ledger/io/writer.ts"]);
  });
});

describe("purity", () => {
  const breaches = (text: string, path = "src/jobs/a.ts") => impurities(sourceOf(path, text), entries);
  it.each([
    "export const a = Date.now();",
    "export const a = new Date();",
    "export const a = Math.random();",
    "setTimeout(() => {}, 1);",
    "const f = setInterval;",
    "console.log(1);",
    "export const a = process.env;",
    "export const a = globalThis.name;",
    "export const a = { performance };",
    "export const a = Buffer.from([]);",
    'import { join } from "node:path";',
    'import type { Socket } from "node:net";',
    'import pino from "pino";',
    'const f = await import("node:fs");',
    'import { createHash } from "node:crypto";',
  ])("convicts %s", (text) => expect(breaches(text)).toHaveLength(1));
  it.each([
    'import { z } from "zod";',
    "export const a = new Date(0).toISOString();",
    "export const a = (process: { heat(): void }) => process.heat();",
    "export interface A { console: string; process(): void }",
    "export const a = (b: { fetch: number }) => b.fetch;",
    "// Date.now() in a comment\nexport const a = 'Math.random()';",
    "export const a = { fetch: 1 };",
  ])("lets pass %s", (text) => expect(breaches(text)).toEqual([]));
  it("lets io, roots and the hash touch what they need", () => {
    expect(breaches("console.log(1);", "src/jobs/io/a.ts")).toEqual([]);
    expect(breaches("console.log(1);", "src/main.ts")).toEqual([]);
    expect(breaches('import { createHash } from "node:crypto";', "src/kernel/hash.ts")).toEqual([]);
  });
});

describe("shape", () => {
  const opening = "/** A file. */\n";
  it.each([
    "export default 1;",
    'export * from "./a.ts";',
    'export { a } from "./a.ts";',
    'import { a } from "./a.ts"; export { a };',
    "export let a: any;",
    "enum A { B }",
    "namespace A { export const b = 1; }",
    "@sealed class A {}",
    "class A { constructor(readonly b: number) {} }",
    "class A extends B {}",
    "const A = class extends make() {};",
  ])("convicts %s", (text) => expect(strangers(sourceOf("src/a.ts", text))).toHaveLength(1));
  it("lets Error be extended, and names be exported", () => {
    expect(strangers(sourceOf("src/a.ts", "class A extends Error {} const b = 1; export { b };"))).toEqual([]);
  });
  it("wants an opening sentence, 400 lines and functions of 60", () => {
    const long = (lines: number) => `function f() {\n${"  g();\n".repeat(lines - 2)}}\n`;
    const count = (text: string) => sprawl(sourceOf("src/a.ts", text)).length;
    expect(count(`${opening}const a = 1;`)).toBe(0);
    expect(count("const a = 1;")).toBe(1);
    expect(count("/** no sentence */\nconst a = 1;")).toBe(1);
    expect(count("#!/usr/bin/env node\n/** A file. */\n")).toBe(0);
    expect(count(`${opening}${"g();\n".repeat(399)}`)).toBe(0);
    expect(count(`${opening}${"g();\n".repeat(400)}`)).toBe(1);
    expect(count(opening + long(60))).toBe(0);
    expect(count(opening + long(61))).toBe(1);
  });
  it("counts the lines of an inner function once, as its own", () => {
    const source = sourceOf("src/a.ts", "function outer() {\n  const inner = () => {\n    g();\n  };\n  inner();\n}\n");
    expect(functionsOf(source)).toEqual([
      { name: "inner", at: 2, length: 3 },
      { name: "outer", at: 1, length: 4 },
    ]);
  });
  it("convicts tests that do not run and mocks of real parts", () => {
    const test = (text: string) => emptyTests(sourceOf("test/a.test.ts", text)).length;
    expect(["it.skip('', f)", "describe.only('', f)", "vi.mock('serialport')", "test.todo('')"].map(test)).toEqual([
      1, 1, 1, 1,
    ]);
    expect(test("it.each([1])('a', f); list.skip(1);")).toBe(0);
  });
  it("finds rings, types included", () => {
    const ring = [
      sourceOf("src/a.ts", 'import { b } from "./b.ts";'),
      sourceOf("src/b.ts", 'import type { C } from "./c.ts";'),
      sourceOf("src/c.ts", 'import "./a.ts";'),
      sourceOf("src/d.ts", 'import "./a.ts";'),
    ];
    expect(cycles(ring).map(({ what }) => what)).toEqual([
      "it imports itself: src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts.",
    ]);
    expect(cycles(ring.slice(1))).toEqual([]);
  });
});

describe("packages", () => {
  const rows = soupRows(
    "## npm packages at run time\n| package | version | where | why | licence | risk |\n| --- | --- | --- | --- | --- | --- |\n" +
      "| `zod` | 4.0.0 | `src/` | why | MIT | none |\n## npm packages for development\n| `vite` | 8.0.0 | `scripts/`, `test/a.ts` | why | MIT | none |\n" +
      "| `node` | 24.0.0 | not imported | why | MIT | none |\n## Debian packages\n| `zlib` | 1 | `x` | y | z | z |\n",
  );
  const manifest = { scripts: {}, dependencies: { zod: "4.0.0" }, devDependencies: { vite: "8.0.0", node: "24.0.0" } };
  it("reads the tables", () => {
    expect(rows.map(({ name, places, kind }) => [name, places, kind])).toEqual([
      ["zod", ["src/"], "runtime"],
      ["vite", ["scripts/", "test/a.ts"], "development"],
      ["node", [], "development"],
    ]);
    expect(soupAgainstManifest(rows, manifest)).toEqual([]);
  });
  it("convicts another version, a missing row, a row too many, and the wrong table", () => {
    const told = (change: object) => soupAgainstManifest(rows, { ...manifest, ...change }).map(({ what }) => what);
    expect(told({ dependencies: { zod: "4.0.1" } })).toEqual(["it says zod 4.0.0, package.json 4.0.1."]);
    expect(told({ dependencies: { zod: "4.0.0", pino: "1.0.0" } })[0]).toMatch(/^pino 1.0.0 of package.json is not in/);
    expect(told({ dependencies: {} })).toEqual(["it names zod, which package.json does not."]);
    expect(told({ dependencies: {}, devDependencies: { ...manifest.devDependencies, zod: "4.0.0" } })).toEqual([
      "zod stands in the runtime table.",
    ]);
  });
  it("convicts an import from another place, and a row that nothing bears out", () => {
    const good = [
      sourceOf("src/a.ts", 'import "zod/v4"'),
      sourceOf("test/a.ts", 'import "vite"'),
      sourceOf("scripts/b.ts", 'import "vite"'),
    ];
    expect(soupAgainstImports(rows, good)).toEqual([]);
    expect(soupAgainstImports(rows, [...good, sourceOf("test/b.ts", 'import "vite"')])).toHaveLength(1);
    expect(soupAgainstImports(rows, [...good, sourceOf("src/b.ts", 'import "@a/b/c"')])[0]!.what).toMatch(
      /@a\/b, which/,
    );
    expect(soupAgainstImports(rows, good.slice(0, 2))).toHaveLength(1);
    expect(shippedOnlyInDevelopment([sourceOf("src/hmi/io/a.ts", 'import "vite"')], manifest)).toHaveLength(1);
    expect(shippedOnlyInDevelopment([sourceOf("src/simulators/a.ts", 'import "vite"')], manifest)).toEqual([]);
  });
});

describe("repository", () => {
  it("convicts words of unfinished work and paths of one machine", () => {
    expect(wordsIn("a.md", `first\n// ${"TO"}${"DO"}: later`)[0]!.what).toContain("line 2");
    expect(wordsIn("a.md", `see ${"/wo"}${"rk/main/a.ts"}`)).toHaveLength(1);
    expect(wordsIn("a.md", `cd "${"/ho"}${"me/jo"}"`)).toHaveLength(1);
    expect(wordsIn("a.md", "docs/work/a and a method of work/life; toDo")).toEqual([]);
  });
  it("convicts addresses in the lockfile and commands without a file", () => {
    expect(lockfileAddresses('{\n "resolved": "https://x/y.tgz"\n}')).toHaveLength(1);
    expect(lockfileAddresses('{\n "integrity": "sha512-x"\n}')).toEqual([]);
    const lock = { packages: { "": {}, "node_modules/a": { optionalDependencies: { "a-arm": "1.0.0" } } } };
    expect(lockfileGaps(JSON.stringify(lock))).toHaveLength(1);
    const whole = { packages: { ...lock.packages, "node_modules/a-arm": {} } };
    expect(lockfileGaps(JSON.stringify(whole))).toEqual([]);
    const scripts = { a: "sh scripts/run.sh demo/main.ts", b: "tsc --noEmit -p src/hmi/web && biome check ." };
    expect(
      emptyCommands({ scripts, dependencies: {}, devDependencies: {} }, (path) => path === "scripts/run.sh"),
    ).toHaveLength(2);
  });
});
