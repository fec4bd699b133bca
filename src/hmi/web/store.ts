/** What the page knows and where it is; every screen reads it, only these functions change it. */
import { computed, signal } from "@preact/signals";
import type { CellView, JobView, LiveEvent, Problem, ScannerView, SessionView } from "../api.ts";
import type { MaterialsView, RecordsView } from "../api-route.ts";
import { type Asked, get, post } from "./client.ts";

export type Screen =
  | "cell"
  | "jobs"
  | "job"
  | "identity"
  | "ready"
  | "live"
  | "layers"
  | "map"
  | "compare"
  | "values"
  | "trends"
  | "hold"
  | "decide"
  | "found-bad"
  | "challenge"
  | "sign"
  | "resume"
  | "results"
  | "tag"
  | "station"
  | "label"
  | "handover"
  | "release"
  | "ended"
  | "alarms"
  | "materials"
  | "receive"
  | "lot"
  | "load"
  | "records"
  | "help";

export interface Notice extends Problem {
  readonly tone: "bad" | "good";
}

export const session = signal<SessionView | null>(null);
export const cell = signal<CellView | null>(null);
export const job = signal<JobView | null>(null);
/** Asked for only while a screen shows it. */
export const materials = signal<MaterialsView | null>(null);
export const records = signal<RecordsView | null>(null);
/** Page of the records that is asked for. */
export const recordsPage = signal(0);
export const screen = signal<Screen>("cell");
/** What the wired scanner has for this page. */
export const scanner = signal<ScannerView>({ mine: false, read: null });
/** The name of this page, to claim the scanner by. */
export const page = pageName();
export const enrolling = signal(false);
export const notice = signal<Notice | null>(null);
export const busy = signal(false);

/** Controller's time as far as it is known here, in milliseconds since 1970; moves on between beats. */
export const now = signal(0);
/** False when no beat was heard for three periods: what is shown is old. */
export const linked = signal(true);
export const lostSince = signal(0);

/** Good news goes by itself, so that it is not read as news of something later; a problem stays. */
const goodNewsMs = 6_000;
let noticedAt = 0;
notice.subscribe(() => {
  noticedAt = performance.now();
});

let offset = 0;
let beatAt = performance.now();
let jobId: string | null = null;

/** The attempt that runs, or else the last one. */
export const attempt = computed(() => {
  const all = job.value?.attempts ?? [];
  return all.find((each) => each.phase !== "ended") ?? all.at(-1) ?? null;
});

/** The first nonconformity that waits for a decision. */
export const undecided = computed(() => job.value?.nonconformities.find((each) => each.disposition === null) ?? null);

/** Moves time on and notices a lost link. */
export function tick(): void {
  if (notice.value?.tone === "good" && performance.now() - noticedAt > goodNewsMs) notice.value = null;
  now.value = Math.round(performance.now() + offset);
  const period = cell.value?.telemetryPeriodMs ?? 1_000;
  const up = performance.now() - beatAt <= 3 * period;
  if (!up && linked.value) lostSince.value = now.value - Math.round(performance.now() - beatAt);
  linked.value = up;
}

/** Takes a live event. */
export function hear(event: LiveEvent): void {
  if (event.kind !== "beat") return;
  beatAt = performance.now();
  offset = event.at - beatAt;
  tick();
  const { mine, read } = event.scanner;
  // Only news: the same reading comes with every beat for as long as it counts.
  if (scanner.value.mine !== mine || keyOf(scanner.value.read) !== keyOf(read)) scanner.value = event.scanner;
  const before = cell.value;
  if (!before) return;
  const machines = before.machines.map((machine) => ({
    ...machine,
    telemetry: event.telemetry.find((each) => each.equipment === machine.id) ?? machine.telemetry,
  }));
  cell.value = { ...before, machines, presence: event.presence, sync: event.sync, evidenceToQa: event.evidenceToQa };
  // A countersignature is no entry of the ledger: nothing else says that it came.
  if (event.sync.withQa !== before.sync.withQa) void refresh();
}

/** 128 random bits in the form of a UUID; `randomUUID` is missing where the page comes without TLS from another host. */
function pageName(): string {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Tells one reading of the scanner from the next. */
export function keyOf(read: ScannerView["read"]): string {
  return read ? `${read.number}/${read.code}` : "";
}

/** The scanner serves this page from now on; true once it does. */
export async function claimScanner(): Promise<boolean> {
  return (await post("/api/scanner", { page })).ok;
}

/** Asks who is signed in. */
export async function loadSession(): Promise<void> {
  const asked = await get<SessionView>("/api/session");
  if (!asked.ok) return say(asked.problem);
  session.value = asked.value;
  offset = asked.value.at - performance.now();
  tick();
}

/** Asks for everything that is on the screen. */
export async function refresh(): Promise<void> {
  if (!session.value?.person) return;
  const asked = await get<CellView>("/api/cell");
  if (!asked.ok) return lapsed(asked);
  const wanted = jobId ?? focus(asked.value);
  const found = wanted === null ? null : await get<JobView>(`/api/jobs/${wanted}`);
  cell.value = asked.value;
  if (found === null || found.ok) job.value = found?.value ?? null;
  else lapsed(found);
  await refreshLists();
}

/** What only some screens show. */
async function refreshLists(): Promise<void> {
  if (withMaterials.has(screen.value)) {
    const asked = await get<MaterialsView>("/api/materials");
    if (asked.ok) materials.value = asked.value;
  }
  if (screen.value === "records") {
    const asked = await get<RecordsView>(`/api/records?page=${recordsPage.value}`);
    if (asked.ok) records.value = asked.value;
  }
}

const withMaterials: ReadonlySet<Screen> = new Set(["materials", "receive", "lot", "load"]);

/** Without a chosen job the overview shows the one that needs somebody most. */
function focus(view: CellView): string | null {
  const order = ["Interrupted", "Running", "Ready"];
  const open = view.jobs.filter((each) => order.includes(each.state));
  return open.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))[0]?.id ?? view.jobs.at(-1)?.id ?? null;
}

/** Goes to a screen; a message about the last one stays there. */
export function go(to: Screen): void {
  notice.value = null;
  screen.value = to;
  if (to === "records" || withMaterials.has(to)) void refreshLists();
}

/** Goes to a screen of one job, once what is known of it is here. */
export async function open(id: string, to: Screen): Promise<void> {
  jobId = id;
  await refresh();
  go(to);
}

/** Goes to the overview, which chooses its job itself. */
export function home(): void {
  jobId = null;
  go("cell");
  void refresh();
}

/** Does something and shows what came of it; true when it was done. */
export async function act(path: string, body: unknown = {}, done?: string): Promise<boolean> {
  const asked = await ask(path, body);
  if (asked === null) return false;
  if (!asked.ok) {
    lapsed(asked);
    return false;
  }
  notice.value = done === undefined ? null : { tone: "good", code: "done", what: done };
  return true;
}

/** Does something whose outcome the screen itself shows; null where something else is under way. */
export async function ask<T = unknown>(path: string, body: unknown = {}): Promise<Asked<T> | null> {
  if (busy.value) return null;
  busy.value = true;
  const asked = await post<T>(path, body);
  busy.value = false;
  await refresh();
  if (!asked.ok && asked.status === 401) forget();
  return asked;
}

/** Forgets everything at once, then tells the server: locking must not wait for a network. */
export async function lock(): Promise<void> {
  forget();
  await post("/api/sign-out");
  await loadSession();
}

function forget(): void {
  session.value = session.value && { ...session.value, person: null };
  cell.value = null;
  job.value = null;
  materials.value = null;
  records.value = null;
  jobId = null;
  notice.value = null;
  screen.value = "cell";
}

function lapsed(asked: Asked<unknown>): void {
  if (asked.ok) return;
  if (asked.status === 401) forget();
  say(asked.problem);
}

/** Shows a problem, or good news. */
export function say(problem: Problem, tone: Notice["tone"] = "bad"): void {
  notice.value = { tone, ...problem };
}
