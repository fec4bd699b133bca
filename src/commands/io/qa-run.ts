/** `cellward qa run`: central QA in the foreground: the wire, the ingest and the page over one store. */
import { join } from "node:path";
import { setTimeout as pause, setImmediate } from "node:timers/promises";
import { pino } from "pino";
import { createSessions } from "../../hmi/io/sessions.ts";
import { err, ok } from "../../kernel/result.ts";
import { checkSignature } from "../../ledger/io/crypto.ts";
import { openPeople } from "../../people/io/store.ts";
import { defaultSessions } from "../../people/session.ts";
import type { PeopleStore } from "../../people/store.ts";
import { partOf } from "../../qa/config.ts";
import { type Asked, signDecision, stillToSend } from "../../qa/decide.ts";
import type { EvidenceShelf } from "../../qa/evidence.ts";
import { createIngest } from "../../qa/ingest.ts";
import { type Hearing, type Link, openLink } from "../../qa/io/mqtt.ts";
import { type QaServer, startPage } from "../../qa/io/server.ts";
import type { RegisteredCell } from "../../qa/judge.ts";
import { createOffice, type Office } from "../../qa/office.ts";
import { bringIndexUp } from "../../qa/recall.ts";
import { type QaStore, StoreFailed } from "../../qa/store.ts";
import { describeWith } from "../describe.ts";
import { exitCode } from "../exit-code.ts";
import { openEvidenceDesk } from "./qa-evidence-run.ts";
import { openQaKeys, type QaKeys, qaFiles, readClientFiles } from "./qa-keys.ts";
import { openQaStore, type QaSetUp, readQaConfig } from "./qa-set-up.ts";
import { systemClock, systemIds } from "./system.ts";
import type { Terminal } from "./terminal.ts";

export interface QaRunOptions {
  readonly config: string;
  readonly data: string;
  readonly keys: string;
}

/** How often decisions that a cell's record does not hold yet are sent again. */
const resendMs = 15_000;

/** How often central looks on for rows that its store has lost: a stretch of one cell's log at a time, whatever it holds. */
const lookMs = 1_000;

/** Runs until SIGINT or SIGTERM; the exit code says why it ended. */
export async function runQa(terminal: Terminal, options: QaRunOptions): Promise<number> {
  const read = await readQaConfig(options.config);
  if (!read.ok) return terminal.trouble(read.error, exitCode.configuration);
  const keys = await openQaKeys(options.keys);
  if (!keys.ok) return terminal.trouble(keys.error, exitCode.notReady);
  const { name } = read.value.config.witness;
  if (keys.value.witness.key.name !== name) {
    const what = `The configuration names the witness ${name}, the key folder holds ${keys.value.witness.key.name}.`;
    return terminal.trouble(
      { code: "configuration", what, remedy: "Name the one whose keys these are." },
      exitCode.configuration,
    );
  }
  const store = await openQaStore(read.value.config, options.data);
  if (!store.ok) return terminal.trouble(store.error, exitCode.notReady);
  // Asked for before anything runs, so that a signal during the start ends it as well.
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end(exitCode.ok));
  // Logs go to standard error as JSON lines: times, codes, counts and cell ids, never a name or what was typed.
  const logger = pino({ base: null }, pino.destination(2));
  const log: Log = (message, facts) => logger.info(facts, message);
  const people = await openPeople({ path: join(options.keys, qaFiles.people), clock: systemClock });
  const parts = { setUp: read.value, keys: keys.value, keysDir: options.keys, store: store.value, people, log };
  const started = await startCentral(parts).then(ok, err);
  if (!started.ok) {
    const code = (started.error as NodeJS.ErrnoException).code ?? "unknown";
    const what = `Central QA did not come up (${code}): its port is taken, or a certificate cannot be read.`;
    return terminal.trouble(
      { code: "not-started", what, remedy: "Look at [http] and [broker] in the configuration." },
      exitCode.notReady,
    );
  }
  const central = started.value;
  const { evidenceUrl } = central;
  terminal.result(
    { ready: "qa", url: central.page.url, evidenceUrl, pid: process.pid },
    `Central QA is up: ${central.page.url}`,
  );
  const code = await ended;
  await central.close();
  return code;
}

/** Central QA as it runs. */
export interface Central {
  readonly page: QaServer;
  /** Where cells bring evidence; null where none is taken. */
  readonly evidenceUrl: string | null;
  close(): Promise<void>;
}

type Log = (message: string, facts: Record<string, unknown>) => void;

/** What central is put together from. */
export interface CentralParts {
  readonly setUp: QaSetUp;
  readonly keys: QaKeys;
  readonly keysDir: string;
  readonly store: QaStore;
  readonly people: PeopleStore;
  readonly log: Log;
}

/** Starts wire, ingest and page over an open store, which it closes at its own end. */
export async function startCentral({ setUp, keys, keysDir, store, people, log }: CentralParts): Promise<Central> {
  const { config, cells } = setUp;
  const now = () => systemClock.now();
  const office = createOffice({ store, cells, now, breathe: () => setImmediate() });
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const hears = hearingOf(setUp);
  const ports = { store, cells: byId, ...keys, check: checkSignature, now };
  const ingest = createIngest(hears.kind === "shared" ? { ...ports, waitForOthers } : ports);
  await ingest.catchUp();
  const onProblem = (problem: unknown) => {
    const code =
      problem instanceof StoreFailed ? problem.code : ((problem as NodeJS.ErrnoException | null)?.code ?? "");
    log("something failed", { code: String(code), what: problem instanceof Error ? problem.name : "unknown" });
  };
  const link = openLink({
    url: config.broker.url,
    ...(await readClientFiles(keysDir, config.broker)),
    hears,
    async hear(cell, bytes) {
      const { outcome, stored, claims, answers } = await ingest.hear(cell, bytes);
      if (claims !== null) office.heardHead(cell, claims);
      if (outcome === "taken") office.heardEntries(cell);
      log("heard", { cell, outcome, stored });
      // Nothing here waits for the broker's word: while many messages are in hand, that word is not read. An answer that
      // the broker did not take is asked for again.
      for (const answer of answers) void link.say(cell, answer).catch(onProblem);
      const registered = byId.get(cell);
      if (registered && outcome === "hello")
        void sendDecisions(store, office, link, registered, now()).catch(onProblem);
    },
    passOver: ingest.passOver,
    onState: (state) => log("broker", { state }),
    onProblem,
  });
  const resend = async () => {
    for (const cell of cells) await sendDecisions(store, office, link, cell, now());
  };
  const timer = setInterval(() => void resend().catch(onProblem), resendMs);
  let looked = 0;
  const look = async () => {
    const cell = cells[looked++ % cells.length];
    if (cell === undefined || link.state() !== "connected") return;
    for (const want of await ingest.look(cell.id)) void link.say(cell.id, want).catch(onProblem);
  };
  const looking = setInterval(() => void look().catch(onProblem), lookMs);
  const decide = async (all: readonly Asked[]) => {
    for (const asked of all) {
      const signed = await signDecision(asked, keys.decision, now(), systemIds.next);
      await store.keepDecision(signed);
      log("decided", { id: signed.id, action: asked.action, kind: asked.target.kind });
    }
    await resend();
  };
  // Beside everything else: after an update, or where somebody has emptied it.
  void bringIndexUp(store).catch(onProblem);
  // The first look reads all records once; whoever opens the page first need not wait for the whole of it.
  void office.look().catch(onProblem);
  const evidence = await openEvidenceDesk({ setUp, keys, keysDir, store, log, onProblem });
  const parts = { store, office, link, decide, people, log, onProblem, shelf: evidence.shelf };
  const page = await openPage(setUp, parts);
  return {
    page,
    evidenceUrl: evidence.url,
    async close() {
      clearInterval(timer);
      clearInterval(looking);
      await page.close();
      await evidence.close();
      await link.close();
      await store.close();
    },
  };
}

/** What this instance is to hear, by its configuration. */
function hearingOf({ config, cells }: QaSetUp): Hearing {
  const { share, part, parts } = config.broker;
  if (share !== undefined) return { kind: "shared", name: share };
  if (part === undefined || parts === undefined) return { kind: "all" };
  return { kind: "part", cells: cells.map(({ id }) => id).filter((id) => partOf(id, parts) === part) };
}

const othersMs = 2_000;
const askOthersEveryMs = 25;

async function waitForOthers(tries: number): Promise<boolean> {
  if (tries * askOthersEveryMs >= othersMs) return false;
  await pause(askOthersEveryMs);
  return true;
}

/** Sends what was decided for a cell and is not in its record yet; most of the time there is nothing to look for. */
async function sendDecisions(
  store: QaStore,
  office: Office,
  link: Link,
  cell: RegisteredCell,
  now: number,
): Promise<void> {
  if (link.state() !== "connected") return;
  const kept = (await store.decisions()).filter(({ origin }) => origin === cell.origin);
  if (kept.length === 0) return;
  const recorded = (await office.view(cell.id))?.decisions ?? new Set();
  for (const { envelope } of stillToSend(kept, cell.origin, recorded, now)) {
    await link.say(cell.id, { kind: "decision", envelope });
  }
}

interface PageParts {
  readonly store: QaStore;
  readonly office: Office;
  readonly link: Link;
  readonly decide: (asked: readonly Asked[]) => Promise<void>;
  readonly people: PeopleStore;
  readonly log: Log;
  readonly onProblem: (problem: unknown) => void;
  readonly shelf: EvidenceShelf | null;
}

async function openPage({ config }: QaSetUp, parts: PageParts): Promise<QaServer> {
  const { store, office, link, decide, people, log, onProblem, shelf } = parts;
  const { host, port, hosts, secureCookies, idleMinutes } = config.http;
  return startPage(
    {
      site: config.witness.name,
      office,
      store,
      shelf,
      people,
      // Names are sealed under keys that never leave the cell: central sees pseudonyms.
      describe: describeWith(() => null),
      connected: () => link.state() === "connected",
      decide,
      now: () => systemClock.now(),
    },
    {
      host,
      port,
      hosts,
      secureCookies,
      sessions: createSessions(systemClock, { ...defaultSessions, idleMs: idleMinutes * 60_000 }),
      signInsPerMinute: 30,
      requestsPerMinute: 600,
      onProblem,
      onSignIn: (outcome) => log("sign-in", { outcome }),
      unready: () => (link.state() === "connected" ? [] : ["broker-away"]),
    },
  );
}
