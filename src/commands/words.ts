/** The words of the record: a title for every kind of event and a label, with its unit, for every field of one. */
import type { Event } from "../jobs/event.ts";
import type { Json } from "../kernel/json.ts";
import type { JsonObject } from "../ledger/entry.ts";
import { type Described, utcText } from "../ledger/page.ts";

type Leaf = string | number | boolean | null | undefined;

/** Names of the fields of a type, at any depth; those of a list's items too. What is keyed by data has no names. */
type NamesOf<T> = T extends Leaf
  ? never
  : T extends readonly (infer Item)[]
    ? NamesOf<Item>
    : T extends object
      ? { [K in keyof T & string]: (string extends K ? never : K) | NamesOf<T[K]> }[keyof T & string]
      : never;

/** How a field is shown: its label, and whether its number is a time, a span of milliseconds, or has a unit. */
interface FieldWord {
  readonly label: string;
  readonly as?: "time" | "milliseconds" | "mm" | "s";
}

/** One for each kind of event: the compiler refuses a kind that has none. */
export const eventTitles: Readonly<Record<Event["type"], string>> = {
  AlarmAcknowledged: "Somebody acknowledged an alarm",
  AlarmShelved: "Somebody put an alarm aside for a while",
  AlarmUnshelved: "Somebody took an alarm from the shelf",
  AncestorHolds: "Holds of the log before go on",
  AncestorJobClosed: "A job of the log before was closed, its outcome unknown",
  AncestorOrders: "Orders of the log before are void",
  ArtifactsDropped: "Files were dropped by policy",
  ArtifactsRemoved: "Dropped files were removed",
  AttemptBegan: "The machine began",
  AttemptEnded: "An attempt ended",
  AttemptResumed: "An attempt was resumed",
  AttemptStarted: "An attempt was started",
  CaptureFailed: "No picture of the layer",
  CellBooted: "The cell started",
  CentralDecided: "Central QA decided",
  CentralLinkChanged: "The link to central QA changed",
  ClockCorrected: "Two people took a wrong stretch of the clock out",
  ClockStepped: "The clock jumped",
  DispositionSigned: "A disposition was signed",
  FinishReported: "The machine says that it has finished",
  ForeignActionLookedInto: "Somebody looked into what was done at the machine",
  ForeignActionSeen: "Somebody else acted at the machine",
  HandedOver: "A copy was handed over",
  HoldConfirmed: "The machine confirmed that it waits",
  HoldRaised: "A hold was raised",
  IdentityConfirmed: "Both identifiers and the side were confirmed",
  InspectionFailed: "No inspection of the layer",
  InspectionStatusChanged: "The inspection became ready, or is not",
  JobEnded: "The order ended",
  JobOrderAccepted: "The order was accepted",
  KeyRevoked: "The signing key was revoked and handed on",
  KeyRotated: "The signing key was handed on",
  LabelNotPrinted: "A label was NOT confirmed by the printer",
  LabelPrinted: "A label was printed",
  LabelRequested: "A label was ordered",
  LabelVerified: "A label was scanned back and says what it must",
  LabelVoided: "A label was voided",
  LayerCaptured: "A layer was photographed",
  LayerDecided: "A layer was decided",
  LayerDone: "A layer was made",
  LayerFoundBad: "A layer that had passed was found BAD",
  LayerInspected: "A layer was inspected",
  LayerReleased: "A layer was released",
  LegalHoldLifted: "A legal hold was lifted",
  LegalHoldSet: "A LEGAL HOLD was set",
  LogContinued: "This log continues another",
  LotDecided: "A lot was released or rejected",
  LotReceived: "A lot was received",
  MachineAlarmChanged: "An alarm of a machine came or went",
  MachineMadeSafe: "The machine confirmed that it has stopped and its heaters are off",
  MachineNotMadeSafe: "The machine did NOT confirm that it has stopped and cooled",
  MachineOffline: "A machine does not answer",
  MachineOnline: "A machine answers",
  MachineUnwatched: "A machine was not watched",
  MaterialLoaded: "Material was loaded",
  ModelAdmittedForDemonstration: "A demonstration took the inspection model that comes with the program",
  ModelApproved: "An inspection model was APPROVED by two people",
  ModelRetired: "An inspection model was RETIRED",
  NonconformityRaised: "A nonconformity was raised",
  OperationCompleted: "A step was completed",
  PartConfirmed: "The right part was scanned",
  PartRefused: "Another part was scanned",
  PartTagged: "A copy got its tag",
  PersonEnrolled: "A person was enrolled",
  PlateChecked: "The plate was looked at",
  PlateDeclaredClear: "Somebody declared the plate clear",
  PresenceProven: "Presence at the cell was proven",
  RecordDamaged: "The record on the disk is damaged",
  RecordFoundWhole: "The record on the disk was found whole",
  RecordRepaired: "The record was repaired from central QA's copy",
  ReleaseConfirmed: "The machine confirmed the release of a layer",
  RequestRefused: "A request was refused",
  ResultsJudged: "Results were judged",
  RetakeOrdered: "A layer is looked at again",
  SignInRecorded: "Somebody signed in, or tried to",
  StorageExhausted: "The disk was full",
  StorageFailed: "The record could not be kept in the run before",
  TextKeyDestroyed: "The key of erased texts was destroyed",
  TextsErased: "Personal texts were ERASED",
  TimesInDoubt: "The clock was changed while the order was being made",
  UnitReleased: "A copy was RELEASED",
  WindowLeft: "A value left its window",
};

const digest = (of: string): FieldWord => ({ label: `SHA-256 of ${of}` });

/** One for each field, whatever event it stands in: the compiler refuses a field that has none. */
export const fieldWords: Readonly<Record<Exclude<NamesOf<Event>, "type">, FieldWord>> = {
  action: { label: "Action" },
  active: { label: "Active" },
  alarm: { label: "Alarm" },
  ancestor: { label: "Log before" },
  approval: { label: "Signature" },
  approvals: { label: "Signatures" },
  approver: { label: "Approved by (code)" },
  artifacts: { label: "Evidence (SHA-256)" },
  at: { label: "At", as: "time" },
  at_s: { label: "Time in the course", as: "s" },
  attempt: { label: "Attempt" },
  batch: { label: "Batch" },
  before: { label: "Before the start" },
  breach: { label: "Out of its window" },
  bed: { label: "Bed in °C" },
  boot: { label: "Start" },
  box: { label: "Place" },
  by: { label: "By" },
  card: digest("the model card"),
  cameraDigest: digest("the camera's set-up"),
  cause: { label: "Cause" },
  cell: { label: "Cell" },
  certificate: { label: "Certificate" },
  characteristic: { label: "Characteristic" },
  characteristics: { label: "Characteristics (file)" },
  check: { label: "Check" },
  class: { label: "Kind of finding" },
  clear: { label: "Clear" },
  code: { label: "Code" },
  configDigest: digest("the configuration"),
  container: { label: "Container" },
  content: { label: "Content" },
  copies: { label: "Copies" },
  course: { label: "Course of its limits" },
  cosigned: { label: "Countersigned head" },
  decision: { label: "Decision" },
  demonstration: { label: "Demonstration" },
  design: { label: "Design" },
  device: { label: "Device" },
  digest: { label: "SHA-256" },
  digests: { label: "Judged by" },
  disposition: { label: "Disposition" },
  dropped: { label: "Dropped files (SHA-256)" },
  durationMs: { label: "Duration", as: "milliseconds" },
  due: { label: "Calibration due", as: "time" },
  entries: { label: "Entries" },
  entry: { label: "Entry" },
  envelope: digest("the signed message"),
  equipment: { label: "Machine" },
  evidence: { label: "Evidence (SHA-256)" },
  executed: { label: "As executed" },
  expected: { label: "Expected", as: "time" },
  expires: { label: "Expires", as: "time" },
  fault: { label: "Fault" },
  file: { label: "File" },
  finding: { label: "Found" },
  findings: { label: "Findings" },
  firmware: { label: "Firmware" },
  floor: { label: "Largest head known to be signed" },
  for_s: { label: "For", as: "s" },
  frame: { label: "Picture (SHA-256)" },
  from: { label: "From" },
  frozen: { label: "Frozen" },
  gauge: { label: "Gauge" },
  grade: { label: "Grade of the picture" },
  gauges: { label: "Calibrated instruments" },
  gtin: { label: "GTIN" },
  h_mm: { label: "Height", as: "mm" },
  head: { label: "Head" },
  holds: { label: "Holds of central QA" },
  hotend: { label: "Hotend in °C" },
  id: { label: "Name" },
  identifierHmacs: { label: "Keyed digests of the two identifiers" },
  identity: { label: "Identity" },
  implantable: { label: "Stays in the body" },
  implantYears: { label: "Years for an implant" },
  inHand: { label: "Inspection model loaded" },
  issuedAt: { label: "Issued", as: "time" },
  isEndKnown: { label: "The cell had ended in order" },
  job: { label: "Order" },
  judge: { label: "Layers are judged by" },
  key: { label: "Key" },
  kind: { label: "Kind" },
  label: { label: "Label" },
  lag: { label: "Layers that it may run ahead" },
  layer: { label: "Layer" },
  layersPlanned: { label: "Layers planned" },
  legal: { label: "Legal holds" },
  licence: { label: "Licence" },
  limit: { label: "Limit" },
  limits: { label: "Limits" },
  lineage: { label: "Lineage" },
  lines: { label: "Lines" },
  lot: { label: "Lot" },
  lower: { label: "Lower limit" },
  longestOutside_s: { label: "Longest outside", as: "s" },
  machine: { label: "Machine" },
  madeAt: { label: "Made", as: "time" },
  manifest: digest("the model's manifest"),
  markedAt: { label: "Marked", as: "time" },
  material: { label: "Material" },
  materials: { label: "Materials" },
  max: { label: "Highest" },
  meaning: { label: "Meaning" },
  measured: { label: "Measured" },
  min: { label: "Lowest" },
  model: { label: "Model" },
  modelDigest: digest("the inspection model"),
  modelManifest: digest("the manifest of the inspection model"),
  mono: { label: "Since the program started", as: "milliseconds" },
  name: { label: "Name" },
  new: { label: "New key" },
  nonce: { label: "Nonce" },
  nonconformity: { label: "Nonconformity" },
  notBefore: { label: "Not before", as: "time" },
  note: { label: "Signed note" },
  of: { label: "Of" },
  old: { label: "Old key" },
  onHostLoss: { label: "On loss of its controller" },
  operation: { label: "Step" },
  order: { label: "Order" },
  orders: { label: "Orders" },
  origin: { label: "Name of the log" },
  outcome: { label: "Outcome" },
  outside_s: { label: "Outside allowed for", as: "s" },
  part: { label: "Part" },
  parents: { label: "Made from lots" },
  pathway: { label: "Regulatory pathway" },
  pdf: digest("the label"),
  person: { label: "Person (account)" },
  pictureYears: { label: "Years for pictures of passed layers" },
  plateCheck: { label: "Check of the plate" },
  predecessor: { label: "Predecessor" },
  presence: { label: "Presence" },
  presenceValidMs: { label: "Presence counts for", as: "milliseconds" },
  program: { label: "Program (SHA-256)" },
  proof: { label: "Proof of presence" },
  provenAt: { label: "Proven", as: "time" },
  pseudonym: { label: "Pseudonym" },
  quantity: { label: "Quantity" },
  reading: { label: "Reading" },
  ready: { label: "Ready" },
  reason: { label: "Reason" },
  reasons: { label: "Reasons" },
  exposureStart: { label: "Exposed from", as: "time" },
  receivedAt: { label: "Received", as: "time" },
  recipe: { label: "Recipe" },
  recipes: { label: "For recipes (SHA-256)" },
  refused: { label: "Reading refused" },
  releasedBy: { label: "Released by" },
  remedy: { label: "What to do" },
  removed: { label: "Removed" },
  report: { label: "Report" },
  request: { label: "Request" },
  requestedAt: { label: "Asked for", as: "time" },
  resends: { label: "Lines sent again" },
  results: { label: "Results" },
  retention: { label: "Kept" },
  revision: { label: "Revision" },
  samples: { label: "Values heard" },
  silent_s: { label: "No value allowed for", as: "s" },
  reworks: { label: "Reworks allowed" },
  role: { label: "Role" },
  roles: { label: "Roles" },
  root: { label: "Root" },
  route: { label: "Route" },
  rule: { label: "Rule" },
  runtime: { label: "Runtime" },
  said: { label: "The clock said", as: "time" },
  scan: { label: "Scan" },
  score: { label: "Score of the model" },
  second: { label: "Second signature" },
  segmentation: { label: "Segmentation" },
  serial: { label: "Serial number" },
  setup: { label: "Set-up" },
  severity: { label: "Severity (1 to 1000)" },
  shown: digest("what was shown"),
  side: { label: "Side" },
  signatures: { label: "Signatures" },
  simulated: { label: "SIMULATED" },
  since: { label: "Since", as: "time" },
  size: { label: "Size in entries" },
  software: { label: "Software" },
  softwareDigest: digest("the software"),
  source: digest("the package"),
  status: { label: "Status" },
  summary: { label: "Summary" },
  supersedes: { label: "Takes the place of" },
  support: { label: "Borne out by" },
  tag: { label: "Tag" },
  take: { label: "Take" },
  takesAllowed: { label: "Takes allowed" },
  target: { label: "Of" },
  title: { label: "Title" },
  to: { label: "To" },
  trainingData: { label: "Training data" },
  unit: { label: "Unit" },
  until: { label: "Until" },
  upper: { label: "Upper limit" },
  value: { label: "Value" },
  vendor: { label: "Maker" },
  verdict: { label: "Verdict" },
  versions: { label: "Versions" },
  w_mm: { label: "Width", as: "mm" },
  what: { label: "What" },
  why: { label: "Why" },
  x_mm: { label: "x", as: "mm" },
  y_mm: { label: "y", as: "mm" },
  window: { label: "Window" },
  windows: { label: "Windows" },
  years: { label: "Years" },
};

/** Fields that mean something else in one kind of event than their name does elsewhere. */
const special: Readonly<Record<string, FieldWord>> = {
  "MachineUnwatched.from": { label: "From", as: "time" },
  "MachineUnwatched.to": { label: "To", as: "time" },
  "RecordDamaged.from": { label: "From entry" },
  "RecordDamaged.to": { label: "Up to, not including, entry" },
  "RecordRepaired.from": { label: "From entry" },
  "RecordRepaired.to": { label: "Up to, not including, entry" },
  "ClockCorrected.from": { label: "From entry" },
  "ClockCorrected.to": { label: "To entry" },
  "AttemptStarted.until": { label: "Counts until", as: "time" },
  "ModelApproved.from": { label: "Counts from", as: "time" },
  "ModelApproved.until": { label: "Counts until", as: "time" },
  "KeyRevoked.until": { label: "Good up to so many entries" },
};

/** Tells any event of a known kind by its title and its fields; null for a kind that this version does not know. */
export function tellPlainly(type: string, body: JsonObject): Described | null {
  if (!Object.hasOwn(eventTitles, type)) return null;
  return { title: eventTitles[type as Event["type"]], lines: linesOf(type, body, []) };
}

function linesOf(type: string, members: JsonObject, under: readonly string[]): string[] {
  return Object.entries(members).flatMap(([name, value]) => {
    const word = special[`${type}.${name}`] ?? wordOf(name);
    return lineOf(type, word, value, under);
  });
}

function lineOf(type: string, word: FieldWord, value: Json, under: readonly string[]): string[] {
  const path = [...under, word.label];
  if (value === null || typeof value !== "object") return [`${path.join(", ")}: ${shown(value, word)}`];
  if (!isList(value)) return linesOf(type, value, path);
  const scalars = value.filter((item) => item === null || typeof item !== "object");
  if (scalars.length === value.length) {
    return [`${path.join(", ")}: ${scalars.map((item) => shown(item, word)).join(", ") || "none"}`];
  }
  return value.flatMap((item, at) => lineOf(type, { ...word, label: `${word.label} ${at + 1}` }, item, under));
}

/** A name that this version does not know is shown as it is. */
function wordOf(name: string): FieldWord {
  return Object.hasOwn(fieldWords, name) ? fieldWords[name as keyof typeof fieldWords] : { label: name };
}

function shown(value: Json, { as }: FieldWord): string {
  if (value === null || value === "") return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number" || as === undefined) return String(value);
  if (as === "time") return `${utcText(value)} UTC`;
  return as === "milliseconds" ? `${value / 1000} s` : `${value} ${as}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
