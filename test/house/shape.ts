/** R5 and R6: what no file may contain, how a file opens, and how long a file and a function may be. */
import { type Breach, childrenOf, isNode, lineOf, type Node, type Source, walk } from "./source.ts";

export const longestFile = 400;
export const longestFunction = 60;

/** R5: constructs that this house does without. */
export function strangers(source: Source): Breach[] {
  const found: Breach[] = [];
  for (const node of walk(source.tree)) {
    const complaint = complaintOf(node);
    if (complaint === null) continue;
    const [what, mend] = complaint;
    found.push({ file: source.path, rule: "R5", what: `line ${lineOf(source.text, node.start)} has ${what}.`, mend });
  }
  return [...found, ...passedOn(source)];
}

function complaintOf(node: Node): readonly [string, string] | null {
  switch (node.type) {
    case "ExportAllDeclaration":
      return ["a barrel (export *)", "import each name from the file that makes it."];
    case "ExportNamedDeclaration":
      return node["source"] ? ["a re-export", "import the name from the file that makes it."] : null;
    case "ExportDefaultDeclaration":
      return ["a default export", "give it its name: export function ..., export const ..."];
    case "TSAnyKeyword":
      return ["the type any", "say what it is; unknown, where it comes from outside, and parse it."];
    case "TSEnumDeclaration":
      return ["an enum", "use a union of string literals."];
    case "TSModuleDeclaration":
      return ["a namespace", "a file is a module already."];
    case "Decorator":
      return ["a decorator", "call a function."];
    case "TSParameterProperty":
      return ["a parameter property", "declare the field and assign it."];
    case "ClassDeclaration":
    case "ClassExpression":
      return parentOf(node) === null || parentOf(node) === "Error"
        ? null
        : [
            `a class that inherits from ${parentOf(node)}`,
            "compose: take the other as a parameter (only Error is extended).",
          ];
    default:
      return null;
  }
}

function parentOf(node: Node): string | null {
  const parent = node["superClass"];
  if (!isNode(parent)) return null;
  return parent.type === "Identifier" ? String(parent["name"]) : "an expression";
}

/** A barrel in two steps: a name imported and exported again. */
function passedOn(source: Source): Breach[] {
  const imported = new Set<unknown>();
  const found: Breach[] = [];
  for (const node of walk(source.tree)) {
    if (/^Import(Default|Namespace)?Specifier$/.test(node.type)) imported.add((node["local"] as Node)["name"]);
    if (node.type !== "ExportSpecifier") continue;
    const name = (node["local"] as Node)["name"];
    if (!imported.has(name)) continue;
    const what = `line ${lineOf(source.text, node.start)} exports ${String(name)}, which it imported.`;
    found.push({ file: source.path, rule: "R5", what, mend: "import the name from the file that makes it." });
  }
  return found;
}

/** R6: the file opens with one sentence, and neither it nor a function of it is too long. */
export function sprawl(source: Source): Breach[] {
  const tell = (what: string, mend: string): Breach => ({ file: source.path, rule: "R6", what, mend });
  const found: Breach[] = [];
  const opening = /^(#![^\n]*\n)?\/\*\*\s([\s\S]*?)\*\//
    .exec(source.text)?.[2]
    ?.replace(/^\s*\*\s?/gm, "")
    .trim();
  if (opening === undefined || !/[.?]$/.test(opening)) {
    found.push(
      tell("it does not open with a sentence.", "let its first line be /** One sentence that says what it is. */"),
    );
  }
  const lines = source.text.trimEnd().split("\n").length;
  if (lines > longestFile) {
    found.push(tell(`it has ${lines} lines, more than ${longestFile}.`, "split it where it serves two purposes."));
  }
  for (const { name, at, length } of functionsOf(source)) {
    if (length <= longestFunction) continue;
    found.push(
      tell(
        `the function ${name} on line ${at} has ${length} lines of its own, more than ${longestFunction}.`,
        "name its steps as functions.",
      ),
    );
  }
  return found;
}

/** Every function with its own lines: those of the functions inside it are theirs. */
export function functionsOf(source: Source): { name: string; at: number; length: number }[] {
  const found: { name: string; at: number; length: number }[] = [];
  const visit = (node: Node, name: string): number => {
    const inner = nameAbove(node) ?? name;
    const nested = childrenOf(node).reduce((sum, child) => sum + visit(child, inner), 0);
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return nested;
    const at = lineOf(source.text, node.start);
    const whole = lineOf(source.text, node.end) - at + 1;
    found.push({ name: inner, at, length: whole - nested });
    // A one-line function shares its line with its surroundings.
    return whole > 1 ? whole - 1 : 0;
  };
  visit(source.tree, "(unnamed)");
  return found;
}

function nameAbove(node: Node): string | null {
  const key = node.type === "Property" || node.type === "MethodDefinition" ? node["key"] : node["id"];
  return isNode(key) && key.type === "Identifier" ? String(key["name"]) : null;
}

/** Median of the file lengths, in lines. */
export function medianLines(sources: readonly Source[]): number {
  const lengths = sources.map((source) => source.text.trimEnd().split("\n").length).sort((a, b) => a - b);
  return lengths[Math.floor(lengths.length / 2)] ?? 0;
}

/** Tests that do not run, and mocks of what the product is made of. */
export function emptyTests(source: Source): Breach[] {
  if (!/^test\/.*\.test\.ts$/.test(source.path)) return [];
  const found: Breach[] = [];
  for (const node of walk(source.tree)) {
    if (node.type !== "MemberExpression" || !isNode(node["object"]) || !isNode(node["property"])) continue;
    const call = `${String(node["object"]["name"])}.${String(node["property"]["name"])}`;
    if (!/^((it|test|describe)\.(skip|only|todo|fails|skipIf|runIf)|vi\.(mock|doMock))$/.test(call)) continue;
    found.push({
      file: source.path,
      rule: "the rule of tests",
      what: `line ${lineOf(source.text, node.start)} says ${call}.`,
      mend: "a test runs everywhere or fails loudly, against the real parts.",
    });
  }
  return found;
}
