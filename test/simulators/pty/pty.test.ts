/** The pseudo-terminal helper: raw bytes both ways, hosts that come and go, a link that follows the cable. */
import { constants, existsSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SerialPort } from "serialport";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openPtyAt, type PtyEnd } from "../../../src/simulators/pty/io/pty.ts";

let folder: string;
let link: string;
let received: Buffer;
let arrived: (() => void) | null = null;
let end: PtyEnd | null = null;

const onBytes = (bytes: Uint8Array): void => {
  received = Buffer.concat([received, bytes]);
  arrived?.();
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pty-"));
  link = join(folder, "port");
  received = Buffer.alloc(0);
});

afterEach(() => {
  end?.close();
  end = null;
  rmSync(folder, { recursive: true, force: true });
});

async function openHost(): Promise<SerialPort> {
  const port = new SerialPort({ path: link, baudRate: 115_200, hupcl: false, autoOpen: false });
  await new Promise<void>((done, failed) => port.open((problem) => (problem ? failed(problem) : done())));
  return port;
}

async function receive(count: number): Promise<Buffer> {
  await new Promise<void>((done) => {
    arrived = () => {
      if (received.length >= count) done();
    };
    arrived();
  });
  return received;
}

test("every byte value arrives unchanged, both ways, and nothing is echoed", async () => {
  end = openPtyAt(link, onBytes);
  // Written before anybody listens: it must not come back.
  end.write(Buffer.from("banner\n"));
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const port = await openHost();
  const heard: Buffer[] = [];
  const enough = new Promise<void>((done) => {
    port.on("data", (bytes: Buffer) => {
      heard.push(bytes);
      if (Buffer.concat(heard).includes(all)) done();
    });
  });
  port.write(all);
  expect(await receive(256)).toEqual(all);
  end.write(all);
  await enough;
  await new Promise((done) => port.close(done));
});

test("hosts come and go; closing pulls the cable and takes the link away", async () => {
  end = openPtyAt(link, onBytes);
  expect(readlinkSync(link)).toBe(end.device);
  for (const count of [3, 6]) {
    const port = await openHost();
    port.write("abc");
    await receive(count);
    await new Promise((done) => port.close(done));
  }
  // A plain blocking read, because serialport misses a hang-up that comes before it has begun to read.
  const host = await open(link, constants.O_RDWR | constants.O_NOCTTY);
  const read = host.read(Buffer.alloc(1), 0, 1).catch(() => ({ bytesRead: 0 }));
  end.close();
  end = null;
  expect((await read).bytesRead).toBe(0);
  await host.close();
  expect(existsSync(link)).toBe(false);
});

test("a file in the way is not overwritten", () => {
  writeFileSync(link, "mine");
  expect(() => openPtyAt(link, onBytes)).toThrow("is not a link");
});
