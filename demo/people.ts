/** The demo's two people: a technician who runs the job and a QA person who decides. */
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { JobView } from "../src/hmi/api.ts";
import type { ReasonCode } from "../src/hmi/reasons.ts";
import type { Bench } from "./bench.ts";
import { control } from "./control.ts";
import type { Panel } from "./panel.ts";
import { cellward } from "./programs.ts";

export interface Person {
  readonly name: string;
  readonly password: string;
}

export const job = "J-2026-000042";
/** From the paper that came with the order: config/examples/drill-guide/request-form.md. */
export const identifiers = ["MRN-48213-7", "1961-04-09"] as const;
export const printer = "printer-1";

/** One-time codes from the console, taken at the panel; nobody has a default password. */
export async function enrolPeople(bench: Bench, panel: Panel): Promise<{ technician: Person; quality: Person }> {
  const enrol = async (role: string, name: string): Promise<Person> => {
    const invited = await cellward(["people", "invite", "--keys", bench.places.keys, "--role", role]);
    const { code } = invited.value as { code: string };
    const person = { name, password: `${randomBytes(9).toString("base64url")}-4` };
    await panel.enrol(code, name, person.password);
    return person;
  };
  const technician = await enrol("technician", "Tara Okafor");
  return { technician, quality: await enrol("qa", "Quentin Moreau") };
}

/** Waits for a condition that the cell will show; the panel is asked a few times a second. */
export async function until<T>(what: string, ask: () => Promise<T | null>, withinMs = 60_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await ask();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`This never came: ${what}.`);
    await pause(200);
  }
}

/** Both identifiers and the side, as on the request form. */
export function confirmIdentity(panel: Panel, typed: readonly [string, string] = identifiers): Promise<unknown> {
  return panel.act(`/api/jobs/${job}/identity`, { identifiers: typed, side: "left" });
}

/** Looks at the plate, takes off what is on it, says that it is clear, and waits for the camera to agree. */
export async function clearPlate(bench: Bench, panel: Panel, takeOff = true): Promise<void> {
  if (takeOff) await control(bench.places.world, "/plate/clear", {});
  await panel.act(`/api/machines/${printer}/plate-clear`, {});
  await until("the camera's word on the plate", async () => {
    const machine = (await panel.cell()).machines.find((each) => each.id === printer);
    return machine && machine.plate !== "declared" ? machine : null;
  });
}

/** Scans the job's code at the cell and presses the enable button. */
export async function provePresence(bench: Bench, panel: Panel): Promise<void> {
  await until("the presence device", async () => ((await panel.cell()).presence.online ? true : null));
  await control(bench.places.presenceControl, "/scan", { code: `JOB:${job}` });
  await control(bench.places.presenceControl, "/press", {});
  await until("the presence proof", async () => ((await panel.job(job)).presence ? true : null), 15_000);
}

/** Press and hold. */
export function start(panel: Panel, operation = "print"): Promise<unknown> {
  return panel.act(`/api/jobs/${job}/start`, { operation });
}

/** QA signs over exactly what is shown. */
export async function dispose(
  panel: Panel,
  signer: Person,
  view: JobView,
  disposition: "concession" | "scrap" | "rework",
  reason: ReasonCode<"concession" | "scrap" | "rework">,
): Promise<void> {
  const open = view.nonconformities.find((each) => each.disposition === null);
  if (!open) return;
  const { digest } = await panel.shown(job, open.id, disposition, reason);
  await panel.act(`/api/jobs/${job}/dispositions`, {
    nonconformity: open.id,
    disposition,
    reason,
    shown: digest,
    ...signer,
  });
}
