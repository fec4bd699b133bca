/** `cellward inspect score --set`: how well the surface judge does on somebody's own pictures. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeOverlay } from "../../inspection/io/overlay.ts";
import { readPacks } from "../../inspection/io/packs.ts";
import { type Shown, scoreSet } from "../../inspection/io/score-set.ts";
import { openSet } from "../../inspection/io/set-folder.ts";
import { stemOf } from "../../inspection/score/names.ts";
import { tally } from "../../inspection/score/tally.ts";
import { reportInWords } from "../../inspection/score/words.ts";
import { packDigest } from "../../jobs/process-pack.ts";
import { exitCode } from "../exit-code.ts";
import { packLine } from "./inspect-processes.ts";
import type { Terminal } from "./terminal.ts";

export interface ScoreOptions {
  readonly set: string;
  /** Folder for the overlays. */
  readonly out?: string;
  /** A folder of process packs beside those that come with the program. */
  readonly processes?: string;
}

/** Overlays kept of each kind: found, missed, false alarm. */
const eachKind = 5;

/** Exit code 0 when the set was scored, whatever the figures; 7 where it cannot be. */
export async function inspectScore(terminal: Terminal, options: ScoreOptions): Promise<number> {
  const packs = await readPacks(options.processes);
  if (!packs.ok) {
    const remedy = "Correct the pack that is named, or name the right folder with --processes.";
    return terminal.trouble({ code: "pack-refused", what: packs.error, remedy }, exitCode.refused);
  }
  const set = await openSet(options.set, packs.value);
  if (!set.ok) return terminal.trouble(set.error, exitCode.refused);
  try {
    if (options.out !== undefined) await mkdir(options.out, { recursive: true });
  } catch (problem) {
    const what = `The folder ${options.out} cannot be made (${(problem as NodeJS.ErrnoException).code}).`;
    return terminal.trouble(
      { code: "out-unwritable", what, remedy: "Name a folder where you may write." },
      exitCode.refused,
    );
  }
  const album = createAlbum(options.out ?? null);
  const scored = await scoreSet(set.value, { progress: (text) => terminal.progress(text), show: album.take });
  if (!scored.ok) return terminal.trouble(scored.error, exitCode.refused);
  const overlays = await album.close();
  const { outcomes, references, notes, rssMb } = scored.value;
  const report = tally(outcomes);
  const { description, labelled } = set.value;
  const pack = { process: set.value.pack.process, digest: packDigest(set.value.pack) };
  const value = { ok: true, set: description, pack, references, labelled, ...report, rssMb, notes, overlays, outcomes };
  const head = `set                    ${options.set}: ${description.process}, ${description.phase}; ${references} references; labelled by ${labelled}`;
  const tail = [
    packLine(set.value.pack),
    `memory, MB             ${rssMb.toFixed(0)}`,
    ...notes,
    ...overlays.map((o) => `overlay: ${o}`),
  ];
  terminal.result(value, [head, reportInWords(report), ...tail].join("\n"));
  return exitCode.ok;
}

interface Kept {
  readonly rank: number;
  readonly shown: Shown;
}

/** Keeps the most telling frames: the clearest finds, the worst misses, the worst false alarms. */
function createAlbum(folder: string | null): { take(shown: Shown): Promise<void>; close(): Promise<string[]> } {
  const kinds: Record<string, Kept[]> = { found: [], missed: [], "false-alarm": [] };
  return {
    async take(shown) {
      const { defective, held, score } = shown.outcome;
      const kind = defective === true ? (held ? "found" : "missed") : held ? "false-alarm" : null;
      if (folder === null || kind === null) return;
      const kept = kinds[kind]!;
      const rank = kind === "missed" ? -score : score;
      if (kept.length >= eachKind && rank <= kept.at(-1)!.rank) return;
      const marked = { ...shown.marked, data: shown.marked.data.slice() };
      kept.push({ rank, shown: { ...shown, marked } });
      kept.sort((a, b) => b.rank - a.rank).splice(eachKind);
    },
    async close() {
      const written: string[] = [];
      for (const [kind, kept] of Object.entries(kinds)) {
        for (const [k, { shown }] of kept.entries()) {
          const path = join(folder ?? "", `${kind}-${k + 1}-${stemOf(shown.frame.name)}.png`);
          await writeOverlay(path, shown.field, shown.marked, shown.frame.mask);
          written.push(path);
        }
      }
      return written;
    },
  };
}
