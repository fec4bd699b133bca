/** Material: received, decided on by QA, loaded, taken; and every way in which it may not be used. */
import { describe, expect, it } from "vitest";
import { lotMeanings, shownForLot } from "../../src/jobs/decide/lots.ts";
import { centralObjections } from "../../src/jobs/objections.ts";
import { findLot, lineOf } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { EquipmentId, LotId } from "../../src/kernel/names.ts";
import { lotId } from "../../src/materials/lot.ts";
import {
  begun,
  central,
  confirm,
  decideLot,
  far,
  filament,
  finish,
  load,
  prepareBuild,
  present,
  printed,
  receive,
  refusal,
  reply,
  rosa,
  routeStory,
  say,
  setup,
  sleeves,
  start,
  station,
  supply,
  upTo,
} from "./route-story.ts";
import { job, printer, type Story, seePlate, tina } from "./story.ts";

const lotOf = (story: Story, batch: string) => findLot(story.state, lotId(filament.gtin, batch)!)!;

describe("a delivery", () => {
  it("[F39] waits in quarantine until QA has signed exactly what was shown", () => {
    const story = routeStory();
    receive(story, filament, "PLA-8", 750);
    expect(lotOf(story, "PLA-8")).toMatchObject({ status: "quarantine", quantity: 750, used: 0, releasedBy: null });
    expect(refusal(load(story, printer, filament, "PLA-8"))).toBe("wrong-material");
    expect(decideLot(story, filament, "PLA-8").refusal).toBeNull();
    expect(lotOf(story, "PLA-8")).toMatchObject({ status: "released", releasedBy: rosa });
    expect(load(story, printer, filament, "PLA-8").refusal).toBeNull();
  });

  it.each([
    ["of a material that the cell does not use", { gtin: "09506000134352" }, "wrong-material"],
    ["with a lot number of strange characters", { batch: "A B" }, "wrong-material"],
    ["with a lot number that is too long", { batch: "A".repeat(21) }, "wrong-material"],
    ["without a certificate", { certificate: "" }, "wrong-material"],
    ["of nothing", { quantity: 0 }, "wrong-material"],
    ["of a negative quantity", { quantity: -1 }, "wrong-material"],
    ["of an infinite quantity", { quantity: Number.POSITIVE_INFINITY }, "wrong-material"],
    ["of a quantity that is no number", { quantity: Number.NaN }, "wrong-material"],
    ["whose expiry is no number", { expires: Number.NaN }, "wrong-material"],
    ["that has expired already", { expires: 5 }, "wrong-material"],
    ["that is here already", { batch: "PLA-7" }, "already-decided"],
    ["from somebody unknown", { person: "ghost" as typeof tina }, "wrong-role"],
  ])("[F39] %s is refused and recorded", (_, change, code) => {
    const story = routeStory();
    const base = { gtin: filament.gtin, batch: "PLA-9", certificate: "C-1", expires: far, quantity: 10, person: tina };
    const decision = story.tell({ kind: "receive-lot", ...base, ...change });
    expect(refusal(decision)).toBe(code);
    expect(findLot(story.state, lotId(filament.gtin, "PLA-9")!)).toBeUndefined();
  });

  it("[F41][F85] keeps the lots that it was made from, six deep, and a hold of the oldest reaches the youngest", () => {
    const story = routeStory();
    const name = (batch: string) => `${filament.gtin}.${batch}`;
    const take = (batch: string, parents: readonly string[]) => {
      const base = { gtin: filament.gtin, batch, certificate: "C-1", expires: far, quantity: 10, person: tina };
      return story.tell({ kind: "receive-lot", ...base, parents });
    };
    for (const n of [5, 4, 3, 2, 1, 0]) expect(take(`B${n}`, [name(`B${n + 1}`)]).refusal).toBeNull();
    const ancestors = [1, 2, 3, 4, 5, 6].map((n) => name(`B${n}`));
    expect(lineOf(story.state, name("B0"))).toEqual([name("B0"), ...ancestors]);
    for (const [parents, words] of [
      [["B1"], "14 digits"],
      [[name("B1"), name("B1")], "named twice"],
      [[name("C1")], "from itself"],
      [Array.from({ length: 17 }, (_, n) => name(`X${n}`)), "at most 16"],
    ] as const) {
      const refused = take("C1", parents);
      expect(refusal(refused)).toBe("wrong-material");
      expect(refused.refusal?.what).toContain(words);
    }
    // B6 never was here: what was made from it cannot go into it.
    expect(take("B6", [name("B0")]).refusal?.what).toContain("made from it");
    decideLot(story, filament, "B0");
    expect(load(story, printer, filament, "B0").refusal).toBeNull();
    say(story, central({ target: { kind: "lot", id: name("B6") } }));
    expect(load(story, printer, filament, "B0").refusal?.what).toContain(`lot ${name("B6")}, which went into lot B0`);
    const steps = Object.values(story.state.jobs).flatMap((each) => each.order.route.map((step) => ({ each, step })));
    const objections = steps.flatMap(({ each, step }) => centralObjections(story.state, each, step));
    expect(objections.join(" ")).toContain(name("B6"));
  });

  it("[F39][F17] is decided on by QA alone, over what was shown, and a rejection is for good", () => {
    const story = routeStory();
    receive(story, filament, "PLA-8");
    expect(refusal(decideLot(story, filament, "PLA-8", "released", tina))).toBe("wrong-role");
    const shown = digestOfValue(shownForLot({ ...lotOf(story, "PLA-8"), quantity: 1 }, "released"));
    const approval = { person: rosa, name: "sealed", at: 0, meaning: lotMeanings.released, shown };
    const lot = lotOf(story, "PLA-8").id;
    expect(refusal(story.tell({ kind: "decide-lot", lot, status: "released", approval }))).toBe("not-what-was-shown");
    const rejecting = { ...approval, meaning: lotMeanings.rejected };
    expect(refusal(story.tell({ kind: "decide-lot", lot, status: "released", approval: rejecting }))).toBe(
      "not-what-was-shown",
    );
    const nowhere = "09506000117843.X" as LotId;
    expect(refusal(story.tell({ kind: "decide-lot", lot: nowhere, status: "released", approval }))).toBe("unknown-lot");
    decideLot(story, filament, "PLA-8", "rejected");
    expect(refusal(decideLot(story, filament, "PLA-8", "released"))).toBe("already-decided");
    expect(refusal(load(story, printer, filament, "PLA-8"))).toBe("wrong-material");
  });
});

describe("loading", () => {
  it.each<[string, (story: Story) => unknown, string]>([
    ["a lot nobody received", (story) => load(story, printer, filament, "PLA-99"), "unknown-lot"],
    ["a lot number that cannot be one", (story) => load(story, printer, filament, "A B"), "unknown-lot"],
    [
      "a material that no order uses on this machine",
      (story) => load(story, station, filament, "PLA-7"),
      "wrong-material",
    ],
    [
      "into a machine that is not here",
      (story) => load(story, "x" as EquipmentId, filament, "PLA-7"),
      "unknown-equipment",
    ],
    [
      "a material that the cell does not use",
      (story) => load(story, printer, { ...filament, gtin: "09506000134352" }, "PLA-7"),
      "wrong-material",
    ],
    [
      "by QA",
      (story) =>
        story.tell({ kind: "load-material", equipment: printer, gtin: filament.gtin, batch: "PLA-7", person: rosa }),
      "wrong-role",
    ],
    ["an expired lot", (story) => load(waitUntil(story, far), printer, filament, "PLA-7"), "wrong-material"],
  ])("[F40] %s is refused and recorded", (_, act, code) => {
    const story = routeStory();
    expect(refusal(act(story) as ReturnType<typeof load>)).toBe(code);
  });

  it("[F40] is refused while the machine is at work", () => {
    const story = routeStory();
    prepareBuild(story);
    start(story, "print");
    expect(refusal(load(story, printer, filament, "PLA-7"))).toBe("machine-in-use");
  });

  it("[F40] puts a lot in the place of another of the same material, and a restart forgets none", () => {
    const story = routeStory();
    supply(story, printer, filament, "PLA-8");
    expect(story.state.equipment[printer]!.loaded).toMatchObject([
      { material: "pla", lot: lotId(filament.gtin, "PLA-8") },
    ]);
    story.tell({ kind: "boot", boot: "b", versions: story.state.versions!, setup });
    expect(story.state.equipment[printer]!.loaded).toHaveLength(1);
  });
});

describe("a start", () => {
  const shut = (story: Story, operation = "print") => {
    const { refusal: refused } = start(story, operation);
    return refused?.gates?.filter(({ state }) => state === "shut").map(({ gate, owner }) => `${gate}/${owner}`);
  };

  it.each<[string, (story: Story) => void, string]>([
    ["nothing is loaded", (story) => upTo("print", story), "material/technician"],
    [
      "the lot was rejected after loading",
      (story) => decideLot(supplied(story), filament, "P", "rejected"),
      "material/technician",
    ],
    [
      "the lot has less left than the step takes",
      (story) => supply(story, printer, filament, "P", 11.9),
      "material/technician",
    ],
    ["the lot has expired since it was loaded", (story) => expiring(story, 400), "material/technician"],
  ])("[F39][F40][F93] is refused when %s", (_, arrange, gate) => {
    const story = routeStory();
    bare(story);
    arrange(story);
    prepareBuild(story);
    expect(shut(story)).toEqual([gate]);
    expect(story.owed()).toEqual([]);
  });

  it("[F44][F45] names the lot, takes its quantity, and takes it whatever becomes of the part", () => {
    const story = routeStory();
    prepareBuild(story);
    start(story, "print");
    const issued = { material: "pla", batch: "PLA-7", gtin: filament.gtin, quantity: 12, unit: "g", releasedBy: rosa };
    expect(story.attempt().materials).toMatchObject([issued]);
    expect(lotOf(story, "PLA-7").used).toBe(12);
    seePlate(story, true);
    reply(story, "refused");
    expect(story.attempt().outcome).toBe("NotBegun");
    expect(lotOf(story, "PLA-7").used).toBe(12);
  });

  it("[F44] takes components too: no press without its sleeves, and none beyond what is left", () => {
    const story = routeStory();
    supply(story, station, sleeves, "SL-4", 3);
    upTo("press-sleeves", story);
    begun(story);
    finish(story);
    expect(story.attempt().materials).toMatchObject([{ batch: "SL-4", quantity: 2 }]);
    expect(findLot(story.state, lotId(sleeves.gtin, "SL-4")!)!.used).toBe(2);
    const second = routeStory({ copies: 2 });
    supply(second, station, sleeves, "SL-4", 3);
    upTo("measure", second);
    const other = { ...second.state.jobs[job]!.order, id: "J2" as typeof job, nonce: "n-2" };
    second.tell({ kind: "accept-order", order: other });
    expect(findLot(second.state, lotId(sleeves.gtin, "SL-4")!)).toMatchObject({ quantity: 3, used: 2 });
  });

  it("[F44] is refused where lot and order count in different units", () => {
    const other = { ...filament, unit: "kg" };
    const story = routeStory({}, { materials: [other, sleeves] });
    prepareBuild(story);
    expect(shut(story)).toEqual(["material/engineer"]);
  });

  it("[F40] of the next step asks for its own material only", () => {
    const story = routeStory();
    printed(story);
    expect(story.state.jobs[job]!.units[0]).toMatchObject({ completed: 1 });
    story.tell({ kind: "tag-part", job, tag: "T-1", person: tina });
    confirm(story, "T-1");
    present(story);
    expect(start(story, "clean-dry").refusal).toBeNull();
  });
});

/** Takes out what the story has loaded into the printer: a cell that never saw this material. */
function bare(story: Story): void {
  const machine = story.state.equipment[printer]!;
  story.state = { ...story.state, equipment: { ...story.state.equipment, [printer]: { ...machine, loaded: [] } } };
}

function supplied(story: Story): Story {
  supply(story, printer, filament, "P");
  return story;
}

function expiring(story: Story, inMs: number): void {
  receive(story, filament, "P", 1000, story.at + inMs);
  decideLot(story, filament, "P");
  load(story, printer, filament, "P");
  waitUntil(story, story.at + inMs);
}

function waitUntil(story: Story, at: number): Story {
  story.at = at;
  return story;
}
