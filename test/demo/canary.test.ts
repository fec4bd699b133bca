/** Canaries as patient data in every input of the real cell, broker and central QA: none is found in anything that they say or keep (law 6). */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { connectAsync } from "mqtt";
import { expect, onTestFinished, test } from "vitest";
import type { Central } from "../../demo/central.ts";
import { control } from "../../demo/control.ts";
import { deliver, packRaw } from "../../demo/packages.ts";
import { confirmIdentity, job, until } from "../../demo/people.ts";
import { cellward } from "../../demo/programs.ts";
import { type Running, setUp, tearDown } from "../../demo/setup.ts";
import type { Story } from "../../demo/story.ts";
import { formsOf, tracesIn, tracesUnder } from "./traces.ts";

const patient = { name: "Zyxwina Quorvath", mrn: "MRN-773190-QX", born: "1937-11-23", note: "pacemaker left Quorvath" };
const canaries = Object.values(patient);

test("[L6] a trace is found in every form that it could have", () => {
  for (const text of canaries) {
    for (const [form, bytes] of formsOf(text)) {
      const around = Buffer.concat([Buffer.from("log: "), bytes, Buffer.from(" end")]);
      expect(tracesIn(around, [text]), form).not.toEqual([]);
      expect(tracesIn(gzipSync(around), [text]), `${form} in gzip`).not.toEqual([]);
    }
    for (const before of ["", "x", "xy", "xyz"]) {
      const line = Buffer.from(`{"what":"${Buffer.from(`${before}${text}!`).toString("base64")}"}`);
      expect(tracesIn(line, [text])).not.toEqual([]);
    }
    const packed = Buffer.from(gzipSync(Buffer.from(`${text} and more`)).toString("base64"));
    expect(tracesIn(packed, [text])).not.toEqual([]);
  }
  expect(tracesIn(Buffer.from("a log line of nobody"), canaries)).toEqual([]);
});

/** Hears what goes over the broker in both directions, topics and payloads. */
async function listen(central: Central): Promise<readonly Buffer[]> {
  const heard: Buffer[] = [];
  const { port } = new URL(central.brokerUrl);
  for (const [folder, who, topic] of [
    [central.places.keys, "central", "cellward/1/+/up"],
    [central.places.handedOver, "cell", "cellward/1/demo-cell/down"],
  ] as const) {
    const read = (file: string) => readFileSync(join(folder, file), "utf8");
    const client = await connectAsync(`mqtts://localhost:${port}`, {
      ...{ ca: read("ca.cert.pem"), cert: read(`${who}.cert.pem`), key: read(`${who}.key.pem`) },
      ...{ protocolVersion: 4, clientId: `canary-${who}` },
    });
    onTestFinished(() => client.endAsync(true));
    client.on("message", (name, payload) => heard.push(Buffer.from(name), payload));
    await client.subscribeAsync(topic, { qos: 1 });
  }
  return heard;
}

/** What a person in a hurry could type, scan or send in the wrong place. */
async function typeEverywhere(
  { panel, bench, technician, url }: Story,
  identifiers: readonly [string, string],
): Promise<void> {
  const refused = (act: Promise<unknown>) =>
    act.then(
      () => undefined,
      () => undefined,
    );
  await refused(panel.signIn(patient.name, patient.mrn));
  await panel.signIn(technician.name, technician.password);
  await refused(confirmIdentity(panel, [patient.name, patient.mrn]));
  await confirmIdentity(panel, identifiers);
  for (const code of canaries) {
    await refused(panel.act("/api/scan", { code }));
    await refused(panel.act(`/api/jobs/${job}/tag`, { code }));
    await refused(panel.act("/api/lots", { code, certificate: patient.mrn, quantity: 1 }));
    await refused(panel.act(`/api/jobs/${encodeURIComponent(code)}/start`, { operation: code }));
    await refused(panel.act(`/api/jobs/${job}/cancel`, { why: code }));
    await refused(panel.act("/api/keeping", { what: { deed: "hold", about: "job", id: code, reason: code } }));
    await refused(control(bench.places.presenceControl, "/scan", { code }));
    for (const [path, init] of [
      [`/api/jobs?patient=${encodeURIComponent(code)}`, {}],
      [`/${encodeURIComponent(code)}.js`, {}],
      ["/api/sign-in", { method: "POST", body: `{"name":"${code}` }],
    ] as const) {
      const headers = {
        "x-cellward": "1",
        "x-patient": code,
        "user-agent": code,
        cookie: `patient=${encodeURIComponent(code)}`,
      };
      await refused(fetch(new URL(path, url), { ...init, headers }).then((answer) => answer.text()));
    }
  }
}

test("[L6][F4] no canary stands in topics, payloads, logs, ledger, databases, exports, temporary files or names", {
  timeout: 180_000,
}, async () => {
  const root = mkdtempSync(join(tmpdir(), "cellward-canary-"));
  const temporary = mkdtempSync(join(root, "tmp-"));
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = temporary;
  const running: Running = {};
  onTestFinished(async () => {
    await tearDown(running, running.cell);
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    rmSync(root, { recursive: true, force: true });
  });
  const silent = { say: () => undefined, show: () => undefined, end: () => undefined };
  const identifiers = [patient.mrn, patient.born] as const;
  const options = { dir: join(root, "demo"), speed: 60, seed: 1, port: 0, edits: [], whole: true };
  const story = await setUp(
    {
      ...options,
      async deliver(places) {
        const attached = { name: "scan.txt", bytes: Buffer.from(`${patient.name} ${patient.note}`) };
        deliver(places, `${patient.mrn}.cwp`, await packRaw(places, { identifiers, attach: [attached] }));
      },
    },
    silent,
    running,
  );
  const { panel, bench, central, url } = story;
  if (central === null) throw new Error("central QA has to run");
  const heard = await listen(central);

  await typeEverywhere(story, identifiers);
  // A whole package of garbage, under the patient's name and full of it.
  deliver(bench.places, `${patient.name} ${patient.born}.cwp`, Buffer.from(canaries.join("\n").repeat(20)));
  await until("both files to be taken out", async () =>
    readdirSync(bench.places.intake).some((name) => name.endsWith(".cwp")) ? null : true,
  );
  const broken = join(root, "broken.toml");
  writeFileSync(broken, `[cell]\nid = "${patient.name}"\n`);
  await panel.act(`/api/jobs/${job}/cancel`, { why: "not-needed" });
  await until("the record to be with QA", async () => ((await panel.cell()).sync.state === "with-qa" ? true : null));
  const { data, keys, dir } = bench.places;
  const exported = await cellward(["export", job, "--data", data, "--keys", keys, "--out", join(dir, "record.json")]);
  expect(exported.code).toBe(0);
  const metrics = await Promise.all(
    ["/healthz", "/readyz"].map((path) => fetch(new URL(path, url)).then((a) => a.text())),
  );
  const fleet = await fetch(new URL("/healthz", central.url)).then((answer) => answer.text());
  await tearDown(running, running.cell);

  // What was refused lies under its own name until somebody takes it away: the courier's file, not the cell's.
  const own = ["data", "run", "authority", "keys", "central", "from-central", "labels"].map((part) => join(dir, part));
  const exports = ["record.json", "record.html", "record.pdf"].map((name) => readFileSync(join(dir, name)));
  const said = [...heard, ...exports, ...metrics.map((text) => Buffer.from(text)), Buffer.from(fleet)];
  expect(heard.length).toBeGreaterThan(4);
  expect(said.flatMap((each) => tracesIn(each, canaries))).toEqual([]);
  const { files, found } = tracesUnder(
    [...own.filter((folder) => readdirSync(dir).some((name) => folder.endsWith(name))), temporary],
    canaries,
  );
  expect(found).toEqual([]);
  expect(files).toBeGreaterThan(40);
  // A search that finds nothing anywhere proves nothing: one line with the identifier in one log is found.
  const log = join(bench.places.run, "cell.log");
  writeFileSync(log, `{"level":30,"msg":"identifier ${patient.mrn}"}\n`, { flag: "a" });
  expect(tracesUnder([bench.places.run], canaries).found.map(({ where }) => where)).toEqual([log]);
});
