/** The cell as a service: systemd accepts the unit, and hears of life only while the cell is alive. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "cellward-service-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string, mode = 0o644): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

it("the unit passes systemd-analyze verify [F90]", async ({ annotate }) => {
  const unit = readFileSync(join(root, "ops/cellward.service"), "utf8");
  expect(unit).toMatch(/^WatchdogSec=/m);
  const there = file(
    "cellward.service",
    unit.replaceAll("/opt/cellward", root).replace(/^(User|Group|SupplementaryGroups)=.*\n/gm, ""),
  );
  const verified = spawnSync("systemd-analyze", ["verify", "--man=no", there], { encoding: "utf8" });
  if (verified.error) {
    console.error("NOT VERIFIED: systemd-analyze is not on this machine; the unit was only read, not judged.");
    await annotate("systemd-analyze is not on this machine: the unit was not judged");
    return;
  }
  expect(verified.stderr).not.toContain("cellward.service");
  expect(verified.status).toBe(0);
});

it("feeds the watchdog while the cell answers, not when it hangs, and passes signal and exit code on [F31]", async () => {
  const said = file("said", "");
  file("systemd-notify", `#!/bin/sh\necho "$*" >> ${said}\n`, 0o755);
  const cell = file("cell.ts", 'process.on("SIGTERM", () => process.exit(3)); setInterval(() => {}, 1000);');
  let asked = 0;
  let hangs = false;
  const server = createServer((_request, response) => {
    asked++;
    response.writeHead(hangs ? 503 : 200).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const env = {
    PATH: `${folder}:/usr/bin:/bin`,
    NOTIFY_SOCKET: "/run/none",
    WATCHDOG_USEC: "300000",
    CELLWARD_WATCHED_PROGRAM: cell,
  };
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`;
  const watched = spawn(process.execPath, [join(root, "scripts/watched.ts"), address, "run"], { env, stdio: "ignore" });
  const ended = new Promise((resolve) => watched.once("exit", resolve));
  const lines = (): string[] => readFileSync(said, "utf8").trim().split("\n");

  await vi.waitUntil(() => lines().length >= 3, { timeout: 30_000 });
  expect(lines()[0]).toBe("READY=1 WATCHDOG=1 STATUS=The cell answers.");
  expect(lines()[1]).toBe("WATCHDOG=1");

  hangs = true;
  // Asked twice more: the answer to the first of these was heard before the second was asked.
  const before = asked;
  await vi.waitUntil(() => asked >= before + 2, { timeout: 30_000 });
  const fed = lines().length;
  await vi.waitUntil(() => asked >= before + 5, { timeout: 30_000 });
  expect(lines().length).toBe(fed);

  watched.kill("SIGTERM");
  expect(await ended).toBe(3);
  server.close();
});
