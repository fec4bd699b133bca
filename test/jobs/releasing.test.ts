/** The last steps: handed over, reviewed and released by a second person, and nobody's own work. */
import { describe, expect, it } from "vitest";
import { omissionsOf } from "../../src/jobs/decide/releasing.ts";
import { releaseFaults } from "../../src/jobs/record/omissions.ts";
import { releaseMeaning, shownForRelease } from "../../src/jobs/record/summary.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import { signForModel } from "./models.ts";
import {
  begun,
  bo,
  central,
  finish,
  handOver,
  labelPrinted,
  online,
  prepareBuild,
  present,
  refusal,
  release,
  released,
  requestLabel,
  rosa,
  route,
  routeBoot,
  routeStory,
  say,
  scanLabel,
  start,
  station,
  tag,
  upTo,
} from "./route-story.ts";
import {
  answer,
  capture,
  clearPlate,
  goodLayer,
  inspect,
  job,
  layerDone,
  printer,
  report,
  type Story,
  seePlate,
  tina,
} from "./story.ts";

const unit = (story: Story) => story.state.jobs[job]!.units[0]!;

describe("a hand-over", () => {
  it("[F44] names the container and the department", () => {
    const story = upTo("handover");
    expect(handOver(story, "BAG-7").events).toMatchObject([
      { type: "HandedOver", to: "Sterilisation", container: "BAG-7", person: tina },
      { type: "OperationCompleted" },
    ]);
  });

  it.each(["", "a bag", "B".repeat(65)])("[F44] into %j is refused", (container) => {
    const story = upTo("handover");
    expect(refusal(handOver(story, container))).toBe("out-of-order");
    expect(unit(story).completed).toBe(5);
  });

  it("[F17] by QA is refused", () => {
    expect(refusal(handOver(upTo("handover"), "BAG-1", rosa))).toBe("wrong-role");
  });
});

describe("a release", () => {
  it("[F68][F69] is signed by QA over exactly what is on record, with its meaning", () => {
    const story = upTo("release");
    const { record } = story.state.jobs[job]!;
    const shown = digestOfValue(shownForRelease(record, 1));
    const signed = { person: rosa, name: "sealed", at: 0, meaning: releaseMeaning, shown };
    const other = digestOfValue({ ...shownForRelease(record, 1), simulated: false });
    const sign = (change: object) => story.tell({ kind: "release", job, unit: 1, approval: { ...signed, ...change } });
    expect(refusal(sign({ shown: other }))).toBe("not-what-was-shown");
    expect(refusal(sign({ meaning: "I release it." }))).toBe("not-what-was-shown");
    expect(refusal(sign({ person: tina }))).toBe("wrong-role");
    expect(refusal(sign({ person: "ghost" }))).toBe("unknown-person");
    expect(sign({}).refusal).toBeNull();
    expect(story.state.jobs[job]!.record.units[0]!.released).toMatchObject({ approval: signed, simulated: true });
  });

  it("[F69] signed over a record that has changed since is refused", () => {
    const story = upTo("release");
    const before = digestOfValue(shownForRelease(story.state.jobs[job]!.record, 1));
    const approval = { person: rosa, name: "sealed", at: 0, meaning: releaseMeaning, shown: before };
    const gone = upTo("release", routeStory({ lineage: { ...story.state.jobs[job]!.order.lineage, scan: "S2" } }));
    expect(refusal(gone.tell({ kind: "release", job, unit: 1, approval }))).toBe("not-what-was-shown");
  });

  it("[F68] of another copy than the one that waits, of none, and twice, is refused", () => {
    const story = upTo("release", routeStory({ copies: 2 }));
    expect(refusal(release(story, rosa, 2))).toBe("out-of-order");
    expect(refusal(release(story, rosa, 0))).toBe("out-of-order");
    expect(release(story).refusal).toBeNull();
    expect(refusal(release(story, rosa, 1))).toBe("out-of-order");
    expect(refusal(release(released(), rosa, 1))).toBe("job-ended");
  });

  /** Everything that makes somebody's hand be in a copy; `bo` is QA too. */
  const hands: Readonly<Record<string, (story: Story) => void>> = {
    "started the print and compared the identifiers": (story) => {
      story.tell({ kind: "confirm-identity", job, person: bo, hmacs: ["first", "second"], side: "left" });
      clearPlate(story);
      present(story);
      expect(start(story, "print", bo).refusal).toBeNull();
      story.tell({ kind: "stop", attempt: story.attempt().id, person: tina, why: "to be done again" });
    },
    "tagged the part": (story) => {
      upTo("clean-dry", story);
      story.tell({ kind: "tag-part", job, tag: "T-1", person: bo });
    },
    "scanned the part at a machine": (story) => {
      upTo("press-sleeves", story);
      story.tell({ kind: "confirm-part", job, equipment: station, tag: unit(story).tag!, person: bo });
    },
    "held a step": (story) => held(story, bo, tina),
    "resumed a step": (story) => held(story, tina, bo),
    "asked for the label": (story) => void requestLabel(upTo("label", story), bo),
    "scanned the label": (story) => {
      requestLabel(upTo("label", story));
      labelPrinted(story);
      scanLabel(story, undefined, bo);
    },
    "voided a label": (story) => {
      requestLabel(upTo("label", story));
      labelPrinted(story);
      story.tell({ kind: "void-label", job, why: "damaged", person: bo });
    },
    "handed it over": (story) => void handOver(upTo("handover", story), "BAG-1", bo),
  };

  it.each(Object.keys(hands).slice(1))("[F18][F68] by whoever %s is refused; a second person can", (name) => {
    const story = routeStory();
    hands[name]!(story);
    goOn(story);
    expect(refusal(release(story, bo))).toBe("own-work");
    expect(unit(story).completed).toBe(6);
    expect(release(story, rosa).refusal).toBeNull();
  });

  it("[F18] by whoever started one copy of a scrapped attempt is refused for that copy alone", () => {
    const story = routeStory();
    hands["started the print and compared the identifiers"]!(story);
    expect(story.state.jobs[job]!.record.units[0]!.hands).toEqual([bo, tina]);
  });

  it("[F18] by whoever had a hand is found in the record alone, whoever wrote it", () => {
    const { record } = released().state.jobs[job]!;
    expect(releaseFaults(record, 1)).toEqual([]);
    const [first] = record.units;
    const own = { ...record, units: [{ ...first!, hands: [rosa] }] };
    expect(releaseFaults(own, 1)).toEqual(["Whoever released the copy had a hand in making it."]);
    const scrapped = { ...record, units: [{ ...first!, scrapped: true }] };
    expect(releaseFaults(scrapped, 1)).toEqual(["Copy 1 was scrapped."]);
    const unsaid = { ...record, units: [{ ...first!, released: { ...first!.released!, simulated: false } }] };
    expect(releaseFaults(unsaid, 1)).toHaveLength(1);
    expect(releaseFaults({ ...record, units: [{ ...first!, released: null }] }, 1)).toHaveLength(1);
    expect(releaseFaults(record, 2)).toHaveLength(1);
  });

  it("[F70] is refused with the whole list while anything is missing, and completes nothing", () => {
    const story = upTo("release");
    const current = story.state.jobs[job]!;
    const record = {
      ...current.record,
      proofs: {},
      units: [{ ...current.record.units[0]!, tag: null, handovers: [] }],
    };
    story.state = { ...story.state, jobs: { ...story.state.jobs, [job]: { ...current, record } } };
    const decision = release(story);
    expect(refusal(decision)).toBe("not-complete");
    const expected = ["clean-dry/part", "press-sleeves/part", "measure/part", "handover/handover", "tag"];
    expect(decision.refusal?.omissions?.map(({ code }) => code)).toEqual(expected);
    for (const { what } of decision.refusal?.omissions ?? []) expect(decision.refusal?.what).toContain(what);
    expect(unit(story).completed).toBe(6);
  });

  it("[F36] shows what nobody watched, and the machines, lots and results that it rests on", () => {
    const story = upTo("measure");
    begun(story);
    const gap = { kind: "gap", from: story.at - 5, to: story.at, what: "The connection was away." } as const;
    story.tell({ kind: "observed", equipment: station, observation: gap });
    finish(story);
    const shown = shownForRelease(story.state.jobs[job]!.record, 1);
    expect(shown.unwatched).toMatchObject([{ equipment: station }]);
    expect(shown.steps[0]).toMatchObject({ serial: "S1", software: "f", materials: [{ lot: "PLA-7" }], layers: 3 });
    expect(shown.steps[3]).toMatchObject({ serial: "S2", results: [{ value: 2.21, verdict: "pass" }] });
  });
});

describe("pictures of a printer that runs ahead", () => {
  it("[F70][F51] may overtake each other: the record is complete all the same", () => {
    const steps = route.map((step) => (step.kind === "build" ? { ...step, lag: 2 } : step));
    const story = routeStory({ route: steps });
    prepareBuild(story);
    start(story, "print");
    seePlate(story, true);
    answer(story, "begin");
    goodLayer(story, 1);
    for (const layer of [2, 3]) layerDone(story, layer);
    const frames = [3, 2].map((layer) => [layer, capture(story, layer)] as const);
    for (const [layer, frame] of frames.toSorted(([a], [b]) => a - b)) inspect(story, layer, report(frame));
    finish(story);
    expect(story.attempt().outcome).toBe("Completed");
    expect(release(upTo("release", story)).refusal).toBeNull();
  });
});

describe("a simulated device", () => {
  const unmarked = (demonstration = true): Story => {
    const story = routeStory();
    story.state = { ...story.state, central: { ...story.state.central, demonstration: false } };
    upTo("release", story);
    if (!demonstration) routeBoot(story, { demonstration: false });
    return story;
  };
  const codes = (story: Story) => release(story).refusal?.omissions?.map(({ code }) => code);

  it("[F34][F74] is released only in a demonstration that central QA has marked, and says so", () => {
    expect(codes(unmarked())).toEqual(["simulated-unmarked"]);
    expect(codes(unmarked(false))).toEqual(["simulated", "simulated-unmarked"]);
    const marked = unmarked(false);
    say(marked, central({ action: "demonstration", reason: "demonstration" }));
    expect(codes(marked)).toEqual(["simulated"]);
    routeBoot(marked);
    expect(release(marked).events).toMatchObject([
      { type: "UnitReleased", simulated: true },
      { type: "OperationCompleted" },
      { type: "JobEnded" },
    ]);
  });

  it("[F34] is one as soon as one machine of its route is simulated", () => {
    const story = routeStory();
    signForModel(story);
    online(story, printer, false);
    online(story, station, false);
    upTo("measure", story);
    online(story, station, true);
    upTo("release", story);
    expect(story.state.jobs[job]!.units[0]!.labels[0]!.content.simulated).toBe(true);
    expect(release(story).events).toMatchObject([{ type: "UnitReleased", simulated: true }, {}, {}]);
  });

  it("[F34] is not what real machines have made: that needs no mark", () => {
    const story = unmarkedReal();
    expect(omissionsOf(story.state, story.state.jobs[job]!, 1)).toEqual([]);
    expect(release(story).events).toMatchObject([{ type: "UnitReleased", simulated: false }, {}, {}]);
  });

  function unmarkedReal(): Story {
    const story = routeStory({}, { demonstration: false });
    story.state = { ...story.state, central: { ...story.state.central, demonstration: false } };
    online(story, printer, false);
    online(story, station, false);
    signForModel(story);
    return upTo("release", story);
  }
});

/** A hold and its end at the measurement. */
function held(story: Story, holder: typeof tina, resumer: typeof tina): void {
  upTo("measure", story);
  begun(story);
  story.tell({ kind: "hold", attempt: story.attempt().id, person: holder, why: "a noise" });
  present(story);
  expect(story.tell({ kind: "resume", attempt: story.attempt().id, person: resumer }).refusal).toBeNull();
  finish(story);
}

/** Whatever is left to do, done by others. */
function goOn(story: Story): void {
  if (unit(story).completed === 1 && unit(story).tag === null) tag(story);
  if (unit(story).completed === 4 && unit(story).labels.some(({ state }) => state === "requested")) {
    labelPrinted(story);
    scanLabel(story);
  }
  for (const step of route.slice(unit(story).completed + 1)) upTo(step.id, story);
}
