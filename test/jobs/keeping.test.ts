/** How long what is kept: rules by pathway, legal holds, erasure and drops, each refused in words before its time (features 72 and 76). */
import { describe, expect, it } from "vitest";
import { retentionOf } from "../../src/config/schema.ts";
import type { Decision } from "../../src/jobs/decide/draft.ts";
import {
  keepingMeanings,
  shownForDrop,
  shownForErasure,
  shownForHold,
  shownForLift,
} from "../../src/jobs/decide/keeping.ts";
import { evolve } from "../../src/jobs/evolve.ts";
import type { TimeSupport } from "../../src/jobs/keeping-event.ts";
import { keptJob, keptUntil } from "../../src/jobs/keeping-rules.ts";
import { obligations } from "../../src/jobs/obligations.ts";
import { pathways } from "../../src/jobs/pathway.ts";
import { defaultRetention, leastYears, type TextsOf, yearsAfter } from "../../src/jobs/retention.ts";
import { emptyState } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { Digest, JobId, LotId, PersonId } from "../../src/kernel/names.ts";
import { released, rosa } from "./route-story.ts";
import { digest, job, quentin, type Story, tina } from "./story.ts";

const of: TextsOf = { kind: "job", id: job };
const anniversary = (told: Story, years: number) => yearsAfter(told.state.jobs[job]!.endedAt!, years);

function signed(person: PersonId, shown: { readonly meaning: string }) {
  return { person, name: "sealed", at: 0, meaning: shown.meaning, shown: digestOfValue(shown) } as const;
}

/** What bears out the clock at the moment of the next message; `off` where it says another time. */
function sure(told: Story, off = 0): TimeSupport {
  return { by: "central-qa", at: told.at + 10 + off };
}

interface Change {
  readonly by?: PersonId;
  readonly support?: TimeSupport | null;
}

function erase(told: Story, { by = rosa, support = sure(told) }: Change = {}, what = of): Decision {
  return told.tell({ kind: "erase-texts", of: what, approval: signed(by, shownForErasure(what)), support });
}

function hold(told: Story, on: JobId | null, by = rosa): Decision {
  const approval = signed(by, shownForHold(on, "litigation"));
  return told.tell({ kind: "set-legal-hold", job: on, reason: "litigation", approval });
}

function lift(told: Story, on: JobId | null): Decision {
  return told.tell({
    kind: "lift-legal-hold",
    job: on,
    reason: "closed",
    approval: signed(quentin, shownForLift(on, "closed")),
  });
}

function drop(told: Story, what: "pictures" | "everything", dropped: readonly Digest[], change: Change = {}): Decision {
  const { by = rosa, support = sure(told) } = change;
  const approval = signed(by, shownForDrop(job, what, dropped));
  return told.tell({ kind: "drop-artifacts", job, what, dropped, approval, support });
}

/** A device made of an implant's pathway, ended; nothing is simulated about its time. */
function ended(implantable: boolean | null = null): Story {
  return released({ pathway: "eu-custom-made", implantable });
}

const code = ({ refusal, events }: Decision) => {
  if (refusal === null) return null;
  expect(refusal.what).toMatch(/^[A-Z].*\.$/);
  expect(events.map(({ type }) => type)).toEqual(["RequestRefused"]);
  return refusal.code;
};

describe("[F76] how long a record is kept", () => {
  it("is at least 10 years, 15 for an implant and where the order does not say", () => {
    for (const pathway of pathways) {
      const rule = defaultRetention[pathway];
      expect([rule.years, rule.pictureYears >= leastYears.pictureYears]).toEqual([10, true]);
    }
    expect(defaultRetention["eu-custom-made"].implantYears).toBe(15);
    const years = (told: Story) => {
      const found = keptJob(told.state, job)!;
      return new Date(keptUntil(told.state, found)!.record - found.endedAt!).getUTCFullYear() - 1970;
    };
    expect([ended(false), ended(true), ended(null)].map(years)).toEqual([10, 15, 15]);
  });

  it("a configuration can say longer, pictures shorter, never less than the least", () => {
    const rules = retentionOf({ retention: { "gb-in-house": { years: 20, pictureYears: 3 } } });
    expect(rules["gb-in-house"]).toEqual({ years: 20, implantYears: 20, pictureYears: 3 });
    expect(rules["eu-custom-made"]).toEqual({ years: 10, implantYears: 15, pictureYears: 15 });
  });

  it("ends by the calendar, also over a leap day", () => {
    expect(yearsAfter(Date.UTC(2028, 1, 29), 10)).toBe(Date.UTC(2038, 2, 1));
    expect(yearsAfter(Date.UTC(2026, 10, 26), 15)).toBe(Date.UTC(2041, 10, 26));
  });
});

describe("[F72][F76] erasure of personal texts", () => {
  it("is an entry first, then owed until the key is destroyed, over any restart", () => {
    const told = ended();
    told.at = anniversary(told, 15);
    expect(code(erase(told))).toBeNull();
    const events = told.events.map((event, n) => [event, told.times[n]!] as const);
    const replayed = events.reduce((state, [event, at]) => evolve(state, event, at), emptyState);
    for (const state of [told.state, replayed]) {
      expect(obligations(state)).toMatchObject([{ kind: "destroy-text-key", of, repeatable: true }]);
    }
    told.tell({ kind: "text-key-destroyed", of, done: false });
    expect(obligations(told.state)).toHaveLength(1);
    told.tell({ kind: "text-key-destroyed", of, done: true });
    expect(obligations(told.state)).toEqual([]);
    expect(told.events.at(-1)).toMatchObject({ type: "TextKeyDestroyed", job, of });
    expect(code(erase(told))).toBe("already-decided");
  });

  it("is refused before its time, by the day, and of a job that goes on", () => {
    const told = ended(true);
    told.at = anniversary(told, 15) - 60_000;
    const { refusal } = erase(told);
    expect(refusal).toMatchObject({ code: "retention-runs" });
    expect(refusal?.what).toContain(new Date(anniversary(told, 15)).toISOString().slice(0, 10));
    expect(code(erase(told, {}, { kind: "job", id: "J9" as JobId }))).toBe("unknown-job");
    const open = "J3" as JobId;
    const order = { ...told.state.jobs[job]!.order, id: open, nonce: "n3", expires: told.at + 1_000_000 };
    told.tell({ kind: "accept-order", order });
    expect(code(erase(told, {}, { kind: "job", id: open }))).toBe("not-ended");
  });

  it("is refused under a legal hold of the job or of the cell, and goes on once that is lifted", () => {
    const told = ended(true);
    told.at = anniversary(told, 15);
    expect(code(hold(told, job, tina))).toBe("wrong-role");
    for (const on of [job, null]) {
      expect(code(hold(told, on))).toBeNull();
      expect(code(hold(told, on))).toBe("already-decided");
      expect(code(erase(told))).toBe("legal-hold");
      expect(code(drop(told, "everything", [digest("pdf")]))).toBe("legal-hold");
      expect(code(lift(told, on))).toBeNull();
      expect(code(lift(told, on))).toBe("already-decided");
    }
    expect(code(erase(told))).toBeNull();
  });

  it("by a clock that ran ahead no years are over: another source has to say the same", () => {
    const told = ended(true);
    const truth = told.at;
    told.at = anniversary(told, 20);
    expect(code(erase(told, { support: null }))).toBe("time-unsure");
    expect(code(erase(told, { support: { by: "central-qa", at: truth } }))).toBe("time-unsure");
    expect(code(erase(told, { support: sure(told, -299_000) }))).toBeNull();
  });

  it("of two sources that differ a little the earlier one counts", () => {
    const told = ended(true);
    told.at = anniversary(told, 15) + 60_000;
    expect(code(erase(told, { support: sure(told, -120_000) }))).toBe("retention-runs");
    told.at = anniversary(told, 15) - 60_000;
    expect(code(erase(told, { support: sure(told, 120_000) }))).toBe("retention-runs");
    told.at = anniversary(told, 15) + 60_000;
    expect(code(erase(told, { support: sure(told, 120_000) }))).toBeNull();
  });

  it("a clock that once was ahead in the record does not make the years pass either", () => {
    const told = ended(true);
    const truth = told.at;
    told.at = anniversary(told, 20);
    told.tell({ kind: "clock-stepped", expected: truth, said: told.at });
    told.at = truth;
    told.tell({ kind: "clock-stepped", expected: truth, said: told.at });
    expect(code(erase(told))).toBe("retention-runs");
  });

  it("is QA's, and of exactly what was shown", () => {
    const told = ended(true);
    told.at = anniversary(told, 15);
    expect(code(erase(told, { by: tina }))).toBe("wrong-role");
    const approval = { ...signed(rosa, shownForErasure(of)), meaning: keepingMeanings.drop };
    expect(code(told.tell({ kind: "erase-texts", of, approval, support: sure(told) }))).toBe("not-what-was-shown");
  });

  it("of a lot waits for every device that was made of it, and ten years beyond its own expiry", () => {
    const told = ended(true);
    const lot = Object.keys(told.state.lots)[0] as LotId;
    const what: TextsOf = { kind: "lot", id: lot };
    told.at = anniversary(told, 14);
    expect(erase(told, {}, what).refusal?.what).toContain("went into order J1");
    told.at = anniversary(told, 16);
    expect(code(erase(told, {}, what))).toBeNull();
    expect(obligations(told.state)).toMatchObject([{ kind: "destroy-text-key", of: what }]);
  });

  it("of a lot waits too for a device that was made of a lot made from it", () => {
    const told = ended(true);
    const child = Object.values(told.state.lots)[0]!;
    const id = `${child.gtin}.RESIN-0` as LotId;
    const resin = { ...child, id, batch: "RESIN-0", expires: told.at - 20 * 366 * 86_400_000, parents: [] };
    told.state = { ...told.state, lots: { ...told.state.lots, [id]: resin, [child.id]: { ...child, parents: [id] } } };
    told.at = anniversary(told, 14);
    expect(erase(told, {}, { kind: "lot", id }).refusal?.what).toContain("went into order J1");
    told.at = anniversary(told, 16);
    expect(code(erase(told, {}, { kind: "lot", id }))).toBeNull();
  });
});

describe("[F65][F76] artifacts that need not be kept", () => {
  it("are dropped by an entry first, then owed their removal", () => {
    const told = ended(true);
    told.at = anniversary(told, 15);
    const dropped = [digest("pdf"), digest("program")];
    expect(code(drop(told, "everything", dropped))).toBeNull();
    expect(obligations(told.state)).toMatchObject([{ kind: "remove-artifacts", job, digests: dropped }]);
    told.tell({ kind: "artifacts-removed", job, removed: null });
    expect(obligations(told.state)).toHaveLength(1);
    told.tell({ kind: "artifacts-removed", job, removed: 2 });
    expect(obligations(told.state)).toEqual([]);
    told.tell({ kind: "artifacts-removed", job, removed: 2 });
    expect(told.events.filter(({ type }) => type === "ArtifactsRemoved")).toHaveLength(1);
  });

  it("pictures of layers that passed may go earlier where the configuration says so, everything else not", () => {
    const retention = retentionOf({ retention: { "eu-custom-made": { pictureYears: 2 } } });
    const told = released({ pathway: "eu-custom-made", implantable: true });
    told.state = { ...told.state, setup: { ...told.state.setup!, retention } };
    told.at = anniversary(told, 1);
    expect(code(drop(told, "pictures", [digest("a")]))).toBe("retention-runs");
    told.at = anniversary(told, 2);
    expect(code(drop(told, "everything", [digest("a")]))).toBe("retention-runs");
    expect(code(drop(told, "pictures", [digest("a")]))).toBeNull();
  });

  it("nothing is dropped without a list, without a sure clock or by anybody but QA", () => {
    const told = ended(true);
    told.at = anniversary(told, 15);
    expect(code(drop(told, "everything", []))).toBe("nothing-to-drop");
    expect(code(drop(told, "everything", [digest("a")], { support: null }))).toBe("time-unsure");
    expect(code(drop(told, "everything", [digest("a")], { by: tina }))).toBe("wrong-role");
  });
});

describe("[L6] a refusal", () => {
  it("repeats nothing of an order or a machine that the cell does not know: a patient's number may have been typed there", () => {
    const told = ended(true);
    const typed = "MRN-773190";
    const id = typed as JobId;
    const equipment = typed as never;
    const said = [
      told.tell({ kind: "start", job: id, operation: typed as never, person: tina }),
      told.tell({ kind: "cancel-job", job: id, person: tina, why: "x" }),
      told.tell({ kind: "declare-plate-clear", equipment, person: tina }),
      told.tell({ kind: "load-material", equipment, gtin: "1", batch: "1", person: tina }),
      erase(told, {}, { kind: "job", id }),
      hold(told, id),
      drop({ ...told, tell: told.tell }, "everything", [digest("a")]),
    ];
    for (const { refusal, events } of said) {
      expect(refusal).not.toBeNull();
      expect(JSON.stringify([refusal, events])).not.toContain(typed);
    }
  });
});
