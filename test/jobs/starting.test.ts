/** What a start needs, gate by gate, and that it happens once. */
import { describe, expect, it } from "vitest";
import { startGates } from "../../src/jobs/gates.ts";
import type { OperationId } from "../../src/kernel/names.ts";
import {
  begin,
  boot,
  cellWithOrder,
  clearPlate,
  job,
  order,
  prepare,
  present,
  printer,
  quentin,
  type Story,
  seePlate,
  start,
  tina,
} from "./story.ts";

const print = "print" as OperationId;
const shut = (story: Story) =>
  startGates(story.state, story.state.jobs[job]!, print, tina, { at: story.at, mono: story.at })
    .filter((gate) => gate.state === "shut")
    .map((gate) => gate.gate);

describe("a start", () => {
  it("[L1][L5] is written before the machine is owed anything, and owed once", () => {
    const story = cellWithOrder();
    prepare(story);
    expect(story.owed()).toEqual([]);
    expect(start(story).refusal).toBeNull();
    expect(story.owed()).toMatchObject([{ kind: "check-plate" }]);
    seePlate(story, true);
    expect(story.owed()).toMatchObject([{ kind: "direct", repeatable: false, directive: { kind: "begin" } }]);
  });

  it.each<[string, (story: Story) => void]>([
    ["identity", steps(clearPlate, present)],
    ["plate", steps(confirm, present)],
    ["plate", steps(confirm, occupyPlate, present)],
    ["presence", steps(confirm, clearPlate)],
    ["presence", steps(prepare, waitUntil(70_000))],
    ["expiry", steps(waitUntil(999_950), prepare)],
    ["inspection", steps(prepare, coverLens)],
    ["machine-online", steps(unplug, prepare)],
  ])("[F93][F29] is refused with the gate %s shut, in words", (gate, arrange) => {
    const story = cellWithOrder();
    arrange(story);
    const { refusal, events } = start(story);
    expect(refusal?.gates?.filter((each) => each.state === "shut").map((each) => each.gate)).toEqual([gate]);
    for (const each of refusal?.gates?.filter((one) => one.state === "shut") ?? [])
      expect(each.remedy).toMatch(/[a-z].*\.$/);
    expect(events.map((event) => event.type)).toEqual(["RequestRefused"]);
    expect(story.owed().filter((duty) => duty.kind === "direct")).toEqual([]);
  });

  it("[L5][F29] is over before the machine hears of it when the last look finds something on the plate", () => {
    const story = cellWithOrder();
    prepare(story);
    start(story);
    seePlate(story, false);
    expect(story.attempt()).toMatchObject({ phase: "ended", outcome: "NotBegun" });
    expect(story.state.equipment[printer]).toMatchObject({ plate: "occupied", unsafe: null });
    expect(story.owed()).toEqual([]);
  });

  it("[L5] a clock that jumps, or a machine that was away, makes plate and proofs worthless", () => {
    const jumped = cellWithOrder();
    prepare(jumped);
    jumped.tell({ kind: "clock-stepped", expected: 5_000, said: 1_000 });
    expect(shut(jumped)).toEqual(["identity", "plate", "presence"]);
    const away = cellWithOrder();
    prepare(away);
    unplug(away);
    away.observe({
      kind: "online",
      identity: { vendor: "v", model: "m", serial: "S1", firmware: "f", simulated: true },
    });
    expect(shut(away)).toEqual(["plate"]);
  });

  it("[F4] needs identifiers that the same person has confirmed, not long ago", () => {
    const story = cellWithOrder({ expires: 1e12 });
    story.tell({ kind: "enrol", person: quentin, roles: ["technician"] });
    prepare(story);
    const other = story.tell({ kind: "start", job, operation: print, person: quentin });
    expect(other.refusal?.gates?.filter((gate) => gate.state === "shut").map((gate) => gate.gate)).toEqual([
      "identity",
    ]);
    story.at += 16 * 60_000;
    present(story);
    expect(shut(story)).toEqual(["identity"]);
  });

  it("[F31] is refused on a machine that stays hot when its controller dies", () => {
    const story = cellWithOrder();
    boot(story, "none");
    prepare(story);
    expect(shut(story)).toEqual(["host-loss"]);
  });

  it.each(["constructor", "toString", "__proto__", "hasOwnProperty"])("a name like %s finds nothing", (name) => {
    const story = cellWithOrder();
    const declared = story.tell({ kind: "declare-plate-clear", equipment: name as typeof printer, person: tina });
    expect(declared.refusal?.code).toBe("unknown-equipment");
    const route = order.route.map((step) => ({ ...step, equipment: name as typeof printer }));
    const odd = { ...order, id: name as typeof job, nonce: "n2", route };
    expect(story.tell({ kind: "accept-order", order: odd }).refusal?.code).toBe("order-invalid");
    expect(story.tell({ kind: "prove-presence", job: name as typeof job, device: "d", proof: "p" }).refusal?.code).toBe(
      "unknown-job",
    );
    expect(story.tell({ kind: "start", job, operation: print, person: name as typeof tina }).refusal?.code).toBe(
      "unknown-person",
    );
  });

  it("[F17] is refused to anyone but a technician", () => {
    const story = cellWithOrder();
    prepare(story);
    expect(story.tell({ kind: "start", job, operation: print, person: quentin }).refusal?.code).toBe("not-startable");
  });

  it("[L4] happens once even when asked twice", () => {
    const story = cellWithOrder();
    prepare(story);
    start(story);
    expect(start(story).refusal?.code).toBe("out-of-order");
    expect(story.state.jobs[job]!.attempts).toHaveLength(1);
  });

  it("[L5] consumes identity, presence and plate", () => {
    const story = cellWithOrder();
    begin(story);
    story.observe({
      kind: "failed",
      attempt: story.attempt().id,
      fault: { code: "c", what: "w", remedy: "r" },
      heaters: "off",
    });
    expect(shut(story)).toEqual(["nonconformity", "identity", "machine-safe", "plate", "presence"]);
  });

  it("[F29] a restart of the controller forgets plate, presence and identity", () => {
    const story = cellWithOrder();
    prepare(story);
    boot(story);
    expect(shut(story)).toEqual(["identity", "plate", "presence"]);
  });

  it("[F12] shows what is not built as not built, never as open", () => {
    const story = cellWithOrder();
    const gates = startGates(story.state, story.state.jobs[job]!, print, tina, { at: story.at, mono: story.at });
    expect(gates.filter((gate) => gate.state === "not-built").map((gate) => gate.gate)).toEqual([
      "qualification",
      "competence",
    ]);
  });
});

describe("identity", () => {
  it.each([
    [["first", "wrong"], "left"],
    [["wrong", "second"], "left"],
    [["second", "first"], "left"],
    [["first", "second"], "right"],
  ] as const)("[F4][L6] %j on the %s is refused and recorded", (hmacs, side) => {
    const story = cellWithOrder();
    const { refusal, events } = story.tell({ kind: "confirm-identity", job, person: tina, hmacs, side });
    expect(refusal?.code).toBe("identity-mismatch");
    expect(events).toMatchObject([{ type: "RequestRefused", job, code: "identity-mismatch" }]);
    expect(story.state.jobs[job]!.identity).toBeNull();
  });
});

describe("orders", () => {
  it("[F10] are used once: neither the id nor the nonce comes in again", () => {
    const story = cellWithOrder();
    expect(story.tell({ kind: "accept-order", order }).refusal?.code).toBe("order-repeated");
    const renamed = { ...order, id: "J2" as typeof job };
    expect(story.tell({ kind: "accept-order", order: renamed }).refusal?.code).toBe("order-replayed");
  });

  it("[F1] are refused when expired or when nothing of the cell can make them", () => {
    const story = cellWithOrder();
    const other = { ...order, id: "J2" as typeof job, nonce: "n2" };
    expect(story.tell({ kind: "accept-order", order: { ...other, expires: 5 } }).refusal?.code).toBe("order-expired");
    const route = order.route.map((step) => ({ ...step, equipment: "press" as typeof printer }));
    expect(story.tell({ kind: "accept-order", order: { ...other, route } }).refusal?.what).toContain("press");
  });
});

describe("presence", () => {
  it("[L5] a proof is taken once, and only for an open job", () => {
    const story = cellWithOrder();
    const prove = (proof: string, about: string = job) =>
      story.tell({ kind: "prove-presence", job: about as typeof job, device: "scanner", proof }).refusal?.code;
    expect(prove("p1")).toBeUndefined();
    expect(prove("p1")).toBe("proof-reused");
    expect(prove("p2", "J9")).toBe("unknown-job");
  });
});

describe("a machine", () => {
  it("[F32] with another serial at the same address is refused", () => {
    const story = cellWithOrder();
    story.observe({
      kind: "online",
      identity: { vendor: "v", model: "m", serial: "S2", firmware: "f", simulated: true },
    });
    expect(story.state.equipment[printer]).toMatchObject({ online: false, fault: { code: "wrong-machine" } });
  });
});

function confirm(story: Story): void {
  story.tell({ kind: "confirm-identity", job, person: tina, hmacs: ["first", "second"], side: "left" });
}

function steps(...todo: readonly ((story: Story) => void)[]): (story: Story) => void {
  return (story) => {
    for (const step of todo) step(story);
  };
}

function occupyPlate(story: Story): void {
  clearPlate(story, false);
}

function waitUntil(at: number): (story: Story) => void {
  return (story) => {
    story.at = at;
  };
}

function coverLens(story: Story): void {
  story.tell({ kind: "inspection-status", ready: false, what: "The lens is covered." });
}

function unplug(story: Story): void {
  story.observe({ kind: "offline", fault: { code: "cable", what: "The cable is out.", remedy: "Plug it in." } });
}
