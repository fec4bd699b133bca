/** One source file as the house rules see it: its text, its syntax tree, its imports, and what it says to whom. */
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { parseSync } from "vite";

/** A node of the syntax tree; only what the rules read is typed. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** One import, re-export or dynamic import. */
export interface Import {
  /** As written. */
  readonly from: string;
  /** Path of the file it means, relative to the repository; null for a package or a node: module. */
  readonly file: string | null;
  readonly typeOnly: boolean;
}

export interface Source {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: Node;
  readonly imports: readonly Import[];
  /** Files named by `new URL("...", import.meta.url)`: entry files of workers and child processes. */
  readonly entries: readonly string[];
}

/** A broken rule, in words. */
export interface Breach {
  readonly file: string;
  readonly rule: string;
  readonly what: string;
  readonly mend: string;
}

/** The sentence in which a breach is told. */
export function sentenceOf(breach: Breach): string {
  return `${breach.file} breaks ${breach.rule}: ${breach.what} Mend: ${breach.mend}`;
}

/** Reads and parses a file of the repository at `root`. */
export function readSource(root: string, path: string): Source {
  return sourceOf(path, readFileSync(join(root, path), "utf8"));
}

/** Parses `text` as the file at `path`; throws on a syntax error, which tsc reports better. */
export function sourceOf(path: string, text: string): Source {
  const parsed = parseSync(path, text, { sourceType: "module" });
  if (parsed.errors.length > 0) throw new Error(`${path} cannot be parsed: ${parsed.errors[0]!.message}`);
  const tree = parsed.program as unknown as Node;
  const imports: Import[] = [];
  const entries: string[] = [];
  for (const node of walk(tree)) {
    const from = specifierOf(node);
    if (from !== null) imports.push({ from, file: resolveFrom(path, from), typeOnly: isTypeOnly(node) });
    const entry = entryOf(node);
    if (entry !== null) entries.push(normalize(join(dirname(path), entry)));
  }
  return { path, text, tree, imports, entries };
}

/** Every node below and including `node`, parents first. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* walk(child);
}

/** The nodes directly below `node`. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
}

/** Line of a position, from 1. */
export function lineOf(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

const withSource = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
]);

function specifierOf(node: Node): string | null {
  if (!withSource.has(node.type)) return null;
  const source = node["source"] ?? node["argument"];
  const literal = isNode(source) && isNode(source["literal"]) ? source["literal"] : source;
  return isNode(literal) && typeof literal["value"] === "string" ? literal["value"] : null;
}

function isTypeOnly(node: Node): boolean {
  if (node.type === "TSImportType") return true;
  if (node["importKind"] === "type" || node["exportKind"] === "type") return true;
  const parts = node["specifiers"];
  return (
    Array.isArray(parts) &&
    parts.length > 0 &&
    parts.every((part: Node) => part["importKind"] === "type" || part["exportKind"] === "type")
  );
}

function resolveFrom(path: string, from: string): string | null {
  return from.startsWith(".") ? normalize(join(dirname(path), from)) : null;
}

/** The first argument of `new URL("./x.ts", import.meta.url)`. */
function entryOf(node: Node): string | null {
  if (node.type !== "NewExpression" || !isNode(node["callee"]) || node["callee"]["name"] !== "URL") return null;
  const [first] = node["arguments"] as Node[];
  const value = first?.["value"];
  return typeof value === "string" && value.endsWith(".ts") ? value : null;
}
