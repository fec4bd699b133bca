/** A cell with two people, a job under way and central QA beside it, for the tests that lose its disk; commands are the real ones. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openQaKeys } from "../../src/commands/io/qa-keys.ts";
import { readQaConfig } from "../../src/commands/io/qa-set-up.ts";
import type { Event } from "../../src/jobs/event.ts";
import { actorOf, jobOf } from "../../src/jobs/event.ts";
import type { EntryDraft, JsonObject } from "../../src/ledger/entry.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { type OpenedLedger, openLedger } from "../../src/ledger/io/ledger.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import { openPeople } from "../../src/people/io/store.ts";
import type { Role } from "../../src/people/person.ts";
import { createIngest, type Ingest } from "../../src/qa/ingest.ts";
import { openSqliteStore, storeFile } from "../../src/qa/io/sqlite.ts";
import type { Story } from "../jobs/story.ts";
import { handOver } from "../qa/hand-over.ts";

export const origin = "test.example/cell-1";
const main = resolve(import.meta.dirname, "../../src/main.ts");

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder with everything in it. */
export interface Place {
  /** Central's cosigner key. */
  readonly witness: VerifyingKey;
  path(name: string): string;
  /** Runs a command with these lines on its standard input. */
  cellward(args: readonly string[], ...lines: readonly string[]): Promise<Said>;
  /** Central QA's configuration for the cell, or for its successor. */
  register(log: { readonly origin: string; readonly key: string }, ancestor?: { origin: string; keys: string[] }): void;
  /** Central's ingest over its own store, while `use` runs. */
  atCentral<T>(use: (ingest: Ingest) => Promise<T>): Promise<T>;
  /** Writes what a story tells from `from` on, as the cell would. */
  write(opened: OpenedLedger, story: Story, from: number): Promise<void>;
  /** Hands over to central all that the cell has. */
  sync(opened: OpenedLedger): Promise<number>;
  remove(): void;
}

/** Those who can sign; all with one password. */
const names = { qa: "Quentin Quist", engineer: "Erika Engel", both: "Bo Bothe" } as const;
const roles: Readonly<Record<keyof typeof names, readonly Role[]>> = {
  qa: ["qa"],
  engineer: ["engineer"],
  both: ["qa", "engineer"],
};
const password = "a word of thirty letters or so";
/** What somebody types who signs in this role. */
export const typed = (who: keyof typeof names): readonly string[] => [names[who], password];

/** Passwords that cost no time to check. */
const cheap = { memory_KiB: 64, passes: 1, lanes: 1 };

/** Makes cell, people and central QA. */
export async function makePlace(): Promise<Place> {
  const root = mkdtempSync(join(tmpdir(), "cellward-lost-"));
  const path = (name: string): string => join(root, name);
  const cellward: Place["cellward"] = (args, ...lines) =>
    new Promise((done) => {
      const child = execFile(process.execPath, [main, ...args], (problem, out, err) => {
        done({ code: problem ? (problem.code as number) : 0, out, err });
      });
      child.stdin?.end(lines.map((line) => `${line}\n`).join(""));
    });
  const must = async (...args: string[]): Promise<void> => {
    const said = await cellward(args);
    if (said.code !== 0) throw new Error(said.err);
  };
  await must("init", "--data", path("data"), "--keys", path("keys"), "--origin", origin);
  await must("qa", "init", "--keys", path("qa-keys"), "--name", "qa.example/witness");
  const people = await openPeople({ path: path("keys/people.json"), clock: { now: Date.now }, cost: cheap });
  for (const who of ["qa", "engineer", "both"] as const) {
    const { code } = await people.invite(roles[who]);
    const member = await people.enrol(code, names[who], password);
    if (!member.ok) throw new Error(member.error.what);
  }
  const register: Place["register"] = (log, ancestor) => {
    const past = ancestor
      ? `[[cell.ancestor]]\norigin = "${ancestor.origin}"\nkeys = ${JSON.stringify(ancestor.keys)}\n`
      : "";
    writeFileSync(
      path("qa.toml"),
      `[witness]\nname = "qa.example/witness"\n[broker]\nurl = "mqtts://localhost:8883"\n[[cell]]\nid = "cell-1"\ntitle = "Cell 1"\n` +
        `origin = "${log.origin}"\nkeys = ["${log.key}"]\n${past}`,
    );
  };
  register({ origin, key: readFileSync(path("keys/cell.vkey"), "utf8").trim() });
  const qaKeys = await openQaKeys(path("qa-keys"));
  if (!qaKeys.ok) throw new Error(qaKeys.error.what);
  const { witness } = qaKeys.value;

  async function atCentral<T>(use: (ingest: Ingest) => Promise<T>): Promise<T> {
    const setUp = await readQaConfig(path("qa.toml"));
    if (!setUp.ok) throw new Error(setUp.error.what);
    const store = openSqliteStore(path(storeFile));
    try {
      const cells = new Map(setUp.value.cells.map((cell) => [cell.id, cell]));
      return await use(createIngest({ store, cells, witness, check: checkSignature, now: Date.now }));
    } finally {
      await store.close();
    }
  }

  return {
    ...{ witness: witness.key, path, cellward, register, atCentral },
    async write({ ledger }, { events, times }, from) {
      await ledger.append(events.slice(from).map((event, index) => draftOf(event, times[from + index] ?? 0)));
    },
    sync: ({ ledger, keys }) =>
      atCentral(async (ingest) => (await handOver(ledger, ingest, "cell-1", keys.trusted, [witness.key])).size),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Opens the cell's ledger, as its daemon would. */
export async function openCell(place: Place, data = "data", keys = "keys"): Promise<OpenedLedger> {
  const folders = { dataDir: place.path(data), keysDir: place.path(keys) };
  const opened = await openLedger({ ...folders, witnesses: [place.witness], checkpointEveryMs: 0 });
  if (!opened.ok) throw new Error(opened.error.what);
  return opened.value;
}

function draftOf(event: Event, at: number): EntryDraft {
  const { type, ...body } = event;
  const job = jobOf(event);
  const around = { at, mono: at, clockState: "unknown" as const, boot: 1 };
  return { job, actorId: actorOf(event), type, body: body as unknown as JsonObject, ...around };
}
