/** From an unknown machine to a trusted one and back: every wrong certificate and identity is refused in its own words. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Target } from "../../../src/commands/io/device-target.ts";
import { dryRun } from "../../../src/commands/io/devices-dry-run.ts";
import { taskProgramChecks } from "../../../src/commands/io/devices-dry-run-opcua.ts";
import { listDevices } from "../../../src/commands/io/devices-list.ts";
import { browseTags } from "../../../src/commands/io/devices-tags.ts";
import type { Terminal } from "../../../src/commands/io/terminal.ts";
import { acceptTrust, listTrust, machineFault, revokeTrust, showTrust } from "../../../src/commands/io/trust.ts";
import { loadConfig } from "../../../src/config/io/load.ts";
import { digestOf } from "../../../src/kernel/hash.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { type Bench as StationBench, startBench as startStation } from "../../simulators/station/bench.ts";
import {
  benchOf,
  configOf,
  fingerprintOf,
  introduce,
  type OpcuaBench,
  origin,
  partTag,
  stationId,
  stationProgram,
} from "../opcua-machine.ts";

const recipe = new URL("../../../config/recipes/drill-guide-pla.json", import.meta.url).pathname;
let station: StationBench;
let bench: OpcuaBench;
let options: { config: string; keys: string };

/** What a command said last. */
let said: Record<string, unknown> = {};
const terminal: Terminal = {
  result: (value) => {
    said = value as Record<string, unknown>;
  },
  progress: () => {},
  trouble: (trouble, code) => {
    said = { ...trouble };
    return code;
  },
};
const offline = (code: string) => bench.listener.next("offline", ({ fault }) => fault.code === code);
/** What doctor says of the station. */
const doctor = async () => {
  const loaded = await loadConfig(options.config);
  return loaded.ok ? await machineFault(loaded.value.config, stationId, options.keys) : null;
};
const certificate = () => (said["certificates"] as { fingerprint: string; verdict: { code: string } | null }[])[0]!;

/** The demo's configuration, with its station where this one listens. */
function configFile(): string {
  const good = readFileSync(new URL("../../../config/simulated-cell.toml", import.meta.url), "utf8");
  const { endpoint, userFile, passwordFile } = configOf(station);
  const changes = { endpoint, userFile, passwordFile, origin };
  const changed = Object.entries(changes).reduce(
    (text, [key, value]) => text.replace(new RegExp(`^${key} = .*$`, "m"), `${key} = ${JSON.stringify(value)}`),
    good,
  );
  const file = join(station.folder, "cell.toml");
  writeFileSync(file, changed);
  return file;
}

beforeAll(async () => {
  station = await startStation(["--speed", "20"]);
  const keys = join(station.folder, "keys");
  mkdirSync(keys, { mode: 0o700 });
  await station.control("POST /part", { tag: partTag });
  options = { config: configFile(), keys };
  bench = benchOf(station, keys, configOf(station));
});
afterAll(() => bench.dispose());

test("[F23][L8] a machine that nobody accepted is not used, and the fault names the command that accepts it", async () => {
  const { fault } = await offline("certificate-not-trusted");
  expect(fault.remedy).toContain(`cellward trust accept station-1 ${fingerprintOf(station)}`);
  expect((await doctor())?.code).toBe("certificate-not-trusted");
});

test("[F23] trust show prints what answers, and this cell's own certificate for the machine's owner", async () => {
  expect(await showTrust(terminal, stationId, options)).toBe(0);
  expect(certificate()).toMatchObject({
    fingerprint: fingerprintOf(station),
    thumbprint: station.thumbprint,
    uris: ["urn:cellward.example:finishing-station:FS-0001"],
    verdict: { code: "certificate-not-trusted" },
  });
  const endpoints = said["endpoints"] as { mode: string; policy: string; usable: boolean }[];
  expect(endpoints.filter(({ usable }) => usable).map(({ policy }) => policy)).toContain("Aes256_Sha256_RsaPss");
  const own = said["own"] as { file: string; applicationUri: string };
  expect(readFileSync(own.file, "utf8")).toContain("BEGIN CERTIFICATE");
  expect(own.applicationUri).toBe("urn:cellward:test.example:cell-1");
  expect(await showTrust(terminal, station.url, options)).toBe(0);
});

test("[F23] only the fingerprint that answers now is accepted; the machine has to accept this cell as well", async () => {
  expect(await acceptTrust(terminal, stationId, "f".repeat(64), options)).toBe(7);
  expect(said["code"]).toBe("other-certificate");
  expect(await acceptTrust(terminal, stationId, "short", options)).toBe(2);
  expect(await acceptTrust(terminal, "printer-1", fingerprintOf(station), options)).toBe(7);
  expect(await acceptTrust(terminal, stationId, fingerprintOf(station), options)).toBe(0);
  const { fault } = await offline("machine-refuses-this-cell");
  expect(fault.remedy).toContain((said["own"] as { thumbprint: string }).thumbprint);
  await introduce(station, options.keys);
  expect(await doctor()).toBeNull();
  expect((await bench.listener.next("online")).identity).toMatchObject({ serial: "FS-0001", simulated: true });
});

test("[F23] its names are browsed with values, units and ages, and a look around shows policies and fingerprints", async () => {
  const look = { ...options, watch: false };
  expect(await browseTags(terminal, stationId, undefined, look)).toBe(0);
  const names = (said["tags"] as { name: string }[]).map(({ name }) => name);
  expect(names).toContain("Machines");
  expect(await browseTags(terminal, stationId, "Machines/finishing-1/Press", look)).toBe(0);
  const [force] = (said["tags"] as { name: string; age_ms: number | null }[]).filter(({ name }) => name === "Force_N");
  expect(force).toMatchObject({ value: { status: "Good", text: expect.stringMatching(/^-?[0-9.]+$/) } });
  expect(force?.age_ms).not.toBeNull();
  expect(await browseTags(terminal, stationId, "Machines/nothing", look)).toBe(2);
  expect(await listDevices(terminal, { ...options, opcua: [station.url] })).toBe(0);
  const servers = said["opcua"] as {
    standing: string;
    endpoints: { usable: boolean }[];
    certificates: { fingerprint: string }[];
  }[];
  expect(servers[0]?.certificates[0]?.fingerprint).toBe(fingerprintOf(station));
  expect(servers[0]?.endpoints.some(({ usable }) => usable)).toBe(true);
  expect(servers[0]?.standing).toBe("trusted");
  // Without the configuration nobody has accepted it, and one that is away is told before one that is not trusted.
  expect(await listDevices(terminal, { opcua: [station.url] })).toBe(7);
  expect((said["opcua"] as { fault: { code: string } }[])[0]?.fault.code).toBe("no-machine");
  expect(await listDevices(terminal, { opcua: [station.url, "opc.tcp://127.0.0.1:9"] })).toBe(6);
});

test("[F38][F28] a dry run of a JSON program says whether it would start, orders nothing and leaves nothing there", async () => {
  const file = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(station.folder, name), bytes);
    return join(station.folder, name);
  };
  const path = file("clean-dry.json", stationProgram("clean-dry"));
  const states = () =>
    (said["checks"] as { check: string; state: string }[]).map(({ check, state }) => `${check} ${state}`);
  expect(await dryRun(terminal, stationId, path, { ...options, recipe })).toBe(0);
  expect(states()).toEqual(["program good", "recipe good", "machine good", "readiness good", "copy good"]);
  const { jobs, programs } = await bench.state();
  expect([jobs, programs]).toEqual([[], []]);
  const other = file("somebody-elses.json", stationProgram("clean-dry"));
  await station.control("POST /mode", { mode: "Setup" });
  expect(await dryRun(terminal, stationId, other, { ...options, recipe })).toBe(3);
  expect(states()).toEqual(["program good", "recipe bad", "machine good", "readiness bad", "copy good"]);
  expect(JSON.stringify(said)).toMatch(/asks for clean-dry.json, press-sleeves.json, measure.json.*Setup/);
  const cut = file("press-sleeves.json", stationProgram("press-sleeves").slice(0, 100));
  expect(await dryRun(terminal, stationId, cut, options)).toBe(78);
  const none = join(station.folder, "none");
  expect(await dryRun(terminal, stationId, cut, { ...options, recipe, keys: none })).toBe(7);
  expect([said["code"], existsSync(none)]).toEqual(["no-key-folder", false]);
  await station.control("POST /mode", { mode: "Processing" });
});

test("[F38] a program that calls itself JSON and is not is said, and needs no machine", () => {
  const { machine } = { machine: { class: "finishing-station", opcua: { readings: [], profile: "machinery-jobs" } } };
  const bytes = stationProgram("press-sleeves").slice(0, 100);
  const task = { path: "press-sleeves.json", bytes, digest: digestOf(bytes), recipe: null };
  const [program] = taskProgramChecks({ id: "s", machine, config: null } as unknown as Target, task);
  expect(program).toMatchObject({ state: "bad", what: expect.stringContaining("press-sleeves.json is not JSON") });
});

test("[F32] a dry run beside the running cell takes nothing away from it: its lock, and its job", async () => {
  const attempt = "beside" as AttemptId;
  const begin = () => bench.begin(attempt, bench.store(stationProgram("clean-dry")));
  await expect.poll(async () => (await begin()).kind, { timeout: 20_000 }).toBe("done");
  expect(await dryRun(terminal, stationId, join(station.folder, "clean-dry.json"), { ...options, recipe })).toBe(3);
  expect(JSON.stringify(said)).toContain("beside");
  expect((await bench.state()).jobs).toMatchObject([{ id: attempt, state: "Running" }]);
  expect(await bench.machine.perform({ kind: "abort", attempt })).toEqual({ kind: "done" });
  await bench.settle();
});

test("[F23] after a restart with other namespace indexes the machine is found again by its paths", async () => {
  bench.listener.forget();
  await bench.fault({ name: "restart", namespaces: 5 });
  await bench.listener.next("offline");
  await bench.listener.next("gap");
  await bench.listener.next("online");
  const attempt = "after-restart" as AttemptId;
  expect(await bench.begin(attempt, bench.store(stationProgram("measure")))).toEqual({ kind: "done" });
  const { executed } = await bench.listener.next("finished", (o) => o.attempt === attempt);
  expect(executed.results?.map(({ characteristic }) => characteristic)).toContain("guide-height");
});

test("[F23][L8] another certificate at the same address is refused in its own words until it is accepted", async () => {
  bench.listener.forget();
  await bench.fault({ name: "other-certificate" });
  const { fault } = await offline("certificate-changed");
  expect(fault.what).toContain(fingerprintOf(station));
  expect(await showTrust(terminal, stationId, options)).toBe(0);
  const found = certificate();
  expect(found.verdict?.code).toBe("certificate-changed");
  expect(await acceptTrust(terminal, stationId, found.fingerprint, options)).toBe(0);
  await bench.listener.next("online");
});

test("[F32][L8] another machine at the same address is refused by its nameplate", async () => {
  bench.listener.forget();
  await bench.fault({ name: "other-identity", serial: "FS-9999" });
  const { fault } = await offline("wrong-machine");
  expect(fault.what).toContain("FS-9999");
  expect((await bench.begin("nobody" as AttemptId, bench.store(stationProgram("measure")))).kind).toBe("refused");
  bench.listener.forget();
  await bench.fault({ name: "other-identity", serial: "FS-0001" });
  await bench.listener.next("online");
});

test("[F23] a revoked certificate ends the running connection, and is never accepted again", async () => {
  bench.listener.forget();
  expect(await revokeTrust(terminal, stationId, options)).toBe(0);
  const { fingerprint } = said as { fingerprint: string };
  await offline("certificate-revoked");
  expect(await acceptTrust(terminal, stationId, fingerprint, options)).toBe(7);
  expect(said["code"]).toBe("certificate-revoked");
  expect(await listTrust(terminal, options)).toBe(0);
  expect(said).toMatchObject({ machines: {}, revoked: [{ fingerprint, machine: stationId }] });
  expect(await revokeTrust(terminal, stationId, options)).toBe(7);
});

test("[F23] where nothing answers, that is said, with its exit code", async () => {
  expect(await showTrust(terminal, "opc.tcp://127.0.0.1:9", options)).toBe(6);
  expect(await showTrust(terminal, "station-9", options)).toBe(7);
  expect(await listTrust(terminal, { ...options, config: "/nowhere.toml" })).toBe(78);
});
