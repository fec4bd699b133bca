/** A throw-away PostgreSQL for the tests: Debian's programs, a Unix socket in a temporary folder, nothing flushed. */
import { type ChildProcess, type ExecFileSyncOptions, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const installed = "/usr/lib/postgresql";

export interface ThrowAway {
  /** The address of a fresh, empty database. */
  freshDatabase(): string;
  stop(): Promise<void>;
}

export interface ThrowAwayOptions {
  /** True flushes every commit, as in production: for measurements. */
  readonly flushed?: boolean;
}

/** Makes and starts one. Throws, with what Debian package to install, where it cannot: these tests are never skipped. */
export async function startPostgres({ flushed = false }: ThrowAwayOptions = {}): Promise<ThrowAway> {
  const bin = newestBin();
  const root = mkdtempSync(join(tmpdir(), "cellward-pg-"));
  const who = unprivileged();
  if (who.uid !== undefined && who.gid !== undefined) chownSync(root, who.uid, who.gid);
  const data = join(root, "data");
  const quiet: ExecFileSyncOptions = { cwd: root, stdio: ["ignore", "ignore", "pipe"], ...who };
  execFileSync(
    join(bin, "initdb"),
    ["--no-sync", "-A", "trust", "-U", "cellward", "-E", "UTF8", "--locale=C", "-D", data],
    quiet,
  );
  const settings = ["-c", "listen_addresses=", "-c", `fsync=${flushed ? "on" : "off"}`, "-c", "shared_buffers=16MB"];
  const server = spawn(join(bin, "postgres"), ["-D", data, "-k", root, ...settings], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
    ...who,
  });
  await ready(server);
  let count = 0;
  return {
    freshDatabase() {
      const name = `qa${++count}`;
      execFileSync(join(bin, "createdb"), ["-h", root, "-U", "cellward", name], quiet);
      return `postgresql://cellward@localhost/${name}?host=${encodeURIComponent(root)}`;
    },
    async stop() {
      const ended = new Promise((done) => server.once("exit", done));
      server.kill("SIGINT");
      await ended;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function newestBin(): string {
  const versions = existsSync(installed) ? readdirSync(installed).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(installed, version, "bin"))
    .find((bin) => existsSync(join(bin, "initdb")));
  if (!found) throw new Error("PostgreSQL is not installed: apt-get install postgresql (npm test does it by itself).");
  return found;
}

/** PostgreSQL refuses to run as root; the account `postgres` comes with Debian's package. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((done, fail) => {
    let said = "";
    server.once("error", fail);
    server.once("exit", (code) => fail(new Error(`PostgreSQL ended with ${code}:\n${said}`)));
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (text.includes("database system is ready to accept connections")) done();
    });
  });
}
