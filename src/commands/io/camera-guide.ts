/** `cellward camera guide`: pictures of the plate taken one after the other, with what to do next, until they tell the lens. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { cameraNamed } from "../../config/cameras.ts";
import { loadConfig } from "../../config/io/load.ts";
import { progressOf, type Side, seenIn, whyNotCounted } from "../../inspection/calibration/coach.ts";
import { fitLens, type LensFit, leastViews, type PlateView } from "../../inspection/calibration/fit-lens.ts";
import { readLensFile } from "../../inspection/calibration/lens-file.ts";
import { whyUnreadable } from "../../inspection/calibration/readable.ts";
import { decodeGrey } from "../../inspection/io/decode.ts";
import type { Picture } from "../../inspection/picture.ts";
import { firstCamera } from "../../jobs/views.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { exitCode } from "../exit-code.ts";
import { type Sheet, type SheetOptions, sheetOf, viewOf } from "../plate-sheet.ts";
import { noSuchCamera } from "./camera.ts";
import { cannotWrite, fileOf, wordsOf } from "./camera-lens.ts";
import { openCamera } from "./eyes.ts";
import { wouldOverwrite } from "./new-file.ts";
import { configurationRemedy } from "./remedies.ts";
import type { Terminal, Trouble } from "./terminal.ts";

export interface GuideOptions extends SheetOptions {
  readonly config?: string;
  /** Which of several cameras. */
  readonly camera?: string;
  readonly out: string;
  /** A folder whose pictures are looked at in the order of their names, instead of those of the camera. */
  readonly from?: string;
  /** A folder, which is made, for the pictures that count. */
  readonly keep?: string;
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
  /** Share of the picture that the plate spans in this one, and which side of it is nearer. */
  readonly spans: number;
  readonly nearer: Side | null;
  readonly counted: boolean;
  readonly why: string | null;
  readonly pictures: number;
  readonly covered: number;
  readonly tilted: readonly Side[];
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
  { config, from, camera = firstCamera }: GuideOptions,
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
  const named = cameraNamed(loaded.value.config, camera);
  if (named === null) return err({ ...noSuchCamera(loaded.value.config, camera), exit: exitCode.usage });
  const opened = openCamera(named);
  let count = 0;
  return ok(async () => {
    if (performance.now() > until) return null;
    if (count++ > 0) await pause(everyMs);
    const shot = await opened.take();
    return shot.ok ? ok({ name: `picture ${count}`, bytes: shot.value.bytes }) : shot;
  });
}

/** So many pictures in a row that cannot be had or read end it. */
const mostFailures = 5;

/** What is known between two pictures. */
interface Sitting {
  readonly counted: PlateView[];
  step: number;
  failures: number;
  before: PlateView | null;
  size: { readonly width: number; readonly height: number } | null;
  fit: Result<LensFit, string> | null;
  next: string | null;
}

/** Looks at picture after picture; `live` where a hand holds the plate, which has to be still from one to the next. */
async function look(
  terminal: Terminal,
  options: GuideOptions,
  sheet: Sheet,
  source: Source,
  live: boolean,
): Promise<number> {
  const at: Sitting = { counted: [], step: 0, failures: 0, before: null, size: null, fit: null, next: null };
  for (let shot = await source(); shot !== null; shot = await source()) {
    at.step += 1;
    const picture = shot.ok ? await decodeGrey(shot.value.bytes) : shot;
    if (!shot.ok || !picture.ok) {
      const error = shot.ok && !picture.ok ? picture.error : (shot as { readonly error: Trouble }).error;
      at.failures += 1;
      if (live && at.failures >= mostFailures) {
        return terminal.trouble(error, shot.ok ? exitCode.refused : exitCode.deviceUnreachable);
      }
      tellFailure(terminal, at, shot.ok ? shot.value.name : "", error.what);
      continue;
    }
    at.failures = 0;
    const { name, bytes } = shot.value;
    const { width, height } = picture.value;
    at.size ??= { width, height };
    if (at.size.width !== width || at.size.height !== height) {
      const what = `${name} has ${width} x ${height} pixels, those before ${at.size.width} x ${at.size.height}.`;
      return terminal.trouble(
        { code: "other-size", what, remedy: "Take all with one camera as it is set." },
        exitCode.refused,
      );
    }
    const done = weigh(terminal, at, viewOf(name, picture.value, sheet), picture.value, live);
    if (done.counted && options.keep !== undefined) {
      const kept = await keep(options.keep, at.counted.length, bytes);
      if (kept !== null) return terminal.trouble(kept, exitCode.refused);
    }
    if (at.next === null && at.fit?.ok) return write(terminal, options.out, at.fit.value, at.size);
  }
  const what =
    at.step === 0
      ? "There is no picture to look at."
      : `The pictures do not tell the lens yet: ${at.counted.length} of ${at.step} count.`;
  const remedy = at.next ?? "Hold the plate before the camera.";
  return terminal.trouble({ code: "pictures-insufficient", what, remedy }, exitCode.refused);
}

/** Whether the picture counts, what all of them tell by now, and what to do next: told. */
function weigh(
  terminal: Terminal,
  at: Sitting,
  view: PlateView,
  picture: Picture,
  live: boolean,
): { readonly counted: boolean } {
  const before = live ? at.before : null;
  // The first picture has none before it: a hand that may still move is not trusted.
  const why =
    whyUnreadable(picture, view) ??
    (live && before === null ? "wait, and hold it still" : whyNotCounted(view, at.counted, picture, before));
  at.before = view;
  if (why === null) {
    at.counted.push(view);
    if (at.counted.length >= leastViews) at.fit = fitLens(at.counted, picture);
  }
  const progress = progressOf(at.counted, picture, at.fit);
  at.next = progress.next;
  const own = { tags: view.pairs.length / 4, ...seenIn(view, picture), counted: why === null, why };
  tell(terminal, { step: at.step, picture: view.name, ...own, ...progress });
  return { counted: why === null };
}

function tellFailure(terminal: Terminal, at: Sitting, picture: string, why: string): void {
  const { covered, tilted } = progressOf(at.counted, at.size ?? { width: 1, height: 1 }, at.fit);
  const own = { tags: 0, spans: 0, nearer: null, counted: false, why };
  tell(terminal, {
    ...{ step: at.step, picture, ...own, pictures: at.counted.length, covered, tilted, next: at.next },
  });
}

/** Puts a picture that counts into the folder; why it could not be, or null. */
async function keep(folder: string, count: number, bytes: Uint8Array): Promise<Trouble | null> {
  const path = join(folder, `${String(count).padStart(3, "0")}.jpg`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, bytes, { mode: 0o600, flag: "wx" });
    return null;
  } catch (problem) {
    return cannotWrite(path, problem);
  }
}

function tell(terminal: Terminal, told: Told): void {
  const { step, tags, spans, nearer, counted, why, pictures, covered, next } = told;
  const shows = `${tags} tags over ${(100 * spans).toFixed(0)} %${nearer === null ? "" : `, nearer at the ${nearer}`}`;
  const took = counted
    ? `counts (${pictures}), ${(100 * covered).toFixed(0)} % of the picture seen by now`
    : `does not count: ${why}`;
  const then = next === null || !counted ? "" : `\n     ${next}`;
  terminal.result(told, `${String(step).padStart(3)}: ${shows}; ${took}.${then}`);
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
