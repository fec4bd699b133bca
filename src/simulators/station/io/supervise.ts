/** Keeps station and server going: the clock, and the faults that take the whole machine down or change who it is. */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Fault } from "../faults.ts";
import type { Station } from "../station.ts";
import { type ServerOptions, type StationServer, startServer } from "./server.ts";

/** How often the station goes on and shows its values, in wall-clock ms. */
const beatMs = 50;

export interface Supervisor {
  ready(): { readonly url: string; readonly thumbprint: string };
  /** Does what a fault does to the process and the server. */
  befall(fault: Fault): Promise<void>;
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
  const restart = async (changes: Partial<ServerOptions>): Promise<void> => {
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
      switch (fault.name) {
        case "freeze":
          // Whoever asked gets the answer first; then nothing of this process moves, as after SIGSTOP.
          setTimeout(() => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fault.ms), 20);
          return;
        case "restart":
          return restart({ dummies: fault.namespaces });
        case "other-identity":
          return restart({ identity: { ...current.identity, serial: fault.serial } });
        case "other-certificate": {
          generation++;
          const pki = join(options.pki, `other-${generation}`);
          mkdirSync(pki, { recursive: true, mode: 0o700 });
          cpSync(join(options.pki, "trusted"), join(pki, "trusted"), { recursive: true });
          return restart({ pki });
        }
        default:
          server.limit(station.faults.find("small-limits"));
      }
    },
    close: async () => {
      clearInterval(timer);
      await server.close();
    },
  };
}
