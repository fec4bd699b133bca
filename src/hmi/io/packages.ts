/** The route that takes job packages in: bounded bytes from somebody who is signed in, handed on whole; it starts nothing. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { PersonId } from "../../kernel/names.ts";
import type { Milliseconds } from "../../kernel/units.ts";
import type { HmiConfig, PackagePort } from "../ports.ts";

/** What the route is given of the house it stands in. */
export interface PackageDoor {
  readonly packages: PackagePort;
  readonly config: HmiConfig;
  /** Whoever may bring packages in and is signed in, or null. */
  readonly bringer: (request: FastifyRequest) => PersonId | null;
  /** Answers a request of nobody. */
  readonly unsigned: (reply: FastifyReply) => FastifyReply;
  readonly after: (delay: Milliseconds, fire: () => void) => () => void;
}

export const packageRoute = { method: "POST", url: "/api/packages", access: "session" } as const;

/** Packages that may be on their way at once: each is held in memory. */
const mostAtOnce = 2;
/** The largest package in this time is 9 Mbit/s. */
const longestMs: Milliseconds = 60_000;

/** Adds the route in a scope of its own: nowhere else is a body of bytes read. */
export async function addPackageRoute(app: FastifyInstance, door: PackageDoor): Promise<void> {
  const { packages, config, after } = door;
  let underway = 0;
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("application/octet-stream", { parseAs: "buffer" }, (_request, body, done) =>
      done(null, body),
    );
    scope.route({
      ...packageRoute,
      bodyLimit: config.packageBytes,
      config: { rateLimit: { max: config.packagesPerMinute, timeWindow: 60_000 } },
      // Asked before a byte of the body is read, so that nobody fills the memory without a name.
      onRequest: async (request, reply) => {
        if (door.bringer(request) === null) return door.unsigned(reply);
        if (underway >= mostAtOnce) {
          const what = "Other packages are being brought in. Wait until they are through.";
          return reply.code(429).send({ code: "too-many", what });
        }
        underway += 1;
        const cancel = after(longestMs, () => request.raw.destroy());
        reply.raw.once("close", () => {
          underway -= 1;
          cancel();
        });
      },
      handler: async (request, reply) => {
        reply.header("cache-control", "no-store");
        const body = request.body;
        if (!Buffer.isBuffer(body) || body.length === 0) {
          const what = "The body is not a package: send its bytes as application/octet-stream.";
          return reply.code(400).send({ code: "malformed", what });
        }
        const answer = await packages.take(new Uint8Array(body.buffer, body.byteOffset, body.length));
        if (answer.ok) return reply.code(200).send({ job: answer.value.job });
        return reply.code(422).send(answer.error);
      },
    });
  });
}
