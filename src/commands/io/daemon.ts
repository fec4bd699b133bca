/** The daemon put together: ledger, cell, machines, eyes, presence, intake, page; and taken apart in the right order. */

import { type Cell, type CellPorts, createCell } from "../../cell.ts";
import type { LoadedConfig } from "../../config/io/load.ts";
import type { CellConfig } from "../../config/schema.ts";
import type { ChildMachine } from "../../drivers/io/child-machine.ts";
import { openPresenceDevice, type PresenceDevice } from "../../drivers/presence/io/device.ts";
import type { Identity } from "../../intake/io/age.ts";
import { watchFolder } from "../../intake/io/folder.ts";
import type { Intake } from "../../intake/io/intake.ts";
import type { TrustAnchors } from "../../intake/package/trust.ts";
import type { Versions } from "../../jobs/event.ts";
import { openAttempts, type State } from "../../jobs/state.ts";
import type { SyncStatus } from "../../jobs/sync-status.ts";
import type { AttemptId, EquipmentId } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { keepLayers } from "../../layer-watch.ts";
import { openArtifacts } from "../../ledger/io/artifacts.ts";
import { forgetLastFault, readLastFault } from "../../ledger/io/last-fault.ts";
import { type OpenedLedger, openLedger } from "../../ledger/io/ledger.ts";
import { type Ledger, LedgerFailed, type LedgerFault } from "../../ledger/ledger.ts";
import type { VerifyingKey } from "../../ledger/signer.ts";
import { createPerform } from "../../perform.ts";
import { keepWindows, type WindowKeeper } from "../../window-watch.ts";
import { openCentral } from "./central.ts";
import { closeLedger, createEnding, noteFault } from "./ending.ts";
import type { openEyes, Sight } from "./eyes.ts";
import { openIdentity } from "./identity.ts";
import { openRecordKeeping } from "./keeper.ts";
import { measuredBy, startMachine } from "./machines.ts";
import { readShippedModel } from "./model-files.ts";
import { openPage } from "./page.ts";
import { openScrub } from "./scrub.ts";
import { intakeOf, labelPrinter, setupOf } from "./set-up.ts";
import { readSnapshots } from "./snapshots.ts";
import { readQaKeys } from "./sync.ts";
import { systemClock, systemIds } from "./system.ts";
import type { Trouble } from "./terminal.ts";
import { readVersions, softwareDigest } from "./versions.ts";

export interface DaemonOptions {
  readonly loaded: LoadedConfig;
  /** Who may sign packages. */
  readonly anchors: TrustAnchors;
  readonly dataDir: string;
  readonly keysDir: string;
  readonly webRoot: string;
  /** Opens camera and inspector; another opener only in tests. */
  readonly openEyes: typeof openEyes;
  readonly log: (message: string, facts?: Record<string, unknown>) => void;
  /** The cell can no longer vouch for itself: end the process. */
  readonly onFatal: (problem: unknown) => void;
}

export interface Daemon {
  readonly url: string;
  readonly cell: Cell;
  /** How far the record is with central QA. */
  sync(): SyncStatus;
  close(): Promise<void>;
}

/** Starts a cell; the error is what keeps it from starting. */
export async function startDaemon(options: DaemonOptions): Promise<Result<Daemon, Trouble>> {
  const { loaded, dataDir, keysDir, log } = options;
  const { quotaMiB } = loaded.config.record;
  const witnesses = await witnessesOf(loaded.config.qa);
  if (!witnesses.ok) return witnesses;
  const failing: Failing = { hear: () => undefined, fault: null };
  const opened = await openLedger({
    dataDir,
    keysDir,
    witnesses: witnesses.value,
    program: softwareDigest(),
    ...(quotaMiB !== undefined && { quotaBytes: Math.floor(quotaMiB * 2 ** 20) }),
    onTrouble: (fault) => log(fault.what, { code: fault.code }),
    onFailing(fault) {
      failing.fault = fault;
      failing.hear(new LedgerFailed(fault));
    },
  });
  if (!opened.ok) return err(opened.error);
  const { standing, ledger } = opened.value;
  if (standing.kind !== "current") {
    await opened.value.ledger.close();
    return err({
      code: `ledger-${standing.kind}`,
      what: standing.what,
      remedy: "It can be verified and exported; run the cell on its own data and key folders, or see docs/restore.md.",
    });
  }
  if (opened.value.keys.next !== null) {
    await ledger.close();
    const what = "The cell's signing key is being replaced, and that is not finished.";
    return err({
      code: "key-pending",
      what,
      remedy: "Run `cellward key rotate` (or `key revoke`) once more; it goes on.",
    });
  }
  if (ledger.origin !== loaded.config.cell.origin) {
    await ledger.close();
    const what = `The ledger belongs to ${ledger.origin}, the configuration to ${loaded.config.cell.origin}.`;
    return err({ code: "wrong-ledger", what, remedy: "Name the right data folder, or correct cell.origin." });
  }
  const identity = await openIdentity(keysDir);
  if (!identity.ok) {
    await ledger.close();
    return identity;
  }
  try {
    return ok(await assemble(options, opened.value, identity.value, witnesses.value, failing));
  } catch (problem) {
    await opened.value.ledger.close().catch(() => undefined);
    const fault = problem instanceof LedgerFailed ? problem.fault : failing.fault;
    if (fault !== null) {
      await noteFault(keysDir, new LedgerFailed(fault), log);
      return err(fault);
    }
    const what = problem instanceof Error ? problem.message : String(problem);
    log("start failed", { config: loaded.digest });
    return err({ code: "not-started", what, remedy: "Run `cellward doctor`; it names what is missing." });
  }
}

/** The keys by which stored countersignatures count: those of the configuration, never any in the data folder. */
async function witnessesOf(qa: CellConfig["qa"]): Promise<Result<readonly VerifyingKey[], Trouble>> {
  if (qa === undefined) return ok([]);
  try {
    return ok((await readQaKeys(qa)).witnesses);
  } catch (problem) {
    const what = problem instanceof Error ? problem.message : String(problem);
    return err({
      code: "not-started",
      what,
      remedy: "Correct [qa] in the configuration: central QA prints both keys.",
    });
  }
}

/** Who hears that the ledger fails: nobody until there is a machine to be held. */
interface Failing {
  hear: (problem: unknown) => void;
  fault: LedgerFault | null;
}

async function assemble(
  options: DaemonOptions,
  opened: OpenedLedger,
  identity: Identity,
  witnesses: readonly VerifyingKey[],
  failing: Failing,
): Promise<Daemon> {
  const { loaded, dataDir, keysDir, log } = options;
  const { config } = loaded;
  const { ledger, keys } = opened;
  const artifacts = openArtifacts(dataDir, keys.dataKey);
  let intakeOpen: Intake | null = null;
  const sight = await options.openEyes({
    ...{ config, artifacts },
    recipe: (digest) => intakeOpen?.recipe(digest) ?? null,
    recipes: () => intakeOpen?.recipes() ?? [],
  });
  if (sight.fault) log("the eye is closed", { what: sight.fault.what });
  const machines = new Map<string, ChildMachine>();
  const keeping = await openRecordKeeping({ ledger, artifacts, dataDir, keysDir, witnesses, log });
  const { clockState } = keeping;
  let windows: WindowKeeper | null = null;
  const hands = { labels: labelPrinter(config, artifacts), keeper: keeping.keeper };
  const whyNotBegin = (attempt: AttemptId) => windows?.whyNotBegin(attempt) ?? null;
  const perform = createPerform(machines, sight.eyes, hands, whyNotBegin);
  const snapshots = await readSnapshots(opened);
  const core = { log, onFatal: (problem: unknown) => failing.hear(problem) };
  const cell = await openCell(core, ledger, perform, clockState, snapshots.state);
  failing.hear = createEnding({ cell, machines, ledger, keysDir, log, onEnded: options.onFatal });
  for (const { order, ended } of Object.values(cell.state().jobs)) if (!ended) sight.know(order);
  cell.subscribe(sight.hear);
  await boot(cell, options, readVersions(loaded.digest, sight.model, sight.setupDigest, sight.views));
  const intake = await intakeOf(options, ledger.origin, identity, cell, artifacts);
  intakeOpen = intake;
  windows = keepWindows(cell, machines, systemClock);
  const besideOf = (equipment: EquipmentId) => config.machine.find(({ id }) => id === equipment)?.beside ?? [];
  const layers = keepLayers(cell, machines, besideOf, (id) => measuredBy(config, id), systemClock);
  const around = { cell, artifacts, intake, keysDir, origin: ledger.origin, windows, layers, log };
  for (const machine of config.machine) machines.set(machine.id, startMachine(machine, around));
  const watch = watchSight(cell, sight);
  const presence = presenceOf(config, cell);
  const endFolder = watchFolder({
    ...{ folder: config.intake.folder, intake, clock: systemClock },
    log: (what) => log("intake", { what }),
  });
  const central = await openCentral({ config, dataDir, opened, cell, clockState, log, onFatal: failing.hear });
  const scrub = openScrub(opened, cell, log);
  const running = { ...central, cell, opened, artifacts, machines, presence, keeping, intake, scrub };
  const page = await openPage(options, running, snapshots.journal);
  log("the cell is up", { url: page.url, machines: machines.size });
  return {
    url: page.url,
    cell,
    sync: central.sync,
    close: () =>
      closeAll({ ...running, central, page, sight, keysDir, log }, [endFolder, watch.stop, windows.stop, layers.stop]),
  };
}

interface Open extends Pick<DaemonOptions, "keysDir" | "log"> {
  readonly cell: Cell;
  readonly opened: OpenedLedger;
  readonly machines: ReadonlyMap<string, ChildMachine>;
  readonly page: Awaited<ReturnType<typeof openPage>>;
  readonly central: Awaited<ReturnType<typeof openCentral>>;
  readonly presence: ReturnType<typeof presenceOf>;
  readonly sight: Sight;
  readonly keeping: Awaited<ReturnType<typeof openRecordKeeping>>;
  readonly scrub: ReturnType<typeof openScrub>;
}

/** Closes from the outside in: who asks first, then what is asked, the record last. */
async function closeAll(open: Open, stops: readonly (() => void)[]): Promise<void> {
  for (const stop of stops) stop();
  await open.page.close();
  await open.central.close();
  await open.presence.close();
  await Promise.all([...open.machines.values()].map((machine) => machine.close()));
  await open.sight.close();
  open.keeping.stop();
  open.cell.stop();
  await open.page.keepFolds();
  await open.scrub.close();
  await closeLedger(open.opened.ledger, open.keysDir, open.log);
  open.log("the cell has closed");
}

/** The core on its ledger; what ends is signed at once. */
async function openCell(
  { log, onFatal }: Pick<DaemonOptions, "log" | "onFatal">,
  ledger: Ledger,
  perform: CellPorts["perform"],
  clockState: CellPorts["clockState"],
  from: State | null,
): Promise<Cell> {
  const parts = { from, ledger, clock: systemClock, ids: systemIds, clockState, perform, onFatal };
  const cell = await createCell(parts);
  signOnEnds(cell, ledger, log);
  return cell;
}

/** The cell's first message: it records what it runs on, and why the run before it ended where its record failed. */
async function boot(cell: Cell, { loaded, keysDir }: DaemonOptions, versions: Versions): Promise<void> {
  const lastFault = await readLastFault(keysDir);
  const setup = setupOf(loaded.config);
  const shippedModel = setup.demonstration ? await readShippedModel() : null;
  await cell.submit({ kind: "boot", boot: systemIds.next("b"), versions, setup, shippedModel, lastFault });
  if (lastFault !== null) await forgetLastFault(keysDir);
}

function presenceOf({ presence }: CellConfig, cell: Cell): PresenceDevice {
  return openPresenceDevice({
    path: presence.port,
    clock: systemClock,
    onProof: (proof) => void cell.submit(proof).catch(() => undefined),
  });
}

const lookEveryMs = 15_000;

/** While nothing is being made, looks again and again whether the eye is open; a running job finds out by itself. */
function watchSight(cell: Cell, sight: Sight): { stop(): void } {
  let stopped = false;
  let cancel: () => void = () => undefined;
  const look = async (): Promise<void> => {
    const idle = openAttempts(cell.state()).length === 0;
    if (idle) {
      const said = await sight.probe().catch(() => ({ ready: false, what: "The camera's picture cannot be read." }));
      if (!stopped)
        await cell
          .submit({ kind: "inspection-status", ...said, inHand: sight.model, calibration: sight.calibration })
          .catch(() => undefined);
    }
    if (!stopped) cancel = systemClock.after(lookEveryMs, () => void look());
  };
  void look();
  return {
    stop() {
      stopped = true;
      cancel();
    },
  };
}

/** What ends is signed at once: an attempt's or a job's end is under a checkpoint as soon as it is true. */
function signOnEnds(cell: Cell, ledger: Ledger, log: DaemonOptions["log"]): void {
  cell.subscribe(({ event }) => {
    if (event.type !== "JobEnded" && event.type !== "AttemptEnded") return;
    ledger.checkpoint().catch((problem: unknown) => log("checkpoint failed", { what: String(problem) }));
  });
}
