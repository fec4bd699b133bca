/** A data folder brought back from central QA's copy: rebuilt beside, verified, and put in place; it goes on only if nothing signed is missing. */
import { link, mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../kernel/problem.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { TextDraft } from "../chain.ts";
import type { Row } from "../chain-check.ts";
import type { VerifyingKey } from "../signer.ts";
import { CopyBroken } from "./copy-file.ts";
import { databaseFile, faultOf, lockFolder, sqliteCode } from "./database.ts";
import { flushFolder } from "./files.ts";
import { type Floor, readFloor } from "./floor.ts";
import { type Keys, openKeys } from "./keys.ts";
import type { Folders } from "./ledger.ts";
import { clearRestoredMarker, readRestoredMarker, writeRestoredMarker } from "./marker.ts";
import { readSuccessor } from "./over.ts";
import { type Rebuilt, type RepairFault, rebuild } from "./rebuild.ts";

/** What came of it. */
export interface Repaired {
  /** Entries now. */
  readonly size: number;
  /** The first entry that came from the copy, and one above the last. */
  readonly from: number;
  readonly to: number;
  /** Null where the cell can go on; else why it cannot under this name. */
  readonly viewOnly: string | null;
}

/** A repair that lets the cell go on. */
export interface Undertaken {
  readonly cause: "restored" | "damaged";
  readonly rebuilt: Rebuilt;
  /** False where the cell did not end in order: it may have written, and done, something that it had not signed yet. */
  readonly isEndKnown: boolean;
  readonly entries: Iterable<Row>;
}

export interface RepairOptions extends Folders {
  /** Central QA's copy. */
  readonly copy: string;
  readonly witnesses: readonly VerifyingKey[];
  /** The entries that record the repair, where the cell can go on. */
  readonly drafts: (done: Undertaken) => readonly TextDraft[];
  readonly onProgress?: (entries: number) => void;
}

/** The rebuilt file before it takes the ledger's place. */
const rebuiltFile = "ledger.rebuilt.db";

/** Rebuilds the ledger of a data folder from central's copy and what is good beyond it here. What stood there is kept. */
export async function repairFolder(options: RepairOptions): Promise<Result<Repaired, RepairFault>> {
  const { dataDir, keysDir } = options;
  const keys = await openKeys(keysDir, dataDir);
  if (!keys.ok) return keys;
  let unlock: (() => void) | null = null;
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    unlock = lockFolder((file) => join(dataDir, file));
    if (unlock === null) {
      const remedy = "Stop the cell controller; the ledger is repaired while it stands still.";
      return err({ code: "ledger-in-use", what: `Another process has the ledger in ${dataDir} open.`, remedy });
    }
    return await repairLocked(options, keys.value);
  } catch (problem) {
    return err(faultFrom(problem));
  } finally {
    await rm(join(dataDir, rebuiltFile), { force: true });
    unlock?.();
  }
}

async function repairLocked(options: RepairOptions, keys: Keys): Promise<Result<Repaired, RepairFault>> {
  const { dataDir, keysDir, copy, witnesses, onProgress } = options;
  const origin = keys.signer.key.name;
  const floor = await readFloor(keysDir, origin);
  const marker = await readRestoredMarker(dataDir);
  const successor = await readSuccessor(keysDir);
  const viewOnlyAt = async (roots: Rebuilt["rootAt"], size: number): Promise<string | null> =>
    successor === null
      ? whyViewOnly(floor, size, roots)
      : `This log is over: two people have continued it as ${successor.origin}.`;
  const built = await rebuild({
    ...{ origin, copy, witnesses, trusted: keys.trusted, floor },
    from: join(dataDir, databaseFile),
    to: join(dataDir, rebuiltFile),
    ...(onProgress !== undefined && { onProgress }),
    async last(rebuilt, entries) {
      if ((await viewOnlyAt(rebuilt.rootAt, rebuilt.size)) !== null) return [];
      const isEndKnown = floor?.closed === true;
      return options.drafts({ cause: marker === null ? "damaged" : "restored", rebuilt, isEndKnown, entries });
    },
  });
  if (!built.ok) return built;
  const { size, from, to, rootAt } = built.value;
  const viewOnly = await viewOnlyAt(rootAt, size);
  await putInPlace(dataDir);
  if (viewOnly === null) await clearRestoredMarker(dataDir);
  else await writeRestoredMarker(dataDir, viewOnly);
  return ok({ size, from, to, viewOnly });
}

/** Why a rebuilt log does not go on under its name; null where it holds everything that its cell is known to have signed. */
function whyViewOnly(floor: Floor | null, size: number, rootAt: Rebuilt["rootAt"]): string | null {
  if (floor?.isHome !== true) {
    return "The key folder is a copy, or from before this release: nobody can say how many entries the cell had signed, and which copies it had made.";
  }
  if (size < floor.size) {
    return `The cell has signed ${floor.size} entries, ${size} could be brought together: what it made in between is not known.`;
  }
  return rootAt(floor.size) === floor.root
    ? null
    : `The first ${floor.size} entries are not those that this cell has signed.`;
}

/**
 * What stood there goes aside first, its write-ahead log before it: that log must never be taken for the new file's. Cut off
 * in between, the folder holds an older image, which the floor tells.
 */
async function putInPlace(dataDir: string): Promise<void> {
  const there = (name: string) =>
    stat(join(dataDir, name)).then(
      () => true,
      () => false,
    );
  if (await there(databaseFile)) {
    let aside = "";
    for (let n = 1; aside === "" || (await there(aside)); n++) aside = `replaced-${n}`;
    await mkdir(join(dataDir, aside), { mode: 0o700 });
    for (const name of [`${databaseFile}-shm`, `${databaseFile}-wal`]) {
      if (await there(name)) await rename(join(dataDir, name), join(dataDir, aside, name));
    }
    await link(join(dataDir, databaseFile), join(dataDir, aside, databaseFile));
    await flushFolder(join(dataDir, aside));
  }
  await rename(join(dataDir, rebuiltFile), join(dataDir, databaseFile));
  await flushFolder(dataDir);
}

function faultFrom(problem: unknown): RepairFault {
  if (problem instanceof CopyBroken) {
    const remedy = "Make the copy again at central QA (`cellward qa copy`); nothing here was changed.";
    return { code: "copy-refused", what: `The copy is not usable: ${problem.message}.`, remedy };
  }
  if (sqliteCode(problem) !== "") return faultOf(problem);
  const code = errorCode(problem);
  if (code === "" || code.startsWith("ERR_")) throw problem;
  const what = `The repair could not be done (${code}); the ledger here was not changed.`;
  return { code: "disk-error", what, remedy: "Check the copy's path, the disk and the rights on the folders." };
}
