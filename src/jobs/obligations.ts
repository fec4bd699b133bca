/** What the world is owed, read off the state and never remembered (law 2). */
import type { Directive } from "../equipment/machine.ts";
import { assert } from "../kernel/assert.ts";
import type { AttemptId, Digest, EquipmentId, JobId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import { isByMachine } from "./order.ts";
import { lastLookAtPlate } from "./plate.ts";
import { type TextsOf, textsName } from "./retention.ts";
import type { LabelContent } from "./route-event.ts";
import type { Attempt, Job, Label, State } from "./state.ts";
import { findMachine, openAttempts, operationOf } from "./state.ts";
import type { TakenBy } from "./views.ts";

/** Something an adapter has to do; `key` names it for as long as it is owed. */
export type Obligation = { readonly key: string; readonly repeatable: boolean } & Duty;

export type Duty =
  | { readonly kind: "direct"; readonly equipment: EquipmentId; readonly directive: Directive }
  | {
      readonly kind: "capture";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly equipment: EquipmentId;
      readonly layer: number;
      readonly take: number;
      readonly markedAt: EpochMs;
    }
  | {
      readonly kind: "inspect";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly equipment: EquipmentId;
      readonly program: Digest;
      readonly layer: number;
      readonly layersPlanned: number;
      readonly take: number;
      readonly frame: Digest;
      /** Every camera's picture, where anything else than the cell's first camera alone looks. */
      readonly views?: readonly TakenBy[];
      readonly markedAt: EpochMs;
    }
  | { readonly kind: "destroy-text-key"; readonly of: TextsOf }
  | { readonly kind: "remove-artifacts"; readonly job: JobId; readonly digests: readonly Digest[] }
  | { readonly kind: "challenge"; readonly challenge: string }
  | { readonly kind: "check-plate"; readonly equipment: EquipmentId; readonly check: string }
  | {
      readonly kind: "print-label";
      readonly job: JobId;
      readonly unit: number;
      readonly label: number;
      readonly content: LabelContent;
    };

/** True for what may go out before the write: it can only make the cell safer. */
export function isTowardSafety(duty: Duty): boolean {
  return duty.kind === "direct" && (duty.directive.kind === "abort" || duty.directive.kind === "hold");
}

/** Everything owed in this state, in a stable order; safety first. */
export function obligations(state: State): Obligation[] {
  const open = openAttempts(state);
  const owed = open.flatMap(({ job, attempt }) => owedTo(job, attempt, isPlateSeenFor(state, attempt)));
  return [
    ...unsafeMachines(state),
    ...plateChecks(state),
    ...challengeOwed(state),
    ...owed,
    ...labelsOwed(state),
    ...keepingOwed(state),
  ];
}

/** What was erased or dropped by an entry is owed its end on the disk. */
function keepingOwed({ keeping: { erasures, drops } }: State): Obligation[] {
  const keys = Object.values(erasures).flatMap(({ of, destroyed }): Obligation[] =>
    destroyed ? [] : [{ kind: "destroy-text-key", key: `destroy-text-key/${textsName(of)}`, repeatable: true, of }],
  );
  const files = Object.entries(drops).flatMap(([job, { owed: digests }]): Obligation[] => {
    const base = { kind: "remove-artifacts", key: `remove-artifacts/${job}`, repeatable: true } as const;
    return digests.length === 0 ? [] : [{ ...base, job: job as JobId, digests }];
  });
  return [...keys, ...files];
}

function labelsOwed(state: State): Obligation[] {
  const owed: Obligation[] = [];
  for (const job of Object.values(state.jobs)) {
    if (job.ended) continue;
    for (const unit of job.units) for (const label of unit.labels) owed.push(...labelOwed(job, unit.number, label));
  }
  return owed;
}

function labelOwed(job: Job, unit: number, { number: label, state, content }: Label): Obligation[] {
  if (state !== "requested") return [];
  const key = `print-label/${job.order.id}/${unit}/${label}`;
  return [{ kind: "print-label", key, repeatable: true, job: job.order.id, unit, label, content }];
}

function unsafeMachines(state: State): Obligation[] {
  return Object.values(state.equipment).flatMap((machine) =>
    machine.unsafe && machine.online
      ? [direct(machine.id, { kind: "abort", attempt: machine.unsafe.attempt }, `abort/${machine.unsafe.attempt}`)]
      : [],
  );
}

function plateChecks(state: State): Obligation[] {
  return Object.values(state.equipment).flatMap((machine): Obligation[] =>
    machine.plate === "declared" && machine.plateCheck
      ? [
          {
            kind: "check-plate",
            key: `check-plate/${machine.plateCheck}`,
            repeatable: true,
            equipment: machine.id,
            check: machine.plateCheck,
          },
        ]
      : [],
  );
}

function challengeOwed({ challenge: { open } }: State): Obligation[] {
  return open === null ? [] : [{ kind: "challenge", key: `challenge/${open}`, repeatable: true, challenge: open }];
}

/** The camera has just said of this very start that the plate is empty. */
function isPlateSeenFor(state: State, attempt: Attempt): boolean {
  const machine = findMachine(state, attempt.equipment);
  return machine?.plate === "clear" && machine.plateCheck === lastLookAtPlate(attempt.id);
}

function owedTo(job: Job, attempt: Attempt, plateSeen: boolean): Obligation[] {
  const { id, equipment } = attempt;
  const operation = operationOf(job.order, attempt.operation);
  assert(isByMachine(operation), "an attempt belongs to a step that a machine does");
  if (attempt.phase === "starting") {
    // A hold before the begin: nothing begins. One that is on its way already is held as soon as it is known to have begun.
    if (attempt.hold) return [];
    if (operation.kind === "build" && !plateSeen) return [];
    // The one thing never owed twice: a boot closes a starting attempt before anyone could owe it again.
    const directive: Directive = {
      kind: "begin",
      attempt: id,
      program: operation.program,
      releasedLayer: attempt.released,
      ...(attempt.part !== null && { part: attempt.part }),
    };
    return [{ ...direct(equipment, directive, `begin/${id}`), repeatable: false }];
  }
  const owed: Obligation[] = [];
  if (attempt.hold && !attempt.hold.confirmed)
    owed.push(direct(equipment, { kind: "hold", attempt: id }, `hold/${id}`));
  if (!attempt.hold && attempt.confirmed < attempt.released) {
    const directive: Directive = { kind: "proceed", attempt: id, releasedLayer: attempt.released };
    owed.push(direct(equipment, directive, `proceed/${id}/${attempt.released}`));
  }
  return operation.kind === "build"
    ? [...owed, ...looksOwed(job, attempt, operation.program, operation.layersPlanned)]
    : owed;
}

/** Every made layer is photographed; they are judged in order, because each is judged against the one before. */
function looksOwed(job: Job, attempt: Attempt, program: Digest, layersPlanned: number): Obligation[] {
  const base = { repeatable: true, job: job.order.id, attempt: attempt.id, equipment: attempt.equipment };
  return attempt.looks.flatMap((look): Obligation[] => {
    const { layer, take, frame, markedAt } = look;
    const name = `${attempt.id}/${layer}/${take}`;
    if (look.step === "capture") return [{ ...base, kind: "capture", key: `capture/${name}`, layer, take, markedAt }];
    if (look.step === "inspect" && frame !== null && layer === attempt.accepted + 1) {
      const seen = { frame, ...(look.views !== undefined && { views: look.views }) };
      return [
        { ...base, kind: "inspect", key: `inspect/${name}`, layer, take, ...seen, markedAt, program, layersPlanned },
      ];
    }
    return [];
  });
}

function direct(equipment: EquipmentId, directive: Directive, key: string): Obligation {
  return { kind: "direct", key, repeatable: true, equipment, directive };
}
