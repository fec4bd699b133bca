/** `cellward run`: the daemon in the foreground, until it is told to stop. */
import { join } from "node:path";
import { pino } from "pino";
import { loadConfig } from "../../config/io/load.ts";
import { loadTrust } from "../../config/io/trust.ts";
import { exitCode } from "../exit-code.ts";
import { startDaemon } from "./daemon.ts";
import { troubleOf } from "./ending.ts";
import { configurationRemedy } from "./remedies.ts";
import { openSight } from "./sight.ts";
import type { Terminal } from "./terminal.ts";

export interface RunOptions {
  readonly config: string;
  readonly data: string;
  readonly keys: string;
}

/** Runs until SIGINT or SIGTERM; the exit code says why it ended. */
export async function run(terminal: Terminal, options: RunOptions): Promise<number> {
  const loaded = await loadConfig(options.config);
  if (!loaded.ok) {
    const remedy = configurationRemedy(options.config);
    return terminal.trouble({ code: "configuration", what: loaded.error.join("\n"), remedy }, exitCode.configuration);
  }
  const trust = await loadTrust(loaded.value.config, loaded.value.digest);
  if (!trust.ok) {
    const remedy =
      "Correct [trust]: public keys of design authority and clinical release, as `cellward keygen` prints them.";
    return terminal.trouble({ code: "trust", what: trust.error.join("\n"), remedy }, exitCode.configuration);
  }
  // Logs go to standard error as JSON lines: times, codes and counts, never a name, a picture or what was typed.
  const logger = pino({ base: null }, pino.destination(2));
  const ended = endOfProcess();
  const started = await startDaemon({
    loaded: { config: loaded.value.config, digest: trust.value.digest },
    anchors: trust.value.anchors,
    dataDir: options.data,
    keysDir: options.keys,
    webRoot: join(import.meta.dirname, "../../../dist/web"),
    openEyes: openSight,
    log: (message, facts) => logger.info(facts ?? {}, message),
    onFatal(problem) {
      const trouble = troubleOf(problem);
      logger.fatal({ code: trouble.code, what: trouble.what }, "the cell ends");
      ended.now(terminal.trouble(trouble, exitCode.notReady));
    },
  });
  if (!started.ok) return terminal.trouble(started.error, exitCode.notReady);
  terminal.result({ ready: "cell", url: started.value.url, pid: process.pid }, `The cell is up: ${started.value.url}`);
  const code = await ended.promise;
  if (code !== exitCode.ok) return code;
  try {
    await started.value.close();
    return code;
  } catch (problem) {
    return terminal.trouble(troubleOf(problem), exitCode.notReady);
  }
}

function endOfProcess(): { readonly promise: Promise<number>; now(code: number): void } {
  const { promise, resolve } = Promise.withResolvers<number>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(exitCode.ok));
  return { promise, now: resolve };
}
