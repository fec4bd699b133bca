/** R1, R3 and R5: who may stand on whom, who may open the door to the world, and that nobody stands on himself. */
import type { Breach, Source } from "./source.ts";

/** The floors of src from left to right; what shares a line are siblings. */
export const floors: readonly (readonly string[])[] = [
  ["kernel"],
  ["people", "materials", "equipment", "toolpath"],
  ["jobs"],
  ["ledger"],
  ["drivers", "inspection", "intake", "sync", "evidence", "hmi", "qa", "labels"],
  ["duties.ts", "layer-watch.ts", "window-watch.ts", "config"],
  ["cell.ts", "perform.ts"],
  ["commands"],
  ["main.ts"],
  ["render.ts"],
];
const beside = "simulators";
/** A tool of its own beside the cell, which draws pictures with the simulators; nothing imports it. */
const renderer = "render.ts";
/** What browser code may take from the cell, as types only: its vocabulary and what its server shows. */
const seenByTheBrowser = ["src/kernel/", "src/people/", "src/equipment/", "src/jobs/", "src/hmi/"];

/** The folder or file directly below src, or null for what stands outside src. */
export function floorOf(path: string): string | null {
  return path.startsWith("src/") ? path.split("/")[1]! : null;
}

export function rankOf(floor: string): number {
  return floors.findIndex((line) => line.includes(floor));
}

export function isIo(path: string): boolean {
  return path.startsWith("src/") && path.split("/").slice(1, -1).includes("io");
}

export function isWeb(path: string): boolean {
  return path.startsWith("src/hmi/web/");
}

/** R1: nothing imports what stands to its right, and siblings never import each other. */
export function brokenFloors(source: Source): Breach[] {
  const floor = floorOf(source.path);
  if (floor === null) return [];
  if (floor !== beside && rankOf(floor) < 0) {
    return [
      {
        file: source.path,
        rule: "R1",
        what: `src/${floor} stands on no floor.`,
        mend: "move it below one of the floors of ARCHITECTURE.md, or give it a place in test/house/floors.ts and ARCHITECTURE.md.",
      },
    ];
  }
  return source.imports.flatMap(({ file, from, typeOnly }) => {
    const what = file === null ? null : isWeb(source.path) ? webComplaint(file, typeOnly) : complaint(floor, file);
    return what === null
      ? []
      : [{ file: source.path, rule: "R1", what: `it imports ${file ?? from}, and ${what}`, mend: mendFloor }];
  });
}

const mendFloor =
  "move what both need to a floor to the left of both, or hand it in from main.ts; a type counts as much as a value.";

function complaint(floor: string, file: string): string | null {
  const other = floorOf(file);
  if (other === null) return "nothing in src knows what stands outside it.";
  if (isWeb(file)) return "the browser's code is nobody's library.";
  if (other === floor) return null;
  if (other === beside) return floor === renderer ? null : "the house never knows its simulators.";
  if (floor === beside)
    return other === "kernel" ? null : "simulators know only the kernel, so that agreement means something.";
  if (rankOf(other) < 0) return `src/${other} stands on no floor.`;
  if (rankOf(other) === rankOf(floor)) return `${other} is its sibling.`;
  return rankOf(other) > rankOf(floor) ? `${other} stands to its right.` : null;
}

function webComplaint(file: string, typeOnly: boolean): string | null {
  if (isWeb(file)) return null;
  // The kernel is pure, so that what is signed is printed by the same code on both sides; its hash is Node's.
  if (file.startsWith("src/kernel/") && file !== "src/kernel/hash.ts") return null;
  if (!typeOnly) return "browser code takes nothing but types, and the pure kernel, from the rest of src.";
  if (isIo(file) || !seenByTheBrowser.some((folder) => file.startsWith(folder))) {
    return "browser code may know only the vocabulary of jobs and the pure views of hmi.";
  }
  return null;
}

/** R3: an io file is imported only by io files of its own folder, by roots, and from outside src. */
export function brokenDoors(source: Source, entries: ReadonlySet<string>): Breach[] {
  if (floorOf(source.path) === null || isRoot(source.path, entries)) return [];
  return source.imports.flatMap(({ file }) =>
    file === null || !isIo(file) || (isIo(source.path) && ioFolder(source.path) === ioFolder(file))
      ? []
      : [
          {
            file: source.path,
            rule: "R3",
            what: `it imports ${file}, which touches the world.`,
            mend: "take a port (an interface) as a parameter and let main.ts or an entry file hand in the io half.",
          },
        ],
  );
}

/** Roots: the command line, and the entry files of workers, child processes and simulators. */
export function isRoot(path: string, entries: ReadonlySet<string>): boolean {
  return (
    path === "src/main.ts" ||
    path === "src/render.ts" ||
    path.startsWith("src/commands/") ||
    entries.has(path) ||
    /^src\/simulators\/[^/]+\/io\/main\.ts$/.test(path)
  );
}

function ioFolder(path: string): string {
  return path.slice(0, path.indexOf("/io/"));
}

/** R5: no file reaches itself through its imports; each ring is told once. */
export function cycles(sources: readonly Source[]): Breach[] {
  const edges = new Map(sources.map((source) => [source.path, filesOf(source)]));
  const done = new Set<string>();
  const rings: string[][] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) rings.push(trail.slice(at));
    if (at >= 0 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return rings.map((ring) => ({
    file: ring[0]!,
    rule: "R5",
    what: `it imports itself: ${[...ring, ring[0]].join(" -> ")}.`,
    mend: "move what they share into a file that imports neither.",
  }));
}

function filesOf(source: Source): string[] {
  return source.imports.flatMap(({ file }) => (file === null ? [] : [file]));
}
