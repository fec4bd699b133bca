/** Opens what a fault has left with the ledger's own code, and says what is not as it must be. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { artifactDigests } from "../../src/ledger/artifacts.ts";
import { textDraft } from "../../src/ledger/chain.ts";
import type { JsonObject } from "../../src/ledger/entry.ts";
import { artifactPath } from "../../src/ledger/io/artifacts.ts";
import { databaseFile } from "../../src/ledger/io/database.ts";
import { readFloor } from "../../src/ledger/io/floor.ts";
import { type Keys, openKeys } from "../../src/ledger/io/keys.ts";
import { openStore } from "../../src/ledger/io/store.ts";
import { started } from "../ledger/plain-drafts.ts";
import type { Image } from "./disk.ts";
import type { Recording } from "./record.ts";

/** What is known of a recorded life, and a place in which images of it are opened. */
export interface Court {
  readonly home: string;
  readonly keys: Keys;
  /** Every entry of the life, and of each the artifacts that it names. */
  readonly entries: readonly { readonly text: string; readonly artifacts: readonly string[] }[];
  readonly after: Image;
  /** Entries that stood there when the life began; -1 where there was no ledger. */
  readonly before: number;
  readonly place: string;
  close(): void;
}

/** Reads a life's outcome; images are opened in memory where the system has such a place. */
export async function openCourt({ home, before, after }: Recording): Promise<Court> {
  const keys = await openKeys(join(home, "keys"), join(home, "data"));
  if (!keys.ok) throw new Error(keys.error.what);
  const place = mkdtempSync(join(placeInMemory(), "cellward-crash-"));
  const close = () => rmSync(place, { recursive: true, force: true });
  const court = { home, keys: keys.value, after, place, close, entries: [], before: -1 };
  const entries = entriesOf(court, after);
  return { ...court, entries, before: before.size === 0 ? -1 : entriesOf(court, before).length };
}

function entriesOf(court: Court, image: Image): Court["entries"] {
  const opened = openStore(storeData(court, layImage(court, image), null));
  if (!opened.ok) throw new Error(`the recorded life itself does not open: ${opened.error.what}`);
  const entries = opened.value.page(0, opened.value.head().size).map(({ entryText, bodyText }) => {
    const artifacts = artifactDigests(JSON.parse(bodyText) as JsonObject);
    return { text: `${entryText}\n${bodyText}`, artifacts };
  });
  opened.value.close();
  return entries;
}

function placeInMemory(): string {
  try {
    rmSync(mkdtempSync("/dev/shm/cellward-try-"), { recursive: true });
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}

function storeData({ keys }: Pick<Court, "keys">, dataDir: string, floor: Awaited<ReturnType<typeof readFloor>>) {
  const origin = keys.signer.key.name;
  return { dataDir, trusted: keys.trusted, witnesses: [], origin, floor, quotaBytes: null, upgrade: true };
}

/** Lays the part of an image that is opened as files: the database, its log and the floor. */
function layImage({ home, place }: Court, image: Image): string {
  for (const folder of ["data", "keys"]) {
    rmSync(join(place, folder), { recursive: true, force: true });
    mkdirSync(join(place, folder), { mode: 0o700 });
  }
  for (const [path, bytes] of image) {
    const name = path.slice(home.length + 1);
    if (name.startsWith(`data/${databaseFile}`) || name.startsWith("keys/floor-") || name === "data/reserve.bin")
      writeFileSync(join(place, name), bytes);
  }
  return join(place, "data");
}

/** Lays a whole image, for programs that need all of it. */
export function layWhole({ home }: Pick<Court, "home">, image: Image, to: string): void {
  for (const folder of ["data", "keys"]) mkdirSync(join(to, folder), { recursive: true, mode: 0o700 });
  for (const [path, bytes] of image) {
    const file = join(to, path.slice(home.length + 1));
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, bytes, { mode: 0o600 });
  }
}

/**
 * What is wrong with an image in which `promised` entries must stand; empty where all is as it must be: it opens and
 * verifies, holds a beginning of the life's entries and no fewer than promised, is no older than the floor beside the
 * keys, has every artifact that its entries name, and takes a further entry.
 */
export async function judge(court: Court, image: Image, promised: number): Promise<string[]> {
  // Until the making of the ledger was acknowledged nothing is promised at all.
  if (promised < 0) return [];
  return judgeImage(court, image, promised).catch((problem: unknown) => [
    `opening it broke the program: ${problem instanceof Error ? problem.message : problem}`,
  ]);
}

async function judgeImage(court: Court, image: Image, promised: number): Promise<string[]> {
  const lost = [...court.after.keys()].filter(
    (path) => isKey(path) && !sameBytes(image.get(path), court.after.get(path)),
  );
  if (lost.length > 0) return [`the key file ${lost[0]} is not what it was`];
  const dataDir = layImage(court, image);
  let floor: Awaited<ReturnType<typeof readFloor>>;
  try {
    floor = await readFloor(join(court.place, "keys"), court.keys.signer.key.name);
  } catch (problem) {
    return [`the floor cannot be read: ${problem instanceof Error ? problem.message : problem}`];
  }
  if (floor === null) return ["the floor is gone"];
  const opened = openStore(storeData(court, dataDir, floor));
  if (!opened.ok) return [`it does not open: ${opened.error.code}, ${opened.error.what}`];
  const store = opened.value;
  try {
    const wrong = store.verified.floor === "held" ? [] : [`it is ${store.verified.floor} its floor of ${floor.size}`];
    const { size } = store.head();
    if (size < promised) wrong.push(`${promised} entries were acknowledged, ${size} are there`);
    const rows = store.page(0, size);
    for (const [index, { entryText, bodyText }] of rows.entries()) {
      const known = court.entries[index];
      if (known?.text !== `${entryText}\n${bodyText}`) {
        wrong.push(`entry ${index} is not the one that was written`);
        break;
      }
      const missing = known.artifacts.find((digest) => !holds(court, image, digest));
      if (missing !== undefined)
        wrong.push(`entry ${index} names the artifact ${missing.slice(0, 8)}, which is not there`);
    }
    const more = store.append([[textDraft(started(store.verified.chain.boot + 1))]]);
    if (!more.ok) wrong.push(`it takes no further entry: ${more.error.what}`);
    return wrong;
  } finally {
    store.close();
  }
}

function isKey(path: string): boolean {
  return /\/keys\/(signing\.key\.pem|data\.key|cell\.vkey|age\.identity)$/.test(path);
}

function holds({ home, after }: Court, image: Image, digest: string): boolean {
  const path = artifactPath(join(home, "data"), digest as never);
  return after.has(path) && sameBytes(image.get(path), after.get(path));
}

function sameBytes(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}
