/** Keeps station and server going: the clock, and the faults that take the whole machine down or change who it is. */
import { join } from "node:path";
import type { Station } from "../station.ts";
import type { Surroundings } from "./control.ts";
import { type ServerOptions, type StationServer, startServer } from "./server.ts";

/** How often the station goes on and shows its values, in wall-clock ms. */
const beatMs = 100;

/** What the program holds in its hand. */
export interface Supervisor extends Surroundings {
  close(): Promise<void>;
}

/** Starts the server and the clock. */
export async function supervise(
  station: Station,
  options: ServerOptions & { readonly speed: number },
): Promise<Supervisor> {
  let current: ServerOptions = options;
  let server: StationServer = await startServer(current, station);
  current = { ...current, port: Number(new URL(server.url.replace("opc.tcp:", "http:")).port) };
  let up = true;
  let generation = 0;
  let then = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (up) {
      station.tick(((now - then) / 1000) * options.speed, then, now);
      server.show();
    }
    then = now;
  }, beatMs);
  let turn: Promise<void> = Promise.resolve();
  const restart = (changes: Partial<ServerOptions>): Promise<void> => {
    turn = turn.then(() => restartNow(changes));
    return turn;
  };
  const restartNow = async (changes: Partial<ServerOptions>): Promise<void> => {
    up = false;
    await server.close();
    station.powerCycle(Date.now());
    current = { ...current, ...changes };
    server = await startServer(current, station);
    up = true;
  };
  return {
    ready: () => ({ url: server.url, thumbprint: server.thumbprint }),
    befall: async (fault) => {
      if (fault.name === "freeze") return () => freeze(fault.ms);
      if (fault.name === "restart") await restart({ dummies: fault.namespaces });
      if (fault.name === "other-identity") await restart({ identity: { ...current.identity, serial: fault.serial } });
      if (fault.name === "other-certificate") {
        generation++;
        await restart({ pki: join(options.pki, `other-${generation}`) });
      }
      return null;
    },
    changed: () => server.limit(station.faults.find("small-limits")),
    close: async () => {
      clearInterval(timer);
      await server.close();
    },
  };
}

/** Nothing of this process moves for so long, as after SIGSTOP. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
