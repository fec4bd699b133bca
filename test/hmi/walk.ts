/** Puts the fake cell's job at any step of the whole route, by what people and machines say to the real core. */
import type { Result } from "../../src/equipment/machine.ts";
import { meanings, shownForDisposition } from "../../src/jobs/decide/disposition.ts";
import { lotMeanings, shownForLot } from "../../src/jobs/decide/lots.ts";
import type { Operation } from "../../src/jobs/order.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { LotId, OperationId, PersonId } from "../../src/kernel/names.ts";
import { separator } from "../../src/materials/gs1.ts";
import type { Role } from "../../src/people/person.ts";
import { hmac } from "./bench.ts";
import { attempt, type FakeCell, job, materials, printer, station } from "./fake-cell.ts";

export const tag = "TAG-0007";
export const container = "TRAY-12";
const [pla, sleeve] = materials;

const characteristics = (ids: readonly (readonly [string, string, string, number, number])[]) =>
  ids.map(([id, title, unit, lower, upper]) => ({ id, title, unit, lower, upper }));

const task = { kind: "task", equipment: station, materials: [], evidence: [], reworks: 1 } as const;
const step = (id: string) => ({ id: id as OperationId, program: digestOfValue(id) });

/** Print, clean and dry, press sleeves, measure, label, hand over, release. */
export const wholeRoute: readonly Operation[] = [
  {
    ...{ kind: "build", title: "Print", equipment: printer, layersPlanned: 3, lag: 0 },
    ...step("print"),
    materials: [{ material: "pla", quantity: 18, unit: "g" }],
  },
  {
    ...task,
    ...step("clean"),
    title: "Clean and dry",
    characteristics: characteristics([["dry-temperature-max", "Highest temperature while drying", "C", 40, 50]]),
  },
  {
    ...task,
    ...step("press"),
    title: "Press sleeves",
    materials: [{ material: "sleeve", quantity: 2, unit: "pcs" }],
    evidence: ["sleeve-1-curve"],
    characteristics: characteristics([
      ["sleeve-1-peak-force", "Peak force of sleeve 1", "N", 300, 600],
      ["sleeve-2-peak-force", "Peak force of sleeve 2", "N", 300, 600],
    ]),
  },
  {
    ...task,
    ...step("measure"),
    title: "Measure",
    characteristics: characteristics([
      ["sleeve-1-bore", "Bore of sleeve 1", "mm", 3.2, 3.3],
      ["sleeve-2-bore", "Bore of sleeve 2", "mm", 3.2, 3.3],
      ["sleeve-distance", "Distance of the sleeves", "mm", 24.03, 24.23],
      ["guide-height", "Height of the guide", "mm", 12.2, 12.6],
    ]),
  },
  { kind: "label", id: "label" as OperationId, title: "Mark and label" },
  { kind: "handover", id: "handover" as OperationId, title: "Hand over", to: "Sterilisation" },
  { kind: "release", id: "release" as OperationId, title: "Release" },
];

/** What the station measures of a good part. */
export const good: Readonly<Record<string, readonly Result[]>> = {
  clean: [measured("dry-temperature-max", 45.2, "C")],
  press: [measured("sleeve-1-peak-force", 431, "N"), measured("sleeve-2-peak-force", 428, "N")],
  measure: [
    measured("sleeve-1-bore", 3.251, "mm"),
    measured("sleeve-2-bore", 3.249, "mm"),
    measured("sleeve-distance", 24.131, "mm"),
    measured("guide-height", 12.41, "mm"),
  ],
};

export function measured(characteristic: string, value: number, unit: string): Result {
  return { characteristic, value, unit, gauge: "GAUGE-3" };
}

/** The year at whose end the packages of the tests expire: always ahead. */
export const goodUntil = new Date().getUTCFullYear() + 2;
export const useByOf = (year: number) => `${String(year).slice(2)}1231`;

/** The code on a package as a scanner sends it. */
export function packageCode(
  material: (typeof materials)[number],
  batch: string,
  useBy: string = useByOf(goodUntil),
): string {
  return `]d201${material.gtin}17${useBy}10${batch}${separator}`;
}

export const packages = { pla: packageCode(pla, "PLA-77"), sleeve: packageCode(sleeve, "SL-2041") } as const;
export const lotOf = (material: (typeof materials)[number], batch: string) => `${material.gtin}.${batch}` as LotId;

export const stages = ["print", "tag", "clean", "press", "measure", "label", "handover", "release"] as const;
export type Stage = (typeof stages)[number];

/** Brings the job to a step; the step itself is still to do. Everybody it needs is enrolled and known to the core. */
export async function walkTo(cell: FakeCell, to: Stage): Promise<void> {
  const technician = personWith(cell, "technician");
  await supply(cell, technician);
  const acts: Readonly<Record<Stage, () => Promise<void>>> = {
    print: () => print(cell, technician),
    tag: async () => void (await cell.say({ kind: "tag-part", job, tag, person: technician })),
    clean: () => runTask(cell, technician, "clean", good["clean"] ?? []),
    press: () => runTask(cell, technician, "press", good["press"] ?? [], ["sleeve-1-curve"]),
    measure: () => runTask(cell, technician, "measure", good["measure"] ?? []),
    label: async () => {
      await cell.say({ kind: "request-label", job, person: technician });
      await cell.say({ kind: "scan-label", job, scanned: labelCode(cell), person: technician });
    },
    handover: async () => void (await cell.say({ kind: "hand-over", job, container, person: technician })),
    release: async () => undefined,
  };
  for (const stage of stages.slice(0, stages.indexOf(to))) await acts[stage]();
}

/** The person of this role who has signed in or enrolled. */
export function personWith(cell: FakeCell, role: Role): PersonId {
  const found = Object.values(cell.state().people).find(({ roles }) => roles.includes(role));
  if (!found) throw new Error(`nobody is ${role}`);
  return found.id;
}

/** What the code of the last label says, as a scanner sends it. */
export function labelCode(cell: FakeCell): string {
  return `]d2${cell.state().jobs[job]?.units[0]?.labels.at(-1)?.content.code ?? ""}`;
}

/** Central QA knows the cell as a demonstration: its simulated devices may be released as such. */
export async function markDemonstration(cell: FakeCell): Promise<void> {
  const target = { kind: "cell", id: "bench" } as const;
  const [issuedAt, expires] = [0, 4e12];
  const decision = { id: "D1", nonce: "d-1", action: "demonstration", target, reason: "demonstration" } as const;
  await cell.say({
    kind: "central-decision",
    decision: { ...decision, issuedAt, expires },
    envelope: digestOfValue("envelope"),
  });
}

/** Both materials received, released and loaded. */
async function supply(cell: FakeCell, person: PersonId): Promise<void> {
  for (const [material, batch, equipment] of [
    [pla, "PLA-77", printer],
    [sleeve, "SL-2041", station],
  ] as const) {
    const { gtin } = material;
    await cell.say({
      ...{ kind: "receive-lot", gtin, batch, certificate: `COC-${batch}`, expires: 4e12, quantity: 100, person },
    });
    await releaseLot(cell, lotOf(material, batch));
    await cell.say({ kind: "load-material", equipment, gtin, batch, person });
  }
}

async function releaseLot(cell: FakeCell, id: LotId): Promise<void> {
  const lot = cell.state().lots[id];
  if (!lot) throw new Error(`lot ${id} was not received`);
  const shown = digestOfValue(shownForLot(lot, "released"));
  const person = personWith(cell, "qa");
  const approval = { person, name: "sealed", at: 0, meaning: lotMeanings.released, shown };
  await cell.say({ kind: "decide-lot", lot: id, status: "released", approval });
}

let proofs = 0;

export async function provePresence(cell: FakeCell): Promise<void> {
  proofs += 1;
  await cell.say({ kind: "prove-presence", job, device: "bench", proof: `walk-${proofs}` });
}

/** Identity, plate and presence in order, and the print started. */
export async function startPrint(cell: FakeCell, person: PersonId): Promise<void> {
  const hmacs = [hmac("H-778120"), hmac("1961-04-09")] as const;
  await cell.say({ kind: "confirm-identity", job, person, hmacs, side: "left" });
  await cell.say({ kind: "declare-plate-clear", equipment: printer, person });
  await provePresence(cell);
  await accepted(cell.say({ kind: "start", job, operation: "print" as OperationId, person }));
}

/** QA accepts what waits for a decision as it is, and the print goes on. */
export async function concede(cell: FakeCell): Promise<void> {
  await dispose(cell, "concession");
  await goOn(cell);
}

/** QA scraps what waits for a decision: the copy is made anew. */
export async function scrap(cell: FakeCell): Promise<void> {
  const waits = () => cell.state().jobs[job]?.nonconformities.some((each) => each.disposition === null);
  while (waits()) await dispose(cell, "scrap");
}

async function dispose(cell: FakeCell, disposition: "concession" | "scrap"): Promise<void> {
  const found = cell.state().jobs[job];
  const waiting = found?.nonconformities.find((each) => each.disposition === null);
  if (!found || !waiting) throw new Error("nothing waits for a decision");
  const reason = disposition === "concession" ? "The layer is whole." : "The copy is not good.";
  const shown = digestOfValue(shownForDisposition(found, waiting, disposition, reason));
  const person = personWith(cell, "qa");
  const approval = { person, name: "sealed", at: 0, meaning: meanings[disposition], shown };
  await accepted(cell.say({ kind: "dispose", nonconformity: waiting.id, job, disposition, reason, approval }));
}

/** The technician looks again at a layer that was not seen, it is seen to be good, and the print goes on. */
export async function lookAgain(cell: FakeCell, picture: Uint8Array): Promise<void> {
  await accepted(cell.say({ kind: "look-again", attempt, person: personWith(cell, "technician") }));
  await cell.see("pass", picture);
  await goOn(cell);
}

async function goOn(cell: FakeCell): Promise<void> {
  await provePresence(cell);
  await accepted(cell.say({ kind: "resume", attempt, person: personWith(cell, "technician") }));
}

async function print(cell: FakeCell, person: PersonId): Promise<void> {
  await startPrint(cell, person);
  for (let layer = 1; layer <= 3; layer += 1) await cell.layer("pass", new Uint8Array([0xff, 0xd8, layer]));
  await cell.finish();
}

/** Part scanned at the station, presence proven, started. */
export async function startTask(cell: FakeCell, person: PersonId, operation: string): Promise<void> {
  await cell.say({ kind: "confirm-part", job, equipment: station, tag, person });
  await provePresence(cell);
  await accepted(cell.say({ kind: "start", job, operation: operation as OperationId, person }));
}

async function runTask(
  cell: FakeCell,
  person: PersonId,
  operation: string,
  results: readonly Result[],
  evidence: readonly string[] = [],
): Promise<void> {
  await startTask(cell, person, operation);
  await cell.finish(results, evidence);
}

async function accepted(said: ReturnType<FakeCell["say"]>): Promise<void> {
  const reply = await said;
  if (reply.kind === "refused") throw new Error(reply.refusal.what);
}
