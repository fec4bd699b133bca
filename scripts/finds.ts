/** Draws sets, scores them, and lays the clearest finds and the worst misses and false alarms side by side, as two pictures. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp, { type OverlayOptions } from "sharp";
import { writeOverlay } from "../src/inspection/io/overlay.ts";
import { type Shown, scoreSet } from "../src/inspection/io/score-set.ts";
import { openSet } from "../src/inspection/io/set-folder.ts";

const help = `Usage: npm run finds -- [--set FOLDER ...] [--out FOLDER]

Scores sets as \`cellward inspect score --set\` does, and lays ten finds and ten misses or false alarms side by side: outlines of what
was marked are magenta, of what is labelled green. Without --set it renders five: filament in three colours, powder recoated and fused.

  --set FOLDER   a set; can be given more than once
  --out FOLDER   where finds.jpg and misses.jpg go (docs/pictures)

Exit codes: 0 written; 2 usage; 7 a set cannot be scored.`;

const { values } = parseArgs({
  options: {
    set: { type: "string", multiple: true },
    out: { type: "string", default: "docs/pictures" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}

/** What is shown of one frame. */
interface Tile {
  readonly set: string;
  readonly picture: Buffer;
  readonly classes: readonly string[];
  readonly score: number;
  readonly kind: "found" | "missed" | "false alarm";
}

const root = new URL("..", import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), "cellward-finds-"));
const [width, height, across] = [480, 400, 5];
const most = 10;

/** Sets of machines that no limit was chosen on. */
function rendered(): string[] {
  const guide = [
    "--program",
    "config/examples/drill-guide/drill-guide.gcode",
    "--recipe",
    "config/recipes/drill-guide-pla.json",
  ];
  const filament = (colour: string, seed: number) => [
    ...["filament", ...guide, "--layers", "3-40", "--references", "8", "--width", "1000"],
    ...["--filament", colour, "--seed", String(seed)],
  ];
  const powder = (phase: string, seed: number) => [
    "powder",
    "--phase",
    phase,
    "--seed",
    String(seed),
    "--width",
    "1000",
  ];
  const wanted: readonly (readonly [string, readonly string[]])[] = [
    ["grey filament", filament("grey", 2201)],
    ["white filament", filament("white", 2202)],
    ["blue filament", filament("blue", 2203)],
    ["powder, recoated", powder("recoated", 1710)],
    ["powder, fused", powder("fused", 1860)],
  ];
  return wanted.map(([name, args]) => {
    const set = join(work, name);
    console.error(`Rendering ${name} ...`);
    execFileSync(join(root, "bin/cellward"), ["render", ...args, "--out", set], {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
    });
    return set;
  });
}

/** What the numbers in a set's masks mean, where it says so. */
function classNames(folder: string): Readonly<Record<string, string>> {
  const path = join(folder, "classes.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, string>) : {};
}

async function tilesOf(folder: string): Promise<Tile[]> {
  const set = await openSet(folder);
  if (!set.ok) throw new Error(`${folder}: ${set.error.what}`);
  const tiles: Tile[] = [];
  const names = classNames(folder);
  const name = folder.split("/").at(-1)!;
  const take = async ({ outcome, field, marked, frame }: Shown): Promise<void> => {
    const { defective, held, score, classes } = outcome;
    const kind = defective === true ? (held ? "found" : "missed") : defective === false && held ? "false alarm" : null;
    if (kind === null || !Number.isFinite(score)) return;
    const path = join(work, "overlay.png");
    await writeOverlay(path, field, marked, frame.mask);
    const picture = await sharp(readFileSync(path))
      .resize(width, height - 40, { fit: "contain", background: "#222" })
      .toBuffer();
    tiles.push({ set: name, picture, classes: classes.map((each) => names[each] ?? each), score, kind });
  };
  const scored = await scoreSet(set.value, { progress: () => undefined, show: take });
  if (!scored.ok) throw new Error(`${folder}: ${scored.error.what}`);
  return tiles;
}

/** As many of each set and of each class as there is room for, the most telling first. */
function pick(tiles: readonly Tile[], rank: (tile: Tile) => number): Tile[] {
  const left = [...tiles].sort((a, b) => rank(b) - rank(a));
  const chosen: Tile[] = [];
  const seen = (of: (tile: Tile) => string, tile: Tile) => chosen.filter((each) => of(each) === of(tile)).length;
  while (chosen.length < most && left.length > 0) {
    // What was shown least so far comes next: ten pictures of one fault say less than ten faults.
    const worth = left.map((tile) => 10 * seen(({ classes }) => classes.join(), tile) + seen(({ set }) => set, tile));
    chosen.push(...left.splice(worth.indexOf(Math.min(...worth)), 1));
  }
  return chosen;
}

async function sheet(tiles: readonly Tile[], path: string): Promise<void> {
  const rows = Math.ceil(tiles.length / across);
  const layers = tiles.flatMap(({ set, picture, classes, score, kind }, k): OverlayOptions[] => {
    const [left, top] = [(k % across) * width, Math.floor(k / across) * height];
    const words = `${k + 1}. ${set}: ${kind === "false alarm" ? "nothing is wrong" : classes.join(", ") || "unnamed"} (${kind}, ${score.toFixed(2)})`;
    const text = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const label = `<svg width="${width}" height="40"><text x="8" y="26" font-family="sans-serif" font-size="17" fill="#fff">${text}</text></svg>`;
    return [
      { input: picture, left, top: top + 40 },
      { input: Buffer.from(label), left, top },
    ];
  });
  await sharp({
    create: { width: across * width, height: Math.max(1, rows) * height, channels: 3, background: "#222" },
  })
    .composite(layers)
    .jpeg({ quality: 72 })
    .toFile(path);
}

try {
  const tiles: Tile[] = [];
  for (const folder of values.set ?? rendered()) {
    console.error(`Scoring ${folder} ...`);
    tiles.push(...(await tilesOf(folder)));
  }
  mkdirSync(values.out, { recursive: true });
  const found = pick(
    tiles.filter(({ kind }) => kind === "found"),
    ({ score }) => score,
  );
  const wrong = pick(
    tiles.filter(({ kind }) => kind !== "found"),
    ({ kind, score }) => (kind === "missed" ? -score : score),
  );
  await sheet(found, join(values.out, "finds.jpg"));
  await sheet(wrong, join(values.out, "misses.jpg"));
  for (const [name, all] of [
    ["found", found],
    ["missed or false alarm", wrong],
  ] as const) {
    console.log(`${name}:`);
    for (const [k, { set, classes, score, kind }] of all.entries()) {
      console.log(
        `  ${k + 1}. ${set}: ${kind === "false alarm" ? "nothing is wrong" : classes.join(", ")} (${kind}, ${score.toFixed(2)} of its limit)`,
      );
    }
  }
} catch (problem) {
  console.error(problem instanceof Error ? problem.message : String(problem));
  process.exitCode = 7;
} finally {
  rmSync(work, { recursive: true, force: true });
}
