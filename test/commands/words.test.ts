/** The words of the record: every kind of event and every field of one is told to people, never by its name in the format. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeWith } from "../../src/commands/describe.ts";
import { tellPlainly } from "../../src/commands/tell-plainly.ts";
import { eventTitles, fieldWords } from "../../src/commands/words.ts";
import { parseEntry } from "../../src/ledger/entry.ts";
import { databaseFile, openForReading, rowsFrom } from "../../src/ledger/io/database.ts";

const fixtures = join(import.meta.dirname, "../fixtures/ledgers");
const tell = describeWith(() => null);

type Body = Readonly<Record<string, never>>;

/** Every entry of a frozen record: its type and its body. */
function entriesOf(name: string): { type: string; body: Body }[] {
  const db = openForReading(join(fixtures, name, "data", databaseFile));
  try {
    return [...rowsFrom(db)].map(({ entry, body }) => ({
      type: parseEntry(Buffer.from(entry).toString())?.type ?? "",
      body: JSON.parse(Buffer.from(body).toString()) as Body,
    }));
  } finally {
    db.close();
  }
}

function namesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(namesIn);
  return Object.entries(value).flatMap(([name, member]) => [name, ...namesIn(member)]);
}

describe("[F71] the readable record", () => {
  test.each(readdirSync(fixtures))("has words for everything in the frozen record of release %s", (name) => {
    const entries = entriesOf(name);
    expect(entries.length).toBeGreaterThan(100);
    const types = new Set(entries.map(({ type }) => type));
    expect([...types].filter((type) => !Object.hasOwn(eventTitles, type))).toEqual([]);
    const names = new Set(entries.flatMap(({ body }) => namesIn(body)));
    expect([...names].filter((each) => !Object.hasOwn(fieldWords, each))).toEqual([]);
    for (const { type, body } of entries) {
      expect(tell(type, body)?.title).toMatch(/^[^{}]+$/);
      for (const line of tellPlainly(type, body)?.lines ?? []) {
        // A label begins like a sentence or is a measure's; the format's names are neither.
        expect(line).toMatch(/^([A-Z]|x|y|SHA-256)[^:{}]*: ./);
        expect(line).not.toMatch(/[a-z][A-Z][a-z]*: |_mm|\[object/);
      }
    }
  });

  test("no label is the name of its field, and none stands for two that differ only in their unit", () => {
    for (const [name, { label }] of Object.entries(fieldWords)) {
      if (name.length > 1 && !/^[xy]_mm$/.test(name)) expect(label).not.toBe(name);
    }
    for (const title of Object.values(eventTitles)) expect(title).toMatch(/^[A-Z][^{}]* /);
  });

  test("numbers come with their unit, times as times, nothing as none", () => {
    expect(
      tellPlainly("MachineUnwatched", { equipment: "printer-1", from: 0, to: 61_000, job: null } as never),
    ).toEqual({
      title: "A machine was not watched",
      lines: ["Machine: printer-1", "From: 1970-01-01 00:00:00 UTC", "To: 1970-01-01 00:01:01 UTC", "Order: none"],
    });
    expect(tellPlainly("LayerInspected", { findings: [{ box: { x_mm: 1.5 } }], take: 1 } as never)?.lines).toEqual([
      "Findings 1, Place, x: 1.5 mm",
      "Take: 1",
    ]);
    expect(tellPlainly("LayerDone", { summary: { durationMs: 1500 }, newer: true } as never)?.lines).toEqual([
      "Summary, Duration: 1.5 s",
      "newer: yes",
    ]);
  });

  test("whatever body an entry of a known kind has, it is told and nothing throws", () => {
    const types = fc.constantFrom(...Object.keys(eventTitles), "constructor", "__proto__", "Unknown");
    fc.assert(
      fc.property(types, fc.dictionary(fc.string(), fc.jsonValue()), (type, body) => {
        const told = tell(type, body);
        expect(told === null).toBe(!Object.hasOwn(eventTitles, type));
        for (const line of told?.lines ?? []) expect(typeof line).toBe("string");
      }),
    );
  });
});
