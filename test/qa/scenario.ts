/** A central QA with something in it: a cell with a job that should not have been released, a forked cell, a silent one. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openQaKeys } from "../../src/commands/io/qa-keys.ts";
import type { Central } from "../../src/commands/io/qa-run.ts";
import { openQaStore, readQaConfig } from "../../src/commands/io/qa-set-up.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import { messageBytes } from "../../src/ledger/batch.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { type CellStatus, signStatus } from "../../src/ledger/status.ts";
import type { Role } from "../../src/people/person.ts";
import { createIngest } from "../../src/qa/ingest.ts";
import { draft, started } from "../ledger/plain-drafts.ts";
import { type CellLog, createCell, story } from "./cell.ts";
import type { Later } from "./central.ts";
import { madePicture } from "./evidence-desk.ts";
import { configText, type Installation, install, openCheapPeople, startQaHere } from "./installation.ts";

export const password = "correct horse 7";

export interface Scene {
  readonly installation: Installation;
  readonly central: Central;
  readonly cells: readonly CellLog[];
}

/** Everything in the store before central starts; the broker is away. */
export async function setScene(later: Later = onTestFinished): Promise<Scene> {
  const cells = [
    createCell(),
    createCell("cell-2", "hospital.example/cell-2"),
    createCell("cell-3", "clinic.example/cell-3"),
  ];
  const installation = await install(cells, "mqtts://localhost:1", later);
  const evidence = `[evidence]\nport = 0\nfolder = "${join(installation.root, "evidence")}"\nkeepFreeMiB = 0\n`;
  writeFileSync(installation.config, configText(cells, "mqtts://localhost:1", evidence));
  await fill(installation, cells);
  return { installation, central: await startQaHere(installation, later), cells };
}

async function fill(installation: Installation, cells: readonly CellLog[]): Promise<void> {
  const read = await readQaConfig(installation.config);
  const keys = await openQaKeys(installation.keys);
  if (!read.ok || !keys.ok) throw new Error("the installation is whole");
  const store = await openQaStore(read.value.config, installation.data);
  if (!store.ok) throw new Error(store.error.what);
  const ingest = createIngest({
    store: store.value,
    cells: new Map(read.value.cells.map((cell) => [cell.id, cell])),
    witness: keys.value.witness,
    check: checkSignature,
    now: () => Date.now(),
  });
  const [first, second] = cells;
  if (!first || !second) throw new Error("there are three cells");
  first.append(...releasedJob());
  const bad = await first.batch(0);
  await ingest.hear("cell-1", messageBytes({ ...bad, entries: bad.entries.map((each) => ({ ...each, body: "{}" })) }));
  await ingest.hear("cell-1", utf8('{"kind":"start"}'));
  await ingest.hear("cell-1", await first.message(0));
  const { origin } = first.registered;
  const note = await signStatus(origin, heldWithWrongClock(first.texts.length), first.signer);
  await ingest.hear("cell-1", messageBytes({ kind: "status", origin, note }));
  second.append(...story(6));
  await ingest.hear("cell-2", await second.message(0));
  const clone = second.clone(3);
  clone.append(...story(2, "J9"));
  await ingest.hear("cell-2", await clone.message(1));
  await store.value.close();
}

/** Digests of evidence that the scene's job names. */
export const pictureOf = (layer: number) => digestOf(madePicture(layer, 20_000));

/** What the first cell says of itself: it waits for a person, three entries are on their way, its clock is ahead. */
function heldWithWrongClock(head: number): CellStatus {
  const at = Date.now() + 12 * 60_000;
  const digest = "5d".repeat(32);
  return {
    ...{ boot: 1, counter: 7, instance: "i-1", at, clock: "unsynchronised", head, withQa: head - 3 },
    ...{ state: "held", job: "J-2026-000042", gate: "layer-failed", oldestUnsyncedAt: at - 40_000 },
    ...{ software: "0.2.0", softwareDigest: digest, configDigest: digest, modelDigest: digest },
  };
}

/** A simulated unit, released with an open nonconformity and next to nothing in its record. */
function releasedJob() {
  const job = "J-2026-000042";
  const attempt = { job, attempt: "A1" };
  const lineage = { scan: "", segmentation: "", design: "", approver: "" };
  const order = {
    id: job,
    title: "Surgical drill guide <test>",
    pseudonym: "",
    gtin: "",
    pathway: "",
    lineage,
    signatures: [],
    route: [],
  };
  return [
    draft("JobOrderAccepted", { job, order }, job),
    draft("AttemptStarted", { ...attempt, unit: 1, operation: "print", simulated: true, person: "P-1" }, job),
    draft(
      "NonconformityRaised",
      {
        ...attempt,
        nonconformity: "NC-1",
        unit: 1,
        cause: "layer-failed",
        layer: 3,
        what: "Layer 3 has a gap.",
        findings: [],
        evidence: { frame: pictureOf(3), report: pictureOf(4) },
      },
      job,
    ),
    draft("UnitReleased", { job, unit: 1, operation: "release", simulated: true, approval: { person: "P-1" } }, job),
    draft("SignInRecorded", { person: "P-1", outcome: "locked" }),
    draft("ClockStepped", { expected: 1, said: 2 }),
    { ...started(1), type: "CellBooted", body: { boot: "b", versions: { software: "0.2.0" }, setup: {} } },
  ];
}

/** A browser's cookie for somebody with these roles, by the page's own forms. */
export async function signIn(scene: Scene, name: string, roles: readonly Role[]): Promise<string> {
  const { url } = scene.central.page;
  const people = await openCheapPeople(scene.installation);
  const { code } = await people.invite(roles);
  const enrolled = await post(url, "/enrol", { code, name, password });
  if (enrolled.status !== 200) throw new Error(await enrolled.text());
  const signed = await post(url, "/sign-in", { name, password });
  return (signed.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

/** Posts a form as a page of the same origin does. */
export function post(url: string, path: string, fields: Record<string, string>, cookie = ""): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    redirect: "manual",
    headers: { cookie, origin: url, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields),
  });
}

/** A page as text. */
export async function look(url: string, path: string, cookie = ""): Promise<{ status: number; text: string }> {
  const answer = await fetch(url + path, { headers: { cookie } });
  return { status: answer.status, text: await answer.text() };
}

/** The token that the forms of a page carry. */
export function tokenIn(text: string): string {
  return /name="token" value="([0-9a-f]{64})"/.exec(text)?.[1] ?? "";
}
