/** The end of every demo: ledger and record verified, one byte changed, and central QA's own word. */
import { rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { job } from "./people.ts";
import { cellward } from "./programs.ts";
import type { Story } from "./story.ts";

/** Exports the record, verifies it, and shows that one changed byte is found. False where anything does not verify. */
export async function proveRecord(story: Story): Promise<boolean> {
  const { display, bench, central } = story;
  const { data, keys, dir } = bench.places;
  const folder = await cellward(["verify", data, "--keys", keys]);
  display.say(`  the ledger ${folder.code === 0 ? "verifies" : "DOES NOT VERIFY"}: ${summary(folder.value)}`);
  const record = join(dir, `${job}.json`);
  const exported = await cellward(["export", job, "--data", data, "--keys", keys, "--out", record]);
  if (exported.code !== 0) return folder.code === 0;
  const trusted = trustOf(story);
  const verified = await cellward(["verify", record, ...trusted]);
  const { headline } = verified.value as { headline: string };
  display.say(
    `  record: ${record} (.html and .pdf beside it): ${verified.code === 0 ? headline.toLowerCase() : headline}`,
  );
  const caught = await oneByteChanged(record, dir, trusted);
  display.say(`  the same with one byte changed: ${caught ?? "NOT REFUSED"}`);
  const atCentral = central ? await centralVerifies(story) : true;
  return folder.code === 0 && verified.code === 0 && caught !== null && atCentral;
}

/** The keys that whoever verifies has had before: the cell's and, where there is one, the witness's. */
export function trustOf({ bench, central }: Story): string[] {
  const cell = ["--key", join(bench.places.keys, "cell.vkey")];
  return central ? [...cell, "--witness", join(central.places.handedOver, "witness.vkey")] : cell;
}

async function oneByteChanged(record: string, dir: string, trusted: readonly string[]): Promise<string | null> {
  const bytes = await readFile(record);
  const at = Math.floor(bytes.length / 3);
  bytes[at] = bytes[at] === 0x31 ? 0x32 : 0x31;
  const changed = join(dir, "changed.json");
  writeFileSync(changed, bytes);
  const caught = await cellward(["verify", changed, ...trusted]);
  rmSync(changed);
  const [finding] = (caught.value as { findings: { what: string }[] }).findings;
  return caught.code === 4 ? `refused: ${finding?.what}` : null;
}

async function centralVerifies({ central, display }: Story): Promise<boolean> {
  if (!central) return true;
  const { config, data, keys } = central.places;
  const held = await cellward(["qa", "verify", "--config", config, "--data", data, "--keys", keys]);
  const { logs } = held.value as { logs: { entries: number; cosigned: number; heads: number }[] };
  const words = logs.map(
    ({ entries, heads, cosigned }) =>
      `${entries} entries under ${heads} checkpoints, ${cosigned} of them countersigned`,
  );
  display.say(`  central QA holds ${words.join("; ")}: ${held.code === 0 ? "verified again" : "DOES NOT VERIFY"}`);
  return held.code === 0;
}

function summary(value: unknown): string {
  const { entries, jobs, artifacts } = value as { entries: number; jobs: number; artifacts: number };
  return `${entries} entries, ${jobs} job, ${artifacts} pictures, reports, papers and programs`;
}
