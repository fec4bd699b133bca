/** Mutants of an archive on disk: its record, its statement, its artifacts; and the statement made anew by the cell's own key. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../../src/kernel/hash.ts";
import {
  type ArchiveStatement,
  archiveRecordFile,
  archiveStatementFile,
  signArchive,
} from "../../src/ledger/archive.ts";
import type { Signer } from "../../src/ledger/signer.ts";
import { mutateBytes } from "./bytes.ts";
import type { ArchiveCase } from "./case.ts";
import type { Chance } from "./chance.ts";
import { mutateArtifact } from "./folders.ts";
import { mutateJson } from "./json.ts";
import type { Mutant } from "./mutant.ts";
import { mutateNote } from "./notes.ts";

/** A changed copy of the archive at `to`, which is written over. */
export function mutateArchive(whole: ArchiveCase, to: string, replays: readonly string[], chance: Chance): Mutant {
  rmSync(to, { recursive: true, force: true });
  cpSync(whole.path, to, { recursive: true });
  const test = { ...whole, path: to };
  const choice = chance.int(6);
  if (choice === 0) return { ...mutateArtifact(to, chance), test, tolerated: null };
  const file = join(to, choice === 1 ? archiveStatementFile : archiveRecordFile);
  const before = readFileSync(file);
  const { how, value } =
    choice === 1
      ? mutateNote(before.toString(), replays, chance)
      : choice === 2
        ? mutateBytes(before, chance)
        : mutateLines(before.toString(), replays, chance);
  writeFileSync(file, value);
  return {
    how: `${choice === 1 ? "statement" : "record"}: ${how}`,
    test,
    tolerated: null,
    idle: before.equals(Buffer.from(value)),
  };
}

function mutateLines(text: string, replays: readonly string[], chance: Chance) {
  const lines = text.trimEnd().split("\n");
  const [at, other] = [chance.int(lines.length), chance.int(lines.length)];
  const line = lines[at] ?? "";
  const joined = (all: readonly string[]) => all.map((one) => `${one}\n`).join("");
  switch (chance.int(5)) {
    case 0:
      return { how: `line ${at} gone`, value: joined(lines.toSpliced(at, 1)) };
    case 1:
      return { how: `line ${at} at ${other}`, value: joined(lines.toSpliced(at, 1).toSpliced(other, 0, line)) };
    case 2:
      return { how: `line ${at} again at ${other}`, value: joined(lines.toSpliced(other, 0, line)) };
    default: {
      const { how, value } = mutateJson(line, replays, chance);
      return { how: `line ${at}: ${how}`, value: joined(lines.with(at, value)) };
    }
  }
}

/** Signs the statement over what the record is now; false where its first line says nothing that could be stated. */
export async function stateAnew(folder: string, signer: Signer): Promise<boolean> {
  const record = readFileSync(join(folder, archiveRecordFile));
  const lines = record.toString().trimEnd().split("\n");
  const count = (member: string): number => lines.filter((line) => line.startsWith(`{"${member}"`)).length;
  const digests = { headerDigest: digestOf(Buffer.from(`${lines[0]}\n`)), recordDigest: digestOf(record) };
  try {
    const { origin, year, from, to, size } = JSON.parse(lines[0] ?? "") as ArchiveStatement;
    const said = { origin, year, from, to, size, ...digests, artifacts: count("artifact"), dropped: count("dropped") };
    writeFileSync(join(folder, archiveStatementFile), await signArchive(said, signer));
    return true;
  } catch {
    return false;
  }
}
