/** The panel's API on loopback: sessions, origins, roles, limits, and every deed through the real core. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PersonId } from "../../src/kernel/names.ts";
import { type Client, frame, type HmiBench, hmac, password, startHmi } from "./bench.ts";
import { attempt, job, operation, printer } from "./fake-cell.ts";

let folder: string;
let bench: HmiBench;
let ana: Client;
let picture: Uint8Array;

const identifiers = ["H-778120", "1961-04-09"];
const jobUrl = `/api/jobs/${job}`;
const attemptUrl = `/api/attempts/${attempt}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-web-"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>panel</title>");
  picture = await frame(1, true);
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  bench = await startHmi(folder);
  await bench.invite(["technician"], "Ana Lima", password.ana);
  await bench.invite(["qa"], "Ben Okoro", password.ben);
  await bench.cell.prepare();
  ana = bench.client();
  await ana.post("/api/sign-in", { name: "Ana Lima", password: password.ana });
});
afterEach(() => bench.close());

const presence = (proof: string) => bench.cell.say({ kind: "prove-presence", job, device: "bench", proof });

async function startJob() {
  await ana.post(`${jobUrl}/identity`, { identifiers, side: "left" });
  await ana.post(`/api/machines/${printer}/plate-clear`);
  await presence("p1");
  return ana.post(`${jobUrl}/start`, { operation });
}

const fill = (url: string) =>
  url
    .replace(":job", job)
    .replace(":attempt", attempt)
    .replace(":equipment", printer)
    .replace(":layer", "1")
    .replace(":unit", "1")
    .replace(":label", "1")
    .replace(":lot", "09506000134352.B-1")
    .replace(":nonconformity", `${job}-NC1`);

describe("who may ask", () => {
  it("[F90] every route but the open ones answers 401 without a session, and changes nothing", async () => {
    const before = bench.cell.recorded.length;
    const closed = bench.server.routes.filter((route) => route.access === "session");
    expect(closed.length).toBeGreaterThan(15);
    for (const { method, url } of closed) {
      const nobody = bench.client();
      nobody.cookie = "cellward_session=made-up";
      const answer = method === "GET" ? await nobody.get(fill(url)) : await nobody.post(fill(url));
      expect([url, answer.status, answer.json.code]).toEqual([url, 401, "not-signed-in"]);
    }
    expect(bench.cell.recorded.length).toBe(before);
    const open = bench.server.routes.filter((route) => route.access === "open").map((route) => route.url);
    expect(open.sort()).toEqual(["/api/enrol", "/api/session", "/api/sign-in", "/healthz", "/readyz"]);
  });

  it("[F90] every change asked by a foreign page, by a bare form or under a foreign host name is refused", async () => {
    const before = bench.cell.recorded.length;
    for (const { url } of bench.server.routes.filter((route) => route.method === "POST")) {
      for (const headers of [
        { "x-cellward": "" },
        { origin: "http://evil.example" },
        { "sec-fetch-site": "cross-site" },
      ]) {
        const answer = await ana.post(fill(url), {}, headers as Record<string, string>);
        expect([url, answer.status]).toEqual([url, 403]);
      }
    }
    expect(bench.cell.recorded.length).toBe(before);
    expect((await ana.get("/api/cell", { origin: "http://evil.example" })).status).toBe(403);
  });

  it("[F90] a foreign host name (DNS rebinding) is answered nothing", async () => {
    const { port } = new URL(bench.server.url);
    const status = await new Promise((resolve, reject) => {
      const headers = { host: `evil.example:${port}`, cookie: ana.cookie };
      get({ port, host: "127.0.0.1", path: "/api/cell", headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on("error", reject);
    });
    expect(status).toBe(403);
  });

  it("[F91] an account ended on the console reads and does nothing more, and its live stream ends, though it was signed in", async () => {
    const { person } = (await ana.get("/api/session")).json["person"] as { person: PersonId };
    const [other, third] = [bench.client(), bench.client()];
    for (const each of [other, third]) await each.post("/api/sign-in", { name: "Ana Lima", password: password.ana });
    const stream = await fetch(`${bench.server.url}/api/events`, { headers: { cookie: third.cookie } });
    await bench.people.disable(person);
    await bench.cell.say({ kind: "inspection-status", ready: false, what: "Said to nobody." });
    expect(await stream.text()).not.toContain('"kind":"changed"');
    expect((await ana.get("/api/cell")).status).toBe(401);
    expect((await other.post(`/api/machines/${printer}/plate-clear`)).json.code).toBe("not-signed-in");
    expect((await third.get("/api/events")).status).toBe(401);
    expect((await third.get("/api/session")).json["person"]).toBeNull();
  });

  it("[F91] the roles of the core hold on every deed: QA cannot start, a technician cannot decide", async () => {
    const ben = bench.client();
    await ben.post("/api/sign-in", { name: "Ben Okoro", password: password.ben });
    expect((await ben.post(`/api/machines/${printer}/plate-clear`)).json.code).toBe("wrong-role");
    await ben.post(`${jobUrl}/identity`, { identifiers, side: "left" });
    await ana.post(`/api/machines/${printer}/plate-clear`);
    await presence("p0");
    const refused = await ben.post(`${jobUrl}/start`, { operation });
    expect(refused.status).toBe(409);
    expect(
      (refused.json["gates"] as { gate: string; state: string }[]).filter((gate) => gate.state === "shut"),
    ).toMatchObject([{ gate: "person" }]);
    expect((await ben.post(`${attemptUrl}/resume`)).status).toBe(404);
  });

  it("[F68] a session lapses after ten idle minutes; the page's own questions do not keep it", async () => {
    for (let minute = 0; minute < 3; minute += 1) {
      bench.skip(4 * 60_000);
      const status = (await ana.get("/api/cell")).status;
      expect(status).toBe(minute < 2 ? 200 : 401);
    }
    await ana.post("/api/sign-in", { name: "ana lima", password: password.ana });
    for (let minute = 0; minute < 3; minute += 1) {
      bench.skip(8 * 60_000);
      expect((await ana.post("/api/touch")).status).toBe(200);
    }
  });

  it("[F91] five wrong passwords lock the account and every one stands in the record", async () => {
    const other = bench.client();
    for (let n = 0; n < 5; n += 1) await other.post("/api/sign-in", { name: "Ben Okoro", password: "wrong" });
    const locked = await other.post("/api/sign-in", { name: "Ben Okoro", password: password.ben });
    expect([locked.status, locked.json.code]).toEqual([423, "account-locked"]);
    const outcomes = bench.cell.recorded.flatMap(({ event }) =>
      event.type === "SignInRecorded" ? [event.outcome] : [],
    );
    expect(outcomes).toEqual(["accepted", "refused", "refused", "refused", "refused", "locked", "locked"]);
  });

  it("[F90] guesses are limited in number, bodies in size and form; the cookie is out of scripts' reach", async () => {
    const cookie = (await bench.client().post("/api/sign-in", { name: "Ana Lima", password: password.ana })).headers;
    expect(cookie.get("set-cookie")).toMatch(/^cellward_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await ana.post("/api/sign-in", { name: "x".repeat(20_000), password: "y" })).status).toBe(413);
    expect((await ana.post(`${jobUrl}/start`, { operation, force: true })).json.code).toBe("malformed");
    expect((await ana.post(`/api/jobs/${encodeURIComponent("../x")}/start`, { operation })).status).toBe(400);
    const tries = await Promise.all(
      Array.from({ length: 40 }, () => bench.client().post("/api/sign-in", { name: "Nobody Here", password: "wrong" })),
    );
    expect(tries.filter((each) => each.status === 429).length).toBeGreaterThan(5);
  });

  it("[F90] the page comes with a policy that allows nothing but itself", async () => {
    const answer = await bench.client().get("/");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none';script-src 'self'");
    expect(answer.headers.get("x-frame-options")).toBe("SAMEORIGIN");
  });
});

describe("starting", () => {
  it("[F93] every gate comes with its remedy and its owner, what is not built as not built", async () => {
    const { gates } = (await ana.get(jobUrl)).json as unknown as { gates: Record<string, string>[] };
    expect(gates.map((gate) => gate["gate"])).toEqual(
      expect.arrayContaining(["identity", "plate", "presence", "inspection"]),
    );
    const shut = gates.filter((gate) => gate["state"] === "shut");
    expect(shut.map((gate) => gate["gate"])).toEqual(["identity", "plate", "presence"]);
    for (const gate of shut) expect([gate["remedy"], gate["owner"]].every(Boolean)).toBe(true);
    expect(gates.filter((gate) => gate["state"] === "not-built").map((gate) => gate["gate"])).toContain(
      "qualification",
    );
  });

  it("[F4] what was typed reaches neither the ledger nor the answer; a wrong identifier or side blocks", async () => {
    for (const body of [
      { identifiers: ["H-778121", "1961-04-09"], side: "left" },
      { identifiers: ["1961-04-09", "H-778120"], side: "left" },
      { identifiers, side: "right" },
    ]) {
      expect((await ana.post(`${jobUrl}/identity`, body)).json.code).toBe("identity-mismatch");
    }
    expect(
      (await ana.post(`${jobUrl}/identity`, { identifiers: [" H-778120", "1961-04-09"], side: "left" })).status,
    ).toBe(200);
    const ledger = JSON.stringify(bench.cell.recorded);
    const answer = JSON.stringify((await ana.get(jobUrl)).json);
    for (const text of ["H-77812", "1961-04-09"]) expect(ledger + answer).not.toContain(text);
    for (const name of ["Ana Lima", "Ben Okoro"]) expect(ledger).not.toContain(name);
    expect(ledger).toContain(hmac("H-778120"));
  });

  it("[F29][L5] no request over the network starts or resumes without the proof that comes over the wire", async () => {
    await ana.post(`${jobUrl}/identity`, { identifiers, side: "left" });
    await ana.post(`/api/machines/${printer}/plate-clear`);
    const refused = await ana.post(`${jobUrl}/start`, { operation });
    expect([refused.status, refused.json.code]).toEqual([409, "not-startable"]);
    expect(bench.server.routes.some((route) => /presence|prove/.test(route.url))).toBe(false);
    await presence("p1");
    expect((await ana.post(`${jobUrl}/start`, { operation })).status).toBe(200);
    expect((await ana.post(`${attemptUrl}/hold`, { why: "held-at-panel" })).status).toBe(200);
    expect((await ana.post(`${attemptUrl}/resume`)).json.code).toBe("not-resumable");
    await presence("p1");
    expect((await ana.post(`${attemptUrl}/resume`)).json.code).toBe("not-resumable");
    await presence("p2");
    expect((await ana.post(`${attemptUrl}/resume`)).status).toBe(200);
  });

  it("[F33] stop ends the attempt, raises a nonconformity and says who and why", async () => {
    await startJob();
    expect((await ana.post(`${attemptUrl}/stop`, { why: "stopped-at-panel" })).status).toBe(200);
    const view = (await ana.get(jobUrl)).json as unknown as {
      attempts: { outcome: string; outcomeWhat: string; log: { who: string; what: string }[] }[];
      nonconformities: unknown[];
    };
    expect(view.attempts[0]?.outcome).toBe("Aborted");
    expect(view.attempts[0]?.log).toContainEqual(expect.objectContaining({ who: "Ana Lima", what: "Started." }));
    expect(view.nonconformities).toHaveLength(1);
    expect(view.attempts[0]?.outcomeWhat).toBe("Stopped by a person: Stopped at the panel.");
    expect((await ana.post(`${jobUrl}/cancel`, { why: "not-needed" })).status).toBe(409);
  });

  it("[F90] text that somebody typed, a patient's name in it, is taken as no reason and reaches no record", async () => {
    await startJob();
    await bench.cell.layer("fail", picture);
    const text = "Mrs Schmidt's guide";
    const nonconformity = `${job}-NC1`;
    const signed = { nonconformity, shown: "0".repeat(64), name: "Ben Okoro", password: password.ben };
    const asked = [
      ana.post(`${attemptUrl}/hold`, { why: text }),
      ana.post(`${attemptUrl}/stop`, { why: text }),
      ana.post(`${jobUrl}/cancel`, { why: text }),
      ana.post(`${jobUrl}/dispositions`, { ...signed, disposition: "scrap", reason: text }),
      // Words instead of their code, a code of another occasion, and what every object has.
      ana.post(`${attemptUrl}/hold`, { why: "Held at the panel." }),
      ana.post(`${attemptUrl}/hold`, { why: "stopped-at-panel" }),
      ana.post(`${attemptUrl}/hold`, { why: "constructor" }),
      ana.post(`${jobUrl}/dispositions`, { ...signed, disposition: "scrap", reason: "picture-misleads" }),
      ana.get(`${jobUrl}/nonconformities/${nonconformity}/shown?disposition=scrap&reason=${encodeURIComponent(text)}`),
    ];
    for (const { status, json } of await Promise.all(asked)) expect([status, json.code]).toEqual([400, "malformed"]);
    expect(JSON.stringify(bench.cell.recorded)).not.toContain("Schmidt");
  });
});

describe("a layer", () => {
  it("[F65] its picture is served to the signed-in only, never stored by the browser, with its report", async () => {
    await startJob();
    await bench.cell.layer("fail", picture);
    const served = await ana.get(`${attemptUrl}/layers/1/picture`);
    expect([served.headers.get("content-type"), served.headers.get("cache-control")]).toEqual([
      "image/jpeg",
      "no-store",
    ]);
    expect((await ana.get(`${attemptUrl}/layers/2/picture`)).json.code).toBe("no-picture");
    expect((await ana.get(`${attemptUrl}/layers/1/report`)).json).toMatchObject({
      verdict: "fail",
      findings: [{ measured: 1.9, limit: 0.5 }],
      outlines: [
        [
          [900, 640],
          [985, 640],
          [985, 700],
          [900, 700],
        ],
      ],
    });
  });

  it("[F57][F68][F69] a disposition is signed by a second person over exactly what was shown; the first stays signed in", async () => {
    await startJob();
    await bench.cell.layer("fail", picture);
    const nonconformity = `${job}-NC1`;
    const reason = "picture-misleads";
    const query = new URLSearchParams({ disposition: "concession", reason });
    const shown = (await ana.get(`${jobUrl}/nonconformities/${nonconformity}/shown?${query}`)).json;
    const sign = (change: object) =>
      ana.post(`${jobUrl}/dispositions`, {
        nonconformity,
        disposition: "concession",
        reason,
        shown: shown["digest"],
        name: "Ben Okoro",
        password: password.ben,
        ...change,
      });
    expect((await sign({ name: "Ana Lima", password: password.ana })).json.code).toBe("wrong-role");
    expect((await sign({ password: "wrong" })).json.code).toBe("sign-in-refused");
    expect((await sign({ reason: "does-not-matter" })).json.code).toBe("not-what-was-shown");
    expect((await sign({ shown: "0".repeat(64) })).json.code).toBe("not-what-was-shown");
    expect((await sign({})).status).toBe(200);
    expect((await sign({})).json.code).toBe("already-decided");
    expect((await ana.get("/api/session")).json["person"]).toMatchObject({ name: "Ana Lima" });
    const signed = bench.cell.recorded.find(({ event }) => event.type === "DispositionSigned")?.event;
    expect(signed).toMatchObject({ approval: { meaning: shown["meaning"], shown: shown["digest"] } });
  });
});

/** A live stream of a page of that name. */
async function listenAs(page: string) {
  const hangUp = new AbortController();
  const answer = await fetch(`${bench.server.url}/api/events?page=${page}`, {
    headers: { cookie: ana.cookie },
    signal: hangUp.signal,
  });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let heard = "";
  return {
    heard: () => heard,
    close: () => hangUp.abort(),
    async until(text: string) {
      while (!heard.includes(text)) {
        const { value, done } = await reader.read();
        if (done) return false;
        heard += value;
      }
      return true;
    },
  };
}

describe("live", () => {
  it("[F23] tells every change and beats with the presence device's state; it ends when the session does", async () => {
    const answer = await fetch(`${bench.server.url}/api/events`, { headers: { cookie: ana.cookie } });
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let heard = "";
    const until = async (text: string) => {
      while (!heard.includes(text)) {
        const { value, done } = await reader.read();
        if (done) return false;
        heard += value;
      }
      return true;
    };
    expect(await until('"kind":"beat"')).toBe(true);
    await ana.post(`/api/machines/${printer}/plate-clear`);
    expect(await until("PlateChecked")).toBe(true);
    expect(heard).not.toContain("Ana");
    await ana.post("/api/sign-out");
    expect(await until("never said")).toBe(false);
  });

  it("[F48][F92] the scanner serves the page whose scan screen was opened last, and with what it reads from then on", async () => {
    const pages = ["0", "1"].map((digit) => `${digit.repeat(8)}-0000-0000-0000-000000000000`);
    const streams = await Promise.all(pages.map((page) => listenAs(page)));
    const read = (code: string, number: number) => {
      bench.presence = { ...bench.presence, read: { code, number } };
    };
    read("TAG-1", 1);
    await ana.post("/api/scanner", { page: pages[0] });
    read("TAG-2", 2);
    expect(await streams[0]?.until('"mine":true,"read":{"code":"TAG-2"')).toBe(true);
    await ana.post("/api/scanner", { page: pages[1] });
    read("TAG-3", 3);
    expect(await streams[1]?.until('"mine":true,"read":{"code":"TAG-3"')).toBe(true);
    read("TAG-4", 4);
    expect(await streams[1]?.until("TAG-4")).toBe(true);
    for (const each of streams) each.close();
    expect(streams[0]?.heard()).not.toMatch(/TAG-1|TAG-3|TAG-4/);
    expect(streams[1]?.heard()).not.toMatch(/TAG-1|TAG-2/);
    expect(JSON.stringify((await ana.get("/api/cell")).json)).not.toContain("TAG-");
    expect((await ana.post("/api/scanner", { page: "mine" })).json.code).toBe("malformed");
  });

  it("says whether it is well and ready without a session and without naming anything", async () => {
    const nobody = bench.client();
    expect((await nobody.get("/healthz")).status).toBe(200);
    expect((await nobody.get("/readyz")).json).toEqual({ ready: true, reasons: [] });
    await bench.cell.say({ kind: "inspection-status", ready: false, what: "Camera 10.0.0.7 is off." });
    const unready = await nobody.get("/readyz");
    expect([unready.status, JSON.stringify(unready.json)]).toEqual([503, expect.not.stringContaining("10.0.0.7")]);
    bench.presence = { online: false, scanned: null, what: "/dev/ttyACM0 is gone.", read: null };
    bench.unready = [{ code: "reserve", what: "The disk is nearly full." }];
    const { status, json } = await nobody.get("/readyz");
    const codes = (json["reasons"] as { code: string }[]).map((each) => each.code);
    expect([status, json["ready"], codes]).toEqual([503, false, ["inspection", "presence-offline", "reserve"]]);
    expect(JSON.stringify(json)).not.toContain("ttyACM0");
  });
});
