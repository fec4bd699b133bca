/** The panel's HTTP server: sessions, origin checks, limits and headers around the routes; nothing of the process itself. */
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import statics from "@fastify/static";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { findPerson } from "../../jobs/state.ts";
import type { PersonId } from "../../kernel/names.ts";
import { createJournal, type JournalMemory } from "../journal.ts";
import { isForeign } from "../origin.ts";
import { createPast } from "../past.ts";
import type { HmiConfig, HmiPorts } from "../ports.ts";
import { liveQuery } from "../requests.ts";
import type { Answer, Desk, Route } from "../route.ts";
import { accessRoutes } from "../routes/access.ts";
import { alarmRoutes } from "../routes/alarms.ts";
import { doingRoutes } from "../routes/doing.ts";
import { keepingRoutes } from "../routes/keeping.ts";
import { layerRoutes } from "../routes/layers.ts";
import { limitRoutes } from "../routes/limits.ts";
import { lookingRoutes } from "../routes/looking.ts";
import { makingRoutes } from "../routes/making.ts";
import { modelRoutes } from "../routes/models.ts";
import { releasingRoutes } from "../routes/releasing.ts";
import { reviewingRoutes } from "../routes/reviewing.ts";
import { supplyRoutes } from "../routes/supply.ts";
import { createLiveStream, type LiveStream } from "./live.ts";
import { addPackageRoute, packageRoute } from "./packages.ts";
import { createSessions, type Sessions } from "./sessions.ts";

export interface HmiServer {
  /** What the page's journal holds now. */
  journal(): JournalMemory;
  /** Where the page is, such as http://127.0.0.1:8080. */
  readonly url: string;
  /** Every route with who may ask it, for the authorisation matrix. */
  readonly routes: readonly { readonly method: string; readonly url: string; readonly access: Access }[];
  close(): Promise<void>;
}

type Access = "open" | "session";

const cookieName = "cellward_session";
const bodyLimitBytes = 16_384;
/** Hold, stop and the probes: no flood of anything else may keep them from being heard. */
const unlimited = { rateLimit: false } as const;

interface House {
  readonly app: FastifyInstance;
  readonly desk: Desk;
  readonly sessions: Sessions;
  readonly live: LiveStream;
}

const declared: readonly Route[] = [
  ...accessRoutes,
  ...lookingRoutes,
  ...layerRoutes,
  ...alarmRoutes,
  ...doingRoutes,
  ...supplyRoutes,
  ...makingRoutes,
  ...releasingRoutes,
  ...reviewingRoutes,
  ...keepingRoutes,
  ...limitRoutes,
  ...modelRoutes,
];

/** Reads the part of the history that its journal does not remember, then listens. Rejects when the port is taken or the page was not built. */
export async function createServer(ports: HmiPorts, config: HmiConfig): Promise<HmiServer> {
  const journal = createJournal(ports.remembered);
  const { controller, clock, onProblem } = ports;
  // Heard first, read second: the journal drops what it has already taken, so nothing falls between.
  const early: Parameters<typeof journal.take>[0][] = [];
  let reading = true;
  const unsubscribe = controller.subscribe((recorded) => (reading ? early.push(recorded) : journal.take(recorded)));
  for await (const recorded of ports.history((ports.remembered?.last ?? -1) + 1)) journal.take(recorded);
  for (const recorded of early) journal.take(recorded);
  reading = false;

  const past = createPast(ports, journal);
  const desk: Desk = {
    ...ports,
    config,
    journal,
    scanner: { page: null, before: null },
    readJob: past.job,
    readAttempt: past.attempt,
    looks: (person) => ({
      at: clock.now(),
      mono: clock.monotonic(),
      site: config.site,
      telemetry: ports.telemetry(),
      telemetryPeriodMs: config.telemetryPeriodMs,
      presence: ports.presence(),
      sync: ports.sync(),
      evidenceToQa: ports.evidenceToQa(),
      journal,
      person,
      nameOf: ports.people.nameOf,
    }),
  };
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 64 },
  });
  const sessions = createSessions(clock, config.sessions);
  const house: House = { app, desk, sessions, live: createLiveStream(desk, config.telemetryPeriodMs) };
  await furnish(house, config, onProblem);
  for (const each of declared) addRoute(house, each);
  addProbes(house);
  addLive(house);
  await addPackages(house);
  const url = await app.listen({ host: config.host, port: config.port });
  return {
    journal: journal.memory,
    url,
    routes: [
      ...declared.map(({ method, url: path, access }) => ({ method, url: path, access })),
      { method: "GET", url: "/api/events", access: "session" as const },
      packageRoute,
      { method: "GET", url: "/healthz", access: "open" as const },
      { method: "GET", url: "/readyz", access: "open" as const },
    ],
    async close() {
      unsubscribe();
      house.live.close();
      await app.close();
    },
  };
}

async function furnish(
  { app, desk, sessions }: House,
  config: HmiConfig,
  onProblem: (problem: unknown) => void,
): Promise<void> {
  const none = ["'none'"];
  const self = ["'self'"];
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: none,
        scriptSrc: self,
        styleSrc: self,
        imgSrc: self,
        connectSrc: self,
        baseUri: none,
        formAction: none,
        frameAncestors: none,
      },
    },
    strictTransportSecurity: config.secureCookie,
    referrerPolicy: { policy: "no-referrer" },
  });
  await app.register(cookie);
  // By session where there is one: a flood of strangers, from the same address too, leaves the signed-in alone.
  const sessionOf = (request: FastifyRequest) => sessions.keyOf(request.cookies[cookieName]);
  await app.register(rateLimit, {
    max: (request) => (sessionOf(request) === null ? config.strangersPerMinute : config.requestsPerMinute),
    keyGenerator: (request) => sessionOf(request) ?? request.ip,
    timeWindow: 60_000,
    errorResponseBuilder: () => ({ statusCode: 429, code: "too-many", message: "Too many requests. Wait a minute." }),
  });
  app.addHook("onRequest", async (request, reply) => {
    if (isForeign(request, config)) {
      return reply.code(403).send({ code: "foreign-origin", what: "Only the cell's own page may ask this." });
    }
  });
  app.setErrorHandler((error: { statusCode?: number; code?: string; message: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) onProblem(error);
    const what = status >= 500 ? "The controller could not do this." : error.message;
    const remedy = status >= 500 ? "Try again; if it stays, call the engineer." : undefined;
    return reply.code(status).send({ code: status >= 500 ? "internal" : (error.code ?? "bad-request"), what, remedy });
  });
  await app.register(statics, { root: desk.config.webRoot, cacheControl: true, maxAge: 0, index: ["index.html"] });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ code: "not-found", what: "There is no such page." }),
  );
}

function addRoute(house: House, declared: Route): void {
  const { app, desk, sessions } = house;
  const guesses = { rateLimit: { max: desk.config.signInsPerMinute, timeWindow: 60_000 } };
  app.route({
    method: declared.method,
    url: declared.url,
    config: { usual: {}, guess: guesses, never: unlimited }[declared.limit],
    handler: async (request, reply) => {
      const token = request.cookies[cookieName];
      const person = signedInBy(house, token);
      if (declared.access === "session" && person === null) return unsigned(reply);
      const params = declared.params.safeParse(request.params);
      const body = declared.body.safeParse((declared.method === "POST" ? request.body : request.query) ?? {});
      if (!params.success || !body.success) {
        return reply.code(400).send({ code: "malformed", what: "The request is not of the form expected here." });
      }
      if (declared.method === "POST") sessions.touch(token);
      const call = { params: params.data as never, body: body.data as never, desk, person };
      return deliver(house, reply, token, await declared.handle(call));
    },
  });
}

/** Who holds the token; an account that was ended on the console is signed out with its next request. */
function signedInBy({ desk, sessions }: House, token: string | undefined): PersonId | null {
  const person = sessions.find(token);
  if (person === null || desk.people.isMember(person)) return person;
  sessions.close(token);
  return null;
}

function deliver({ sessions, desk }: House, reply: FastifyReply, token: string | undefined, answer: Answer) {
  reply.header("cache-control", "no-store");
  if ("bytes" in answer) return reply.type(answer.type).send(Buffer.from(answer.bytes));
  if (answer.session !== undefined) signed(sessions, desk, reply, token, answer.session);
  return reply.code(answer.status).send(answer.json);
}

/** A new sign-in is a new token, always: one that somebody planted before is worth nothing. */
function signed(
  sessions: Sessions,
  desk: Desk,
  reply: FastifyReply,
  token: string | undefined,
  person: PersonId | null,
): void {
  sessions.close(token);
  const options = { path: "/", httpOnly: true, sameSite: "strict", secure: desk.config.secureCookie } as const;
  if (person === null) reply.clearCookie(cookieName, options);
  else reply.setCookie(cookieName, sessions.open(person), options);
}

function unsigned(reply: FastifyReply) {
  return reply.code(401).send({ code: "not-signed-in", what: "Nobody is signed in here.", remedy: "Sign in." });
}

function addProbes({ app, desk }: House): void {
  app.get("/healthz", { config: unlimited }, async () => ({ ok: true, scrub: scrubbed(desk) }));
  app.get("/readyz", { config: unlimited }, async (_request, reply) => {
    const state = desk.controller.state();
    const reasons = [
      ...(state.boot === null ? [{ code: "not-booted", what: "The cell has not started yet." }] : []),
      ...(state.inspection.ready ? [] : [{ code: "inspection", what: "Camera or inspection is not ready." }]),
      ...Object.values(state.equipment)
        .filter((machine) => !machine.online)
        .map(() => ({ code: "machine-offline", what: "A machine does not answer." })),
      ...(desk.presence().online
        ? []
        : [{ code: "presence-offline", what: "The presence device does not answer: nothing can be started." }]),
      ...desk.unready(),
    ];
    return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons });
  });
}

/** How far the scrub is, in numbers: what it found is for those who are signed in. */
function scrubbed({ scrub }: Desk) {
  const progress = scrub();
  return progress && { ...progress, damage: progress.damage !== null };
}

function addLive(house: House): void {
  house.app.get("/api/events", async (request: FastifyRequest, reply) => {
    const token = request.cookies[cookieName];
    const person = signedInBy(house, token);
    const session = house.sessions.keyOf(token);
    if (person === null || session === null) return unsigned(reply);
    reply.hijack();
    const asked = liveQuery.safeParse(request.query);
    const page = asked.success ? (asked.data.page ?? null) : null;
    house.live.add(reply.raw, { person, session, page, stillSignedIn: () => signedInBy(house, token) !== null });
  });
}

/** Packages come from people who work here; what is in them is decided by their signatures alone. */
function addPackages(house: House): Promise<void> {
  const { app, desk, sessions } = house;
  return addPackageRoute(app, {
    packages: desk.packages,
    config: desk.config,
    after: desk.clock.after,
    unsigned,
    bringer: (request) => {
      const token = request.cookies[cookieName];
      const person = signedInBy(house, token);
      const known = person === null ? undefined : findPerson(desk.controller.state(), person);
      if (!known || known.roles.length === 0) return null;
      sessions.touch(token);
      return person;
    },
  });
}
