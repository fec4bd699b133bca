/** The station's control socket: the hand and the bad luck of the workshop; nothing of it is on the network. */
import { createServer, type Server } from "node:http";
import { z } from "zod";
import { type Fault, faultNames, momentary, readFault } from "../faults.ts";
import { operationalModes, type Robot } from "../robot.ts";
import type { Station } from "../station.ts";
import { answer, readJson } from "./http.ts";

const part = z.strictObject({ tag: z.string().min(1).max(64).nullable() });
const door = z.strictObject({ closed: z.boolean() });
const mode = z.strictObject({ mode: z.enum(["Processing", "Setup", "Maintenance"]) });
const panel = z.strictObject({ button: z.enum(["clear", "reset", "stop"]) });
const safety = z.strictObject({
  emergencyStop: z.boolean().optional(),
  protectiveStop: z.boolean().optional(),
  operationalMode: z.enum(Object.keys(operationalModes) as [keyof typeof operationalModes]).optional(),
});
const clearing = z.strictObject({ name: z.enum(faultNames as [string, ...string[]]).optional() });
const buttons = { clear: "Clear", reset: "Reset", stop: "Stop" } as const;

/** What stands around the station: who its server is now, and what a fault does to it. */
export interface Surroundings {
  ready(): { readonly url: string; readonly thumbprint: string };
  /** Does what a fault does to process and server; the result, if any, is due once the answer is out. */
  befall(fault: Fault): Promise<(() => void) | null>;
  /** The faults in force have changed. */
  changed(): void;
}

/** Serves GET /state and POST /part, /door, /mode, /panel, /robot, /fault and /clear. */
export function controlServer(station: Station, around: Surroundings, robot: Robot | null): Server {
  const server = createServer(async (request, response) => {
    const route = `${request.method} ${request.url}`;
    if (route === "GET /state") return answer(response, 200, stateOf(station, around, robot));
    const act = route === "POST /robot" ? robotAct(robot) : acts[route];
    if (act === undefined) return answer(response, 404, { error: "no such route" });
    const body = await readJson(request, 4096);
    if (!body.ok) return answer(response, 400, { error: body.error });
    const done = await act(body.value, station, around);
    if (typeof done === "string") return answer(response, 400, { error: done });
    if (done !== null) response.once("finish", done);
    return answer(response, 200, stateOf(station, around, robot));
  });
  server.requestTimeout = 5000;
  return server;
}

/** A refusal in words, or what is still due once the answer is out, or null. */
type Done = string | (() => void) | null;
type Act = (body: unknown, station: Station, around: Surroundings) => Done | Promise<Done>;

/** Reads the body with a schema and does it. */
function reading<T>(
  schema: z.ZodType<T>,
  act: (body: T, station: Station, around: Surroundings) => string | null,
): Act {
  return (body, station, around) => {
    const read = schema.safeParse(body);
    return read.success ? act(read.data, station, around) : (read.error.issues[0]?.message ?? "not acceptable");
  };
}

function robotAct(robot: Robot | null): Act {
  return reading(safety, (change) => {
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    robot?.set(given);
    return robot === null ? "there is no robot: start with --robot" : null;
  });
}

const acts: Readonly<Record<string, Act>> = {
  "POST /part": reading(part, ({ tag }, station) => {
    station.putPart(tag);
    return null;
  }),
  "POST /door": reading(door, ({ closed }, station) => {
    station.setDoor(closed);
    return null;
  }),
  "POST /mode": reading(mode, (read, station) => {
    station.setMode(read.mode);
    return null;
  }),
  "POST /panel": reading(panel, ({ button }, station) =>
    station.pack(buttons[button]) ? null : `${button} is not legal while the unit is ${station.unit()}`,
  ),
  "POST /clear": reading(clearing, ({ name }, station, around) => {
    station.faults.clear(faultNames.find((known) => known === name));
    around.changed();
    return null;
  }),
  "POST /fault": async (body, station, around) => {
    const fault = readFault(body);
    if (!fault.ok) return fault.error;
    if (fault.value.name === "part-swap") station.putPart(fault.value.tag);
    else if (!momentary.includes(fault.value.name)) station.faults.set(fault.value);
    const due = await around.befall(fault.value);
    around.changed();
    return due;
  },
};

function stateOf(station: Station, around: Surroundings, robot: Robot | null): unknown {
  return {
    ...around.ready(),
    unit: station.unit(),
    mode: station.mode(),
    part: station.partTag(),
    doorClosed: station.doorClosed(),
    ...(robot !== null && { robot: robot.safety() }),
    alarms: station.alarms(),
    faults: station.faults.all(),
    jobs: station.jobs().map(({ order, state, why }) => ({ id: order.id, state: state.name, sub: state.sub, why })),
    programs: station.files.names(),
    strays: station.strays(),
    commanders: station.commanders(),
  };
}
