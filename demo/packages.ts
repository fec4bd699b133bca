/** The demo's design authority and clinical release: their keys, the packages they make, and the courier. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSigningKey } from "../src/commands/io/signing-key.ts";
import { addSignature, makePackage } from "../src/intake/io/pack.ts";
import { type OrderFile, readOrderFile } from "../src/intake/order-file.ts";
import { type Recipe, readRecipe, recipeDigest } from "../src/intake/recipe.ts";
import type { Result } from "../src/kernel/result.ts";
import type { Signer } from "../src/ledger/signer.ts";
import type { Places } from "./bench.ts";
import { identifiers } from "./people.ts";
import { cellward, root } from "./programs.ts";

const example = join(root, "config/examples/drill-guide");
const orderFile = join(example, "drill-guide.order.json");
const roles = { designAuthority: "design-authority", clinicalRelease: "clinical-release" } as const;

/** Makes a key pair for each of the two roles; the cell's configuration names their public lines. */
export async function makeAuthorities(places: Places): Promise<void> {
  for (const role of Object.values(roles)) {
    await succeed(["keygen", "--name", `demo.cellward.example/${role}`, "--out", places.authority]);
  }
}

/** Packs and releases the example's order by the commands, as two people would. */
export async function packOrder(places: Places): Promise<Uint8Array> {
  const { authority } = places;
  const [packed, released] = [join(authority, "packed.cwp"), join(authority, "released.cwp")];
  const key = (role: string) => join(authority, `${role}.key`);
  const recipient = await recipientOf(places);
  const programs = programNames().map(pathOf);
  const geometry = ["--attach", join(example, "drill-guide.stl")];
  const ordered = ["--order", orderFile, "--program", ...programs, ...geometry, "--identifiers", "-"];
  const signed = ["--recipient", recipient, "--key", key(roles.designAuthority), "--out", packed];
  await succeed(["pack", ...ordered, ...signed], identifiers.join("\n"));
  const by = ["--design-authority", join(authority, `${roles.designAuthority}.vkey`)];
  await succeed(["release", packed, "--key", key(roles.clinicalRelease), ...by, "--out", released]);
  return new Uint8Array(readFileSync(released));
}

/** What a careless or hostile pair of signers changes about the example. */
export interface RawChange {
  readonly order?: Partial<Pick<OrderFile, "id" | "notBefore" | "expires" | "copies" | "expect">>;
  readonly program?: (text: string) => string;
  readonly nonce?: string;
  readonly identifiers?: readonly [string, string];
  /** Further sealed files. */
  readonly attach?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** Seals and signs without asking the guard: the cell has to judge by itself. */
export async function packRaw(places: Places, change: RawChange = {}): Promise<Uint8Array> {
  const { format: _, recipe, ...order } = theOrder();
  const digest = recipeDigest(theRecipe());
  const files = programNames().map((name) => {
    const text = readFileSync(pathOf(name), "utf8");
    const changed = name === order.program ? change.program?.(text) : undefined;
    return { name, bytes: new TextEncoder().encode(changed ?? text) };
  });
  const packed = await makePackage({
    order: { ...order, ...change.order, recipe: { name: recipe, digest } },
    identifiers: change.identifiers ?? identifiers,
    files: [...files, ...(change.attach ?? [])],
    recipient: await recipientOf(places),
    signer: await signerOf(places, roles.designAuthority),
    ...(change.nonce !== undefined && { nonce: change.nonce }),
  });
  return must(await addSignature(must(packed), await signerOf(places, roles.clinicalRelease)));
}

/** Lays a package into the intake folder, whole or not at all, as a careful courier does. */
export function deliver(places: Places, name: string, bytes: Uint8Array): void {
  const aside = join(places.intake, `.${name}.partial`);
  writeFileSync(aside, bytes);
  renameSync(aside, join(places.intake, name));
}

/** The good order, made and delivered. */
export async function deliverOrder(places: Places): Promise<void> {
  deliver(places, "drill-guide.cwp", await packOrder(places));
}

/** The guide's first layers alone, for demos in which the print is not what matters. */
export async function deliverShortOrder(places: Places): Promise<void> {
  const { expect } = theOrder();
  const { min, max, tolerance } = expect.box_mm;
  const box_mm = { min, max: [max[0], max[1], shortLayers * 0.2] as [number, number, number], tolerance };
  const change: RawChange = { order: { expect: { layers: shortLayers, box_mm } }, program: firstLayers };
  deliver(places, "drill-guide.cwp", await packRaw(places, change));
}

const shortLayers = 3;

function firstLayers(program: string): string {
  const lines = program.split("\n");
  const layers = lines.flatMap((line, at) => (line === ";LAYER_CHANGE" ? [at] : []));
  const end = lines.lastIndexOf(";TYPE:Custom");
  return [...lines.slice(0, layers[shortLayers]), ...lines.slice(end)].join("\n");
}

const theOrder = (): OrderFile => must(readOrderFile(readFileSync(orderFile)));
const theRecipe = (): Recipe => must(readRecipe(readFileSync(join(root, `config/recipes/${theOrder().recipe}.json`))));

/** The station's programs stand in a folder of their own. */
function pathOf(name: string): string {
  return join(example, name === theOrder().program ? "" : "station", name);
}

/** The toolpath, and what the recipe's other machines run. */
function programNames(): string[] {
  const tasks = theRecipe().route.flatMap((step) => (step.kind === "task" ? [step.program] : []));
  return [...new Set([theOrder().program, ...tasks])];
}

async function recipientOf(places: Places): Promise<string> {
  return ((await succeed(["recipient", "--keys", places.keys])) as { recipient: string }).recipient;
}

async function signerOf(places: Places, role: string): Promise<Signer> {
  const signer = await openSigningKey(join(places.authority, `${role}.key`));
  if (!signer.ok) throw new Error(signer.error.what);
  return signer.value;
}

async function succeed(args: readonly string[], input?: string): Promise<unknown> {
  const { code, value } = await cellward(args, input);
  if (code !== 0) throw new Error(`cellward ${args[0]} failed: ${JSON.stringify(value)}`);
  return value;
}

function must<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
