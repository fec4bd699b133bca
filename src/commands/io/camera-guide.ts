/** `cellward camera guide`: pictures of the plate taken one after the other, with what to do next, until they tell the lens. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { loadConfig } from "../../config/io/load.ts";
import { progressOf, whyNotCounted } from "../../inspection/calibration/coach.ts";
import { fitLens, type LensFit, leastViews, type PlateView } from "../../inspection/calibration/fit-lens.ts";
import { readLensFile } from "../../inspection/calibration/lens-file.ts";
import { decodeGrey } from "../../inspection/io/decode.ts";
import { ok, type Result } from "../../kernel/result.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { exitCode } from "../exit-code.ts";
import { type Sheet, type SheetOptions, sheetOf, viewOf } from "../plate-sheet.ts";
import { cannotWrite, fileOf, wordsOf } from "./camera-lens.ts";
import { openCamera } from "./eyes.ts";
import { wouldOverwrite } from "./new-file.ts";
import { configurationRemedy } from "./remedies.ts";
import type { Terminal, Trouble } from "./terminal.ts";

export interface GuideOptions extends SheetOptions {
  readonly config?: string;
  readonly out: string;
  /** A folder whose pictures are looked at in the order of their names, instead of those of the camera. */
  readonly from?: string;
  /** Seconds between two pictures. */
  readonly every: string;
  /** After so many minutes it ends, whatever is lacking. */
  readonly minutes: string;
}

/** The next picture: null where there is none any more, a trouble where it could not be had. */
type Source = () => Promise<Result<{ readonly name: string; readonly bytes: Uint8Array }, Trouble> | null>;

/** One step, as it is told. */
interface Told {
  readonly step: number;
  readonly picture: string;
  readonly tags: number;
  readonly counted: boolean;
  readonly why: string | null;
  readonly pictures: number;
  readonly covered: number;
  readonly next: string | null;
}

/** Exit code 0 where the lens is known and written; 7 where the pictures did not suffice, 6 where the camera gives none. */
export async function guide(terminal: Terminal, options: GuideOptions): Promise<number> {
  const sheet = sheetOf(options);
  if (!sheet.ok) return terminal.trouble(sheet.error, exitCode.usage);
  const [every, minutes] = [Number(options.every), Number(options.minutes)];
  if (!(every >= 0.1 && every <= 60) || !(minutes > 0 && minutes <= 60)) {
    const what = "--every is 0.1 to 60 seconds, --minutes at most 60.";
    return terminal.trouble(
      { code: "usage", what, remedy: "Leave them out for 2 seconds and 15 minutes." },
      exitCode.usage,
    );
  }
  const taken = await wouldOverwrite(options.out);
  if (taken !== null) return terminal.trouble(taken, exitCode.refused);
  const source = await sourceOf(options, every * 1000, performance.now() + minutes * 60_000);
  if (!source.ok) return terminal.trouble(source.error, source.error.exit);
  return look(terminal, options, sheet.value, source.value, options.from === undefined);
}

async function sourceOf(
  { config, from }: GuideOptions,
  everyMs: number,
  until: number,
): Promise<Result<Source, Trouble & { readonly exit: number }>> {
  if (from !== undefined) {
    const names = await readdir(from).catch(() => []);
    const left = names.filter((name) => /\.jpe?g$/i.test(name)).sort();
    return ok(async () => {
      const name = left.shift();
      if (name === undefined) return null;
      const bytes = await readFile(join(from, name)).catch(() => null);
      const what = `${join(from, name)} cannot be read.`;
      return bytes === null
        ? { ok: false, error: { code: "picture-unreadable", what, remedy: "Take it out of the folder." } }
        : ok({ name, bytes });
    });
  }
  if (config === undefined) {
    const error = {
      code: "usage",
      what: "Neither --config nor --from is given.",
      remedy: "Name the configuration of the camera's cell.",
    };
    return { ok: false, error: { ...error, exit: exitCode.usage } };
  }
  const loaded = await loadConfig(config);
  if (!loaded.ok) {
    const error = { code: "configuration", what: loaded.error.join("\n"), remedy: configurationRemedy(config) };
    return { ok: false, error: { ...error, exit: exitCode.configuration } };
  }
  const camera = openCamera(loaded.value.config);
  let count = 0;
  return ok(async () => {
    if (performance.now() > until) return null;
    if (count > 0) await pause(everyMs);
    const shot = await camera.take();
    return shot.ok ? ok({ name: `picture ${++count}`, bytes: shot.value.bytes }) : shot;
  });
}

/** Looks at picture after picture; `live` where a hand holds the plate, which has to be still from one to the next. */
async function look(
  terminal: Terminal,
  { out }: GuideOptions,
  sheet: Sheet,
  source: Source,
  live: boolean,
): Promise<number> {
  const counted: PlateView[] = [];
  let [step, before, fit]: [number, PlateView | null, LensFit | null] = [0, null, null];
  let size: { readonly width: number; readonly height: number } | null = null;
  let next: string | null = null;
  for (let shot = await source(); shot !== null; shot = await source()) {
    if (!shot.ok) return terminal.trouble(shot.error, live ? exitCode.deviceUnreachable : exitCode.refused);
    step += 1;
    const picture = await decodeGrey(shot.value.bytes);
    if (!picture.ok) return terminal.trouble(picture.error, exitCode.refused);
    const { width, height } = picture.value;
    size ??= { width, height };
    if (size.width !== width || size.height !== height) {
      const what = `${shot.value.name} has ${width} x ${height} pixels, those before ${size.width} x ${size.height}.`;
      return terminal.trouble(
        { code: "other-size", what, remedy: "Take all with one camera as it is set." },
        exitCode.refused,
      );
    }
    const view = viewOf(shot.value.name, picture.value, sheet);
    // The first picture has none before it: a hand that may still move is not trusted.
    const why =
      live && before === null ? "wait, and hold it still" : whyNotCounted(view, counted, size, live ? before : null);
    before = view;
    if (why === null) {
      counted.push(view);
      const tried = counted.length >= leastViews ? fitLens(counted, size) : null;
      fit = tried?.ok ? tried.value : null;
    }
    const progress = progressOf(counted, size, fit);
    next = progress.next;
    tell(terminal, { step, picture: view.name, tags: view.pairs.length / 4, counted: why === null, why, ...progress });
    if (next === null && fit !== null) return write(terminal, out, fit, size);
  }
  const what =
    step === 0
      ? "There is no picture to look at."
      : `The pictures do not tell the lens yet: ${counted.length} of ${step} count.`;
  const remedy = next ?? "Hold the plate before the camera.";
  return terminal.trouble({ code: "pictures-insufficient", what, remedy }, exitCode.refused);
}

function tell(terminal: Terminal, told: Told): void {
  const { step, tags, counted, why, pictures, covered, next } = told;
  const took = counted
    ? `counts (${pictures}), ${(100 * covered).toFixed(0)} % of the picture seen`
    : `does not count: ${why}`;
  terminal.result(
    told,
    `${String(step).padStart(3)}: ${tags} tags, ${took}.${next === null || !counted ? "" : `\n     ${next}`}`,
  );
}

async function write(
  terminal: Terminal,
  out: string,
  fit: LensFit,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<number> {
  const file = fileOf(fit, width, height);
  const readable = readLensFile(file);
  if (!readable.ok) return terminal.trouble(readable.error, exitCode.refused);
  try {
    await writeDurably(out, new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`), 0o600);
  } catch (problem) {
    return terminal.trouble(cannotWrite(out, problem), exitCode.refused);
  }
  terminal.result({ ok: true, out, ...file }, wordsOf(file, fit, out, []));
  return exitCode.ok;
}
