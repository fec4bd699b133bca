/** Central QA's HTTP server: sessions, form tokens, limits and headers around the routes; without scripts of any kind. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { PersonId } from "../../kernel/names.ts";
import type { Answer, Call, Counter, QaRoute } from "../answer.ts";
import { isForeign } from "../came.ts";
import { plainPage, signInPage, type Viewer } from "../pages/frame.ts";
import { style } from "../pages/style.ts";
import { qaRoutes } from "../routes.ts";
import { StoreFailed } from "../store.ts";

/** The table of who is signed in; the cell's page has the same. */
export interface SessionTable {
  open(person: PersonId): string;
  find(token: string | undefined): PersonId | null;
  keyOf(token: string | undefined): string | null;
  touch(token: string | undefined): void;
  close(token: string | undefined): void;
}

export interface PageOptions {
  readonly host: string;
  readonly port: number;
  readonly hosts: readonly string[];
  readonly secureCookies: boolean;
  readonly sessions: SessionTable;
  readonly signInsPerMinute: number;
  readonly requestsPerMinute: number;
  /** Something failed that should not; and each sign-in that was refused, by its outcome alone. */
  readonly onProblem: (problem: unknown) => void;
  readonly onSignIn: (outcome: "accepted" | "refused" | "locked") => void;
  /** Empty while all is well. */
  readonly unready: () => readonly string[];
}

export interface QaServer {
  readonly url: string;
  /** Every route with who may ask it, for the authorisation matrix. */
  readonly routes: readonly { readonly method: string; readonly url: string; readonly access: string }[];
  close(): Promise<void>;
}

const cookieName = "cellward_qa";
const bodyLimitBytes = 16_384;

interface House {
  readonly app: FastifyInstance;
  readonly counter: Counter;
  readonly options: PageOptions;
  /** Of this start: ties a form to its session. */
  readonly secret: Buffer;
}

/** Listens. Rejects where the port is taken. */
export async function startPage(counter: Counter, options: PageOptions): Promise<QaServer> {
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 64 },
  });
  const house: House = { app, counter, options, secret: randomBytes(32) };
  await furnish(house);
  for (const route of qaRoutes) addRoute(house, route);
  addAccess(house);
  app.get("/healthz", { config: { rateLimit: false } }, async (_request, reply) => {
    const reasons = options.unready();
    return reply.code(reasons.length === 0 ? 200 : 503).send({ ok: reasons.length === 0, reasons });
  });
  const url = await app.listen({ host: options.host, port: options.port });
  const open = ["POST /sign-in", "POST /enrol", "GET /healthz"].map((each) => each.split(" "));
  return {
    url,
    routes: [
      ...qaRoutes.map(({ method, url: path, access }) => ({ method, url: path, access })),
      { method: "POST", url: "/sign-out", access: "member" },
      ...open.map(([method = "", path = ""]) => ({ method, url: path, access: "open" })),
    ],
    close: () => app.close(),
  };
}

async function furnish({ app, options, counter }: House): Promise<void> {
  const none = ["'none'"];
  const sheet = createHash("sha256").update(style).digest("base64");
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: none,
        styleSrc: [`'sha256-${sheet}'`],
        formAction: ["'self'"],
        baseUri: none,
        frameAncestors: none,
      },
    },
    strictTransportSecurity: options.secureCookies,
    // The browser's own word about where a form comes from is checked; "no-referrer" would blank it.
    referrerPolicy: { policy: "same-origin" },
  });
  await app.register(cookie);
  await app.register(rateLimit, {
    max: options.requestsPerMinute,
    keyGenerator: (request) => options.sessions.keyOf(request.cookies[cookieName]) ?? request.ip,
    timeWindow: 60_000,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, text, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(text)))),
  );
  app.addHook("onRequest", async (request, reply) => {
    if (!isForeign(request, options.host, options.hosts)) return;
    return say(reply, 403, counter.site, "Refused", "Only central QA's own page may ask this.");
  });
  app.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error instanceof StoreFailed ? 503 : (error.statusCode ?? 500);
    if (status >= 500) options.onProblem(error);
    if (status === 503)
      return say(reply, 503, counter.site, "The store is away", "Nothing can be shown or decided now.");
    const words = status === 429 ? "Too many requests. Wait a minute." : "This could not be done.";
    return say(reply, status, counter.site, "Not done", words);
  });
  app.setNotFoundHandler((_request, reply) => say(reply, 404, counter.site, "Not here", "There is no such page."));
}

function addRoute(house: House, route: QaRoute): void {
  const { app, counter, options } = house;
  const limit = route.guess ? { rateLimit: { max: options.signInsPerMinute, timeWindow: 60_000 } } : {};
  app.route({
    method: route.method,
    url: route.url,
    config: limit,
    handler: async (request, reply) => {
      const token = request.cookies[cookieName];
      const viewer = await viewerOf(house, token);
      if (viewer === null) return unsigned(house, reply);
      if (route.access === "qa" && !viewer.isQa) return notYours(house, reply);
      const fields = (request.method === "POST" ? request.body : request.query) as Call["fields"] | null;
      if (route.method === "POST") {
        if (!isOwnForm(viewer, fields?.["token"])) return notYours(house, reply);
        options.sessions.touch(token);
      }
      const params = request.params as Call["params"];
      return deliver(house, reply, await route.handle(counter, { params, fields: fields ?? {}, ...viewer }));
    },
  });
}

interface SignedIn {
  readonly person: PersonId;
  readonly viewer: Viewer;
  readonly isQa: boolean;
}

/** Who holds the token; an account that was ended is signed out with its next request. */
async function viewerOf({ counter, options, secret }: House, token: string | undefined): Promise<SignedIn | null> {
  const person = options.sessions.find(token);
  const key = options.sessions.keyOf(token);
  if (person === null || key === null) return null;
  const member = (await counter.people.list()).find((each) => each.person === person && !each.disabled);
  if (!member) {
    options.sessions.close(token);
    return null;
  }
  const isQa = member.roles.includes("qa");
  return {
    person,
    isQa,
    viewer: { name: member.name, isQa, token: createHmac("sha256", secret).update(key).digest("hex") },
  };
}

function isOwnForm({ viewer }: SignedIn, given: string | undefined): boolean {
  const [a, b] = [Buffer.from(viewer.token), Buffer.from(given ?? "")];
  return a.length === b.length && timingSafeEqual(a, b);
}

function deliver({ counter }: House, reply: FastifyReply, answer: Answer) {
  reply.header("cache-control", "no-store");
  switch (answer.kind) {
    case "page":
      return reply.code(answer.status).type("text/html; charset=utf-8").send(answer.text);
    case "file":
      return reply
        .header("content-disposition", `attachment; filename="${answer.name}"`)
        .type("application/json; charset=utf-8")
        .send(JSON.stringify(answer.value));
    case "go":
      return reply.redirect(answer.to, 303);
    case "absent":
      return say(reply, 404, counter.site, "Not here", "Central holds nothing of that name.");
  }
}

function unsigned({ counter }: House, reply: FastifyReply, said?: string, status = 401) {
  return reply
    .code(status)
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8")
    .send(signInPage(counter.site, said, status < 400));
}

function notYours({ counter }: House, reply: FastifyReply) {
  return say(reply, 403, counter.site, "Refused", "This is not yours to do, or the form is from an earlier sign-in.");
}

function say(reply: FastifyReply, status: number, site: string, title: string, what: string) {
  return reply
    .code(status)
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8")
    .send(plainPage(site, title, what));
}

function addAccess(house: House): void {
  const { app, counter, options } = house;
  const guesses = { config: { rateLimit: { max: options.signInsPerMinute, timeWindow: 60_000 } } };
  const fieldsOf = (request: FastifyRequest) => (request.body ?? {}) as Record<string, string>;
  const cookieOptions = { path: "/", httpOnly: true, sameSite: "strict", secure: options.secureCookies } as const;
  app.post("/sign-in", guesses, async (request, reply) => {
    const { name = "", password = "" } = fieldsOf(request);
    const tried = await counter.people.authenticate(name.slice(0, 64), password.slice(0, 128));
    options.onSignIn(tried.outcome);
    if (tried.outcome === "locked") {
      return unsigned(
        house,
        reply,
        "This account is locked after too many wrong passwords. Wait a quarter of an hour.",
        423,
      );
    }
    if (tried.outcome === "refused") return unsigned(house, reply, "Name and password do not belong together.");
    // A new sign-in is a new token, always: one that somebody planted before is worth nothing.
    options.sessions.close(request.cookies[cookieName]);
    reply.setCookie(cookieName, options.sessions.open(tried.member.person), cookieOptions);
    return reply.redirect("/", 303);
  });
  app.post("/enrol", guesses, async (request, reply) => {
    const { code = "", name = "", password = "" } = fieldsOf(request);
    const enrolled = await counter.people.enrol(code.slice(0, 32), name.slice(0, 64), password.slice(0, 128));
    if (!enrolled.ok) return unsigned(house, reply, enrolled.error.what, 400);
    return unsigned(house, reply, `Welcome, ${enrolled.value.name}. Now sign in.`, 200);
  });
  app.post("/sign-out", async (request, reply) => {
    const token = request.cookies[cookieName];
    const viewer = await viewerOf(house, token);
    if (viewer === null) return unsigned(house, reply);
    if (!isOwnForm(viewer, fieldsOf(request)["token"])) return notYours(house, reply);
    options.sessions.close(token);
    reply.clearCookie(cookieName, cookieOptions);
    return reply.redirect("/", 303);
  });
}
