/** Which requests come from the cell's own page: against forged requests from foreign pages and rebound names. */

/** The parts of a request that say where it comes from. */
export interface Came {
  readonly method: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** True for a request that is not answered: wrong host name, or a change asked by anything but our own page. */
export function isForeign(
  request: Came,
  allowed: { readonly host: string; readonly hosts: readonly string[] },
): boolean {
  const host = request.headers["host"];
  if (typeof host !== "string") return true;
  const name = host.replace(/:[0-9]+$/, "");
  if (!loopback.has(name) && name !== allowed.host && !allowed.hosts.includes(name)) return true;
  const { origin, "sec-fetch-site": site } = request.headers;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return true;
  if (request.method === "GET" || request.method === "HEAD") return false;
  // A browser adds this header only for a page of the same origin: a foreign one would have to ask, and is not allowed.
  return request.headers["x-cellward"] !== "1" || (site !== undefined && site !== "same-origin");
}
