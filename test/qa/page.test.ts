/** Central QA's page: who may ask what, what is shown of a cell, and what a decision needs. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openQaStore, readQaConfig } from "../../src/commands/io/qa-set-up.ts";
import { contentOf } from "../../src/qa/decide.ts";
import { look, password, pictureOf, post, type Scene, setScene, signIn, tokenIn } from "./scenario.ts";

const filled = (url: string) => url.replace(":cell", "cell-1").replace(":job", "J-2026-000042");

async function storeOf({ installation }: Scene) {
  const read = await readQaConfig(installation.config);
  if (!read.ok) throw new Error(read.error.what);
  const opened = await openQaStore(read.value.config, installation.data);
  if (!opened.ok) throw new Error(opened.error.what);
  return opened.value;
}

let scene: Scene;
const cleanups: (() => void | Promise<void>)[] = [];
beforeAll(async () => {
  scene = await setScene((act) => void cleanups.unshift(act));
});
afterAll(async () => {
  for (const act of cleanups) await act();
});

describe("[F90] who may ask what", () => {
  test("without a session every route but the open ones is refused, and shows nothing of any cell", async () => {
    const { url, routes } = scene.central.page;
    expect(routes.filter(({ access }) => access === "open").map((each) => `${each.method} ${each.url}`)).toEqual([
      "POST /sign-in",
      "POST /enrol",
      "GET /healthz",
    ]);
    for (const { method, url: path, access } of routes) {
      if (access === "open") continue;
      for (const cookie of ["", "cellward_qa=0123456789abcdef"]) {
        const answer = method === "GET" ? await look(url, filled(path), cookie) : await post(url, path, {}, cookie);
        expect(answer.status, `${method} ${path}`).toBe(401);
        const text = typeof answer.text === "string" ? answer.text : await (answer as Response).text();
        expect(text).not.toContain("cell-1");
      }
    }
    const headers = (await fetch(url)).headers;
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none';style-src 'sha256-[^']+';form-action 'self'/,
    );
    expect((await fetch(`${url}/style.css`)).status).toBe(404);
  });

  test("somebody without the role QA may look, and neither decide nor sign off", async () => {
    const { url, routes } = scene.central.page;
    const cookie = await signIn(scene, "Eva Lindqvist", ["engineer"]);
    for (const { method, url: path, access } of routes) {
      if (access === "open" || path === "/sign-out") continue;
      const answer = method === "GET" ? await look(url, filled(path), cookie) : await post(url, path, {}, cookie);
      expect(answer.status, `${method} ${path}`).toBe(access === "qa" ? 403 : 200);
    }
    expect((await look(url, "/decisions", cookie)).text).toContain("Only QA decides.");
  });

  test("a form of a foreign page, of another session or for another host name is refused", async () => {
    const { url } = scene.central.page;
    const cookie = await signIn(scene, "Quinn Abara", ["qa"]);
    const token = tokenIn((await look(url, "/", cookie)).text);
    expect(token).not.toBe("");
    const form = (headers: Record<string, string>, fields: Record<string, string>) =>
      fetch(`${url}/sign-out`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie, ...headers },
        body: new URLSearchParams(fields),
      });
    expect((await form({ origin: "https://evil.example" }, { token })).status).toBe(403);
    expect((await form({ origin: "null" }, { token })).status).toBe(403);
    expect((await form({ origin: url, "sec-fetch-site": "cross-site" }, { token })).status).toBe(403);
    expect((await form({ origin: url }, { token: "0".repeat(64) })).status).toBe(403);
    expect((await form({ origin: url }, { token })).status).toBe(303);
    expect((await look(url, "/", cookie)).status).toBe(401);
  });

  test("[F91] five wrong passwords lock the account, and nothing says whether a name exists", async () => {
    const { url } = scene.central.page;
    await signIn(scene, "Quirin Bell", ["qa"]);
    const wrong = (name: string) => post(url, "/sign-in", { name, password: "not that one 1" });
    const unknown = await (await wrong("Nobody Here")).text();
    expect(await (await wrong("Quirin Bell")).text()).toBe(unknown);
    for (let tries = 0; tries < 3; tries++) await wrong("Quirin Bell");
    expect((await wrong("Quirin Bell")).status).toBe(423);
    expect((await post(url, "/sign-in", { name: "Quirin Bell", password })).status).toBe(423);
  });
});

describe("what is shown", () => {
  test("[F70] the inbox lists exceptions by risk, each with what to do and a proposed hold", async () => {
    const { url } = scene.central.page;
    const cookie = await signIn(scene, "Queenie Cho", ["qa"]);
    const { text } = await look(url, "/", cookie);
    const order = [
      "FORK at entry",
      "Unit 1 was released, and its record is not complete. Central has found",
      "<li>The design authority&#39;s signature is missing in the order.</li>",
      "is SIMULATED and was released by a cell that is not registered as a demonstration",
      "Nonconformity NC-1, not decided yet",
      "This cell has never been heard",
      "was not taken [body-changed]",
      "The cell&#39;s clock was changed",
      "An account of the cell was locked",
    ];
    for (const words of order) expect(text).toContain(words);
    const lastUrgent = text.lastIndexOf("■ Act now");
    expect(text.indexOf("● Act today")).toBeGreaterThan(lastUrgent);
    expect(text.indexOf("▲ Look")).toBeGreaterThan(text.lastIndexOf("● Act today"));
    expect(text).toContain("action=hold&amp;kind=job&amp;id=J-2026-000042&amp;reason=record-unverified");
  });

  test("[F88] a cell that is silent is unknown, whatever was last known of it", async () => {
    const { url } = scene.central.page;
    const cookie = await signIn(scene, "Quade Diaz", ["qa"]);
    const { text } = await look(url, "/cells", cookie);
    expect(text).toContain("? Unknown");
    expect(text).toContain("Frozen: two histories");
    // What the first cell has said of itself, signed, lately.
    expect(text).toContain("● Held");
    expect(text).toContain("layer-failed, job J-2026-000042");
    expect(text).toMatch(/● 12 min ahead, unsynchronised/);
    expect(text).toMatch(/4[0-9] s, 3 wait/);
  });

  test("[F75][F80] a wrong clock is an alarm with who is to do what, and stays as acknowledged, with who and why", async () => {
    const { url } = scene.central.page;
    const cookie = await signIn(scene, "Quorra Clock", ["qa"]);
    const before = (await look(url, "/alarms", cookie)).text;
    expect(before).toContain("CLOCK: The cell&#39;s clock is 12 minutes ahead of central&#39;s.");
    expect(before).toContain("Have the engineer of the site set the clock right");
    const item = /name="item" value="(alarm\/clock[^"]+)"/.exec(before)?.[1] ?? "";
    expect((await post(url, "/reviews", { token: tokenIn(before), item, reason: "called" }, cookie)).status).toBe(303);
    const after = (await look(url, "/alarms", cookie)).text;
    expect(after).not.toContain(`name="item" value="${item}"`);
    expect(after).toContain("CLOCK: The cell&#39;s clock is 12 minutes ahead");
    expect(after).toMatch(/Looked at by P-[^,]+, .* I called the site, and it is cleared up\./);
  });

  test("[F83] a job's record says which pieces of evidence have come, and leads to asking for the others", async () => {
    const { url } = scene.central.page;
    const cookie = await signIn(scene, "Quirin Ito", ["qa"]);
    const page = async (as = cookie) => (await look(url, "/cells/cell-1/jobs/J-2026-000042", as)).text;
    const folder = join(scene.installation.root, "evidence", "cell-1");
    const file = (ending: string) => join(folder, `${pictureOf(3)}.${ending}`);
    const ask = "action=fetch-evidence&amp;kind=job&amp;id=J-2026-000042&amp;reason=review";
    expect(await page()).toContain("0 of 1 pieces have come");
    expect(await page()).toContain("not here");
    expect(await page()).toContain(ask);
    expect(await page(await signIn(scene, "Erik Jonas", ["engineer"]))).not.toContain(ask);
    writeFileSync(file("absent"), "missing");
    expect(await page()).toContain("the cell says that it does not have it");
    writeFileSync(file("age"), new Uint8Array(5_000));
    expect(await page()).toContain("1 of 1 pieces have come");
    expect(await page()).toContain("has come, 5 KiB");
    expect(await page()).not.toContain(ask);
    rmSync(file("age"));
  });

  test("[F71] a job's record is readable, says whether it verifies, and can be taken along as JSON", async () => {
    const { url } = scene.central.page;
    const cookie = await signIn(scene, "Quilla Edo", ["qa"]);
    const { text } = await look(url, "/cells/cell-1/jobs/J-2026-000042", cookie);
    expect(text).toContain("Verified: 4 entries, unbroken from the first, all of them cosigned");
    expect(text).toContain("SIMULATED, not for human use");
    expect(text).toContain("Surgical drill guide &lt;test&gt;");
    expect(text).not.toContain("<test>");
    const answer = await fetch(`${url}/cells/cell-1/jobs/J-2026-000042/entries.json`, { headers: { cookie } });
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="J-2026-000042.entries.json"');
    const file = (await answer.json()) as { entries: { entry: string; body: string }[] };
    expect(file.entries.map(({ entry }) => entry)).toEqual(scene.cells[0]?.texts.slice(1, 5).map(({ entry }) => entry));
    expect((await look(url, "/cells/cell-1/jobs/none", cookie)).status).toBe(404);
    expect((await look(url, "/cells/cell-9", cookie)).status).toBe(404);
  });

  test("an item that was looked at leaves the list, with who and why", async () => {
    const { url } = scene.central.page;
    const cookie = await signIn(scene, "Quest Farr", ["qa"]);
    const before = (await look(url, "/", cookie)).text;
    const item = /name="item" value="(nonconformity[^"]+)"/.exec(before)?.[1] ?? "";
    const token = tokenIn(before);
    expect((await post(url, "/reviews", { token, item, reason: "whatever" }, cookie)).status).toBe(409);
    expect((await post(url, "/reviews", { token, item, reason: "called" }, cookie)).status).toBe(303);
    const after = (await look(url, "/", cookie)).text;
    expect(after).not.toContain(`name="item" value="${item}"`);
    expect(after).toContain("I called the site, and it is cleared up.");
    expect((await post(url, "/reviews", { token, item, reason: "called" }, cookie)).status).toBe(409);
    const [other] = [...after.matchAll(/name="item" value="([^"]+)"/g)].map((found) => found[1] ?? "");
    for (const reason of ["constructor", "toString", "__proto__"]) {
      expect((await post(url, "/reviews", { token, item: other ?? "", reason }, cookie)).status).toBe(409);
    }
  });
});

describe("[F85] a decision", () => {
  const asked = { cell: "cell-1", action: "hold", kind: "job", id: "J-2026-000042", reason: "record-unverified" };

  test("needs the role, the form of this session and the password again", async () => {
    const { url } = scene.central.page;
    const cookie = await signIn(scene, "Quintus Gale", ["qa"]);
    const token = tokenIn((await look(url, "/decisions", cookie)).text);
    const say = (fields: Record<string, string>) => post(url, "/decisions", { token, ...asked, ...fields }, cookie);
    expect((await say({ password: "not that one 1" })).status).toBe(401);
    expect((await say({ password, token: "" })).status).toBe(403);
    expect((await say({ password, reason: "cleared" })).status).toBe(400);
    expect((await say({ password, action: "start" })).status).toBe(400);
    expect((await say({ password, cell: "cell-9" })).status).toBe(400);
    expect((await say({ password, kind: "cell", id: "cell-2" })).status).toBe(400);
    expect((await say({ password, action: "demonstration", reason: "demonstration" })).status).toBe(400);
    const lot = { password, kind: "lot", reason: "material-recall" };
    for (const wrong of [
      { ...lot, id: "L-77" },
      { ...lot, kind: "recipe", id: "0".repeat(63) },
      { ...lot, kind: "machine", id: "hall/printer" },
    ]) {
      const refused = await say(wrong);
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain(`can be no ${wrong.kind}`);
    }
    const store = await storeOf(scene);
    expect(await store.decisions()).toEqual([]);
    expect((await say({ password })).status).toBe(303);
    const [kept] = await store.decisions();
    await store.close();
    expect(kept?.person).toMatch(/^P-/);
    expect(kept && contentOf(kept)).toMatchObject({ action: "hold", target: { kind: "job", id: "J-2026-000042" } });
    const { text } = await look(url, "/decisions", cookie);
    expect(text).toContain("▲ on its way");
    expect(text).not.toContain("no entry of this cell names it");
    expect((await say({ ...lot, id: "04012345000016.L-77" })).status).toBe(303);
    expect((await look(url, "/decisions", cookie)).text).toContain("no entry of this cell names it");
  });

  test("begins with what the inbox proposes", async () => {
    const { url } = scene.central.page;
    const cookie = await signIn(scene, "Quenby Hart", ["qa"]);
    const { text } = await look(url, `/decisions?${new URLSearchParams(asked)}`, cookie);
    expect(text).toContain('<option value="job" selected>');
    expect(text).toContain('value="J-2026-000042"');
    expect(text).toContain('<option value="record-unverified" selected>');
  });
});

test("[F83] [F85] evidence is asked for by a signed decision about a job, and about nothing else", async () => {
  const { url } = scene.central.page;
  const cookie = await signIn(scene, "Quinta Kerr", ["qa"]);
  const token = tokenIn((await look(url, "/decisions", cookie)).text);
  const fields = {
    token,
    cell: "cell-1",
    action: "fetch-evidence",
    kind: "job",
    id: "J-2026-000042",
    reason: "review",
    password,
  };
  const lot = { ...fields, kind: "lot", id: "04012345000016.L-77" };
  expect((await post(url, "/decisions", lot, cookie)).status).toBe(400);
  expect((await post(url, "/decisions", { ...fields, reason: "cleared" }, cookie)).status).toBe(400);
  expect((await post(url, "/decisions", fields, cookie)).status).toBe(303);
  expect((await look(url, "/decisions", cookie)).text).toContain("fetch-evidence job J-2026-000042");
  const store = await storeOf(scene);
  const kept = (await store.decisions()).map(contentOf).filter((each) => each?.action === "fetch-evidence");
  await store.close();
  expect(kept).toMatchObject([{ target: { kind: "job", id: "J-2026-000042" }, reason: "review" }]);
});
