/** How often people found the inspection wrong, by model and by class of finding: counted over the record, nothing else. */
import { wordsOf } from "../hmi/reasons.ts";
import { shareOf } from "../inspection/score/measures.ts";
import type { Counted } from "../inspection/score/tally.ts";
import { countIn, listIn, type Members, memberOf, membersOf, textIn } from "../kernel/members.ts";

/** What became of the layers that one model held or passed; a layer with findings of two classes counts in both. */
export interface ReviewCounts {
  /** A person said that the finding is real. */
  readonly confirmed: number;
  /** A person said that the layer is whole. */
  readonly overruled: number;
  /** A person decided, and left open whether the finding is real. */
  readonly unclear: number;
  /** Nobody has decided yet. */
  readonly undecided: number;
  /** Had passed, and a person found it bad; one that QA then found whole is not among them. */
  readonly foundBad: number;
}

/** The shares that follow, each with its exact 95 % interval. */
export interface ReviewRates {
  /** Overruled, of the held layers on which a person decided either way. */
  readonly falseAlarms: Counted;
  /** Found bad after they had passed, of all bad layers that are known: these and the confirmed ones. */
  readonly misses: Counted;
}

export interface ClassRates extends ReviewCounts, ReviewRates {
  readonly class: string;
}

export interface ModelRates extends ReviewCounts, ReviewRates {
  /** Digest of the model; null where no network had answered. */
  readonly model: string | null;
  readonly held: number;
  readonly passed: number;
  /** Something was found, and the recipe tolerated it: nobody was asked, so they are in no share. */
  readonly tolerated: number;
  /** Overruled, of the layers that count as whole: these, and those that passed and that nobody found bad. */
  readonly falseAlarmsOfWhole: Counted;
  readonly byClass: readonly ClassRates[];
}

export interface ReviewTally {
  /** The next entry of the record; a body of any form is taken. */
  take(type: string, body: Members): void;
  /** By digest of the model. */
  report(): readonly ModelRates[];
}

type Outcome = "confirmed" | "overruled" | "unclear" | "undecided";

/** A held layer. */
interface Alarm {
  readonly model: string;
  readonly classes: readonly string[];
  outcome: Outcome;
}

/** A layer that had passed and was found bad. */
interface Miss {
  readonly model: string;
  readonly class: string;
  withdrawn: boolean;
}

/** What is still to be asked about: forgotten when its order ends, after which nobody decides on it any more. */
interface OfJob {
  /** Model and classes of the last report, by attempt and layer. */
  readonly reports: Map<string, { readonly model: string; readonly classes: readonly string[] }>;
  readonly alarms: Map<string, Alarm>;
  readonly misses: Map<string, Miss>;
  /** Layers that were tolerated: one that is found bad was seen by the model, and is no miss. */
  readonly tolerated: Set<string>;
  /** Of a miss, until its nonconformity is raised. */
  found: Miss | null;
}

/** A name that no digest has. */
const noModel = "none";

/** Whether a decision on a held layer says that its finding is real; reasons are phrases that never change their words. */
const judgements: readonly (readonly [words: string, outcome: Outcome])[] = [
  [wordsOf("scrap", "real-defect"), "confirmed"],
  [wordsOf("concession", "does-not-matter"), "confirmed"],
  [wordsOf("concession", "picture-misleads"), "overruled"],
];
const judged: ReadonlyMap<string, Outcome> = new Map(judgements);
const foundWhole = wordsOf("concession", "found-whole");

/** Counts; of layers that passed it keeps only those of open orders, of the others one short note each. */
export function createReviewTally(): ReviewTally {
  const jobs = new Map<string, OfJob>();
  const passed = new Map<string, number>();
  const tolerated = new Map<string, number>();
  const alarms: Alarm[] = [];
  const misses: Miss[] = [];

  function take(type: string, body: Members): void {
    const id = textIn(body, "job");
    if (id === null) return;
    if (type === "JobEnded") return void jobs.delete(id);
    if (!asked.has(type)) return;
    const job: OfJob = jobs.get(id) ?? {
      reports: new Map(),
      alarms: new Map(),
      misses: new Map(),
      tolerated: new Set(),
      found: null,
    };
    jobs.set(id, job);
    const layer = `${textIn(body, "attempt")}/${countIn(body, "layer")}`;
    if (type === "LayerInspected") job.reports.set(layer, reportIn(memberOf(body, "report")));
    if (type === "LayerDecided") decided(job, layer, textIn(body, "verdict"));
    if (type === "LayerFoundBad") foundBad(job, layer, textIn(body, "finding") ?? "other");
    if (type === "NonconformityRaised") raised(job, layer, body);
    if (type === "DispositionSigned") disposed(job, body);
  }

  function decided(job: OfJob, layer: string, verdict: string | null): void {
    const { model } = job.reports.get(layer) ?? nothingSeen;
    if (verdict === "pass") passed.set(model, (passed.get(model) ?? 0) + 1);
    if (verdict !== "tolerated") return;
    tolerated.set(model, (tolerated.get(model) ?? 0) + 1);
    job.tolerated.add(layer);
  }

  function foundBad(job: OfJob, layer: string, finding: string): void {
    if (job.tolerated.has(layer)) return;
    const { model } = job.reports.get(layer) ?? nothingSeen;
    job.found = { model, class: finding, withdrawn: false };
    misses.push(job.found);
  }

  function raised(job: OfJob, layer: string, body: Members): void {
    const [id, cause] = [textIn(body, "nonconformity") ?? "", textIn(body, "cause")];
    if (cause === "layer-found-bad" && job.found !== null) {
      job.misses.set(id, job.found);
      job.found = null;
    }
    if (cause !== "layer-failed") return;
    const alarm: Alarm = { ...(job.reports.get(layer) ?? nothingSeen), outcome: "undecided" };
    job.alarms.set(id, alarm);
    alarms.push(alarm);
  }

  return {
    take,
    report() {
      const models = new Set([...passed.keys(), ...tolerated.keys(), ...alarms.map(({ model }) => model)]);
      return [...models].sort().map((model) => {
        const mine = <T extends { readonly model: string }>(all: readonly T[]) => all.filter((e) => e.model === model);
        const counts = { passed: passed.get(model) ?? 0, tolerated: tolerated.get(model) ?? 0 };
        return ratesOf(model, counts, mine(alarms), mine(misses));
      });
    },
  };
}

const asked: ReadonlySet<string> = new Set([
  ...["LayerInspected", "LayerDecided", "LayerFoundBad", "NonconformityRaised", "DispositionSigned"],
]);
const nothingSeen = { model: noModel, classes: [] } as const;

function reportIn(report: Members | null): { readonly model: string; readonly classes: readonly string[] } {
  const classes = listIn(report, "findings").flatMap((each) => textIn(membersOf(each), "class") ?? []);
  return { model: textIn(memberOf(report, "digests"), "model") ?? noModel, classes: [...new Set(classes)] };
}

function disposed(job: OfJob, body: Members): void {
  const id = textIn(body, "nonconformity") ?? "";
  const [alarm, miss] = [job.alarms.get(id), job.misses.get(id)];
  const reason = textIn(body, "reason") ?? "";
  if (alarm) alarm.outcome = judged.get(reason) ?? "unclear";
  if (miss) miss.withdrawn = reason === foundWhole;
}

function ratesOf(
  model: string,
  { passed, tolerated }: Pick<ModelRates, "passed" | "tolerated">,
  alarms: readonly Alarm[],
  all: readonly Miss[],
): ModelRates {
  const misses = all.filter(({ withdrawn }) => !withdrawn);
  const counts = countsOf(alarms, misses);
  const names = [...new Set([...alarms.flatMap(({ classes }) => classes), ...misses.map((miss) => miss.class)])].sort();
  return {
    model: model === noModel ? null : model,
    held: alarms.length,
    passed,
    tolerated,
    ...counts,
    ...sharesOf(counts),
    falseAlarmsOfWhole: counted(counts.overruled, counts.overruled + passed - counts.foundBad),
    byClass: names.map((name) => {
      const its = countsOf(
        alarms.filter(({ classes }) => classes.includes(name)),
        misses.filter((miss) => miss.class === name),
      );
      return { class: name, ...its, ...sharesOf(its) };
    }),
  };
}

function countsOf(alarms: readonly Alarm[], misses: readonly Miss[]): ReviewCounts {
  const of = (outcome: Outcome) => alarms.filter((alarm) => alarm.outcome === outcome).length;
  return {
    confirmed: of("confirmed"),
    overruled: of("overruled"),
    unclear: of("unclear"),
    undecided: of("undecided"),
    foundBad: misses.length,
  };
}

function sharesOf({ confirmed, overruled, foundBad }: ReviewCounts): ReviewRates {
  return {
    falseAlarms: counted(overruled, overruled + confirmed),
    misses: counted(foundBad, foundBad + confirmed),
  };
}

function counted(hits: number, all: number): Counted {
  return { hits, all, ...shareOf(hits, all) };
}

/** The rates as lines for people. */
export function ratesInWords(models: readonly ModelRates[]): string {
  if (models.length === 0) return "No layer has been judged yet.";
  return models.flatMap(modelLines).join("\n");
}

function modelLines(rates: ModelRates): readonly string[] {
  const { model, held, passed, tolerated, confirmed, overruled, unclear, undecided, foundBad } = rates;
  return [
    `model ${model ?? "none answered"}`,
    `  held ${held}: ${confirmed} confirmed, ${overruled} overruled, ${unclear} left open, ${undecided} not decided yet`,
    `  passed ${passed}: ${foundBad} found bad by a person`,
    ...(tolerated === 0 ? [] : [`  tolerated ${tolerated}: found, and let go on by the recipe`]),
    `  false alarms, of reviewed alarms         ${shareInWords(rates.falseAlarms)}`,
    `  false alarms, of layers taken for whole  ${shareInWords(rates.falseAlarmsOfWhole)}`,
    `  misses, of layers known to be bad        ${shareInWords(rates.misses)}`,
    ...rates.byClass.map(
      (each) => `  ${each.class}: false alarms ${shareInWords(each.falseAlarms)}; misses ${shareInWords(each.misses)}`,
    ),
  ];
}

function shareInWords({ hits, all, value, low, high }: Counted): string {
  if (all === 0) return "none to count";
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return `${hits} of ${all}, ${percent(value)} (95 %: ${percent(low)} to ${percent(high)})`;
}
