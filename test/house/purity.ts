/** R2: only files under io/, and roots, touch the world; the path of a file says whether it can hurt anyone. */
import { isIo, isRoot, isWeb } from "./floors.ts";
import { type Breach, childrenOf, isNode, lineOf, type Node, type Source, walk } from "./source.ts";

/** Packages that are pure functions of their arguments. */
const purePackages = new Set(["zod"]);
/** What single files outside io/ may use besides: a digest is a pure function of bytes. */
const exceptions: Readonly<Record<string, readonly string[]>> = { "src/kernel/hash.ts": ["node:crypto", "Buffer"] };
const worldly = new Set([
  "process",
  "console",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "performance",
  "fetch",
  "crypto",
  "Buffer",
  "globalThis",
  "require",
  "WebSocket",
  "EventSource",
  "Atomics",
]);
const mendPure =
  "take time, ids and answers as parameters or in the message, or move the part that needs the world under io/.";

/** Everything by which a file of the pure part touches the world. */
export function impurities(source: Source, entries: ReadonlySet<string>): Breach[] {
  const { path } = source;
  const allowed = exceptions[path] ?? [];
  if (!path.startsWith("src/") || isIo(path) || isWeb(path) || isRoot(path, entries)) return [];
  const tell = (what: string): Breach => ({ file: path, rule: "R2", what, mend: mendPure });
  const imported = source.imports
    .filter(({ file, from }) => file === null && !purePackages.has(from) && !allowed.includes(from))
    .map(({ from, typeOnly }) => tell(`it imports ${from}${typeOnly ? " (its types count too)" : ""}.`));
  const used = uses(source.tree)
    .filter(({ name }) => !allowed.includes(name))
    .map(({ name, at }) => tell(`line ${lineOf(source.text, at)} uses ${name}.`));
  return [...imported, ...used];
}

function uses(tree: Node): { name: string; at: number }[] {
  const own = declared(tree);
  const found: { name: string; at: number }[] = [];
  const visit = (node: Node, parent: Node | null): void => {
    const name = worldlyUse(node, parent);
    if (name !== null && !own.has(name.split(/\W/)[0]!)) found.push({ name, at: node.start });
    for (const child of childrenOf(node)) visit(child, node);
  };
  visit(tree, null);
  return found;
}

/** The worldly thing that `node` is, or null: a clock, chance, a timer, the process, the console. */
function worldlyUse(node: Node, parent: Node | null): string | null {
  if (node.type === "NewExpression" && nameOf(node["callee"]) === "Date") {
    return (node["arguments"] as unknown[]).length === 0 ? "new Date()" : null;
  }
  if (node.type === "CallExpression" && nameOf(node["callee"]) === "Date") return "Date()";
  if (node.type === "MemberExpression") {
    const member = `${nameOf(node["object"])}.${nameOf(node["property"])}`;
    return member === "Date.now" || member === "Math.random" ? member : null;
  }
  if (node.type !== "Identifier" || !worldly.has(String(node["name"])) || !isReference(node, parent)) return null;
  return String(node["name"]);
}

/** Whether an identifier reads a variable: not a property's, member's or type's name. */
function isReference(node: Node, parent: Node | null): boolean {
  if (parent === null) return false;
  if (parent.type === "MemberExpression") return parent["object"] === node || parent["computed"] === true;
  if (parent.type === "Property" || parent.type === "PropertyDefinition") return parent["value"] === node;
  return !/^(TS(PropertySignature|MethodSignature|TypeReference|QualifiedName|TypeParameter|NamedTupleMember)|MethodDefinition|ImportSpecifier|ExportSpecifier|LabeledStatement)$/.test(
    parent.type,
  );
}

/** Names that the file itself declares anywhere: a parameter called `process` is no process. */
function declared(tree: Node): Set<string> {
  const names = new Set<string>();
  const bind = (pattern: unknown): void => {
    if (!isNode(pattern)) return;
    if (pattern.type === "Identifier") names.add(String(pattern["name"]));
    else if (pattern.type === "Property") bind(pattern["value"]);
    else if (pattern.type === "AssignmentPattern") bind(pattern["left"]);
    else for (const child of childrenOf(pattern)) bind(child);
  };
  for (const node of walk(tree)) {
    if (node.type === "VariableDeclarator") bind(node["id"]);
    if (node.type === "ImportSpecifier" || node.type === "ImportNamespaceSpecifier") bind(node["local"]);
    if (/Function/.test(node.type)) {
      bind(node["id"]);
      for (const parameter of (node["params"] as Node[] | undefined) ?? []) bind(parameter);
    }
  }
  return names;
}

function nameOf(value: unknown): string | null {
  return isNode(value) && value.type === "Identifier" ? String(value["name"]) : null;
}
