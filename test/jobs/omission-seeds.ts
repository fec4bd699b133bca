/** One damage after the other to a complete record, and what a release has to find missing: also the source of docs/omissions.md. */
import type { Event } from "../../src/jobs/event.ts";
import { jobOf } from "../../src/jobs/event.ts";
import type { JobOrder } from "../../src/jobs/order.ts";
import { type BatchRecord, emptyRecord } from "../../src/jobs/record/batch-record.ts";
import { gather } from "../../src/jobs/record/gather.ts";
import type { State } from "../../src/jobs/state.ts";
import { central, setup, upTo } from "./route-story.ts";
import { digest, job, type Story } from "./story.ts";

/** An event with its time. */
interface Fact {
  readonly event: Event;
  readonly at: number;
}

export interface Seed {
  /** What is done to the record or around it. */
  readonly name: string;
  /** Codes of what is then missing, all of them, in their order. */
  readonly codes: readonly string[];
  readonly damage: (facts: readonly Fact[]) => readonly Fact[];
  /** What is changed beside the record. */
  readonly around?: (state: State) => State;
}

/** A device that waits for its release, and the facts of its record. */
export function complete(): { readonly story: Story; readonly facts: readonly Fact[] } {
  const story = upTo("release");
  const facts = story.events.flatMap((event, index): Fact[] =>
    jobOf(event) === job ? [{ event, at: story.times[index]! }] : [],
  );
  return { story, facts };
}

/** The record that these facts make. */
export function recordOf(facts: readonly Fact[]): BatchRecord {
  return facts.reduce((record, { event, at }) => gather(record, event, at), emptyRecord);
}

type Type = Event["type"];
type Of<T extends Type> = Extract<Event, { type: T }>;
type Where = Readonly<Record<string, unknown>>;

function isMeant(event: Event, type: Type, where: Where): boolean {
  const of = event as unknown as Record<string, unknown>;
  return event.type === type && Object.entries(where).every(([key, value]) => of[key] === value);
}

/** Every event of the type is gone, or those whose members are so. */
function lost(name: string, type: Type, where: Where, ...codes: string[]): Seed {
  return { name, codes, damage: (facts) => facts.filter(({ event }) => !isMeant(event, type, where)) };
}

/** Every such event says something else. */
function says<T extends Type>(
  name: string,
  type: T,
  where: Where,
  change: (event: Of<T>) => object,
  ...codes: string[]
): Seed {
  const changed = (event: Event) => ({ ...event, ...change(event as Of<T>) }) as Event;
  return {
    name,
    codes,
    damage: (facts) =>
      facts.map((fact) => (isMeant(fact.event, type, where) ? { ...fact, event: changed(fact.event) } : fact)),
  };
}

function ordered(name: string, change: (order: JobOrder) => object, ...codes: string[]): Seed {
  return says(name, "JobOrderAccepted", {}, ({ order }) => ({ order: { ...order, ...change(order) } }), ...codes);
}

function lineage(name: string, member: keyof JobOrder["lineage"], code: string): Seed {
  return ordered(name, (order) => ({ lineage: { ...order.lineage, [member]: "" } }), code);
}

function added(name: string, events: readonly object[], ...codes: string[]): Seed {
  return {
    name,
    codes,
    damage: (facts) => [...facts, ...events.map((event) => ({ event: event as Event, at: 9_999 }))],
  };
}

const orderSeeds: readonly Seed[] = [
  lost("the order is gone", "JobOrderAccepted", {}, "order"),
  { name: "nothing of the copy stands there", codes: ["unit"], damage: (facts) => facts.slice(0, 1) },
  ordered("no signature of the design authority", (o) => ({ signatures: o.signatures.slice(1) }), "design-signature"),
  ordered("no clinical release", (o) => ({ signatures: o.signatures.slice(0, 1) }), "clinical-signature"),
  ordered(
    "one key in both roles",
    (o) => ({ signatures: o.signatures.map((each) => ({ ...each, key: "one.example" })) }),
    "one-signature",
  ),
  ordered("no package", () => ({ source: "" }), "package"),
  ordered("no recipe", () => ({ recipe: "" }), "recipe"),
  ordered("no pathway", () => ({ pathway: "" }), "pathway"),
  ordered("an unknown pathway", () => ({ pathway: "elsewhere" }), "pathway"),
  ordered("no device identifier", () => ({ gtin: "" }), "device-identifier", "label/label-device"),
  ordered("no pseudonym", () => ({ pseudonym: "" }), "pseudonym", "label/label-words"),
  lineage("no scan of the patient", "scan", "lineage-scan"),
  lineage("no segmentation", "segmentation", "lineage-segmentation"),
  lineage("no design", "design", "lineage-design"),
  lineage("no approver", "approver", "lineage-approver"),
  ordered("another side", () => ({ side: "right" }), "label/label-words"),
  ordered("begun before its first day", () => ({ notBefore: 5_000 }), ...each("early")),
  ordered("begun after its expiry", () => ({ expires: 1 }), ...each("late")),
  added(
    "scrapped",
    [raised("J1-NC1"), { type: "DispositionSigned", job, nonconformity: "J1-NC1", disposition: "scrap", approval: {} }],
    "scrapped",
  ),
  added("a nonconformity is open", [raised("J1-NC1")], "nonconformity"),
];

/** The code at every step that a machine does. */
function each(code: string): string[] {
  return ["print", "clean-dry", "press-sleeves", "measure"].map((step) => `${step}/${code}`);
}

function raised(nonconformity: string) {
  const base = { type: "NonconformityRaised", job, nonconformity, unit: 1, attempt: null, cause: "label-mismatch" };
  return { ...base, layer: null, what: "The label is another one.", findings: [], evidence: null };
}

const print = { attempt: "J1-A1" };
const started = (change: (event: Of<"AttemptStarted">) => object, name: string, where: Where, ...codes: string[]) =>
  says(name, "AttemptStarted", where, change, ...codes);
const machine = (member: string, code: string) =>
  started((event) => ({ machine: { ...event.machine, [member]: "" } }), `no ${member} of the printer`, print, code);
const issued = (name: string, change: object, where: Where, ...codes: string[]) =>
  started((event) => ({ materials: event.materials.map((each) => ({ ...each, ...change })) }), name, where, ...codes);

const startSeeds: readonly Seed[] = [
  lost("the start of the print is gone", "AttemptStarted", print, "print/start"),
  lost("the end of the step is gone", "OperationCompleted", { operation: "print" }, "print/step"),
  started(() => ({ equipment: "printer-2" }), "printed on another machine", print, "print/equipment"),
  machine("serial", "print/serial"),
  machine("model", "print/model"),
  machine("firmware", "print/firmware"),
  started(() => ({ person: "" }), "nobody started the print", print, "print/operator", "print/identity"),
  lost("no presence was proven", "PresenceProven", {}, ...each("presence")),
  {
    name: "the proof of the print was used for the cleaning too",
    codes: ["clean-dry/presence"],
    damage: (facts) => {
      const proof = facts.map(({ event }) => (event.type === "AttemptStarted" ? event.presence : null)).find(Boolean);
      return facts.map((fact) =>
        isMeant(fact.event, "AttemptStarted", { attempt: "J1-A2" })
          ? { ...fact, event: { ...fact.event, presence: proof } as Event }
          : fact,
      );
    },
  },
  lost("the begin of the print is gone", "AttemptBegan", print, "print/begin"),
  lost("the printer's report is gone", "FinishReported", print, "print/finish"),
  says(
    "another program was printed",
    "FinishReported",
    print,
    ({ executed }) => ({ executed: { ...executed, program: digest("other") } }),
    "print/program",
  ),
  lost("how the print ended is gone", "AttemptEnded", print, "print/outcome"),
  ...(["Aborted", "Failed", "OutcomeUnknown", "NotBegun", "Rejected"] as const).map((outcome) =>
    says(`the print ended ${outcome}`, "AttemptEnded", print, () => ({ outcome }), "print/ended"),
  ),
  started(() => ({ materials: [] }), "no lot of filament", print, "print/material"),
  issued("less filament than the print takes", { quantity: 11.9 }, print, "print/quantity"),
  issued("filament in kilograms", { unit: "kg" }, print, "print/unit"),
  issued("filament of no lot", { batch: "" }, print, "print/lot"),
  issued("filament that nobody released", { releasedBy: null }, print, "print/lot-released"),
  issued("filament that had expired", { expires: 1 }, print, "print/lot-expired"),
  started(() => ({ materials: [] }), "no lot of sleeves", { attempt: "J1-A3" }, "press-sleeves/material"),
  issued("one sleeve of two", { quantity: 1 }, { attempt: "J1-A3" }, "press-sleeves/quantity"),
  issued("other components", { material: "sleeve-3" }, { attempt: "J1-A3" }, "press-sleeves/material"),
];

const layer = (type: Type, number: number, code: string) =>
  lost(`${type} ${number} is gone`, type, { ...print, layer: number }, `print/${code}`);

const buildSeeds: readonly Seed[] = [
  lost("nobody compared the identifiers", "IdentityConfirmed", {}, "print/identity"),
  says("somebody else compared them", "IdentityConfirmed", {}, () => ({ person: "bo" }), "print/identity"),
  lost("the last look at the plate is gone", "PlateChecked", {}, "print/plate"),
  says("the last look saw something", "PlateChecked", {}, () => ({ clear: false }), "print/plate"),
  layer("LayerDone", 2, "layers-made"),
  layer("LayerDone", 3, "layers-made"),
  layer("LayerCaptured", 1, "layers-captured"),
  layer("LayerCaptured", 3, "layers-captured"),
  layer("LayerInspected", 2, "layers-inspected"),
  layer("LayerDecided", 3, "layers-decided"),
  says("a layer failed", "LayerDecided", { layer: 2 }, () => ({ verdict: "fail" }), "print/layer-failed"),
  says(
    "a layer was tolerated that nothing was found in",
    "LayerDecided",
    { layer: 2 },
    () => ({ verdict: "tolerated", reaction: "log", found: [] }),
    "print/layer-tolerated",
  ),
];

const tasks = { "clean-dry": "J1-A2", "press-sleeves": "J1-A3", measure: "J1-A4" };
const result = (name: string, change: object, code: string) =>
  says(
    name,
    "ResultsJudged",
    { attempt: "J1-A4" },
    (event) => ({ results: event.results.map((each) => ({ ...each, ...change })) }),
    `measure/${code}`,
  );

const taskSeeds: readonly Seed[] = [
  lost("the tag is gone", "PartTagged", {}, "clean-dry/part", "press-sleeves/part", "measure/part", "tag"),
  ...Object.entries(tasks).flatMap(([operation, attempt]) => [
    lost(`the start of ${operation} is gone`, "AttemptStarted", { attempt }, `${operation}/start`),
    lost(`the scan of the part at ${operation} is gone`, "PartConfirmed", { operation }, `${operation}/part-scan`),
    lost(`the results of ${operation} are gone`, "ResultsJudged", { attempt }, `${operation}/results`),
    lost(`the end of ${operation} is gone`, "OperationCompleted", { operation }, `${operation}/step`),
    started(() => ({ part: "T-9" }), `another part at ${operation}`, { attempt }, `${operation}/part`),
  ]),
  says(
    "another tag was scanned",
    "PartConfirmed",
    { operation: "measure" },
    () => ({ tag: "T-9" }),
    "measure/part-scan",
  ),
  says(
    "the scan was at another step",
    "PartConfirmed",
    { operation: "measure" },
    () => ({ operation: "clean-dry" }),
    "measure/part-scan",
  ),
  started(() => ({ part: null }), "no part at the measurement", { attempt: "J1-A4" }, "measure/part"),
  ...["clean-dry", "press-sleeves"].map((step) =>
    says(
      `the curve of ${step} is gone`,
      "FinishReported",
      { attempt: tasks[step as keyof typeof tasks] },
      ({ executed }) => ({ executed: { ...executed, evidence: [] } }),
      `${step}/evidence`,
    ),
  ),
  says(
    "a result of the press is gone",
    "ResultsJudged",
    { attempt: "J1-A3" },
    ({ results }) => ({ results: results.slice(1) }),
    "press-sleeves/result",
  ),
  result("a result without its value", { value: null }, "result"),
  result("a result in another unit", { unit: "in" }, "result-unit"),
  result("a result that nothing measured", { gauge: null }, "gauge"),
  result("a result above its limit", { value: 2.3 }, "result-limit"),
  result("a result below its limit", { value: 1 }, "result-limit"),
  says(
    "the measurement was rejected",
    "AttemptEnded",
    { attempt: "J1-A4" },
    () => ({ outcome: "Rejected" }),
    "measure/ended",
  ),
];

const content = (name: string, change: object, code: string) =>
  says(name, "LabelRequested", {}, (event) => ({ content: { ...event.content, ...change } }), `label/${code}`);
const code = (gtin: string, lot: string, serial: string, madeOn = "11260101") =>
  `01${gtin}${madeOn}10${lot}\u001d21${serial}`;

const labelSeeds: readonly Seed[] = [
  lost("the label's order is gone", "LabelRequested", {}, "label/label", "label-account"),
  lost("that it was printed is gone", "LabelPrinted", {}, "label/label-print", "label-account", "label-account"),
  lost("that it was scanned back is gone", "LabelVerified", {}, "label/label-scan", "label-account", "label-account"),
  lost("the end of the labelling is gone", "OperationCompleted", { operation: "label" }, "label/step"),
  content("a code that says nothing", { code: "" }, "label-code"),
  content("a code with a wrong check digit", { code: code("09506000134353", "J1", "1") }, "label-code"),
  content("the code of another product", { code: code("09506000117843", "J1", "1") }, "label-device"),
  content("the code of another order", { code: code("09506000134352", "J2", "1") }, "label-order"),
  content("the code of another copy", { serial: "2", code: code("09506000134352", "J1", "2") }, "label-serial"),
  content("a code without its day", { code: code("09506000134352", "J1", "1", "") }, "label-date"),
  content("the words of another patient", { pseudonym: "CASE-2" }, "label-words"),
  content("the words for the other side", { side: "right" }, "label-words"),
  content("nothing that says SIMULATED", { simulated: false }, "label-simulated"),
  {
    name: "a second label that is neither on the device nor void",
    codes: ["label/label-scan", "label-account"],
    damage: (facts) => [
      ...facts,
      ...facts.flatMap(({ event, at }): Fact[] =>
        event.type === "LabelRequested" || event.type === "LabelPrinted" ? [{ event: { ...event, label: 2 }, at }] : [],
      ),
    ],
  },
  lost("the hand-over is gone", "HandedOver", {}, "handover/handover"),
  lost("the end of the hand-over is gone", "OperationCompleted", { operation: "handover" }, "handover/step"),
  says("handed over to somebody else", "HandedOver", {}, () => ({ to: "The ward" }), "handover/handover-to"),
  says("handed over in nothing", "HandedOver", {}, () => ({ container: "" }), "handover/container"),
  says("handed over by nobody", "HandedOver", {}, () => ({ person: "" }), "handover/handover-by"),
];

const whole = (facts: readonly Fact[]) => facts;
const aroundSeeds: readonly Seed[] = [
  {
    name: "central QA has not marked the demonstration",
    codes: ["simulated-unmarked"],
    damage: whole,
    around: (state) => ({ ...state, central: { ...state.central, demonstration: false } }),
  },
  {
    name: "the cell is no demonstration",
    codes: ["simulated"],
    damage: whole,
    around: (state) => ({ ...state, setup: { ...setup, demonstration: false } }),
  },
  {
    name: "central QA holds the cell",
    codes: ["central-hold"],
    damage: whole,
    around: (state) => ({ ...state, central: { ...state.central, holds: [central()] } }),
  },
];

export const seeds: readonly Seed[] = [
  ...orderSeeds,
  ...startSeeds,
  ...buildSeeds,
  ...taskSeeds,
  ...labelSeeds,
  ...aroundSeeds,
];
