/**
 * `npm run corpus -- [--count N] [--seed S] [--keep FOLDER] [--json]`: programs of real slicers over many parts and settings,
 * each shown to the guard. Needs Debian's prusa-slicer and cura-engine, and the definitions of its package cura (fetched with
 * `apt-get download`, unpacked in a temporary folder). Nothing of it is kept unless a folder is named.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type ToolpathRecipe, toolpathRecipe } from "../src/toolpath/limits.ts";
import { planToolpath } from "../src/toolpath/plan.ts";
import { type Part, parts, stlOf } from "./corpus-parts.ts";
import { assumed, ownSeconds, spread } from "./corpus-times.ts";

const root = resolve(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "400" },
    seed: { type: "string", default: "1" },
    keep: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** What a profile of the bench printer allows at its widest: the example's recipe, and what slicers put in besides. */
const recipe: ToolpathRecipe = toolpathRecipe.parse(
  (() => {
    const { toolpath } = JSON.parse(readFileSync(join(root, "config/recipes/drill-guide-pla.json"), "utf8")) as {
      toolpath: ToolpathRecipe;
    };
    const { guard } = toolpath;
    const commands = [...guard.commands, "M73", "M105", "M117"];
    // A raft's layers are thicker than the part's.
    const layerHeight_mm = { ...guard.layerHeight_mm, max: 0.4 };
    // Cura moves in X, Y and Z at once and leaves it to the firmware to hold each axis to its own speed.
    const feed_mm_min = { ...guard.feed_mm_min, zMax: guard.feed_mm_min.xyMax };
    return {
      ...toolpath,
      guard: {
        ...guard,
        commands,
        bead_mm2_max: 0.6,
        prime_mm_max: 12,
        retract_mm_max: 7,
        feed_mm_min,
        layerHeight_mm,
      },
    };
  })(),
);

type Chance = () => number;
const pick = <T>(from: readonly T[], chance: Chance): T => from[Math.floor(chance() * from.length)]!;

/** Numbers from 0 up to 1, from a seed (mulberry32). */
function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Sliced {
  readonly slicer: "PrusaSlicer" | "CuraEngine";
  readonly part: string;
  readonly settings: readonly string[];
  readonly program: Uint8Array;
}

function prusa(part: Part, chance: Chance, folder: string): Sliced {
  const settings = [
    `--layer-height=${pick(["0.1", "0.15", "0.2", "0.25"], chance)}`,
    `--perimeters=${pick(["1", "2", "3", "5"], chance)}`,
    `--fill-density=${pick(["0%", "8%", "15%", "35%", "80%"], chance)}`,
    `--fill-pattern=${pick(["rectilinear", "grid", "triangles", "cubic", "line", "concentric", "honeycomb", "gyroid", "hilbertcurve", "stars", "adaptivecubic", "lightning"], chance)}`,
    `--top-solid-layers=${pick(["0", "2", "4"], chance)}`,
    `--bottom-solid-layers=${pick(["1", "3"], chance)}`,
    `--seam-position=${pick(["random", "nearest", "aligned", "rear"], chance)}`,
    `--brim-width=${pick(["0", "0", "4"], chance)}`,
    `--raft-layers=${pick(["0", "0", "0", "2"], chance)}`,
    `--skirts=${pick(["0", "1", "3"], chance)}`,
    `--retract-length=${pick(["0", "0.8", "1.6"], chance)}`,
    `--retract-lift=${pick(["0", "0.2", "0.6"], chance)}`,
    `--gap-fill-speed=${pick(["0", "20"], chance)}`,
    `--perimeter-generator=${pick(["classic", "arachne"], chance)}`,
    `--elefant-foot-compensation=${pick(["0", "0.2"], chance)}`,
    `--infill-every-layers=${pick(["1", "1", "2"], chance)}`,
    `--fuzzy-skin=${pick(["none", "none", "none", "external"], chance)}`,
    `--temperature=${pick(["200", "205", "210"], chance)}`,
    `--bed-temperature=${pick(["55", "60"], chance)}`,
    ...(chance() < 0.3 ? ["--wipe"] : []),
    ...(chance() < 0.3 ? ["--gcode-comments"] : []),
    ...(chance() < 0.2 ? ["--ironing"] : []),
    ...(chance() < 0.3 ? ["--avoid-crossing-perimeters"] : []),
    ...(chance() < 0.3 ? ["--external-perimeters-first"] : []),
    ...(chance() < 0.3 ? ["--thin-walls"] : []),
    ...(chance() < 0.5 ? ["--support-material"] : ["--no-support-material"]),
    ...(chance() < 0.3 ? ["--remaining-times"] : []),
  ].filter((each, _, all) => !each.startsWith("--raft") || (!part.flat && !all.includes("--support-material")));
  const out = join(folder, "prusa.gcode");
  rmSync(out, { force: true });
  const settingsFile = chance() < 0.3 ? absoluteSettings(folder) : exampleSettings;
  const base = ["--datadir", join(folder, "settings"), "--load", settingsFile];
  const args = [...base, ...settings, "--center=75,60", "--export-gcode", `--output=${out}`, stlFile(part, folder)];
  execFileSync("prusa-slicer", args, { stdio: ["ignore", "ignore", "pipe"], timeout: 120_000 });
  return { slicer: "PrusaSlicer", part: part.name, settings, program: new Uint8Array(readFileSync(out)) };
}

/** The example's settings with absolute extrusion; its start script is written for relative. */
function absoluteSettings(folder: string): string {
  const file = join(folder, "absolute.ini");
  const start = "G21\\nG90\\nM82\\nM140 S60\\nM104 S150\\nG28\\nG1 Z5 F1200\\nM190 S60\\nM109 S205\\nG92 E0";
  const changed = readFileSync(exampleSettings, "utf8")
    .replace(/^start_gcode = .*$/m, `start_gcode = ${start}`)
    .replace(/^before_layer_gcode = .*$/m, "before_layer_gcode = ")
    .replace(/^use_relative_e_distances = .*$/m, "use_relative_e_distances = 0");
  writeFileSync(file, changed);
  return file;
}

const exampleSettings = join(root, "config/examples/drill-guide/slicer.ini");

function cura(part: Part, chance: Chance, folder: string, definitions: string): Sliced {
  const start = "G21\\nG90\\nM82\\nM140 S60\\nM104 S150\\nG28\\nG1 Z5 F1200\\nM190 S60\\nM109 S205\\nG92 E0";
  const layer = pick(["0.1", "0.15", "0.2", "0.25"], chance);
  const settings = [
    `layer_height=${layer}`,
    "layer_height_0=0.2",
    `wall_line_count=${pick(["1", "2", "4"], chance)}`,
    `infill_line_distance=${pick(["0", "2", "4", "8"], chance)}`,
    `infill_pattern=${pick(["grid", "lines", "triangles", "trihexagon", "cubic", "octet", "quarter_cubic", "concentric", "zigzag", "cross", "gyroid"], chance)}`,
    `top_layers=${pick(["0", "2", "4"], chance)}`,
    `bottom_layers=${pick(["1", "3"], chance)}`,
    `adhesion_type=${pick(["skirt", "brim", "none"], chance)}`,
    `support_enable=${pick(["true", "false"], chance)}`,
    `support_pattern=${pick(["lines", "grid", "zigzag"], chance)}`,
    `retraction_enable=${pick(["true", "false"], chance)}`,
    `retraction_amount=${pick(["0.8", "1.6"], chance)}`,
    `retraction_hop_enabled=${pick(["true", "false"], chance)}`,
    `retraction_combing=${pick(["off", "all", "noskin"], chance)}`,
    `relative_extrusion=${pick(["true", "false", "false"], chance)}`,
    `ironing_enabled=${pick(["true", "false", "false"], chance)}`,
    `z_seam_type=${pick(["back", "shortest", "random", "sharpest_corner"], chance)}`,
    `magic_fuzzy_skin_enabled=${pick(["true", "false", "false"], chance)}`,
    `optimize_wall_printing_order=${pick(["true", "false"], chance)}`,
    `coasting_enable=${pick(["true", "false", "false"], chance)}`,
    ...["machine_width=150", "machine_depth=150", "machine_height=120", "machine_center_is_zero=false"],
    ...["material_diameter=1.75", "line_width=0.45", "wall_line_width_0=0.45", "speed_print=50", "speed_travel=120"],
    ...["speed_wall_0=30", "speed_layer_0=20", "speed_infill=60", "speed_z_hop=10", "retraction_speed=35"],
    ...["material_print_temp_prepend=false", "material_bed_temp_prepend=false", "material_print_temperature=205"],
    ...["material_print_temperature_layer_0=205", "material_bed_temperature=60", "material_bed_temperature_layer_0=60"],
    ...["machine_gcode_flavor=RepRap (Marlin/Sprinter)", "mesh_position_x=-10", "mesh_position_y=-25"],
    ...[`machine_start_gcode=${start.replaceAll("\\n", "\n")}`, "machine_end_gcode=M107\nM104 S0\nM140 S0\nM84"],
    ...["skirt_brim_speed=25", "cool_fan_speed=100", "cool_min_layer_time=2", "support_interface_enable=false"],
  ];
  const out = join(folder, "cura.gcode");
  rmSync(out, { force: true });
  const args = ["slice", "-j", join(definitions, "fdmprinter.def.json"), ...settings.flatMap((each) => ["-s", each])];
  args.push("-e0", "-j", join(definitions, "fdmextruder.def.json"), ...settings.flatMap((each) => ["-s", each]));
  args.push("-l", stlFile(part, folder), "-o", out);
  const env = { ...process.env, CURA_ENGINE_SEARCH_PATH: `${definitions}:${join(definitions, "../extruders")}` };
  execFileSync("CuraEngine", args, { stdio: ["ignore", "ignore", "ignore"], timeout: 120_000, env });
  return {
    slicer: "CuraEngine",
    part: part.name,
    settings: settings.slice(0, 20),
    program: new Uint8Array(readFileSync(out)),
  };
}

function stlFile(part: Part, folder: string): string {
  const file = join(folder, `${part.name}.stl`);
  if (!existsSync(file)) writeFileSync(file, stlOf(part));
  return file;
}

/** CuraEngine's settings as its maker publishes them: in Debian they come with the application. */
function definitionsIn(folder: string): string {
  const unpacked = join(folder, "cura");
  mkdirSync(unpacked);
  execFileSync("apt-get", ["download", "cura"], { cwd: unpacked, stdio: "ignore" });
  const [deb] = readdirSync(unpacked).filter((name) => name.endsWith(".deb"));
  execFileSync("dpkg", ["-x", join(unpacked, deb ?? ""), join(unpacked, "x")]);
  return join(unpacked, "x/usr/share/cura/resources/definitions");
}

interface Row {
  programs: number;
  accepted: number;
  lines: number;
  notSliced: number;
  /** The least time, and the time at the commanded feeds, as parts of what the slicer itself says. */
  readonly least: number[];
  readonly commanded: number[];
}

function run(count: number, seed: number, folder: string): number {
  const chance = chanceOf(seed);
  const definitions = definitionsIn(folder);
  const reasons = new Set<string>();
  const refused: { slicer: string; part: string; code: string; what: string; settings: readonly string[] }[] = [];
  const tally: Record<string, Row> = {};
  for (let n = 0; n < count; n++) {
    const part = parts[n % parts.length]!;
    const name = n % 2 === 0 ? "PrusaSlicer" : "CuraEngine";
    const row = tally[name] ?? { programs: 0, accepted: 0, lines: 0, notSliced: 0, least: [], commanded: [] };
    tally[name] = row;
    let sliced: Sliced;
    try {
      sliced = name === "PrusaSlicer" ? prusa(part, chance, folder) : cura(part, chance, folder, definitions);
    } catch (problem) {
      // A combination that the slicer itself refuses makes no program.
      row.notSliced++;
      reasons.add(
        `${name} ${part.name}: ${String((problem as { stderr?: Buffer }).stderr ?? problem)
          .trim()
          .slice(0, 200)}`,
      );
      continue;
    }
    row.programs++;
    const motion = assumed[sliced.slicer];
    const plan = planToolpath(sliced.program, { ...recipe, guard: { ...recipe.guard, motion } });
    if (plan.ok) {
      row.accepted++;
      row.lines += plan.value.lines;
      const own = ownSeconds(sliced.program);
      if (own !== null && own > 0) {
        row.least.push((plan.value.leastSeconds ?? 0) / own);
        row.commanded.push(plan.value.seconds / own);
      }
    } else {
      const [first] = plan.error;
      const what = `line ${first?.line}: ${first?.what} (${first?.excerpt})`;
      refused.push({ slicer: name, part: part.name, code: first?.code ?? "", what, settings: sliced.settings });
      if (values.keep !== undefined) writeFileSync(join(values.keep, `${n}-${first?.code}.gcode`), sliced.program);
    }
    if ((n + 1) % 20 === 0) console.error(`${n + 1} of ${count} programs`);
  }
  if (values.json) console.log(JSON.stringify({ seed, tally, refused }));
  else {
    for (const [slicer, { programs, accepted, lines, notSliced, least, commanded }] of Object.entries(tally)) {
      console.log(
        `${slicer}: ${accepted} of ${programs} accepted, ${lines} lines (${notSliced} combinations made no program)`,
      );
      console.log(
        `  least time as part of the slicer's own: ${spread(least)}; at the commanded feeds: ${spread(commanded)}`,
      );
    }
    for (const each of [...reasons].slice(0, 20)) console.log(`no program: ${each}`);
    for (const each of refused)
      console.log(`REFUSED ${each.slicer} ${each.part}: ${each.code}, ${each.what}\n  ${each.settings.join(" ")}`);
  }
  return refused.length === 0 ? 0 : 4;
}

const [count, seed] = [Number(values.count), Number(values.seed)];
if (values.help || !Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.log("Usage: npm run corpus -- [--count 400] [--seed 1] [--keep FOLDER] [--json]");
  console.log(
    "Slices parts with PrusaSlicer and CuraEngine and shows every program to the guard. Exit code 4: one was refused.",
  );
  process.exitCode = values.help ? 0 : 2;
} else {
  const folder = mkdtempSync(join(tmpdir(), "cellward-corpus-"));
  if (values.keep !== undefined) mkdirSync(values.keep, { recursive: true });
  try {
    process.exitCode = run(count, seed, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
