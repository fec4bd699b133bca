/** Does what the cell owes the world: each obligation goes to its adapter and comes back as exactly one message. */
import type { Machine } from "./drivers/machine.ts";
import type { Fault } from "./equipment/machine.ts";
import { type ChallengeOutcome, unseen } from "./jobs/challenge.ts";
import type { Message } from "./jobs/message.ts";
import type { Obligation } from "./jobs/obligations.ts";
import type { LayerReport } from "./jobs/report.ts";
import type { TextsOf } from "./jobs/retention.ts";
import type { LabelContent } from "./jobs/route-event.ts";
import type { ViewOfPlate, ViewPicture } from "./jobs/views.ts";
import { unreachable } from "./kernel/assert.ts";
import type { AttemptId, Digest, JobId } from "./kernel/names.ts";
import type { Result } from "./kernel/result.ts";
import type { EpochMs } from "./kernel/units.ts";

type Owed<Kind extends Obligation["kind"]> = Extract<Obligation, { kind: Kind }>;

/** A picture that is stored. */
export interface Picture {
  readonly frame: Digest;
  readonly requestedAt: EpochMs;
  readonly receivedAt: EpochMs;
  /** When the camera says that its exposure began; null where it does not say. */
  readonly exposureStart: EpochMs | null;
  /** The camera that took it, where it is not the cell's first. */
  readonly camera?: string;
  /** What the other cameras took. */
  readonly views?: readonly ViewPicture[];
}

/** What the eyes see of a plate. */
export interface SeenPlate {
  readonly clear: boolean;
  readonly what: string;
  readonly frame: Digest | null;
  /** The camera that looked, where it is not the cell's first. */
  readonly camera?: string;
  /** What the other cameras saw. */
  readonly views?: readonly ViewOfPlate[];
}

/** Camera and inspector together, as the cell needs them; nothing here rejects. */
export interface Eyes {
  /** Takes a picture and stores it before it answers. */
  capture(owed: Owed<"capture">): Promise<Result<Picture, Fault>>;
  /** Judges a stored picture and stores the evidence before it answers. */
  inspect(owed: Owed<"inspect">): Promise<Result<LayerReport, Fault>>;
  /** Has the inspection challenged on the empty plate; a fault is a miss. */
  challenge(): Promise<Result<ChallengeOutcome, Fault>>;
  /** Compares the plate with the empty one. */
  checkPlate(owed: Owed<"check-plate">): Promise<SeenPlate>;
}

/** The label printer; nothing here rejects. */
export interface LabelPrinter {
  /** Makes the label, stores it, and gives it to the printer before it answers with the digest of what was printed. */
  print(content: LabelContent): Promise<Result<Digest, Fault>>;
}

/** Whoever keeps the keys of texts and the artifacts; nothing here rejects. */
export interface Keeper {
  /** Destroys the key of these texts; true once none is there. */
  destroyTextKey(of: TextsOf): Promise<boolean>;
  /** Removes the files of artifacts that a job has dropped, but for those that another record names; how many, or null. */
  removeArtifacts(job: JobId, digests: readonly Digest[]): Promise<number | null>;
}

/** Binds the adapters. `whyNotBegin` is asked last of all before a machine is told to begin (feature 13). */
export function createPerform(
  machines: ReadonlyMap<string, Machine>,
  eyes: Eyes,
  { labels, keeper }: { readonly labels: LabelPrinter; readonly keeper: Keeper },
  whyNotBegin: (attempt: AttemptId) => Fault | null = () => null,
): (owed: Obligation) => Promise<Message> {
  return (owed) => {
    switch (owed.kind) {
      case "direct":
        return direct(machines, owed, whyNotBegin);
      case "capture":
        return capture(eyes, owed);
      case "inspect":
        return inspect(eyes, owed);
      case "check-plate":
        return checkPlate(eyes, owed);
      case "challenge":
        return challenge(eyes, owed);
      case "print-label":
        return printLabel(labels, owed);
      case "destroy-text-key":
        return keeper.destroyTextKey(owed.of).then((done) => ({ kind: "text-key-destroyed", of: owed.of, done }));
      case "remove-artifacts":
        return keeper
          .removeArtifacts(owed.job, owed.digests)
          .then((removed) => ({ kind: "artifacts-removed", job: owed.job, removed }));
      default:
        return unreachable(owed);
    }
  };
}

async function direct(
  machines: ReadonlyMap<string, Machine>,
  owed: Owed<"direct">,
  whyNotBegin: (attempt: AttemptId) => Fault | null,
): Promise<Message> {
  const { equipment, directive } = owed;
  const layer = "releasedLayer" in directive ? directive.releasedLayer : 0;
  const base = { kind: "answered", equipment, attempt: directive.attempt, directive: directive.kind, layer } as const;
  const machine = machines.get(equipment);
  if (!machine) return { ...base, answer: { kind: "refused", fault: noMachine } };
  const objection = directive.kind === "begin" ? whyNotBegin(directive.attempt) : null;
  if (objection !== null) return { ...base, answer: { kind: "refused", fault: objection } };
  return { ...base, answer: await machine.perform(directive) };
}

const noMachine: Fault = {
  code: "no-machine",
  what: "The configuration has no machine of this name any more.",
  remedy: "The engineer puts the machine back into the configuration.",
};

async function capture(eyes: Eyes, owed: Owed<"capture">): Promise<Message> {
  const { attempt, layer, take } = owed;
  const picture = await eyes.capture(owed);
  return picture.ok
    ? { kind: "captured", attempt, layer, take, ...picture.value }
    : { kind: "capture-failed", attempt, layer, take, fault: picture.error };
}

async function inspect(eyes: Eyes, owed: Owed<"inspect">): Promise<Message> {
  const { attempt, layer, take } = owed;
  const report = await eyes.inspect(owed);
  return report.ok
    ? { kind: "inspected", attempt, layer, take, report: report.value }
    : { kind: "inspection-failed", attempt, layer, take, fault: report.error };
}

async function challenge(eyes: Eyes, { challenge: name }: Owed<"challenge">): Promise<Message> {
  const outcome = await eyes.challenge();
  return { kind: "challenged", challenge: name, outcome: outcome.ok ? outcome.value : unseen(outcome.error) };
}

async function printLabel(labels: LabelPrinter, owed: Owed<"print-label">): Promise<Message> {
  const { job, unit, label } = owed;
  const printed = await labels.print(owed.content);
  return printed.ok
    ? { kind: "label-printed", job, unit, label, pdf: printed.value }
    : { kind: "label-not-printed", job, unit, label, fault: printed.error };
}

async function checkPlate(eyes: Eyes, owed: Owed<"check-plate">): Promise<Message> {
  const { equipment, check } = owed;
  return { kind: "plate-checked", equipment, check, ...(await eyes.checkPlate(owed)) };
}
