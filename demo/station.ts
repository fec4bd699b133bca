/** The demo's finishing station: started, its fingerprint compared and accepted, the cell's certificate let in. */
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { control } from "./bench.ts";
import { type Program, root, startProgram } from "./programs.ts";

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

/** The station's owner lets the cell's certificate in. */
export function letIn({ places }: Station, certificate: string): void {
  const trusted = join(places.pki, "trusted/certs");
  mkdirSync(trusted, { recursive: true });
  copyFileSync(certificate, join(trusted, "cell.pem"));
}

/** Somebody lays a part into the fixture, or takes it out. */
export function layIn({ places }: Station, tag: string | null): Promise<unknown> {
  return control(places.control, "/part", { tag });
}

/** Lets something go wrong at the station. */
export function breakStation({ places }: Station, name: string, more: object = {}): Promise<unknown> {
  return control(places.control, "/fault", { name, ...more });
}
