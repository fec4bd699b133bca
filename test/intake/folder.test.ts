/** The intake folder, with real files: good orders come in and leave no plaintext, hostile ones are refused in words. */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/commands/io/system.ts";
import { type Intake, openIntake } from "../../src/intake/io/folder.ts";
import type { Controller } from "../../src/jobs/controller.ts";
import type { Message } from "../../src/jobs/message.ts";
import { createMemoryArtifacts } from "../../src/ledger/memory-artifacts.ts";
import { cellWithOrder } from "../jobs/story.ts";

const root = resolve(import.meta.dirname, "../..");
const example = join(root, "config/examples/drill-guide");
const open: Intake[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const intake of open.splice(0)) intake.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Desk {
  readonly folder: string;
  readonly said: Message[];
  readonly stored: () => Promise<number>;
  /** Resolves when intake has said so many messages. */
  heard(count: number): Promise<void>;
  readonly intake: () => Promise<Intake>;
}

function desk(): Desk {
  const folder = mkdtempSync(join(tmpdir(), "cellward-intake-"));
  folders.push(folder);
  const story = cellWithOrder();
  const said: Message[] = [];
  const waiting: { count: number; done: () => void }[] = [];
  const controller: Controller = {
    async submit(message) {
      said.push(message);
      const { refusal, events } = story.tell(message);
      for (const each of waiting) if (said.length >= each.count) each.done();
      return refusal ? { kind: "refused", refusal } : { kind: "accepted", events };
    },
    state: () => story.state,
    subscribe: () => () => undefined,
  };
  const artifacts = createMemoryArtifacts();
  return {
    folder,
    said,
    stored: async () => (await artifacts.list()).length,
    heard: (count) => new Promise((done) => (said.length >= count ? done() : waiting.push({ count, done }))),
    async intake() {
      const recipes = join(root, "config/recipes");
      const made = await openIntake({
        folder,
        recipes,
        controller,
        artifacts,
        clock: systemClock,
        log: () => undefined,
      });
      if (!made.ok) throw new Error(made.error);
      open.push(made.value);
      return made.value;
    },
  };
}

function deliver(folder: string, change: (order: Record<string, unknown>) => void = () => undefined): void {
  copyFileSync(join(example, "drill-guide.gcode"), join(folder, "drill-guide.gcode"));
  const order = JSON.parse(readFileSync(join(example, "drill-guide.order.json"), "utf8"));
  change(order);
  writeFileSync(join(folder, "guide.order.json"), JSON.stringify(order));
}

const refusals = (said: readonly Message[]) =>
  said.flatMap((message) => (message.kind === "refuse-order" ? [message.what] : []));

describe("intake", () => {
  it("[F1][F3][L6] a good order is judged, stored, and taken off the folder", async () => {
    const { folder, said, heard, intake, stored } = desk();
    deliver(folder, (order) => {
      order["expires"] = "1970-01-01T00:10:00Z";
      order["notBefore"] = "1970-01-01T00:00:00Z";
    });
    const made = await intake();
    await heard(1);
    expect(said[0]).toMatchObject({
      kind: "accept-order",
      order: { id: "J-2026-000042", route: [{ layersPlanned: 62 }] },
    });
    // The files go after the core has accepted: the next look finds nothing.
    await expect.poll(() => readdirSync(folder)).toEqual([]);
    expect(await stored()).toBe(2);
    expect(await made.identifierHmac("J-2026-000042", " mrn-48213-7 ")).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, (order: Record<string, unknown>) => void, RegExp]>([
    [
      "another program",
      (order) => ((order["program"] as { sha256: string }).sha256 = "0".repeat(64)),
      /not the one that was ordered/,
    ],
    ["a member too many", (order) => (order["note"] = "hurry"), /Unrecognized key/],
    ["a recipe that is not here", (order) => (order["recipe"] = "titanium"), /titanium/],
    ["other layers", (order) => ((order["expect"] as { layers: number }).layers = 61), /61|62/],
    ["a machine called constructor", (order) => (order["equipment"] = "constructor"), /constructor/],
  ])("[F1][F38] an order with %s is refused in words and nothing is stored as a job", async (_, change, words) => {
    const { folder, said, heard, intake } = desk();
    deliver(folder, (order) => {
      order["expires"] = "1970-01-01T00:10:00Z";
      change(order);
    });
    await intake();
    await heard(1);
    await expect.poll(() => refusals(said).at(-1) ?? "").toMatch(words);
    expect(readdirSync(folder)).toContain("guide.order.json");
  });

  it("a pipe, a link, a folder and an order without end do not keep a good order out", async () => {
    const { folder, said, heard, intake } = desk();
    execFileSync("mkfifo", [join(folder, "a.order.json")]);
    symlinkSync("/dev/zero", join(folder, "b.order.json"));
    mkdirSync(join(folder, "c.order.json"));
    writeFileSync(join(folder, "d.order.json"), Buffer.alloc(300 * 1024, 0x20));
    deliver(folder, (order) => (order["expires"] = "1970-01-01T00:10:00Z"));
    await intake();
    await heard(5);
    expect(refusals(said).join(" ")).toMatch(
      /a\.order.*not a plain file.*b\.order.*a link.*c\.order.*not a plain file.*d\.order.*larger than/,
    );
    expect(said.at(-1)?.kind).toBe("accept-order");
  });
});
