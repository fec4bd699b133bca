/** Reads the printer's world link: JSON of beads and state into a scene, checked and bounded. */
import { err, ok, type Result } from "../../kernel/result.ts";
import { appendBeads, beadStride, type ForeignObject, noBeads, type Scene } from "./scene.ts";

/** Most beads that a scene may hold; beyond it the link is taken for broken. */
export const mostBeads = 2_000_000;
const mostObjects = 64;

/** The answer to GET /beads. */
export interface BeadPage {
  readonly epoch: number;
  readonly next: number;
  readonly beads: readonly (readonly number[])[];
}

/** What GET /state tells that a camera can see. */
export interface WorldState {
  readonly epoch: number;
  readonly next: number;
  readonly head: Scene["head"];
  readonly objects: readonly ForeignObject[];
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function finite(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Checks a page of beads. */
export function readBeads(body: unknown): Result<BeadPage, string> {
  const epoch = member(body, "epoch");
  const next = member(body, "next");
  const beads = member(body, "beads");
  if (!finite(epoch) || !finite(next) || !Array.isArray(beads)) return err("a bead page has epoch, next and beads");
  const good = (bead: unknown) => Array.isArray(bead) && bead.length === beadStride && bead.every(finite);
  return beads.every(good) ? ok({ epoch, next, beads }) : err("a bead is eight finite numbers");
}

/** Checks a state; objects that are not places with a radius are left out. */
export function readState(body: unknown): Result<WorldState, string> {
  const epoch = member(body, "epoch");
  const next = member(body, "next");
  if (!finite(epoch) || !finite(next)) return err("a state has epoch and next");
  const head = member(body, "head");
  const [x, y, z] = [member(head, "x"), member(head, "y"), member(head, "z")];
  const listed = member(body, "objects");
  const objects = (Array.isArray(listed) ? listed.slice(0, mostObjects) : []).flatMap(readObject);
  return ok({ epoch, next, head: finite(x) && finite(y) && finite(z) ? { x, y, z } : null, objects });
}

function readObject(value: unknown): ForeignObject[] {
  const [x, y, z, r] = ["x", "y", "z", "r"].map((key) => member(value, key));
  if (!finite(x) || !finite(y) || !finite(r) || r <= 0 || r > 200) return [];
  return [{ kind: String(member(value, "kind")), x, y, z: finite(z) ? z : 0, r }];
}

/** The scene before any bead. */
export function emptyScene(): Scene {
  return { epoch: Number.NEGATIVE_INFINITY, beads: noBeads(), objects: [], head: null };
}

/** `scene` with a further page: appended when it continues the list, from the start when the epoch is new. */
export function withBeads(scene: Scene, page: BeadPage): Result<Scene, string> {
  const beads = page.epoch === scene.epoch ? scene.beads : noBeads();
  if (beads.count + page.beads.length > mostBeads) return err(`more than ${mostBeads} beads`);
  appendBeads(beads, page.beads);
  return ok({ ...scene, epoch: page.epoch, beads });
}
