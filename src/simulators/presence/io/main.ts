/** The simulated presence device as a program: a tty at one side, its scanner and button on a control socket at the other. */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";
import { z } from "zod";
import { openPtyAt, type PtyEnd } from "../../pty/io/pty.ts";
import { createSimulatedDevice } from "../device.ts";

const { values } = parseArgs({
  options: {
    tty: { type: "string" },
    control: { type: "string" },
    name: { type: "string", default: "simulated-presence" },
  },
});
if (!values.tty || !values.control) {
  process.stderr.write("usage: main.ts --tty PATH --control SOCKET [--name NAME]\n");
  process.exit(2);
}
const ttyPath = values.tty;
const device = createSimulatedDevice(values.name);
let tty: PtyEnd | null = null;
let lastPress = "";

plug();
setInterval(() => say(device.hello()), 1_000);

function plug(): void {
  tty?.close();
  tty = openPtyAt(ttyPath, () => undefined);
  restart();
}

function restart(): void {
  device.restart(randomBytes(8).toString("hex"));
  say(device.hello());
}

function say(line: string): void {
  tty?.write(Buffer.from(line, "latin1"));
}

const scanBody = z.strictObject({ code: z.string().regex(/^[\x1d\x21-\x7e]{1,96}$/) });
const faultBody = z.strictObject({ name: z.enum(["unplug", "replug", "noise", "repeat-press", "restart"]) });

/** What can be done to the device by hand, or go wrong with it. */
const acts: Readonly<Record<string, (body: unknown) => void>> = {
  "/scan": (body) => say(device.scan(scanBody.parse(body).code)),
  "/press": () => {
    lastPress = device.press(randomBytes(16).toString("hex"));
    say(lastPress);
  },
  "/fault": (body) => fault(faultBody.parse(body).name),
};

function fault(name: z.infer<typeof faultBody>["name"]): void {
  if (name === "unplug") {
    tty?.close();
    tty = null;
  } else if (name === "replug") plug();
  else if (name === "restart") restart();
  else if (name === "repeat-press") say(lastPress);
  else tty?.write(Buffer.concat([randomBytes(300), Buffer.from("\nPRESS 7 zz*0000\n")]));
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= 4_096) chunks.push(chunk);
  });
  request.on("end", () => {
    const act = acts[request.url ?? ""];
    if (request.method !== "POST" || !act || size > 4_096) {
      response.writeHead(404).end();
      return;
    }
    try {
      const text = Buffer.concat(chunks).toString("utf8");
      act(text === "" ? {} : JSON.parse(text));
      response.writeHead(204).end();
    } catch {
      response.writeHead(400).end();
    }
  });
}

rmSync(values.control, { force: true });
createServer(serve).listen(values.control, () => process.stdout.write("ready\n"));

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    tty?.close();
    rmSync(values.control ?? "", { force: true });
    process.exit(0);
  });
}
