/** A cell's log over two years, countersigned, and its archives, for the tests that restore and break them. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Digest } from "../../src/kernel/names.ts";
import { cosign } from "../../src/ledger/cosignature.ts";
import type { EntryDraft } from "../../src/ledger/entry.ts";
import { openArtifacts } from "../../src/ledger/io/artifacts.ts";
import type { Keys } from "../../src/ledger/io/keys.ts";
import { createLedger, openLedger } from "../../src/ledger/io/ledger.ts";
import { formatKey } from "../../src/ledger/note.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";
import { ed25519Signer } from "../ledger/witness.ts";

const main = resolve(import.meta.dirname, "../../src/main.ts");

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface TwoYears {
  readonly keys: Keys;
  readonly witness: VerifyingKey;
  /** Named by entries 2, 3 and 8. */
  readonly pictures: readonly [Digest, Digest, Digest];
  path(name: string): string;
  cellward(...args: readonly string[]): Promise<Said>;
  /** The ledger goes on with these entries, is signed, and is countersigned where asked. */
  goOn(drafts: readonly EntryDraft[], countersigned?: boolean): Promise<void>;
  remove(): void;
}

/** A draft at a day of a year. */
export function on(day: string, made: EntryDraft): EntryDraft {
  return { ...made, at: Date.parse(`${day}T12:00:00Z`) };
}

/** The entries of 2023: 0 start, 1 to 3 job J1, 4 and 5 job J2; countersigned together with the first of 2024. */
function firstYear([one, two]: readonly Digest[]): EntryDraft[] {
  return [
    on("2023-01-10", started()),
    on("2023-01-11", draft("JobAccepted", { order: "drill guide" }, "J1")),
    on("2023-01-11", draft("LayerJudged", { layer: 1, frame: one ?? "" }, "J1")),
    on("2023-01-12", draft("JobEnded", { outcome: "Completed", what: "all copies", artifacts: [two ?? ""] }, "J1")),
    on("2023-12-30", draft("JobOrderAccepted", { order: "other" }, "J2")),
    on("2023-12-31", draft("JobEnded", {}, "J2")),
    on("2024-01-02", started(1)),
  ];
}

/** 7 and 8 are of job J3, 9 ends it. */
function secondYear(three: Digest): EntryDraft[] {
  return [
    on("2024-02-01", draft("JobOrderAccepted", { order: "third" }, "J3", 1)),
    on("2024-02-02", draft("LayerJudged", { layer: 1, frame: three }, "J3", 1)),
    on("2024-02-03", draft("JobEnded", {}, "J3", 1)),
  ];
}

/** Writes the log. */
export async function makeTwoYears(): Promise<TwoYears> {
  const root = mkdtempSync(join(tmpdir(), "cellward-archive-"));
  const path = (name: string): string => join(root, name);
  const folders = { dataDir: path("data"), keysDir: path("keys") };
  const made = await createLedger(folders, origin);
  if (!made.ok) throw new Error(made.error.what);
  const keys = made.value;
  const witness = ed25519Signer("qa.example/witness", 4);
  writeFileSync(path("witness.vkey"), `${formatKey(witness.key)}\n`);
  const store = openArtifacts(folders.dataDir, keys.dataKey);
  const put = (name: string) => store.put(Buffer.from(`picture ${name}`));
  const pictures = [await put("one"), await put("two"), await put("three")] as const;

  async function goOn(drafts: readonly EntryDraft[], countersigned = true): Promise<void> {
    const opened = await openLedger({ ...folders, witnesses: [witness.key], checkpointEveryMs: 0 });
    if (!opened.ok) throw new Error(opened.error.what);
    const { ledger } = opened.value;
    if (drafts.length > 0) await ledger.append(drafts);
    const { size } = ledger.head();
    if (countersigned)
      await ledger.putCosignature(size, await cosign(await ledger.checkpoint(), witness, 1_790_000_000));
    await ledger.close();
  }

  await goOn(firstYear(pictures));
  await goOn(secondYear(pictures[2]));
  const cellward: TwoYears["cellward"] = (...args) =>
    new Promise((done) => {
      execFile(process.execPath, [main, ...args], (problem, out, err) => {
        done({ code: problem ? (problem.code as number) : 0, out, err });
      });
    });
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  return { keys, witness: witness.key, pictures, path, cellward, goOn, remove };
}
