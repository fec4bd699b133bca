/** Runs a cell under systemd: passes its end on, and feeds the watchdog only while the cell answers that it is alive. */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";

const [address = "", ...words] = process.argv.slice(2);
const program = process.env["CELLWARD_WATCHED_PROGRAM"] ?? join(import.meta.dirname, "../src/main.ts");
const probeWithin = 5000;
/** Three tries within systemd's patience (WATCHDOG_USEC); every two seconds where there is no watchdog. */
const period = Math.max(50, Number(process.env["WATCHDOG_USEC"] ?? 6_000_000) / 3000);

if (address === "" || words.length === 0) {
  console.error("usage: watched.ts HEALTH-URL CELLWARD-ARGUMENTS...");
  process.exit(2);
}

const cell = spawn(process.execPath, [program, ...words], { stdio: "inherit" });
let ready = false;

cell.on("exit", (code, signal) => {
  if (signal !== null) console.error(`cellward: the cell was ended by ${signal}`);
  process.exit(code ?? 1);
});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => cell.kill(signal));

setTimeout(look, Math.min(period, 500));

async function look(): Promise<void> {
  if (await alive()) {
    tell(ready ? ["WATCHDOG=1"] : ["READY=1", "WATCHDOG=1", "STATUS=The cell answers."]);
    ready = true;
  } else if (ready) {
    // Nothing is said to systemd: its patience is the limit, and it ends what does not answer.
    console.error(`cellward: no answer from ${address}`);
  }
  setTimeout(look, ready ? period : Math.min(period, 500));
}

async function alive(): Promise<boolean> {
  try {
    return (await fetch(address, { signal: AbortSignal.timeout(probeWithin), redirect: "error" })).ok;
  } catch {
    return false;
  }
}

/** Node has no datagram sockets of the kind that systemd listens on; its own small program has. */
function tell(words: readonly string[]): void {
  if (process.env["NOTIFY_SOCKET"] === undefined) return;
  const said = spawnSync("systemd-notify", [...words], {
    stdio: ["ignore", "ignore", "inherit"],
    timeout: probeWithin,
  });
  if (said.status !== 0) console.error("cellward: systemd-notify refused; systemd will think that the cell hangs.");
}
