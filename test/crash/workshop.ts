/** A whole simulated cell for faults: far ends that stay, and a settled home with an order, people and material to begin from. */
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { decideLot, loadMaterial, receiveLot } from "../../demo/acts.ts";
import { type Bench, type Places, preparePlaces, startBench } from "../../demo/bench.ts";
import { control } from "../../demo/control.ts";
import { deliverShortOrder, makeAuthorities } from "../../demo/packages.ts";
import { openPanel, type Panel } from "../../demo/panel.ts";
import { enrolPeople, type Person, printer, until } from "../../demo/people.ts";
import { cellward } from "../../demo/programs.ts";
import { deliveries } from "../../demo/route.ts";
import { origin } from "../../demo/setup.ts";
import { imageKeys } from "../ledger/home.ts";
import { startDaemon } from "./daemon.ts";
import { root } from "./record.ts";

export interface Workshop {
  readonly places: Places;
  readonly bench: Bench;
  readonly technician: Person;
  readonly quality: Person;
  /** A home of its own for one life, as settled as the first. */
  freshHome(name: string): Promise<string>;
  close(): void;
}

/** What a cell's home holds: `data` and `keys`. */
export const settled = "settled";

/** Sets everything up in `dir` (emptied): the cell has taken the order in and stands still. */
export async function openWorkshop(dir: string, speed = 200): Promise<Workshop> {
  const places = preparePlaces(dir);
  const home = join(dir, settled);
  const own = ["--data", join(home, "data"), "--keys", join(home, "keys")];
  await must(["init", ...own, "--origin", origin]);
  await makeAuthorities(places);
  const bench = await startBench(places, {
    dir,
    speed,
    seed: 1,
    port: 0,
    station: null,
    central: "",
    edits: [stationAbsent(dir)],
  });
  const close = () => {
    for (const program of [bench.printer, bench.camera, bench.presence]) program.kill("SIGTERM");
  };
  try {
    await must(["camera", "calibrate", "--config", places.config]);
    await deliverShortOrder({ ...places, keys: join(home, "keys") });
    const daemon = await startDaemon({ places, home });
    const panel = openPanel(daemon.url);
    const people = await enrolPeople({ ...bench, places: { ...places, keys: join(home, "keys") } }, panel);
    await panel.signIn(people.technician.name, people.technician.password);
    await until("the order", async () => ((await panel.jobs()).length > 0 ? true : null));
    await supply(panel, people.quality);
    await daemon.end();
    return {
      places,
      bench,
      ...people,
      async freshHome(name) {
        const fresh = join(dir, "homes", name);
        rmSync(fresh, { recursive: true, force: true });
        mkdirSync(join(dir, "homes"), { recursive: true });
        cpSync(home, fresh, { recursive: true, filter: (path) => path !== join(home, "keys") });
        chmodSync(join(fresh, "data"), 0o700);
        await imageKeys(join(home, "keys"), join(fresh, "keys"), origin);
        return fresh;
      },
      close,
    };
  } catch (problem) {
    close();
    throw problem;
  }
}

async function supply(panel: Panel, quality: Person): Promise<void> {
  await receiveLot(panel, deliveries.pla);
  await decideLot(panel, quality, deliveries.pla.lot);
  await loadMaterial(panel, printer, deliveries.pla.code);
}

/** The configuration's edit that puts a machine which is never there in the finishing station's place: cheaper to start. */
function stationAbsent(dir: string): { from: string; to: string } {
  const text = readFileSync(join(root, "config/simulated-cell.toml"), "utf8")
    .replaceAll("../var/demo", dir)
    .replace("opc.tcp://127.0.0.1:4840", "opc.tcp://127.0.0.1:9");
  const from = text.slice(text.lastIndexOf("[[machine]]"), text.indexOf("[[material]]"));
  const absent = [
    '[[machine]]\nid = "station-1"\ntitle = "Finishing station"\nclass = "finishing-station"',
    'serial = "5d1c7a52-2f0e-4b62-9c1a-0000000000a2"\n\n[machine.marlin]',
    `port = ${JSON.stringify(join(dir, "run/absent.tty"))}\nvendor = "Cellward"\nonHostLoss = "driver"`,
    `park = { lift_mm = 5, x_mm = 10, y_mm = 140 }\nlockFolder = ${JSON.stringify(join(dir, "run"))}\n\n`,
  ];
  return { from, to: absent.join("\n") };
}

async function must(args: readonly string[]): Promise<void> {
  const { code, value } = await cellward(args);
  if (code !== 0) throw new Error(`cellward ${args.slice(0, 2).join(" ")}: ${JSON.stringify(value)}`);
}

/** What the simulated printer itself knows of what it did: strands laid, and what its heaters are set to. */
export async function printersOwnWord({ places }: Workshop): Promise<{ strands: number; heating: boolean }> {
  const state = (await control(places.world, "/state")) as {
    readonly next: number;
    readonly hotend: { readonly target: number };
    readonly bed: { readonly target: number };
  };
  return { strands: state.next, heating: state.hotend.target > 0 || state.bed.target > 0 };
}
