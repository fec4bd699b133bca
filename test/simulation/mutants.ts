/** Wrong programs, each a one-line patch of the real source, that the simulator must convict; also `npm run mutants`. */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

export interface Mutant {
  readonly name: string;
  /** The law or rule that falls. */
  readonly breaks: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: "acts-before-writing",
    breaks: "law 1: write, then act",
    file: "src/cell.ts",
    from: "if (isTowardSafety(owed)) duties.owe(owed);",
    to: "duties.owe(owed);",
  },
  {
    name: "boot-forgets-open-attempts",
    breaks: "law 4: an attempt whose outcome is unknown is over",
    file: "src/jobs/decide/cell.ts",
    from: "of openAttempts(draft.state())",
    to: "of openAttempts(draft.state()).slice(1)",
  },
  {
    name: "degraded-is-good-enough",
    breaks: "law 3: blind is a defect",
    file: "src/jobs/decide/eyes.ts",
    from: 'report.verdict === "pass" &&\n    report.grade === "good" &&',
    to: 'report.verdict === "pass" &&',
  },
  {
    name: "no-network-no-matter",
    breaks: "law 3: positive evidence of every step",
    file: "src/jobs/decide/eyes.ts",
    from: "report.digests.model !== null &&",
    to: "",
  },
  {
    name: "any-picture-will-do",
    breaks: "law 3: the picture judged is the picture taken",
    file: "src/jobs/decide/eyes.ts",
    from: "if (report.digests.frame !== look.frame) {",
    to: "if (report.digests.frame === undefined) {",
  },
  {
    name: "releases-two-ahead",
    breaks: "law 3: no layer beyond the accepted ones",
    file: "src/jobs/decide/eyes.ts",
    from: "attempt.accepted + 1 + operation.lag",
    to: "attempt.accepted + 2 + operation.lag",
  },
  {
    name: "plate-believes-the-person",
    breaks: "law 5: a proven clear plate",
    file: "src/jobs/decide/eyes.ts",
    from: "const { equipment, check, clear, what, frame } = message;",
    to: "const { equipment, check, clear = true, what, frame } = { ...message, clear: undefined };",
  },
  {
    name: "presence-proof-is-kept",
    breaks: "law 5: a proof is used once",
    file: "src/jobs/evolve-job.ts",
    from: "identity: null,\n    presence: null,\n  };",
    to: "identity: null,\n  };",
  },
  {
    name: "two-starts-in-one-tick",
    breaks: "a tick decides on the provisional state",
    file: "src/cell.ts",
    from: "const decision = decide(provisional,",
    to: "const decision = decide(state,",
  },
  {
    name: "own-work-approved",
    breaks: "the executor cannot approve their own disposition",
    file: "src/jobs/decide/disposition.ts",
    from: "if (executorsOf(job, nonconformity).includes(approval.person)) {",
    to: "if (executorsOf(job, nonconformity).length < 0) {",
  },
  {
    name: "unknown-outcome-raises-nothing",
    breaks: "law 4: an interrupted build is a nonconformity",
    file: "src/jobs/decide/ending.ts",
    from: "if (trouble.cause !== null)",
    to: 'if (trouble.cause !== null && trouble.cause !== "outcome-unknown")',
  },
  {
    name: "proof-outlives-the-clock",
    breaks: "law 5: a proof ages by true time",
    file: "src/jobs/gates.ts",
    from: "now.mono - job.presence.mono <= validMs",
    to: "now.at - job.presence.at <= validMs",
  },
  {
    name: "begins-without-the-last-look",
    breaks: "law 5: a proven clear plate at the moment of the start",
    file: "src/jobs/obligations.ts",
    from: 'if (operation.kind === "build" && !plateSeen) return [];',
    to: "",
  },
  {
    name: "time-may-go-back",
    breaks: "expiry compares with the highest time ever seen",
    file: "src/cell.ts",
    from: "const at = Math.max(highest, letter.wall);",
    to: "const at = letter.wall;",
  },
];

/** Copies source and simulator, applies the patch (or none), and runs seeds there. True when a law was broken. */
export async function isConvicted(
  mutant: Mutant | null,
  seeds: number,
): Promise<{ convicted: boolean; words: string }> {
  const copy = mkdtempSync(join(tmpdir(), "cellward-mutant-"));
  try {
    cpSync(join(root, "src"), join(copy, "src"), { recursive: true });
    cpSync(join(root, "test/simulation"), join(copy, "test/simulation"), { recursive: true });
    cpSync(join(root, "package.json"), join(copy, "package.json"));
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    if (mutant) patch(join(copy, mutant.file), mutant);
    const script = join(copy, "test/simulation/main.ts");
    const args = [script, "--seeds", String(seeds), "--json", "--stop-at-first"];
    const { code, stdout } = await run(process.execPath, args, { timeout: 300_000 }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (problem: { code?: number; stdout?: string }) => ({ code: problem.code ?? 1, stdout: problem.stdout ?? "" }),
    );
    if (code !== 0 && code !== 4) throw new Error(`the simulator itself failed (exit ${code}) for ${mutant?.name}`);
    const report = JSON.parse(stdout) as { findings: { seed: number; accusations: string[] }[] };
    const first = report.findings[0];
    return { convicted: code === 4, words: first ? `seed ${first.seed}: ${first.accusations[0]}` : "nothing found" };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function patch(file: string, mutant: Mutant): void {
  const source = readFileSync(file, "utf8");
  if (source.split(mutant.from).length !== 2) {
    throw new Error(
      `mutant ${mutant.name}: its line stands ${source.split(mutant.from).length - 1} times in ${mutant.file}`,
    );
  }
  writeFileSync(
    file,
    source.replace(mutant.from, () => mutant.to),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const seeds = Number(process.argv[2] ?? 200);
  const honest = await isConvicted(null, seeds);
  console.log(`the real source over ${seeds} seeds: ${honest.convicted ? `BROKEN, ${honest.words}` : "no law broken"}`);
  let free = honest.convicted ? 1 : 0;
  for (const mutant of mutants) {
    const { convicted, words } = await isConvicted(mutant, seeds);
    if (!convicted) free += 1;
    console.log(`${convicted ? "convicted" : "NOT CONVICTED"}  ${mutant.name} (${mutant.breaks}): ${words}`);
  }
  process.exitCode = free > 0 ? 4 : 0;
}
