/** Debian's Mosquitto for a test, with the configuration and the topic rules that docs/central-qa.md hands out. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const config = (file: string) => new URL(`../../config/${file}`, import.meta.url).pathname;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/**
 * Starts Debian's broker on the files of the key folder; throws, with what to install, where it is missing. `instances`
 * are further certificates of central's, for which the rules are written out once more.
 */
export async function startMosquitto(keys: string, instances: readonly string[] = []): Promise<number> {
  const port = await freePort();
  const rules = readFileSync(config("mosquitto.acl"), "utf8");
  const own = /user central-qa\n(?:topic .*\n)+/.exec(rules)?.[0] ?? "";
  const more = instances.map((name) => own.replace("central-qa", name));
  // Rules for one name stand before those for every cell.
  writeFileSync(join(keys, "mosquitto.acl"), rules.replace(own, [own, ...more].join("\n")));
  // As it is handed out, but on a port of its own and as whoever runs the test.
  const text = readFileSync(config("mosquitto.conf"), "utf8").replace(
    "listener 8883",
    `user root\nlistener ${port} 127.0.0.1`,
  );
  writeFileSync(join(keys, "mosquitto.conf"), text);
  const broker: ChildProcess = spawn("/usr/sbin/mosquitto", ["-c", "mosquitto.conf", "-v"], {
    cwd: keys,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const gone = new Promise<never>((_, fail) => {
    broker.once("error", () => fail(new Error("Mosquitto is not installed: apt-get install mosquitto.")));
    broker.once("exit", (code) => fail(new Error(`Mosquitto ended with ${code}: ${said}`)));
  });
  gone.catch(() => undefined);
  let said = "";
  const ready = new Promise<void>((done) => {
    broker.stderr?.setEncoding("utf8").on("data", (more: string) => {
      said += more;
      if (/mosquitto version .* running/.test(said)) done();
    });
  });
  onTestFinished(() => void broker.kill("SIGKILL"));
  await Promise.race([ready, gone]);
  return port;
}
