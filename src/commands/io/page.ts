/** The page as the daemon runs it: its parts put together, its journal on from what was kept. */
import { join } from "node:path";
import type { Cell } from "../../cell.ts";
import type { LoadedConfig } from "../../config/io/load.ts";
import type { ChildMachine } from "../../drivers/io/child-machine.ts";
import type { PresenceDevice } from "../../drivers/presence/io/device.ts";
import { createServer, type HmiServer } from "../../hmi/io/server.ts";
import type { JournalMemory } from "../../hmi/journal.ts";
import { defaultHmiConfig, type LimitPort, type ModelPort } from "../../hmi/ports.ts";
import type { Intake } from "../../intake/io/intake.ts";
import type { Recorded } from "../../jobs/controller.ts";
import type { Event } from "../../jobs/event.ts";
import type { EvidenceStatus } from "../../jobs/evidence-status.ts";
import type { SyncStatus } from "../../jobs/sync-status.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import type { OpenedLedger } from "../../ledger/io/ledger.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { Scrub } from "../../ledger/scrub.ts";
import { openPeople } from "../../people/io/store.ts";
import type { RecordKeeping } from "./keeper.ts";
import { keepLimits, readLimitFacts } from "./limit-files.ts";
import { keepModel, readFacts } from "./model-files.ts";
import { createKeeper } from "./snapshots.ts";
import { systemClock } from "./system.ts";

export interface PageOptions {
  readonly loaded: LoadedConfig;
  readonly keysDir: string;
  readonly webRoot: string;
  readonly log: (message: string, facts?: Record<string, unknown>) => void;
}

export interface Page {
  readonly url: string;
  close(): Promise<void>;
  /** Keeps the core's state and the journal for the next start. */
  keepFolds(): Promise<void>;
}

/** The parts of the daemon that the page shows. */
export interface Running {
  readonly cell: Cell;
  readonly opened: OpenedLedger;
  readonly artifacts: Artifacts;
  readonly machines: ReadonlyMap<string, ChildMachine>;
  readonly presence: PresenceDevice;
  readonly intake: Intake;
  readonly keeping: RecordKeeping;
  readonly sync: () => SyncStatus;
  readonly scrub: Scrub;
  readonly evidence: () => EvidenceStatus;
}

/** Opens the page with what its journal remembers of an earlier start; both folds are kept from then on. */
export async function openPage(
  options: PageOptions,
  running: Running,
  remembered: JournalMemory | null,
): Promise<Page> {
  const server = await serve(options, running, remembered);
  const { opened, cell } = running;
  const keeper = createKeeper(opened, cell.state, server.journal, options.log);
  cell.subscribe(keeper.hear);
  return { url: server.url, close: server.close, keepFolds: keeper.keep };
}

async function serve(
  { loaded, keysDir, webRoot, log }: PageOptions,
  running: Running,
  remembered: JournalMemory | null,
): Promise<HmiServer> {
  const { http, cell: about } = loaded.config;
  const { cell, opened, artifacts, machines, presence, intake, keeping, sync, evidence, scrub } = running;
  return createServer(
    {
      controller: cell,
      people: await openPeople({ path: join(keysDir, "people.json"), clock: systemClock }),
      evidence: artifacts,
      sealing: { seal: keeping.sealing.seal, identifierHmac: intake.identifierHmac },
      packages: intake,
      keeping: keeping.port,
      limits: limitsOf(intake, artifacts),
      models: modelsOf(loaded.config.inspection.model, artifacts),
      clock: systemClock,
      remembered,
      history: (from, to) => historyOf(opened.ledger, from, to),
      telemetry: () => [...machines.values()].flatMap((machine) => machine.telemetry() ?? []),
      presence: () => presence.status(),
      sync,
      evidenceToQa: evidence,
      scrub: scrub.progress,
      unready: () => [],
      onProblem: (problem) => log("page", { what: problem instanceof Error ? problem.message : String(problem) }),
    },
    {
      ...defaultHmiConfig,
      host: http.host,
      port: http.port,
      site: about.site,
      webRoot,
      secureCookie: http.secureCookies,
      sessions: { ...defaultHmiConfig.sessions, idleMs: http.idleMinutes * 60_000 },
    },
  );
}

function limitsOf(intake: Intake, artifacts: Artifacts): LimitPort {
  return {
    read: (set) => readLimitFacts(set, intake.recipe),
    keep: (set) => keepLimits(set, intake.recipe, artifacts),
  };
}

function modelsOf(manifest: string, artifacts: Artifacts): ModelPort {
  return { configured: () => readFacts(manifest), keep: () => keepModel(manifest, artifacts) };
}

async function* historyOf(ledger: Ledger, from: number, to?: number): AsyncIterable<Recorded> {
  for await (const { entry, body } of ledger.read(from, to)) {
    yield { seq: entry.seq, at: entry.at, event: { type: entry.type, ...body } as unknown as Event };
  }
}
