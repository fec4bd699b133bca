/** R4: docs/soup.md names every package, its version and the only places that import it, and it is true. */
import type { Breach, Source } from "./source.ts";

/** One row of the table of npm packages in docs/soup.md. */
export interface SoupRow {
  readonly name: string;
  readonly version: string;
  /** Files, or folders ending in a slash, that may import it; empty for what is only run. */
  readonly places: readonly string[];
  readonly kind: "runtime" | "development";
}

export interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const soup = "docs/soup.md";
export const notImported = "not imported";

/** Reads the rows `| package | version | where | why | licence | risk |` below the headings that name runtime and development. */
export function soupRows(markdown: string): SoupRow[] {
  const rows: SoupRow[] = [];
  let kind: SoupRow["kind"] | null = null;
  for (const line of markdown.split("\n")) {
    if (line.startsWith("#")) kind = kindOf(line);
    const cells = line.split("|").map((cell) => cell.trim());
    const name = /^`([^`]+)`$/.exec(cells[1] ?? "")?.[1];
    if (kind === null || name === undefined || cells.length !== 8) continue;
    rows.push({ name, version: cells[2]!, places: placesOf(cells[3]!), kind });
  }
  return rows;
}

function kindOf(heading: string): SoupRow["kind"] | null {
  if (/^#+ npm packages.*run ?time/i.test(heading)) return "runtime";
  return /^#+ npm packages.*development/i.test(heading) ? "development" : null;
}

function placesOf(cell: string): string[] {
  return cell === notImported ? [] : [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
}

/** Where the table and package.json disagree. */
export function soupAgainstManifest(rows: readonly SoupRow[], manifest: Manifest): Breach[] {
  const wanted = [
    ...Object.entries(manifest.dependencies).map(([name, version]) => ({ name, version, kind: "runtime" })),
    ...Object.entries(manifest.devDependencies).map(([name, version]) => ({ name, version, kind: "development" })),
  ];
  const tell = (what: string, mend: string): Breach => ({ file: soup, rule: "R4", what, mend });
  const absent = wanted.flatMap(({ name, version, kind }) => {
    const row = rows.find((each) => each.name === name);
    if (!row)
      return [tell(`${name} ${version} of package.json is not in its ${kind} table.`, "add a row, with its risk.")];
    if (row.version !== version) {
      return [
        tell(`it says ${name} ${row.version}, package.json ${version}.`, "read the change log, then change the row."),
      ];
    }
    return row.kind === kind
      ? []
      : [tell(`${name} stands in the ${row.kind} table.`, `move its row to the ${kind} table.`)];
  });
  const extra = rows
    .filter((row) => !wanted.some(({ name }) => name === row.name))
    .map((row) => tell(`it names ${row.name}, which package.json does not.`, "remove the row."));
  return [...absent, ...extra];
}

/** Imports of packages from places that the table does not name, and rows that no import bears out. */
export function soupAgainstImports(rows: readonly SoupRow[], sources: readonly Source[]): Breach[] {
  const seen = new Map<string, Set<string>>();
  const stray: Breach[] = [];
  for (const source of sources) {
    for (const name of packagesOf(source)) {
      const row = rows.find((each) => each.name === name);
      const place = row?.places.find((each) =>
        each.endsWith("/") ? source.path.startsWith(each) : source.path === each,
      );
      if (place !== undefined) {
        seen.set(name, (seen.get(name) ?? new Set<string>()).add(place));
        continue;
      }
      stray.push({
        file: source.path,
        rule: "R4",
        what: `it imports ${name}, which ${soup} allows ${row ? `only in ${row.places.join(", ") || "no file"}` : "nowhere"}.`,
        mend: `go through the file that already imports it, or say in ${soup} why this place needs it too.`,
      });
    }
  }
  const idle = rows.flatMap(({ name, places }) =>
    places
      .filter((place) => !seen.get(name)?.has(place))
      .map((place) => ({
        file: soup,
        rule: "R4",
        what: `it says that ${place} imports ${name}, and nothing there does.`,
        mend: "correct the row, so that the list stays true.",
      })),
  );
  return [...stray, ...idle];
}

/** What runs in production is a dependency, not a development dependency. */
export function shippedOnlyInDevelopment(sources: readonly Source[], manifest: Manifest): Breach[] {
  return sources
    .filter(({ path }) => /^src\/(?!simulators\/|hmi\/web\/)/.test(path))
    .flatMap((source) =>
      packagesOf(source)
        .filter((name) => !(name in manifest.dependencies))
        .map((name) => ({
          file: source.path,
          rule: "R4",
          what: `it imports ${name}, which package.json does not list under dependencies.`,
          mend: "a package that the cell runs is a dependency; move it there or do without.",
        })),
    );
}

/** Names of the npm packages that a file imports, each once; node: modules are not packages. */
export function packagesOf(source: Source): string[] {
  const names = source.imports
    .filter(({ file, from }) => file === null && !from.startsWith("node:"))
    .map(({ from }) =>
      from
        .split("/")
        .slice(0, from.startsWith("@") ? 2 : 1)
        .join("/"),
    );
  return [...new Set(names)];
}
