/** The demo's finishing station: started, its fingerprint compared and accepted, the cell's certificate let in. */
import { randomBytes, X509Certificate } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { control } from "./control.ts";
import { cellward, type Program, root, startProgram } from "./programs.ts";

export interface StationPlaces {
  readonly run: string;
  readonly pki: string;
  readonly users: string;
  readonly control: string;
}

export interface Station {
  readonly places: StationPlaces;
  program: Program;
  readonly url: string;
  /** User and password that the cell was given for this station. */
  readonly user: { readonly user: string; readonly password: string };
}

export const stationSerial = "FS-0001";

/** Starts the station with a password of its own. */
export async function startStation(run: string, speed: number, seed: number): Promise<Station> {
  const places: StationPlaces = {
    run,
    pki: join(run, "station-pki"),
    users: join(run, "station-users.json"),
    control: join(run, "station.sock"),
  };
  const user = { user: "cell-1", password: randomBytes(18).toString("base64url") };
  writeFileSync(places.users, JSON.stringify([user]), { mode: 0o600 });
  const program = await startProgram(
    "station",
    [
      join(root, "src/simulators/station/io/main.ts"),
      ...["--pki", places.pki, "--users", places.users, "--control", places.control],
      ...["--serial", stationSerial, "--speed", String(speed), "--seed", String(seed)],
    ],
    run,
  );
  const { url } = JSON.parse(program.ready) as { url: string };
  return { places, program, url, user };
}

/**
 * The engineer compares fingerprints on both sides: the cell accepts the station's certificate, the station the cell's.
 * `identity` is where the station keeps the certificate that it shows now.
 */
export async function introduce(
  { places }: Station,
  { config, keys }: { readonly config: string; readonly keys: string },
  identity: string = places.pki,
): Promise<void> {
  const cell = ["--config", config, "--keys", keys];
  const { own } = (await must(["trust", "list", ...cell])) as { own: { file: string } };
  const trusted = join(places.pki, "trusted/certs");
  mkdirSync(trusted, { recursive: true });
  copyFileSync(own.file, join(trusted, "cell.pem"));
  const shown = new X509Certificate(readFileSync(join(identity, "own/certs/certificate.pem")));
  await must(["trust", "accept", "station-1", shown.fingerprint256.replaceAll(":", "").toLowerCase(), ...cell]);
}

async function must(args: readonly string[]): Promise<unknown> {
  const { code, value } = await cellward(args);
  if (code !== 0) throw new Error(`cellward ${args.slice(0, 2).join(" ")}: ${JSON.stringify(value)}`);
  return value;
}

/** Somebody lays a part into the fixture, or takes it out. */
export function layIn({ places }: Station, tag: string | null): Promise<unknown> {
  return control(places.control, "/part", { tag });
}

/** Everything that was broken is whole again. */
export async function mendStation({ places }: Station): Promise<void> {
  await control(places.control, "/clear", {});
}

/** Clears and resets the station at its own panel; true once it is idle, which takes a moment and another press. */
export async function resetStation({ places }: Station): Promise<boolean> {
  // A button that is not lit does nothing: a unit that is idle has nothing to clear.
  for (const button of ["clear", "reset"]) await control(places.control, "/panel", { button }).catch(() => null);
  return ((await control(places.control, "/state")) as { unit: string }).unit === "Idle";
}

/** Lets something go wrong at the station. */
export function breakStation({ places }: Station, name: string, more: object = {}): Promise<unknown> {
  return control(places.control, "/fault", { name, ...more });
}
