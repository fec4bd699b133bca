/** Which requests come from central's own page: against forged forms of foreign pages and rebound names. */

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** The parts of a request that say where it comes from. */
export interface Came {
  readonly method: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

/** True for a request that is not answered: another host name, or a form that a foreign page has sent. */
export function isForeign({ method, headers }: Came, host: string, hosts: readonly string[]): boolean {
  const asked = headers["host"];
  if (typeof asked !== "string") return true;
  const name = asked.replace(/:[0-9]+$/, "");
  if (!loopback.has(name) && name !== host && !hosts.includes(name)) return true;
  if (method === "GET" || method === "HEAD") return false;
  const { origin, "sec-fetch-site": site } = headers;
  // A browser says the origin of every form it posts; one that says nothing is no browser, and has no session to steal.
  const own = origin === undefined || origin === `http://${asked}` || origin === `https://${asked}`;
  return !own || (site !== undefined && site !== "same-origin");
}
