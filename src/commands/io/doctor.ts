/** `cellward doctor`: everything a cell needs, looked at one by one, each with its remedy. */
import { constants, existsSync } from "node:fs";
import { access, readFile, statfs } from "node:fs/promises";
import { type ConfiguredCamera, camerasIn } from "../../config/cameras.ts";
import { type LoadedConfig, loadConfig } from "../../config/io/load.ts";
import { loadTrust } from "../../config/io/trust.ts";
import { type CellConfig, onHostLossOf } from "../../config/schema.ts";
import type { Fault } from "../../equipment/machine.ts";
import { decodeGrey } from "../../inspection/io/decode.ts";
import { readModel } from "../../inspection/io/model-file.ts";
import { readRecipes } from "../../intake/io/files.ts";
import { firstCamera } from "../../jobs/views.ts";
import { openCaches, scrubbedCache } from "../../ledger/io/cache.ts";
import { recordTimes } from "../../ledger/io/cosigned-time.ts";
import { copiedFloor, readFloor } from "../../ledger/io/floor.ts";
import { type Keys, openKeys } from "../../ledger/io/keys.ts";
import { readRestoredMarker } from "../../ledger/io/marker.ts";
import { verifyFolder } from "../../ledger/io/verify.ts";
import { utcText } from "../../ledger/page.ts";
import type { RecordDamage } from "../../ledger/scrub.ts";
import { exitCode } from "../exit-code.ts";
import type { Check } from "./check.ts";
import { clockCheck } from "./clock-check.ts";
import { readClockState } from "./clock-state.ts";
import { evidenceCheck } from "./evidence-check.ts";
import { type CameraSetupWithPlate, loadSetup } from "./eyes.ts";
import { identityState } from "./identity.ts";
import { whyOutside } from "./inspect-processes.ts";
import { readRegister, standingIn } from "./models.ts";
import { opcuaChecks } from "./opcua-check.ts";
import { configurationRemedy, withPlaces, word } from "./remedies.ts";
import { readQaKeys } from "./sync.ts";
import { syncCheck } from "./sync-check.ts";
import { systemClock } from "./system.ts";
import type { Terminal } from "./terminal.ts";
import { softwareDigest } from "./versions.ts";

export interface DoctorOptions {
  readonly config: string;
  readonly data: string;
  readonly keys: string;
}

const leastFreeBytes = 2 * 2 ** 30;

/** Looks at everything; exit code 3 where something is bad, 78 where the configuration is. */
export async function doctor(terminal: Terminal, options: DoctorOptions): Promise<number> {
  const loaded = await loadConfig(options.config);
  const origin = loaded.ok ? loaded.value.config.cell.origin : null;
  const checks = [runtimeCheck(), configCheck(options.config, loaded.ok ? null : loaded.error)];
  checks.push(await clockOf(options, loaded.ok ? loaded.value.config : null));
  checks.push(
    ...(await recordChecks(options, origin)),
    await identityCheck(options, origin),
    await diskCheck(options, origin),
  );
  if (loaded.ok)
    checks.push(
      await trustCheck(loaded.value),
      await intakeCheck(loaded.value.config),
      await syncCheck(loaded.value.config, systemClock.now()),
      await evidenceCheck(loaded.value.config, options.data),
      ...(await deviceChecks(loaded.value.config)),
      ...(await modelChecks(loaded.value.config, options.data)),
      ...(await opcuaChecks(loaded.value.config, options.keys)),
    );
  const examined = checks.map((each) => ({ ...each, remedy: withPlaces(each.remedy, options) }));
  return tell(terminal, examined, loaded.ok);
}

function tell(terminal: Terminal, checks: readonly Check[], isConfigured: boolean): number {
  const bad = checks.filter((each) => each.state === "bad");
  const text = checks.map((each) => {
    const sign = { good: "ok  ", warning: "WARN", bad: "BAD " }[each.state];
    return `${sign} ${each.check}: ${each.what}${each.state === "good" ? "" : `\n     What to do: ${each.remedy}`}`;
  });
  terminal.result({ ok: bad.length === 0, checks }, text.join("\n"));
  if (!isConfigured) return exitCode.configuration;
  return bad.length === 0 ? exitCode.ok : exitCode.notReady;
}

function runtimeCheck(): Check {
  const right = process.version.startsWith("v24.");
  const what = `Node ${process.version}`;
  return check("runtime", right, what, "Start it with bin/cellward, which brings its own Node 24.");
}

function configCheck(file: string, errors: readonly string[] | null): Check {
  const what = errors ? errors.join(" ") : `${file} is good.`;
  return check("configuration", errors === null, what, configurationRemedy(file));
}

/** `expected`: the origin that the configuration names; null where it cannot be read. */
async function recordChecks({ data, keys }: DoctorOptions, expected: string | null): Promise<Check[]> {
  const opened = await openKeys(keys, data);
  if (!opened.ok)
    return [check("keys", false, opened.error.what, missingRemedy({ data, keys }, expected) ?? opened.error.remedy)];
  const { signer, trusted, dataKey } = opened.value;
  const floor = await readFloor(keys, signer.key.name).catch(() => null);
  const report = await verifyFolder(data, { trusted, dataKey, floor: floor ?? undefined });
  const first = report.findings[0];
  const good = `${report.entries} entries of ${report.jobs} jobs verify, signed up to ${report.lastCheckpoint?.size ?? 0}.`;
  const isCopy = floor?.isHome === false;
  const usable = isCopy ? copiedFloor : `The key of ${signer.key.name} can be used.`;
  return [
    check("keys", !isCopy, usable, "Run the cell on the key folder in which it ran, or see docs/restore.md."),
    check("ledger", report.ok, first?.what ?? good, first?.remedy ?? ""),
    ...(await startChecks(data, opened.value, expected)),
    await scrubCheck(data, dataKey),
  ];
}

/** What `run` would refuse although every entry verifies; nothing where it would not. */
async function startChecks(data: string, { signer, next }: Keys, expected: string | null): Promise<Check[]> {
  const found: Check[] = [];
  const { name } = signer.key;
  if (expected !== null && name !== expected) {
    const what = `The ledger belongs to ${name}, the configuration to ${expected}.`;
    found.push(check("start", false, what, "Name the right data and key folders, or correct cell.origin."));
  }
  const marked = await readRestoredMarker(data).catch((problem: unknown) => `RESTORED.txt cannot be read: ${problem}`);
  if (marked !== null) {
    found.push(check("start", false, marked, "It can be verified and exported; to go on, see docs/restore.md."));
  }
  if (next !== null) {
    const what = "The cell's signing key is being replaced, and that is not finished.";
    found.push(check("start", false, what, "Run `cellward key rotate` (or `key revoke`) once more; it goes on."));
  }
  return found;
}

/** How the running cell's own reading of its record last ended; nothing where this program's never has. */
async function scrubCheck(data: string, dataKey: Uint8Array): Promise<Check> {
  const said = (await openCaches(data, dataKey, softwareDigest()).read(scrubbedCache)) as Scrubbed | null;
  const remedy = "Leave the cell running: its scrub reads the record again and again.";
  if (said === null) return { check: "scrub", state: "warning", what: "No round of the scrub has ended yet.", remedy };
  const at = utcText(said.endedAt);
  if (said.damage !== null)
    return check("scrub", false, `The scrub of ${at} found: ${said.damage.what}`, said.damage.remedy);
  return check("scrub", true, `The scrub read ${said.size} entries again until ${at} and found them whole.`, "");
}

interface Scrubbed {
  readonly size: number;
  readonly endedAt: number;
  readonly damage: RecordDamage | null;
}

async function clockOf({ data }: DoctorOptions, config: CellConfig | null): Promise<Check> {
  const witnesses = config?.qa
    ? await readQaKeys(config.qa).then(
        (keys) => keys.witnesses,
        () => [],
      )
    : [];
  const times = recordTimes(data, witnesses);
  return clockCheck(await readClockState(), systemClock.now(), times.newest, times.cosignedAt);
}

async function identityCheck({ data, keys }: Folders, expected: string | null): Promise<Check> {
  const identity = await identityState(keys);
  if (!identity.ok) {
    const remedy = missingRemedy({ data, keys }, expected) ?? identity.error.remedy;
    return check("packages", false, identity.error.what, remedy);
  }
  return check("packages", true, identity.value, "");
}

const trustRemedy =
  "Put the public lines there that design authority and clinical release made with `cellward keygen`, or correct [trust].";

async function trustCheck({ config, digest }: LoadedConfig): Promise<Check> {
  const trust = await loadTrust(config, digest);
  if (!trust.ok) return check("trust", false, trust.error.join(" "), trustRemedy);
  const { designAuthority, clinicalRelease } = trust.value.anchors;
  const names = (keys: readonly { name: string }[]) => keys.map(({ name }) => name).join(", ");
  const what = `Design authority: ${names(designAuthority)}. Clinical release: ${names(clinicalRelease)}.`;
  return check("trust", true, what, "");
}

/** Packages are taken out of the folder, so that it has to be writable; what they ask for are recipes. */
async function intakeCheck({ intake }: CellConfig): Promise<Check> {
  const mayWrite = await access(intake.folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!mayWrite) {
    const make = existsSync(intake.folder) ? "" : `Make the folder: \`mkdir -p ${word(intake.folder)}\`. `;
    const remedy = `${make}The cell's account has to write into it: it takes packages out.`;
    return check("intake", false, `The intake folder ${intake.folder} cannot be used.`, remedy);
  }
  if (!existsSync(intake.recipes)) {
    const remedy = `Make it, \`mkdir -p ${word(intake.recipes)}\`, and put the approved recipes there; or correct [intake] recipes.`;
    return check("intake", false, `The folder of recipes ${intake.recipes} is not there.`, remedy);
  }
  const recipes = await readRecipes(intake.recipes);
  if (!recipes.ok)
    return check("intake", false, recipes.error, "Correct the recipe that is named, or [intake] recipes.");
  const outside = await whyOutside(recipes.value, intake.processes);
  if (outside !== null) {
    const remedy =
      "Bring the recipe within its process pack (`cellward inspect processes`), or correct [intake] processes.";
    return check("intake", false, outside, remedy);
  }
  const names = recipes.value.map(({ recipe, revision }) => `${recipe} revision ${revision}`).join(", ");
  return check("intake", true, `Packages come into ${intake.folder}; recipes: ${names || "none"}.`, "");
}

type Folders = Pick<DoctorOptions, "data" | "keys">;

/** What to do where neither folder is there, or one of two that belong together; null where both are. */
function missingRemedy({ data, keys }: Folders, expected: string | null): string | null {
  if (existsSync(keys) && existsSync(data)) return null;
  if (existsSync(keys) || existsSync(data)) {
    const [there, gone] = existsSync(keys) ? ["key", "data"] : ["data", "key"];
    return `Name the right ${gone} folder, or restore it: the ${there} folder is there, and they belong together (docs/restore.md).`;
  }
  if (expected === null) return "Put the configuration right first: it has the name of the ledger.";
  return `Make both folders: \`cellward init --data ${word(data)} --keys ${word(keys)} --origin ${word(expected)}\`.`;
}

async function diskCheck({ data, keys }: Folders, expected: string | null): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(data);
    const free = Number(bavail) * Number(bsize);
    const what = `${(free / 2 ** 30).toFixed(1)} GiB free beside the ledger.`;
    return check("disk", free >= leastFreeBytes, what, "Make room, or move the data folder to a larger disk.");
  } catch {
    const remedy = missingRemedy({ data, keys }, expected) ?? "Let the cell's account read and write it.";
    return check("disk", false, `${data} cannot be read.`, remedy);
  }
}

async function deviceChecks(config: CellConfig): Promise<Check[]> {
  const ports = [
    ...config.machine.flatMap(({ title, marlin }) => (marlin ? [{ name: title, port: marlin.port }] : [])),
    { name: "presence device", port: config.presence.port },
  ];
  const checks = await Promise.all(
    ports.map(async ({ name, port }) => {
      const there = await access(port, constants.R_OK | constants.W_OK).then(
        () => true,
        () => false,
      );
      const what = there ? `${port} is there.` : `${port} is not there or may not be opened.`;
      return check(
        name,
        there,
        what,
        "Check power and cable, and that this account belongs to the group dialout; `cellward devices list` shows what is plugged in.",
      );
    }),
  );
  const cameras = await Promise.all(camerasIn(config).map((each) => viewChecks(config, each)));
  return [...checks, ...hostLossChecks(config), ...cameras.flat()];
}

/** One camera with its set-up; those beside the first by their names. */
async function viewChecks(config: CellConfig, view: ConfiguredCamera): Promise<Check[]> {
  const checks = [await cameraCheck(view), await inspectionCheck(config, view)];
  return view.id === firstCamera ? checks : checks.map((each) => ({ ...each, check: `${each.check} ${view.id}` }));
}

async function cameraCheck({ camera }: ConfiguredCamera): Promise<Check> {
  if (camera.kind === "folder") return check("camera", true, `Pictures come from ${camera.folder}.`, "");
  if (camera.tokenFile !== undefined && !existsSync(camera.tokenFile)) {
    const what = `The camera's token file ${camera.tokenFile} is not there.`;
    return check("camera", false, what, "Write the token that the camera was given into it, or correct tokenFile.");
  }
  try {
    const token = camera.tokenFile ? (await readFile(camera.tokenFile, "utf8")).trim() : null;
    const headers = token ? { authorization: `Bearer ${token}` } : undefined;
    const signal = AbortSignal.timeout(camera.timeoutSeconds * 1000);
    const answer = await fetch(camera.url, { redirect: "error", signal, ...(headers && { headers }) });
    await answer.body?.cancel();
    const what = answer.ok ? "The camera answers." : `The camera answers ${answer.status}.`;
    return check("camera", answer.ok, what, "Check its address and token.");
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    return check("camera", false, `The camera does not answer (${why}).`, "Check its power, cable and address.");
  }
}

/** Reads set-up, empty plate and model exactly as the cell does when it starts. */
async function inspectionCheck({ inspection }: CellConfig, view: ConfiguredCamera): Promise<Check> {
  const [setup, model] = [await loadSetup(view.setup), await readModel(inspection.model)];
  const faults = [setup.ok ? await plateFault(setup.value) : setup.error, model.ok ? null : model.error];
  const found = faults.filter((fault) => fault !== null);
  const what = found.length === 0 ? "Camera set-up, empty plate and model can be used." : join(found, "what");
  return check("inspection", found.length === 0, what, join(found, "remedy"));
}

/** How the configured model stands in the record; nothing where either cannot be read, which is said of them. */
async function modelChecks({ inspection, cell }: CellConfig, data: string): Promise<Check[]> {
  const register = readRegister(data);
  if (!register.ok) return [];
  const standing = await standingIn(register.value.models, inspection.model, cell.demonstration);
  if (!standing.ok) return [];
  const { state, what, remedy } = standing.value;
  return [{ check: "model", state, what, remedy }];
}

/** Why the picture of the empty plate cannot be compared with, or null. */
async function plateFault({ setup, emptyPlate }: CameraSetupWithPlate): Promise<Fault | null> {
  const plate = await decodeGrey(emptyPlate);
  const remedy = "An engineer clears the plate and runs `cellward camera calibrate`.";
  if (!plate.ok) return { ...plate.error, remedy };
  const { width, height } = plate.value;
  if (width === setup.width_px && height === setup.height_px) return null;
  const what = `The picture of the empty plate has ${width} x ${height} pixels, the set-up ${setup.width_px} x ${setup.height_px}.`;
  return { code: "empty-plate-size", what, remedy };
}

function join(faults: readonly Fault[], part: "what" | "remedy"): string {
  return [...new Set(faults.map((fault) => fault[part]))].join(" ");
}

/** A machine that nobody makes safe when the cell dies is not bad, but has to be known. */
function hostLossChecks({ machine }: CellConfig): Check[] {
  return machine
    .filter((each) => onHostLossOf(each) === "none")
    .map(({ title }) => ({
      check: `${title} without the cell`,
      state: "warning",
      what: "Nothing switches its heaters off when this computer or its cable fails (onHostLoss is none).",
      remedy: "Fit a relay or use firmware with a host timeout, set onHostLoss to it, or never leave it unattended.",
    }));
}

function check(name: string, good: boolean, what: string, remedy: string): Check {
  return { check: name, state: good ? "good" : "bad", what, remedy };
}
