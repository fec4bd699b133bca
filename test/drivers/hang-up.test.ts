/** A cable that is pulled in the middle of a read: the line says that it is gone, whenever that happens. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, read, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { SerialPort } from "serialport";
import { afterEach, beforeEach, expect, test } from "vitest";
import { noticingHangUp } from "../../src/drivers/hang-up.ts";

const pty = resolve(import.meta.dirname, "../../src/simulators/pty/io/pty.ts");
/** A device that talks without end, or never, as its second argument says. */
const device = `
  const { openPtyAt } = await import(process.argv[1]);
  const end = openPtyAt(process.argv[2], () => undefined);
  const talk = () => { end.write(Buffer.from("ok N1 P15 B7\\n")); setImmediate(talk); };
  if (process.argv[3] === "talks") talk();
  setInterval(() => undefined, 1000);
  console.log("up");`;

const noticing = { binding: noticingHangUp(SerialPort.binding, promisify(read)) };

let folder: string;
let child: ChildProcess | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "line-"));
});

afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

async function plugIn(kind: "talks" | "silent", name = "tty") {
  const path = join(folder, name);
  const args = ["--input-type=module", "-e", device, pty, path, kind];
  const far = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  child = far;
  await once(far.stdout!, "data");
  const line = new SerialPort({ path, baudRate: 250_000, hupcl: false, autoOpen: false, ...noticing });
  await new Promise<void>((done, failed) => line.open((problem) => (problem === null ? done() : failed(problem))));
  return { far, line };
}

test("[F31] what is read only after the cable was pulled ends the line", async () => {
  const { far, line } = await plugIn("silent");
  far.kill("SIGKILL");
  await once(far, "exit");
  const ended = once(line, "close");
  line.on("data", () => undefined);
  const [why] = (await ended) as [Error];
  expect(why.message).toBe("the other end hung up");
  expect(line.isOpen).toBe(false);
});

test("[F31] a cable pulled while the machine waits or talks ends the line, each time", async () => {
  for (const [round, kind] of (["silent", "talks", "talks", "talks", "talks", "talks"] as const).entries()) {
    const { far, line } = await plugIn(kind, `tty${round}`);
    if (kind === "talks") await once(line, "data");
    else line.on("data", () => undefined);
    const ended = once(line, "close");
    line.on("data", () => undefined);
    far.kill("SIGKILL");
    await ended;
  }
});

test("closing it oneself is no loss and tells no error", async () => {
  const { line } = await plugIn("talks");
  const problems: Error[] = [];
  line.on("error", (problem) => problems.push(problem));
  await once(line, "data");
  line.on("data", () => undefined);
  const why = await new Promise((done) => {
    line.on("close", done);
    line.close();
  });
  expect(why ?? null).toBe(null);
  expect(problems).toEqual([]);
});
