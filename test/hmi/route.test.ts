/** The API of the whole route: every new deed through the real core, wrong codes named, signatures bound to what was shown. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CellView, JobView } from "../../src/hmi/api.ts";
import type { MaterialsView, RecordsView, ReleaseView, ShownView } from "../../src/hmi/api-route.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import { type Client, type HmiBench, password, startHmi } from "./bench.ts";
import { job, materials, printer, station } from "./fake-cell.ts";
import {
  container,
  good,
  goodUntil,
  labelCode,
  lotOf,
  markDemonstration,
  measured,
  packageCode,
  packages,
  personWith,
  provePresence,
  type Stage,
  startTask,
  tag,
  useByOf,
  walkTo,
  wholeRoute,
} from "./walk.ts";

let folder: string;
let bench: HmiBench;
let ana: Client;

const [pla, sleeve] = materials;
const jobUrl = `/api/jobs/${job}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-web-"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>panel</title>");
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  bench = await startHmi(folder);
  await bench.invite(["technician"], "Ana Lima", password.ana);
  await bench.invite(["qa"], "Ben Okoro", password.ben);
  await bench.cell.prepare({ route: wholeRoute });
  ana = bench.client();
  await ana.post("/api/sign-in", { name: "Ana Lima", password: password.ana });
});
afterEach(() => bench.close());

const jobView = async () => (await ana.get(jobUrl)).json as unknown as JobView;
const cellView = async () => (await ana.get("/api/cell")).json as unknown as CellView;
const materialsView = async () => (await ana.get("/api/materials")).json as unknown as MaterialsView;
const types = (type: string) => bench.cell.recorded.filter(({ event }) => event.type === type);
const ben = { name: "Ben Okoro", password: password.ben };
const walk = (to: Stage) => walkTo(bench.cell, to);

describe("material", () => {
  const lot = lotOf(pla, "PLA-77");
  const receive = (change: object = {}) =>
    ana.post("/api/lots", { code: packages.pla, certificate: "COC-4411", quantity: 1000, ...change });

  async function decide(status: "released" | "rejected", change: object = {}) {
    const shown = (await ana.get(`/api/lots/${lot}/shown?status=${status}`)).json as unknown as ShownView;
    return ana.post(`/api/lots/${lot}/decision`, { status, shown: shown.digest, ...ben, ...change });
  }

  async function hold(action: "hold" | "lift") {
    const reason = action === "hold" ? "material-recall" : "cleared";
    const issuedAt = action === "hold" ? 1 : 2;
    const decision = { id: `D-${action}`, nonce: action, action, target: { kind: "lot", id: lot }, reason } as const;
    const envelope = digestOfValue(action);
    await bench.cell.say({ kind: "central-decision", decision: { ...decision, issuedAt, expires: 4e12 }, envelope });
  }

  it("[F39] a delivery is received by its code, waits in quarantine, and QA releases it with a signature over what is shown", async () => {
    expect((await ana.post("/api/scan", { code: packages.pla })).json).toMatchObject({
      kind: "package",
      title: pla.title,
      batch: "PLA-77",
      expires: Date.UTC(goodUntil, 11, 31, 23, 59, 59, 999),
      lot: null,
    });
    expect((await receive()).status).toBe(200);
    expect((await receive()).json.code).toBe("already-decided");
    expect((await materialsView()).lots).toMatchObject([
      { id: lot, status: "quarantine", left: 1000, certificate: "COC-4411" },
    ]);
    expect((await ana.post(`/api/machines/${printer}/material`, { code: packages.pla })).json.what).toContain(
      "quarantine",
    );
    expect((await decide("released", { name: "Ana Lima", password: password.ana })).json.code).toBe("wrong-role");
    expect((await decide("released", { password: "wrong" })).status).toBe(403);
    expect((await decide("released", { shown: "0".repeat(64) })).json.code).toBe("not-what-was-shown");
    expect((await decide("released")).status).toBe(200);
    expect((await materialsView()).lots).toMatchObject([{ status: "released", releasedBy: "Ben Okoro", whyNot: null }]);
    expect((await ana.get("/api/session")).json["person"]).toMatchObject({ name: "Ana Lima" });
    expect(JSON.stringify(types("LotDecided"))).not.toContain("Ben Okoro");
  });

  it("[F39] without a lot, a day of expiry, a number in the certificate or a quantity nothing is received", async () => {
    const noLot = `01${pla.gtin}17${useByOf(goodUntil)}`;
    const noExpiry = `01${pla.gtin}10PLA-77`;
    for (const [change, code] of [
      [{ code: noLot }, "wrong-code"],
      [{ code: noExpiry }, "wrong-code"],
      [{ code: packageCode(pla, "PLA-78", "200131") }, "wrong-material"],
      [{ code: packageCode({ ...pla, gtin: "09506000134352" as never }, "X-1") }, "wrong-material"],
      [{ code: `JOB:${job}` }, "wrong-code"],
      [{ certificate: "Schmidt" }, "malformed"],
      [{ quantity: 0 }, "malformed"],
      [{ quantity: "1000" }, "malformed"],
    ] as const) {
      expect([change, (await receive(change)).json.code]).toEqual([change, code]);
    }
    expect(types("LotReceived")).toEqual([]);
  });

  it("[F40] a package is loaded by scan at its machine; a wrong material, an unknown lot and a rejected one are refused in words", async () => {
    await receive();
    await decide("released");
    const load = (equipment: string, code: string) => ana.post(`/api/machines/${equipment}/material`, { code });
    expect((await load(station, packages.pla)).json.what).toContain(
      "No open order uses PLA filament 1.75 mm on this machine",
    );
    expect((await load(printer, packageCode(pla, "OTHER"))).json.code).toBe("unknown-lot");
    expect((await load(printer, tag)).json.what).toBe("This is the code TAG-0007, which nothing here bears yet.");
    expect((await load(printer, packages.pla)).status).toBe(200);
    expect((await materialsView()).machines).toMatchObject([
      { id: printer, loads: [{ title: pla.title, batch: "PLA-77", whyNot: null }] },
      { id: station, loads: [{ title: sleeve.title, batch: null }] },
    ]);
    await hold("hold");
    const held = { status: "released", held: true, whyNot: expect.stringContaining("Central QA holds lot PLA-77") };
    expect((await materialsView()).lots).toMatchObject([held]);
    expect((await materialsView()).machines[0]?.loads[0]?.whyNot).toContain("The material has been recalled.");
    await hold("lift");
    expect((await materialsView()).lots).toMatchObject([{ status: "released", held: false, whyNot: null }]);
    expect((await decide("rejected")).status).toBe(200);
    expect((await load(printer, packages.pla)).json.what).toContain("was rejected by QA");
    expect((await materialsView()).machines[0]?.loads[0]?.whyNot).toContain("was rejected by QA");
  });
});

describe("the part", () => {
  it("[F48] is tagged once, and a wrong code at the tag is named", async () => {
    await walk("tag");
    const tagging = (code: string) => ana.post(`${jobUrl}/tag`, { code });
    expect((await tagging(`JOB:${job}`)).json.what).toBe(`This is the code of the job sheet ${job}.`);
    expect((await tagging(packages.pla)).json.what).toBe("This is a package of PLA filament 1.75 mm, lot PLA-77.");
    expect((await tagging("MrsSchmidt")).json.code).toBe("wrong-code");
    expect((await tagging("TAG 7")).json.what).toBe("This is no code that is used here.");
    expect((await tagging("x".repeat(201))).json.code).toBe("malformed");
    expect((await tagging(`]C0${tag}`)).status).toBe(200);
    expect((await jobView()).units[0]?.tag).toBe(tag);
    expect((await tagging("TAG-0008")).json.what).toBe("This part has the tag TAG-0007.");
    expect(JSON.stringify(bench.cell.recorded)).not.toContain("Schmidt");
  });

  it("[F48] opens its machine's gate by a scan there; a wrong part is refused, recorded, and shuts the gate again", async () => {
    await walk("clean");
    const confirm = (code: string, equipment: string = station) => ana.post(`${jobUrl}/part`, { code, equipment });
    const gate = async () => (await jobView()).gates.find((each) => each.gate === "part")?.state;
    expect(await gate()).toBe("shut");
    expect((await confirm(tag, printer)).json.code).toBe("wrong-part");
    expect((await confirm(tag)).status).toBe(200);
    expect(await gate()).toBe("open");
    const wrong = await confirm("TAG-0008");
    expect([wrong.status, wrong.json.code]).toEqual([409, "wrong-part"]);
    expect(types("PartRefused")).toHaveLength(1);
    expect(await gate()).toBe("shut");
    expect((await confirm("0109506000134352211")).json.code).toBe("wrong-code");
    await confirm(tag);
    await provePresence(bench.cell);
    expect((await ana.post(`${jobUrl}/start`, { operation: "clean" })).status).toBe(200);
    const view = await jobView();
    expect(view.attempts.at(-1)).toMatchObject({ kind: "task", step: "Clean and dry", part: tag });
    expect(view.route.map(({ state }) => state).slice(0, 3)).toEqual(["done", "running", "waiting"]);
  });

  it("[F11][F64] results stand beside their limits; one outside raises a nonconformity that QA may have done again", async () => {
    await walk("measure");
    await startTask(bench.cell, personWith(bench.cell, "technician"), "measure");
    await bench.cell.finish([...(good["measure"] ?? []).slice(0, 3), measured("guide-height", 11.9, "mm")]);
    const view = await jobView();
    expect(view.attempts.at(-1)?.results).toMatchObject([
      { title: "Bore of sleeve 1", value: 3.251, lower: 3.2, upper: 3.3, unit: "mm", verdict: "pass" },
      {},
      {},
      { title: "Height of the guide", value: 11.9, gauge: "GAUGE-3", verdict: "fail" },
    ]);
    const [open] = view.nonconformities;
    expect(open?.choices.map((each) => each.disposition).sort()).toEqual(["concession", "rework", "scrap"]);
    const reason = "measured-wrongly";
    const query = new URLSearchParams({ disposition: "rework", reason });
    const shown = (await ana.get(`${jobUrl}/nonconformities/${open?.id}/shown?${query}`)).json as unknown as ShownView;
    const signature = { nonconformity: open?.id, disposition: "rework", reason, shown: shown.digest, ...ben };
    expect((await ana.post(`${jobUrl}/dispositions`, signature)).status).toBe(200);
    expect((await jobView()).next).toMatchObject({ id: "measure" });
  });
});

describe("the label", () => {
  const scan = (code: string) => ana.post(`${jobUrl}/label/scan`, { code });

  it("[F46][F47] is printed, given out as PDF to the signed-in, and counts when it was scanned back", async () => {
    await walk("label");
    expect((await ana.post(`${jobUrl}/label`)).status).toBe(200);
    expect((await ana.post(`${jobUrl}/label`)).json.code).toBe("already-decided");
    const [label] = (await jobView()).units[0]?.labels ?? [];
    expect(label).toMatchObject({ number: 1, state: "printed", pdf: true, simulated: true, pseudonym: "CASE-000042" });
    expect(label?.text).toMatch(/^\(01\)09506000134352\(11\)\d{6}\(10\)J-2026-000042\(21\)1$/);
    const pdf = await ana.get(`${jobUrl}/units/1/labels/1/pdf`);
    expect([pdf.headers.get("content-type"), pdf.headers.get("cache-control")]).toEqual([
      "application/pdf",
      "no-store",
    ]);
    expect((await bench.client().get(`${jobUrl}/units/1/labels/1/pdf`)).status).toBe(401);
    expect((await ana.get(`${jobUrl}/units/1/labels/2/pdf`)).json.code).toBe("no-label");
    expect((await scan(packages.pla)).json.what).toBe("This is a package of PLA filament 1.75 mm, lot PLA-77.");
    expect((await jobView()).undecided).toBe(0);
    expect((await scan(labelCode(bench.cell))).status).toBe(200);
    expect((await jobView()).next).toMatchObject({ kind: "handover" });
  });

  it("[F47] that is spoilt is voided before another is printed, and is not given out again", async () => {
    await walk("label");
    bench.cell.labels = false;
    await ana.post(`${jobUrl}/label`);
    expect((await jobView()).units[0]?.labels).toMatchObject([
      { state: "not-printed", pdf: false, fault: { what: "The label printer has no paper." } },
    ]);
    bench.cell.labels = true;
    expect((await ana.post(`${jobUrl}/label/void`, { why: "because" })).json.code).toBe("malformed");
    expect((await ana.post(`${jobUrl}/label/void`, { why: "not-printed" })).status).toBe(200);
    await ana.post(`${jobUrl}/label`);
    expect((await ana.post(`${jobUrl}/label/void`, { why: "damaged" })).status).toBe(200);
    expect((await ana.get(`${jobUrl}/units/1/labels/2/pdf`)).json.what).toBe("This label was voided.");
    expect((await ana.post(`${jobUrl}/label/void`, { why: "damaged" })).json.code).toBe("not-labelled");
  });

  it("[F47][F73] of another copy on the device stops everything until QA has decided", async () => {
    await walk("label");
    await ana.post(`${jobUrl}/label`);
    const other = labelCode(bench.cell).replace(/1$/, "2");
    expect((await scan(other)).json).toMatchObject({
      code: "wrong-label",
      what: expect.stringContaining("The label on the device is not its own"),
    });
    const view = await jobView();
    expect(view.nonconformities).toMatchObject([{ cause: "label-mismatch", attempt: null }]);
    expect((await scan(labelCode(bench.cell))).json.code).toBe("not-startable");
  });
});

describe("the end of the route", () => {
  it("leaves in a container whose code is none of a part, a package or a label", async () => {
    await walk("handover");
    const give = (code: string) => ana.post(`${jobUrl}/handover`, { code });
    expect((await give(tag)).json.what).toBe(`This is the tag of copy 1 of order ${job}.`);
    expect((await give(labelCode(bench.cell))).json.what).toBe(`This is the label of copy 1 of order ${job}.`);
    expect((await give(packages.sleeve)).json.code).toBe("wrong-code");
    expect((await give(container)).status).toBe(200);
    expect((await jobView()).units[0]?.handovers).toEqual([{ to: "Sterilisation", container, by: "Ana Lima" }]);
  });

  const sign = async (change: object = {}) => {
    const view = (await ana.get(`${jobUrl}/release`)).json as unknown as ReleaseView;
    return ana.post(`${jobUrl}/release`, { unit: view.unit, shown: view.shown.digest, ...ben, ...change });
  };

  it("[F70] a release is refused with the list of what is missing, each with remedy and owner", async () => {
    await walk("release");
    const view = (await ana.get(`${jobUrl}/release`)).json as unknown as ReleaseView;
    expect(view.omissions.map(({ code }) => code)).toEqual(["simulated-unmarked"]);
    expect((await jobView()).omissions).toEqual(view.omissions);
    const refused = await sign();
    expect([refused.status, refused.json.code, refused.json["omissions"]]).toEqual([
      409,
      "not-complete",
      view.omissions,
    ]);
    expect(types("UnitReleased")).toEqual([]);
  });

  it("[F68][F69][F91] QA signs what was shown while the technician stays signed in; whoever had a hand in it cannot", async () => {
    await walk("release");
    await markDemonstration(bench.cell);
    const view = (await ana.get(`${jobUrl}/release`)).json as unknown as ReleaseView;
    expect(digestOfValue(view.shown.facts)).toBe(view.shown.digest);
    expect(Object.values(view.shown.names)).toEqual(["Ana Lima"]);
    expect((await sign({ name: "Ana Lima", password: password.ana })).json.what).toContain(
      "Only QA may release a device.",
    );
    expect((await sign({ password: "wrong" })).status).toBe(403);
    expect((await sign({ shown: "0".repeat(64) })).json.code).toBe("not-what-was-shown");
    expect((await sign({ unit: 2 })).json.code).toBe("out-of-order");
    expect((await sign({ extra: 1 })).json.code).toBe("malformed");
    expect((await sign()).status).toBe(200);
    expect((await ana.get("/api/session")).json["person"]).toMatchObject({ name: "Ana Lima" });
    expect(await jobView()).toMatchObject({ state: "Ended", units: [{ state: "released" }] });
    expect((await ana.get(`${jobUrl}/release`)).json.code).toBe("out-of-order");
    expect(types("UnitReleased")[0]?.event).toMatchObject({ simulated: true, approval: { shown: view.shown.digest } });
  });

  it("[F12] no step of people is done before its turn", async () => {
    await walk("press");
    for (const [path, body] of [
      ["label", {}],
      ["label/scan", { code: `01${"09506000134352"}10X${"\u001d"}211` }],
      ["handover", { code: container }],
      ["release", { unit: 1, shown: "0".repeat(64), ...ben }],
    ] as const) {
      expect([path, (await ana.post(`${jobUrl}/${path}`, body)).json.code]).toEqual([path, "out-of-order"]);
    }
    expect((await ana.get(`${jobUrl}/release`)).json.what).toBe("The next step is Press sleeves, not the release.");
  });

  it("[F81] a record is with QA only when a countersignature covers its last entry", async () => {
    await walk("release");
    await markDemonstration(bench.cell);
    await sign();
    const records = async () => (await ana.get("/api/records")).json as unknown as RecordsView;
    const last = bench.cell.recorded.findLast(({ event }) => "job" in event && event.job === job)?.seq ?? 0;
    expect((await records()).lines).toMatchObject([
      { id: job, outcome: "released", simulated: true, qa: { withQa: false, waiting: last + 1, since: null } },
    ]);
    bench.sync = { ...bench.sync, state: "syncing", withQa: last, oldestUnsyncedAt: 1_700_000_000_000 };
    expect((await records()).lines[0]?.qa).toEqual({ withQa: false, waiting: 1, since: 1_700_000_000_000 });
    bench.sync = { ...bench.sync, withQa: last + 1 };
    expect((await jobView()).qa).toEqual({ withQa: true, waiting: 0, since: null });
    expect((await cellView()).sync).toMatchObject({ state: "syncing", withQa: last + 1 });
  });
});

describe("alarms", () => {
  it("[F36] a flood of a machine's own alarms is told by its worst ones and a count", async () => {
    for (let n = 0; n < 40; n += 1) {
      const alarm = { id: `a${n}`, active: true, severity: n === 7 ? 900 : 100 + n, what: `Condition ${n}.`, at: 0 };
      await bench.cell.say({ kind: "observed", equipment: station, observation: { kind: "alarm", alarm } });
    }
    const { alarms } = await cellView();
    expect(alarms).toHaveLength(6);
    expect(alarms[0]).toMatchObject({ priority: 1, what: "The machine says: Condition 7.", where: "Station A" });
    expect(alarms.at(-1)?.what).toBe("35 more alarms of the machine.");
  });

  it("[F36] are acknowledged by name, put aside by QA, and nobody's any more once they have gone", async () => {
    const alarm = { id: "door", active: true, severity: 500, what: "The door is open.", at: 0 };
    await bench.cell.say({ kind: "observed", equipment: station, observation: { kind: "alarm", alarm } });
    const key = `machine/${station}/door`;
    const shown = async () => (await cellView()).alarms.find((each) => each.key === key);
    expect((await shown())?.acknowledgedAt).toBeNull();
    expect((await ana.post("/api/alarms/acknowledge", { alarm: key })).status).toBe(200);
    expect((await shown())?.acknowledgedAt).not.toBeNull();
    const shelving = { alarm: key, reason: "nuisance", minutes: 60 };
    expect((await ana.post("/api/alarms/shelve", shelving)).status).toBe(403);
    const qa = bench.client();
    await qa.post("/api/sign-in", ben);
    expect((await qa.post("/api/alarms/shelve", { ...shelving, reason: "because" })).status).toBe(400);
    expect((await qa.post("/api/alarms/shelve", { ...shelving, minutes: 481 })).status).toBe(400);
    expect((await qa.post("/api/alarms/shelve", shelving)).status).toBe(200);
    expect((await shown())?.shelvedUntil).not.toBeNull();
    expect((await qa.post("/api/alarms/unshelve", { alarm: key })).status).toBe(200);
    const gone = await ana.post("/api/alarms/acknowledge", { alarm: `machine/${station}/never` });
    expect([gone.status, gone.json.code]).toEqual([409, "alarm-gone"]);
    expect(["AlarmAcknowledged", "AlarmShelved", "AlarmUnshelved"].map((type) => types(type).length)).toEqual([
      1, 1, 1,
    ]);
  });

  it("[F81][F85] a hold of central QA and a frozen sync are alarms and shut the gate", async () => {
    const decision = {
      ...({ id: "D2", nonce: "d-2", action: "hold", reason: "audit" } as const),
      ...{ issuedAt: 0, expires: 4e12 },
      target: { kind: "machine", id: printer },
    } as const;
    await bench.cell.say({ kind: "central-decision", decision, envelope: digestOfValue("e") });
    expect((await cellView()).alarms).toMatchObject([
      {
        key: `central/machine/${printer}`,
        owner: "qa",
        what: "Central QA holds the machine printer-a. The cell is being audited.",
      },
    ]);
    await bench.cell.say({ kind: "central-link", frozen: true, what: "This record has forked." });
    const { alarms, jobs } = await cellView();
    expect(alarms[0]).toMatchObject({ key: "sync", priority: 1, what: "This record has forked." });
    expect(jobs[0]?.shut).toBeGreaterThan(0);
    const gate = (await jobView()).gates.find((each) => each.gate === "central");
    expect(gate).toMatchObject({ state: "shut", what: expect.stringContaining("This record has forked.") });
  });
});
