/** Writes docs/requirements.md: every law and feature, the tests whose names carry its number, and how they ended last. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryFiles } from "../test/house/repository.ts";
import { childrenOf, isNode, type Node, readSource } from "../test/house/source.ts";

/** A test that proves something: its file, its name without numbers, and the numbers it carries. */
export interface Proof {
  readonly file: string;
  readonly name: string;
  readonly ids: readonly string[];
}

/** The part of vitest's JSON report that is read here. */
export interface LastRun {
  readonly startTime: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

type Titles = Readonly<Record<string, string>>;

/** What docs/features.json holds. */
export interface Features {
  readonly laws: Titles;
  readonly features: Titles;
  /** Of a feature that has tests: what its condition asks that is not there yet, in a few words. */
  readonly thin?: Titles;
}

const root = join(import.meta.dirname, "..");
const notBuilt = "*not built*";

/** Every test below test/ whose own name or whose describe carries [F..] or [L..]. */
export function proofsIn(folder: string): Proof[] {
  return repositoryFiles(folder)
    .filter((path) => /^test\/.*\.test\.ts$/.test(path))
    .flatMap((path) => proofsOf(path, readSource(folder, path).tree, []));
}

/** The same for one parsed file. */
export function proofsOf(file: string, node: Node, inherited: readonly string[]): Proof[] {
  const named = namedCall(node);
  const ids = named ? [...new Set([...inherited, ...idsIn(named.name)])] : inherited;
  const here = named?.isTest && ids.length > 0 ? [{ file, name: withoutIds(named.name), ids }] : [];
  return [...here, ...childrenOf(node).flatMap((child) => proofsOf(file, child, ids))];
}

/** The numbers in a test's name, such as F25 and L3. */
export function idsIn(name: string): string[] {
  return [...name.matchAll(/\[([FL]\d+)\]/g)].map((match) => match[1]!);
}

function withoutIds(name: string): string {
  return name.replace(/\s*\[[FL]\d+\]\s*/g, " ").trim();
}

/** `it("name", ...)`, `describe("name", ...)`, `it.each([...])("name", ...)` and their like. */
function namedCall(node: Node): { name: string; isTest: boolean } | null {
  if (node.type !== "CallExpression") return null;
  const called = calledName(node["callee"]);
  const name = textOf((node["arguments"] as Node[])[0]);
  if (name === null || !["it", "test", "describe"].includes(called ?? "")) return null;
  return { name, isTest: called !== "describe" };
}

function calledName(callee: unknown): string | null {
  if (!isNode(callee)) return null;
  if (callee.type === "Identifier") return String(callee["name"]);
  if (callee.type === "MemberExpression") return calledName(callee["object"]);
  return callee.type === "CallExpression" ? calledName(callee["callee"]) : null;
}

/** A string literal, or a template with its holes shown as dots. */
function textOf(node: Node | undefined): string | null {
  if (node?.type === "Literal" && typeof node["value"] === "string") return node["value"];
  if (node?.type !== "TemplateLiteral") return null;
  return (node["quasis"] as { value: { cooked: string } }[]).map((part) => part.value.cooked).join("…");
}

/** The whole document. */
export function documentOf(titles: Features, proofs: readonly Proof[], run: LastRun | null): string {
  const { thin = {} } = titles;
  const table = (rows: Titles, what: string): string[] => [
    `| # | ${what} | how far | tests | last run |`,
    "| --- | --- | --- | --- | --- |",
    ...Object.entries(rows).map(([id, title]) => rowOf({ id, title, thin: thin[id] }, proofs, run)),
  ];
  const unknown = proofs.flatMap(({ ids }) => ids).filter((id) => !(id in titles.laws) && !(id in titles.features));
  if (unknown.length > 0)
    throw new Error(`Tests name ${[...new Set(unknown)].join(", ")}, which docs/features.json does not.`);
  const tested = (id: string): boolean => proofs.some(({ ids }) => ids.includes(id));
  const covered = Object.keys(titles.features).filter(tested);
  const untested = Object.keys(thin).filter((id) => !tested(id));
  if (untested.length > 0) throw new Error(`docs/features.json calls ${untested.join(", ")} thin: no test is there.`);
  return [
    "# Requirements, tests, results",
    "",
    "Written by `npm run trace` from the numbers that stand in the names of the tests ([F25], [L3]) and from the report of the",
    "last whole `npm test`; a test fails when this file and the tests disagree. A row says that the tests named in it exist",
    "and how they ended. *Thin* says what the feature's own condition asks and the tests do not show yet, as it is noted in",
    `docs/features.json; where it says *works*, nobody has noted anything missing. What no test names is ${notBuilt}.`,
    "",
    `Features with a test: ${covered.length} of ${Object.keys(titles.features).length}, ` +
      `${covered.filter((id) => id in thin).length} of them thin. ${runLine(run)}`,
    "",
    "## Laws",
    "",
    ...table(titles.laws, "law"),
    "",
    "## Features",
    "",
    ...table(titles.features, "feature"),
    "",
  ].join("\n");
}

function runLine(run: LastRun | null): string {
  return run ? `Last whole run: ${new Date(run.startTime).toISOString().slice(0, 10)}.` : "No whole run was at hand.";
}

interface Row {
  readonly id: string;
  readonly title: string;
  readonly thin: string | undefined;
}

function rowOf({ id, title, thin }: Row, proofs: readonly Proof[], run: LastRun | null): string {
  const own = proofs.filter(({ ids }) => ids.includes(id));
  if (own.length === 0) return `| ${id} | ${title} | ${notBuilt} | | |`;
  const byFile = Map.groupBy(own, ({ file }) => file);
  const tests = [...byFile].map(([file, list]) => `\`${file}\`: ${list.map(({ name }) => escaped(name)).join("; ")}`);
  const far = thin === undefined ? "works" : `*thin:* ${thin}`;
  return `| ${id} | ${title} | ${far} | ${tests.join("<br>")} | ${resultOf(id, run)} |`;
}

function resultOf(id: string, run: LastRun | null): string {
  const ended = (run?.testResults ?? []).flatMap((file) =>
    file.assertionResults.filter(({ fullName }) => idsIn(fullName).includes(id)),
  );
  if (ended.length === 0) return "not run";
  const passed = ended.filter(({ status }) => status === "passed").length;
  return passed === ended.length ? `${passed} passed` : `${passed} of ${ended.length} passed`;
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

/** The document without what changes from run to run: the results and the date. */
export function withoutResults(document: string): string {
  return document.replace(/ \| [^|]*\|$/gm, "").replace(/^Features with a test.*$/m, "");
}

/** Reads what the document is made of, and makes it. */
export function currentDocument(): string {
  const titles = JSON.parse(readFileSync(join(root, "docs/features.json"), "utf8")) as Features;
  const report = join(root, "var/vitest.json");
  const run = existsSync(report) ? (JSON.parse(readFileSync(report, "utf8")) as LastRun) : null;
  return documentOf(titles, proofsIn(root), run);
}

if (import.meta.main) {
  writeFileSync(join(root, "docs/requirements.md"), currentDocument());
  console.log("Wrote docs/requirements.md.");
}
