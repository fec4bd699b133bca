/** Parts of a cell as its configuration sets them up: intake, label printer, and the facts that decisions depend on. */

import type { Cell } from "../../cell.ts";
import { camerasIn, hasSeveralViews } from "../../config/cameras.ts";
import type { LoadedConfig } from "../../config/io/load.ts";
import { type CellConfig, holdsLayers, onHostLossOf, retentionOf } from "../../config/schema.ts";
import type { Gauge } from "../../equipment/gauge.ts";
import { readPacks } from "../../inspection/io/packs.ts";
import type { Identity } from "../../intake/io/age.ts";
import { type Intake, openIntake } from "../../intake/io/intake.ts";
import type { TrustAnchors } from "../../intake/package/trust.ts";
import type { Setup } from "../../jobs/setup.ts";
import type { EquipmentId } from "../../kernel/names.ts";
import { err } from "../../kernel/result.ts";
import { createLabelPrinter } from "../../labels/io/label-printer.ts";
import { labelProblem } from "../../labels/io/label-problem.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import { checkSignature } from "../../ledger/io/crypto.ts";
import type { LabelPrinter } from "../../perform.ts";
import { systemClock } from "./system.ts";

interface IntakeSetUp {
  readonly loaded: LoadedConfig;
  /** Who may sign packages. */
  readonly anchors: TrustAnchors;
  readonly log: (message: string, facts?: Record<string, unknown>) => void;
}

/** Rejects, in words, where a recipe cannot be used. */
export async function intakeOf(
  { loaded: { config }, anchors, log }: IntakeSetUp,
  origin: string,
  identity: Identity,
  controller: Cell,
  artifacts: Artifacts,
): Promise<Intake> {
  const packs = await readPacks(config.intake.processes);
  if (!packs.ok) throw new Error(packs.error);
  const intake = await openIntake({
    recipes: config.intake.recipes,
    packs: packs.value,
    origin,
    anchors,
    // The first of a class: the list is turned, because a map keeps the last.
    equipment: new Map(
      config.machine
        .toReversed()
        .map((machine) => [machine.class, { id: machine.id as EquipmentId, holdsLayers: holdsLayers(machine) }]),
    ),
    identity,
    check: checkSignature,
    controller,
    artifacts,
    clock: systemClock,
    labelProblem: (order) => labelProblem(order, labelTitle(config)),
    onRefused: ({ code, what }) => log("order refused", { code, what }),
  });
  if (!intake.ok) throw new Error(intake.error);
  return intake.value;
}

/** The printer of the configuration, or the word that there is none. */
export function labelPrinter(config: CellConfig, artifacts: Artifacts): LabelPrinter {
  if (config.labels) {
    return createLabelPrinter({ artifacts, folder: config.labels.folder, cellTitle: labelTitle(config) });
  }
  const what = "This cell has no label printer.";
  return { print: async () => err({ code: "no-label-printer", what, remedy: "The engineer configures one." }) };
}

/** The cell and its institution, as they stand on labels. */
function labelTitle({ cell }: CellConfig): string {
  return `${cell.title}, ${cell.site}`;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Its last day is over at midnight UTC. */
function gaugeOf({ id, title, validTo, certificate }: NonNullable<CellConfig["gauge"]>[number]): Gauge {
  return { id, title, certificate, due: Date.parse(`${validTo}T00:00:00Z`) + dayMs };
}

/** What decisions depend on, as each start writes it down. */
export function setupOf(config: CellConfig): Setup {
  return {
    cell: config.cell.title,
    equipment: config.machine.map((machine) => ({
      id: machine.id as EquipmentId,
      title: machine.title,
      serial: machine.serial,
      onHostLoss: onHostLossOf(machine),
    })),
    presenceValidMs: config.cell.presenceValidSeconds * 1000,
    takesAllowed: config.cell.takesAllowed,
    ...(config.inspection.challengeHours !== undefined && {
      challengeValidMs: config.inspection.challengeHours * hourMs,
    }),
    ...(hasSeveralViews(config) && {
      cameras: camerasIn(config).map(({ id, machine }) => ({ id, machine: machine as EquipmentId | null })),
    }),
    demonstration: config.cell.demonstration,
    materials: config.material,
    ...(config.gauge !== undefined && { gauges: config.gauge.map(gaugeOf) }),
    retention: retentionOf(config),
  };
}
