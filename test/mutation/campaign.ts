/** A campaign of mutants: each is shown to both verifiers; what is taken though it must not be, and what they say differently. */

import type { Answer, Case } from "./case.ts";
import { chanceOf } from "./chance.ts";
import type { Mutant, Tolerance } from "./mutant.ts";
import { mutantOf } from "./mutants.ts";
import { ours } from "./ours.ts";
import { questionOf, type SecondVerifier } from "./second.ts";
import type { Subject } from "./subject.ts";

/** A mutant with what is wrong about it. */
export interface Trouble {
  readonly subject: string;
  readonly how: string;
  readonly ours: string;
  readonly second: string;
  /** As the second verifier reads it, so that it can be asked again. */
  readonly question: object;
}

export interface Tally {
  readonly mutants: number;
  /** Edits that gave the same bytes again and were thrown away. */
  readonly idle: number;
  readonly refused: number;
  /** Taken, as the format says that it is; by its reason. */
  readonly tolerated: Readonly<Partial<Record<Tolerance, number>>>;
  readonly bySubject: Readonly<Record<string, number>>;
  /** How often each rule, or each code of a refusal, was the first that was said. */
  readonly byRule: Readonly<Record<string, number>>;
  readonly accepted: readonly Trouble[];
  readonly disagreed: readonly Trouble[];
}

export interface CampaignOptions {
  readonly subjects: readonly Subject[];
  readonly count: number;
  readonly seed: number;
  readonly second: Pick<SecondVerifier, "ask">;
  /** Our verifier; another one where a test shows that a wrong one is convicted. */
  readonly first?: (test: Case) => Promise<Answer>;
  readonly onProgress?: (done: number) => void;
}

const kept = 20;

/** Runs `count` mutants, each subject in turn. */
export async function runCampaign(options: CampaignOptions): Promise<Tally> {
  const { subjects, count, seed, second, first = ours } = options;
  const chance = chanceOf(seed);
  const counted = { mutants: 0, idle: 0, refused: 0 };
  const tolerated: Partial<Record<Tolerance, number>> = {};
  const [bySubject, byRule]: [Record<string, number>, Record<string, number>] = [{}, {}];
  const [accepted, disagreed]: [Trouble[], Trouble[]] = [[], []];
  const expected = new Map<string, Answer>();
  for (const { name, whole } of subjects) expected.set(name, await ours(whole));
  while (counted.mutants < count) {
    const subject = subjects[(counted.mutants + counted.idle) % subjects.length]!;
    const mutant = await mutantOf(subject, chance);
    if (mutant.idle === true || isSame(mutant.test, subject.whole)) {
      counted.idle++;
      continue;
    }
    counted.mutants++;
    if (counted.mutants % 500 === 0) options.onProgress?.(counted.mutants);
    const [mine, theirs] = await Promise.all([first(mutant.test), second.ask(mutant.test)]);
    bySubject[subject.name] = (bySubject[subject.name] ?? 0) + 1;
    const trouble = (): Trouble => troubleOf(subject, mutant, mine, theirs);
    if (differ(mutant, mine, theirs) && disagreed.length < kept) disagreed.push(trouble());
    if (!mine.ok) {
      counted.refused++;
      const rule = firstRule(mine);
      byRule[rule] = (byRule[rule] ?? 0) + 1;
    }
    if (!mine.ok && !theirs.ok) continue;
    if (mutant.tolerated === null || !isTolerable(mutant.tolerated, mine, expected.get(subject.name)!)) {
      if (accepted.length < kept) accepted.push(trouble());
    } else tolerated[mutant.tolerated] = (tolerated[mutant.tolerated] ?? 0) + 1;
  }
  return { ...counted, tolerated, bySubject, byRule, accepted, disagreed };
}

/** What takes away has to be said; another's line, an older checkpoint and an order go without a word. */
const silent: ReadonlySet<Tolerance> = new Set([
  "another's line",
  "order of signatures",
  "a checkpoint less",
  "a countersignature less",
  "signed anew",
  "the file's own bytes",
]);

function isTolerable(tolerance: Tolerance, answer: Answer, whole: Answer): boolean {
  return silent.has(tolerance) || answer.said !== whole.said;
}

/**
 * Where bytes of SQLite's own are changed, two versions of SQLite may find other damage, or one of them none that touches a
 * row: what is compared is what they read out, where both could read it.
 */
function differ({ tolerated }: Mutant, mine: Answer, theirs: Answer): boolean {
  const unreadable = [mine, theirs].some(({ said }) => said.includes('"rule":"database"'));
  if (tolerated === "the file's own bytes" && unreadable) return false;
  return tolerated === "the file's own bytes" ? mine.ok !== theirs.ok : mine.said !== theirs.said;
}

function firstRule({ said }: Answer): string {
  const { findings, code } = JSON.parse(said) as { findings?: { rule: string }[]; code?: string };
  return findings?.[0]?.rule ?? code ?? "(none)";
}

function troubleOf(subject: Subject, { how, test }: Mutant, mine: Answer, theirs: Answer): Trouble {
  return { subject: subject.name, how, ours: mine.said, second: theirs.said, question: questionOf(test) };
}

function isSame(a: Case, b: Case): boolean {
  if (a.kind === "folder") return false;
  return JSON.stringify(questionOf(a)) === JSON.stringify(questionOf(b));
}
