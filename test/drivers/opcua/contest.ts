/** Two controllers with keys of their own want one machine: one works, the other is told why it may not. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { clientUriOf } from "../../../src/drivers/opcua/config.ts";
import type { Answer } from "../../../src/equipment/machine.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import {
  accept,
  benchOf,
  configOf,
  introduce,
  type OpcuaBench,
  origin,
  startOpcuaBench,
  stationProgram,
} from "../opcua-machine.ts";

const other = "other.example/cell-2";
const everyMs = 400;

/** What came of it. */
export interface Contest {
  /** How the first one's attempt ended: `finished`, or the code of its fault. */
  readonly first: string;
  /** What the second was told, each sentence once; nothing but refusals. */
  readonly sentences: readonly string[];
  readonly tries: number;
  /** Job orders that the machine was ever seen to have, and how many commands each controller gave it. */
  readonly jobs: readonly string[];
  readonly commands: { readonly first: number; readonly second: number };
  /** The second one's program did not stay at the machine. */
  readonly programs: readonly string[];
}

/** A second real driver for the bench's station, of another cell with keys of its own. */
export async function rivalOf(bench: OpcuaBench): Promise<OpcuaBench> {
  const keysDir = join(bench.station.folder, "keys-of-another");
  mkdirSync(keysDir, { mode: 0o700 });
  await introduce(bench.station, keysDir, other);
  accept(bench.station, keysDir);
  return benchOf(bench.station, keysDir, configOf(bench.station, { lock: bench.config.lock }), { origin: other });
}

/** The second one tries to begin and to hold, as often as it can, for as long as the machine works for the first one. */
export async function contest(serves: "job-control" | "job-control-v1"): Promise<Contest> {
  const bench = await startOpcuaBench(["--speed", "20", "--serves", serves], {});
  const rival = await rivalOf(bench);
  try {
    await rival.listener.next("online");
    const begun = await bench.begin(attempt, bench.store(stationProgram("clean-dry")));
    if (begun.kind !== "done") throw new Error(`the first did not begin (${JSON.stringify(begun)})`);
    const seen = await fight(bench, rival);
    const end = await Promise.race([bench.listener.next("finished"), bench.listener.next("failed")]);
    return { ...seen, first: end.kind === "failed" ? end.fault.code : "finished" };
  } finally {
    await rival.machine.close();
    await bench.dispose();
  }
}

const attempt = "contest-first" as AttemptId;

type State = Awaited<ReturnType<OpcuaBench["state"]>> & { readonly commanders: Readonly<Record<string, number>> };

async function fight(bench: OpcuaBench, rival: OpcuaBench): Promise<Omit<Contest, "first">> {
  const sentences = new Set<string>();
  const jobs = new Set<string>();
  const ordered = rival.store(stationProgram("measure"));
  let last: Pick<Contest, "commands" | "programs"> = { commands: { first: 0, second: 0 }, programs: [] };
  for (let tries = 0; ; tries++) {
    const answers = [
      await rival.begin(`contest-second-${tries}` as AttemptId, ordered),
      await rival.machine.perform({ kind: "hold", attempt }),
    ];
    const state = (await bench.state()) as State;
    // Once the first one has what it wanted, the machine is free for anybody.
    const works = state.jobs.some((job) => job.id === attempt && /Running|Interrupted|AllowedToStart/.test(job.state));
    const commands = {
      first: state.commanders[clientUriOf(origin)] ?? 0,
      second: state.commanders[clientUriOf(other)] ?? 0,
    };
    if (!works) return { sentences: [...sentences], tries, jobs: [...jobs], ...last };
    for (const answer of answers) sentences.add(wordsOf(answer));
    for (const { id } of state.jobs) jobs.add(id);
    last = { commands, programs: state.programs.filter((name) => name.includes("second")) };
    await new Promise((done) => setTimeout(done, everyMs));
  }
}

function wordsOf(answer: Answer): string {
  return answer.kind === "refused" ? answer.fault.what : `NOT REFUSED: ${answer.kind}`;
}
