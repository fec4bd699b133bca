/** The rules of the house (ARCHITECTURE.md, R1 to R6), each failing in a sentence with file, rule and mend. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokenDoors, brokenFloors, cycles, isWeb } from "./house/floors.ts";
import {
  type Manifest,
  shippedOnlyInDevelopment,
  soupAgainstImports,
  soupAgainstManifest,
  soupRows,
} from "./house/packages.ts";
import { impurities } from "./house/purity.ts";
import { emptyCommands, lockfileAddresses, lockfileGaps, repositoryFiles, wordsInAll } from "./house/repository.ts";
import { emptyTests, medianLines, sprawl, strangers } from "./house/shape.ts";
import { type Breach, readSource, sentenceOf } from "./house/source.ts";

const root = join(import.meta.dirname, "..");
const files = repositoryFiles(root);
const sources = files
  .filter((path) => /^(src|test|demo|bench|scripts)\/.*\.tsx?$/.test(path) && !path.endsWith(".d.ts"))
  .map((path) => readSource(root, path));
const src = sources.filter(({ path }) => path.startsWith("src/"));
const entries: ReadonlySet<string> = new Set(src.flatMap((source) => source.entries));
const manifest = JSON.parse(text("package.json")) as Manifest;
const soup = soupRows(text("docs/soup.md"));

function text(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Fails with all sentences at once, so that one run shows everything there is to mend. */
function none(breaches: readonly Breach[]): void {
  if (breaches.length > 0) expect.fail(`\n${breaches.map(sentenceOf).join("\n")}\n`);
}

describe("the house", () => {
  it("has sources to look at", () => {
    expect(src.length).toBeGreaterThan(50);
  });
  it("R1: nothing imports what stands to its right, siblings never meet", () => none(src.flatMap(brokenFloors)));
  it("R2: only io/ and roots touch the world", () => none(src.flatMap((source) => impurities(source, entries))));
  it("R3: io/ is opened only by its own folder and by roots", () =>
    none(src.flatMap((source) => brokenDoors(source, entries))));
  it("R4: packages are imported only where docs/soup.md says", () => none(soupAgainstImports(soup, sources)));
  it("R4: docs/soup.md and package.json name the same packages and versions", () =>
    none([...soupAgainstManifest(soup, manifest), ...shippedOnlyInDevelopment(sources, manifest)]));
  it("R5: no file imports itself", () => none(cycles(sources)));
  it("R5: no barrels, default exports, any, enums, namespaces, decorators, parameter properties or base classes", () =>
    none(sources.flatMap(strangers)));
  it("R6: a file opens with a sentence, and nothing is too long", () => none(sources.flatMap(sprawl)));
  it("R6: the median file of src has fewer than 100 lines", () => {
    expect(medianLines(src.filter(({ path }) => !isWeb(path)))).toBeLessThan(100);
  });
  it("tests run everywhere, against the real parts", () => none(sources.flatMap(emptyTests)));
  it("no unfinished words, no paths of one machine", () => none(wordsInAll(root, files)));
  it("the lockfile names no registry", () => none(lockfileAddresses(text("package-lock.json"))));
  it("the lockfile is whole", () => none(lockfileGaps(text("package-lock.json"))));
  it("every npm script has its file", () => none(emptyCommands(manifest, (path) => existsSync(join(root, path)))));
});
