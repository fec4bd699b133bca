/** A cell's intake for tests: the real intake over the real core and a store, with packages that it can make. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Intake, type IntakeOptions, openIntake } from "../../src/intake/io/intake.ts";
import type { Ingredients, OrderText } from "../../src/intake/io/pack.ts";
import { type Recipe, readRecipe, recipeDigest } from "../../src/intake/recipe.ts";
import type { Controller } from "../../src/jobs/controller.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { Clock } from "../../src/kernel/ports.ts";
import { labelProblem } from "../../src/labels/io/label-problem.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { createMemoryArtifacts } from "../../src/ledger/memory-artifacts.ts";
import { cellWithOrder, printer, type Story } from "../jobs/story.ts";
import { packs } from "../packs.ts";
import { layered, projectFile } from "../toolpath/bench.ts";
import { anchors, makeCellIdentity, orderText, packed, released } from "./packages.ts";

/** Recipes of these tests alone: the example's process with a short route, so that its own may grow. */
const recipeFolder = temporaryFolder();
process.once("exit", recipeFolder.remove);

function makeRecipe(name: string, route: (steps: Recipe["route"]) => Recipe["route"]): Recipe {
  const example = readRecipe(projectFile("config/recipes/drill-guide-pla.json"));
  if (!example.ok) throw new Error(example.error);
  const recipe = { ...example.value, recipe: name, route: route(example.value.route) };
  writeFileSync(join(recipeFolder.path, `${name}.json`), JSON.stringify(recipe));
  return recipe;
}

const recipe = makeRecipe("print-only", (steps) => steps.filter(({ kind }) => kind === "build"));
/** Another machine's step after the print, with a program of its own (`wash.json`). */
const washing = makeRecipe("print-and-wash", (steps) => [
  ...steps.filter(({ kind }) => kind === "build"),
  {
    ...{ kind: "task", id: "wash", title: "Wash", equipmentClass: "filament-printer-bench", program: "wash.json" },
    ...{ materials: [], characteristics: [], evidence: [], reworks: 0 },
  },
]);

/** A label after the print. */
const labelling = makeRecipe("print-and-label", (steps) =>
  steps.filter(({ kind }) => kind === "build" || kind === "label"),
);

/** A program of three layers that the example's recipe allows, with a comment that is found wherever it lies in the clear. */
export const marker = "MARKER-7Q4Z-IN-THE-CLEAR";
export const program = utf8(`; ${marker}\n${layered(3)}`);

/** An order that the core of the tests accepts. */
export const order: OrderText = {
  ...orderText,
  recipe: { name: recipe.recipe, digest: recipeDigest(recipe) },
  expect: { layers: 3, box_mm: { min: [60, 60, 0], max: [80, 80, 0.6], tolerance: 0.5 } },
};

/** The same, for the recipe whose second step needs `wash.json`. */
export const washingOrder: OrderText = { ...order, recipe: { name: washing.recipe, digest: recipeDigest(washing) } };

/** The same, for the recipe that labels the device. */
export const labelledOrder: OrderText = {
  ...order,
  recipe: { name: labelling.recipe, digest: recipeDigest(labelling) },
};

export const identity = await makeCellIdentity();

const good: Partial<Ingredients> = { order, files: [{ name: "print.gcode", bytes: program }] };

/** A package that is taken in, or one with something about it changed. */
export function goodPackage(change: Partial<Ingredients> = {}): Promise<Uint8Array> {
  return released(identity.recipient, { ...good, ...change });
}

/** The same without the clinical release's signature. */
export function unreleased(change: Partial<Ingredients> = {}): Promise<Uint8Array> {
  return packed(identity.recipient, { ...good, ...change });
}

/** Real timers, and no waiting between two looks. */
export const quickClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay, fire) {
    const timer = setTimeout(fire, delay === 1_000 ? 5 : delay);
    return () => clearTimeout(timer);
  },
};

export interface Desk {
  readonly intake: Intake;
  readonly story: Story;
  /** What intake said to the core. */
  readonly said: readonly Message[];
  readonly logged: readonly string[];
  readonly artifacts: IntakeOptions["artifacts"];
  readonly controller: Controller;
  /** Sentences of refusals in the record. */
  refusals(): string[];
  jobs(): string[];
}

/** Opens an intake; a story goes on where an earlier desk left it, as a cell after a restart. */
export async function openDesk(change: Partial<IntakeOptions> & { readonly story?: Story } = {}): Promise<Desk> {
  const story = change.story ?? cellWithOrder();
  const said: Message[] = [];
  const logged: string[] = [];
  const controller: Controller = {
    async submit(message) {
      said.push(message);
      const { refusal, events } = story.tell(message);
      return refusal ? { kind: "refused", refusal } : { kind: "accepted", events };
    },
    state: () => story.state,
    subscribe: () => () => undefined,
  };
  const artifacts = change.artifacts ?? createMemoryArtifacts();
  const opened = await openIntake({
    recipes: recipeFolder.path,
    packs,
    origin: order.cell,
    anchors,
    equipment: new Map([["filament-printer-bench", { id: printer, holdsLayers: true }]]),
    identity,
    check: checkSignature,
    controller,
    artifacts,
    clock: quickClock,
    labelProblem: (order) => labelProblem(order, "Cell 1, Test hospital"),
    onRefused: ({ code, what }) => logged.push(`${code}: ${what}`),
    ...change,
  });
  if (!opened.ok) throw new Error(opened.error);
  return {
    intake: opened.value,
    story,
    said,
    logged,
    artifacts,
    controller,
    refusals: () => story.events.flatMap((event) => (event.type === "RequestRefused" ? [event.what] : [])),
    jobs: () => Object.keys(story.state.jobs).slice(1),
  };
}

/** A folder that is gone after the test. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "cellward-intake-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
