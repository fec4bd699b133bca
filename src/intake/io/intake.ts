/** Takes packages in, one after the other: checked, judged, stored encrypted, accepted or refused in words; starts nothing. */
import { createHmac } from "node:crypto";
import type { Controller } from "../../jobs/controller.ts";
import type { JobOrder } from "../../jobs/order.ts";
import type { ProcessPack } from "../../jobs/process-pack.ts";
import { findJob } from "../../jobs/state.ts";
import { digestOf } from "../../kernel/hash.ts";
import { canonicalBytes } from "../../kernel/json.ts";
import type { Digest, JobId } from "../../kernel/names.ts";
import type { Clock } from "../../kernel/ports.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import type { SignatureCheck } from "../../ledger/signer.ts";
import { normaliseIdentifier } from "../identifiers.ts";
import {
  addressRefusal,
  identifierKeyIn,
  openSigned,
  openStored,
  type SignedPackage,
  startForKey,
} from "../package/open.ts";
import { isOrderCode, type PackageRefusal, refusePackage, unlabelledOrder } from "../package/refusal.ts";
import type { TrustAnchors } from "../package/trust.ts";
import { type Recipe, recipeDigest } from "../recipe.ts";
import type { ClassMachine } from "../route.ts";
import type { Identity } from "./age.ts";
import { readRecipes } from "./files.ts";
import { judge } from "./judge.ts";

export interface Intake {
  /** Takes one whole package; the job, or why there is none. What was refused stands in the record. */
  take(bytes: Uint8Array): Promise<Result<{ readonly job: JobId }, PackageRefusal>>;
  /** Records that something came which cannot even be read as bytes. */
  refuse(refusal: PackageRefusal): Promise<void>;
  /** The job whose package this is, or null. */
  jobFrom(package_: Digest): JobId | null;
  /** The recipe with this digest, or null. */
  recipe(digest: Digest): Recipe | null;
  /** All recipes that this cell may make. */
  recipes(): readonly Recipe[];
  /** HMAC-SHA-256 of an identifier under the order's own key, lower-case hex; null for an unknown job. */
  identifierHmac(job: string, text: string): Promise<string | null>;
}

export interface IntakeOptions {
  /** Folder of the recipes that this cell may make. */
  readonly recipes: string;
  /** The process packs that recipes have to stay within. */
  readonly packs: readonly ProcessPack[];
  /** Name of the ledger: what packages are addressed to. */
  readonly origin: string;
  readonly anchors: TrustAnchors;
  /** The cell's machine of each class that recipes name. */
  readonly equipment: ReadonlyMap<string, ClassMachine>;
  readonly identity: Identity;
  readonly check: SignatureCheck;
  readonly controller: Controller;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  /** Why the device's label could not be made, one sentence, or null: what cannot be labelled is not begun. */
  readonly labelProblem: (order: JobOrder) => Promise<string | null>;
  /** Hears of every refusal. */
  readonly onRefused: (refusal: PackageRefusal) => void;
}

/** Packages that wait while another is judged; each is held in memory. */
const mostWaiting = 4;

/** Reads the recipes. The error is a sentence about one that cannot be used. */
export async function openIntake(options: IntakeOptions): Promise<Result<Intake, string>> {
  const recipes = await readRecipes(options.recipes);
  if (!recipes.ok) return recipes;
  const byDigest = new Map(recipes.value.map((recipe) => [recipeDigest(recipe), recipe]));
  const { controller, onRefused } = options;
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();

  async function refuse(refusal: PackageRefusal): Promise<void> {
    onRefused(refusal);
    await controller.submit({ kind: "refuse-order", what: refusal.what });
  }

  async function takeNow(bytes: Uint8Array): Promise<Result<{ readonly job: JobId }, PackageRefusal>> {
    const source = digestOf(bytes);
    const judged = await takeIn(bytes, source, byDigest, options);
    if (judged.ok) return judged;
    if (judged.error.recorded) onRefused(judged.error);
    // Said with the file's digest: before the signatures are good it is all that can be believed.
    else await refuse({ ...judged.error, what: `${judged.error.what} (Package ${source}.)` });
    return judged;
  }

  return ok({
    refuse,
    take(bytes) {
      if (waiting >= mostWaiting) {
        const what = "Too many packages came at once; this one was not looked at.";
        return Promise.resolve(err(refusePackage("not-judged", what)));
      }
      waiting += 1;
      const mine = turn
        .then(() => takeNow(bytes))
        .finally(() => {
          waiting -= 1;
        });
      turn = mine.catch(() => undefined);
      return mine;
    },
    jobFrom: (source) =>
      Object.values(controller.state().jobs).find(({ order }) => order.source === source)?.order.id ?? null,
    recipe: (digest) => byDigest.get(digest) ?? null,
    recipes: () => recipes.value,
    async identifierHmac(job, text) {
      const key = await identifierKey(options, job);
      return key && createHmac("sha256", key).update(normaliseIdentifier(text)).digest("hex");
    },
  });
}

/** What is wrong, and whether the core has put it into the record already. */
type Refused = PackageRefusal & { readonly recorded?: boolean };

async function takeIn(
  bytes: Uint8Array,
  source: Digest,
  recipes: ReadonlyMap<string, Recipe>,
  options: IntakeOptions,
): Promise<Result<{ readonly job: JobId }, Refused>> {
  const { controller, artifacts, clock, identity, equipment, packs } = options;
  const opened = openAddressed(bytes, options);
  if (!opened.ok) return opened;
  const { statement, sealed, signers } = opened.value;
  const recipe = recipeOf(opened.value, recipes);
  if (!recipe.ok) return recipe;
  const task = {
    secrets: identity.secrets,
    statement,
    sealed,
    recipe: recipe.value,
    packs,
    equipment,
    came: { source, signers },
  };
  const admitted = await judge(task, clock);
  if (!admitted.ok) return admitted;
  const unlabelled = await options.labelProblem(admitted.value.order);
  if (unlabelled !== null) return err(unlabelledOrder(admitted.value.order.id, unlabelled));
  for (const program of admitted.value.programs) await artifacts.put(program);
  await artifacts.put(canonicalBytes(admitted.value.pack));
  await artifacts.put(bytes);
  const reply = await controller.submit({ kind: "accept-order", order: admitted.value.order });
  if (reply.kind === "accepted") return ok({ job: admitted.value.order.id });
  const { code, what } = reply.refusal;
  return err({ ...refusePackage(isOrderCode(code) ? code : "order-invalid", what), recorded: true });
}

function openAddressed(
  bytes: Uint8Array,
  { anchors, check, origin, identity }: IntakeOptions,
): Result<SignedPackage, PackageRefusal> {
  const opened = openSigned(bytes, anchors, check);
  if (!opened.ok) return opened;
  const elsewhere = addressRefusal(opened.value, { origin, fingerprints: identity.fingerprints });
  return elsewhere ? err(elsewhere) : opened;
}

function recipeOf({ statement }: SignedPackage, recipes: ReadonlyMap<string, Recipe>): Result<Recipe, PackageRefusal> {
  const { id, recipe: wanted } = statement.order;
  const found = recipes.get(wanted.digest);
  if (found?.recipe === wanted.name) return ok(found);
  const other = [...recipes.values()].find(({ recipe }) => recipe === wanted.name);
  if (!other) {
    const what = `Order ${id} needs the recipe ${wanted.name}, which this cell does not have.`;
    return err(refusePackage("recipe-unknown", what));
  }
  const what = `Order ${id} was made for another revision of the recipe ${wanted.name} than this cell has (revision ${other.revision}).`;
  return err(refusePackage("recipe-differs", what));
}

/** Opens the beginning of the stored package again: the key of an order is nowhere else. */
async function identifierKey(
  { controller, artifacts, identity }: IntakeOptions,
  job: string,
): Promise<Uint8Array | null> {
  const order = findJob(controller.state(), job)?.order;
  const bytes = order ? await artifacts.get(order.source) : null;
  // Not held against today's anchors: a signer who has retired since has not taken the order back.
  const opened = bytes?.ok ? openStored(bytes.value) : null;
  if (!opened?.ok) return null;
  const { statement, sealed } = opened.value;
  return identifierKeyIn(statement, await identity.openStart(sealed, startForKey));
}
