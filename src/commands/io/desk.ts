/** The console at the running cell's desk: signs in over its own page's interface, and asks and signs there as a person would. */
import { loadConfig } from "../../config/io/load.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { openLines } from "./console.ts";
import { configurationRemedy } from "./remedies.ts";
import type { Trouble } from "./terminal.ts";

/** Name and password of one signer. */
export interface Signer {
  readonly name: string;
  readonly password: string;
}

export interface DeskConsole {
  get<T>(path: string): Promise<Result<T, Trouble>>;
  post<T>(path: string, body: unknown): Promise<Result<T, Trouble>>;
  /** Signs out. */
  leave(): Promise<void>;
}

/** Asks for so many signers, one after the other; from a pipe, names and passwords are read as lines. */
export async function readSigners(count: number): Promise<Result<readonly Signer[], Trouble>> {
  const lines = openLines();
  const signers: Signer[] = [];
  try {
    while (signers.length < count) {
      const who = signers.length === 0 ? "Name of whoever signs: " : "Name of the second person: ";
      const name = await lines.ask(who, false);
      const password = name === null ? null : await lines.ask("Password: ", true);
      if (name === null || password === null) {
        const remedy = "Type them, or give them on standard input, a line each; they are never arguments.";
        return err({ code: "no-signer", what: "Name and password of whoever signs were not given.", remedy });
      }
      signers.push({ name, password });
    }
    return ok(signers);
  } finally {
    lines.close();
  }
}

const patienceMs = 20_000;

/** Signs in at the cell of this configuration, which has to be running on this computer. */
export async function openDesk(configFile: string, { name, password }: Signer): Promise<Result<DeskConsole, Trouble>> {
  const loaded = await loadConfig(configFile);
  if (!loaded.ok) {
    const remedy = configurationRemedy(configFile);
    return err({ code: "configuration", what: loaded.error.join("\n"), remedy });
  }
  const { host, port } = loaded.value.config.http;
  return connect(`http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`, { name, password });
}

/** The same at a known address. */
export async function connect(url: string, signer: Signer): Promise<Result<DeskConsole, Trouble>> {
  let cookie = "";
  async function ask<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<Result<T, Trouble>> {
    try {
      const answer = await fetch(url + path, {
        method,
        redirect: "error",
        signal: AbortSignal.timeout(patienceMs),
        headers: { "x-cellward": "1", cookie, ...(body !== undefined && { "content-type": "application/json" }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const set = answer.headers.getSetCookie()[0];
      if (set !== undefined) cookie = set.replace(/;.*$/s, "");
      const said = (await answer.json()) as unknown;
      return answer.ok ? ok(said as T) : err(troubleOf(said));
    } catch {
      const what = `The cell does not answer at ${url}.`;
      return err({ code: "no-cell", what, remedy: "Start it with `cellward run`; this is done at the running cell." });
    }
  }
  const signedIn = await ask("POST", "/api/sign-in", signer);
  if (!signedIn.ok) return signedIn;
  return ok({
    get: (path) => ask("GET", path),
    post: (path, body) => ask("POST", path, body),
    leave: async () => void (await ask("POST", "/api/sign-out", {})),
  });
}

function troubleOf(said: unknown): Trouble {
  const { code = "refused", what = "The cell refused it.", remedy } = (said ?? {}) as Partial<Trouble>;
  return { code, what, remedy: remedy ?? "" };
}
