/** A disk that refuses one call: a ledger's life is struck by ENOSPC or EIO, and must end in words, lose nothing, and go on later. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openKeys } from "../../src/ledger/io/keys.ts";
import { openLedger } from "../../src/ledger/io/ledger.ts";
import { verifyFolder } from "../../src/ledger/io/verify.ts";
import { storageExhausted } from "../../src/ledger/ledger.ts";
import { countsIn, root } from "./record.ts";
import { readTrace } from "./trace.ts";

export interface Refused {
  readonly name: string;
  /** False where the life made no such call. */
  readonly reached: boolean;
  /** What the ledger called it; null where it went on as if nothing had happened. */
  readonly told: string | null;
  /** For ENOSPC: stands it in the record? */
  readonly recorded: boolean;
  readonly violations: readonly string[];
}

/** Lets the `nth` call of one kind, in whichever thread makes it first, be refused once in a life of two starts. */
export async function refuse(place: string, call: string, nth: number, error: "ENOSPC" | "EIO"): Promise<Refused> {
  const name = `${error} at ${call} ${nth}`;
  const home = join(place, "refused");
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home);
  const trace = `${home}.trace`;
  const { code, said } = await live(home, call, nth, error, trace);
  const text = readFileSync(trace, "utf8");
  // Each thread meets its own nth call; the last is the one that ended the program, or none did.
  const at = text.lastIndexOf("(INJECTED)");
  if (at < 0) return { name, reached: false, told: null, recorded: false, violations: [] };
  const promised = (part: string) =>
    readTrace(part, countsIn("/nowhere")).reduce(
      (most, op) => (op.kind === "said" ? Math.max(most, op.entries) : most),
      -1,
    );
  const before = promised(text.slice(0, at));
  const violations: string[] = [];
  if (code !== 0 && promised(text.slice(at)) > before) violations.push("something was acknowledged after the error");
  const last = JSON.parse(said.at(-1) ?? "{}") as { fault?: string; done?: boolean; what?: string; remedy?: string };
  const told = last.fault ?? null;
  if (told === null && last.done !== true) violations.push(`the program ended with ${code} and no words`);
  if (told !== null && (last.what === undefined || last.remedy === undefined)) violations.push("no remedy was named");
  return { name, reached: true, told, ...(await reopened(home, before, violations)) };
}

async function live(home: string, call: string, nth: number, error: string, trace: string) {
  const options = ["-f", "-qq", "--seccomp-bpf", "-y", "-xx", "-s", "200", "-e", "signal=none", "-o", trace];
  const inject = ["-e", `trace=write,${call}`, "-e", `inject=${call}:error=${error}:when=${nth}`];
  const program = [process.execPath, join(root, "test/crash/ledger-child.ts"), home, "2", "8"];
  const env = { ...process.env, UV_THREADPOOL_SIZE: "1" };
  const child = spawn("strace", [...options, ...inject, ...program], { stdio: ["ignore", "pipe", "ignore"], env });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  return { code, said: text.trim().split("\n") };
}

/** Opens what is left, on a disk that is whole again. */
async function reopened(home: string, promised: number, violations: string[]) {
  const folders = { dataDir: join(home, "data"), keysDir: join(home, "keys") };
  // A ledger that was never made was promised to nobody.
  if (promised < 0) return { recorded: false, violations };
  const opened = await openLedger({ ...folders, checkpointEveryMs: 0 });
  if (!opened.ok) return { recorded: false, violations: [...violations, `it does not open: ${opened.error.what}`] };
  const { ledger, standing } = opened.value;
  if (standing.kind !== "current") violations.push(`it is ${standing.kind}`);
  if (ledger.head().size < promised)
    violations.push(`${promised} entries were acknowledged, ${ledger.head().size} are there`);
  let recorded = false;
  for await (const { entry } of ledger.read(0)) recorded ||= entry.type === storageExhausted;
  await ledger.close();
  const keys = await openKeys(folders.keysDir, folders.dataDir);
  if (!keys.ok) throw new Error(keys.error.what);
  const report = await verifyFolder(folders.dataDir, { trusted: keys.value.trusted, dataKey: keys.value.dataKey });
  return { recorded, violations: [...violations, ...report.findings.map(({ what }) => what)] };
}
