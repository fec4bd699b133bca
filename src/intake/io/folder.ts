/** The intake folder: whole packages that are laid into it are taken in and leave it; nothing in it starts anything. */
import { lstat, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../../kernel/hash.ts";
import type { Clock } from "../../kernel/ports.ts";
import type { Milliseconds } from "../../kernel/units.ts";
import { bounds } from "../package/container.ts";
import { type PackageRefusal, refusePackage } from "../package/refusal.ts";
import { readBounded } from "./files.ts";
import type { Intake } from "./intake.ts";

export interface FolderOptions {
  readonly folder: string;
  readonly intake: Pick<Intake, "take" | "refuse" | "jobFrom">;
  readonly clock: Clock;
  readonly log: (what: string) => void;
}

const lookEveryMs: Milliseconds = 1_000;
const mostFiles = 100;
/** Refused packages that are kept for a look; the oldest go. */
const mostRefused = 200;
const ending = ".cwp";
/** A package that the cell has taken hold of: found again after a crash, never taken for a new delivery. */
const holding = ".cwp.taking";
const refusedFolder = "refused";

/** Looks into the folder again and again; the returned function ends it. */
export function watchFolder(options: FolderOptions): () => void {
  const { folder, clock, log } = options;
  /** Size and time of each file at the last look: what still grows is left alone. */
  let before = new Map<string, string>();
  let stopped = false;
  let cancel: () => void = () => undefined;
  let complaint = "";

  /** Says once what stays wrong from look to look. */
  function complain(problem: unknown): void {
    const said = `The intake folder, or a file in it, cannot be used: ${codeOf(problem)}`;
    if (said !== complaint) log(said);
    complaint = said;
  }

  async function look(first: boolean): Promise<void> {
    const names = (await readdir(folder)).filter((name) => !name.startsWith("."));
    const held = first ? names.filter((each) => each.endsWith(holding)) : [];
    for (const name of held) await takeUp(options, name).catch(complain);
    const seen = new Map<string, string>();
    for (const name of names.filter((each) => each.endsWith(ending)).slice(0, mostFiles)) {
      if (stopped) return;
      const stat = await lstat(join(folder, name)).catch(() => null);
      if (stat === null) continue;
      const state = `${stat.ino}/${stat.size}/${stat.mtimeMs}`;
      if (before.get(name) === state) await takeFile(options, name).catch(complain);
      else seen.set(name, state);
    }
    before = seen;
  }

  function again(first: boolean): void {
    if (stopped) return;
    look(first)
      .catch(complain)
      .then(() => {
        cancel = clock.after(lookEveryMs, () => again(false));
      });
  }

  again(true);
  return () => {
    stopped = true;
    cancel();
  };
}

/** Takes hold of a file by its new name, so that a crash leaves no doubt about what was delivered again. */
async function takeFile(options: FolderOptions, name: string): Promise<void> {
  const held = shortened(name.slice(0, -ending.length)) + holding;
  await rename(join(options.folder, name), join(options.folder, held));
  await judgeHeld(options, held);
}

/** A name that leaves room for endings; two long ones that begin alike stay two. */
function shortened(name: string): string {
  return name.length <= 80 ? name : `${name.slice(0, 60)}-${digestOf(new TextEncoder().encode(name)).slice(0, 16)}`;
}

/** What was held when the cell ended: gone if it was accepted, judged now if not. */
async function takeUp(options: FolderOptions, held: string): Promise<void> {
  const path = join(options.folder, held);
  const bytes = await readBounded(path, bounds.package);
  if (bytes.ok && options.intake.jobFrom(digestOf(bytes.value)) !== null) await rm(path, { force: true });
  else await judgeHeld(options, held);
}

async function judgeHeld({ folder, intake }: FolderOptions, held: string): Promise<void> {
  const path = join(folder, held);
  const bytes = await readBounded(path, bounds.package);
  let refusal: PackageRefusal;
  if (bytes.ok) {
    const taken = await intake.take(bytes.value);
    if (taken.ok) return rm(path, { force: true });
    refusal = taken.error;
  } else {
    // Its name is not said in the record: somebody typed it.
    refusal = refusePackage(
      "package-unreadable",
      `A file in the intake folder cannot be read as a package: ${bytes.error}.`,
    );
    await intake.refuse(refusal);
  }
  await putAside(folder, held, refusal);
}

/** Moves a refused package into the folder beside, with the sentence. */
async function putAside(folder: string, held: string, { what, remedy }: PackageRefusal): Promise<void> {
  const aside = join(folder, refusedFolder);
  await mkdir(aside, { recursive: true });
  // Whoever may write here could have laid a link: nothing is moved or written through one.
  if (!(await lstat(aside)).isDirectory()) throw new Error(`${refusedFolder} is not a folder`);
  const name = held.slice(0, -holding.length) + ending;
  for (const each of [name, `${name}.txt`]) await rm(join(aside, each), { recursive: true, force: true });
  await rename(join(folder, held), join(aside, name));
  await writeFile(join(aside, `${name}.txt`), `${what}\n${remedy}\n`, { flag: "wx" });
  await forgetOldest(aside);
}

async function forgetOldest(aside: string): Promise<void> {
  const names = (await readdir(aside)).filter((name) => name.endsWith(ending));
  if (names.length <= mostRefused) return;
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await lstat(join(aside, name))).ctimeMs })));
  aged.sort((a, b) => a.at - b.at);
  for (const { name } of aged.slice(0, names.length - mostRefused)) {
    for (const each of [name, `${name}.txt`]) await rm(join(aside, each), { recursive: true, force: true });
  }
}

function codeOf(problem: unknown): string {
  return problem instanceof Error && "code" in problem ? String(problem.code) : String(problem);
}
