/** The process packs that come with the program, for tests, and the same with members changed. */
import { readPacks } from "../src/inspection/io/packs.ts";
import type { PackJudge, ProcessPack } from "../src/jobs/process-pack.ts";

const read = await readPacks();
if (!read.ok) throw new Error(read.error);

export const packs = read.value;

/** The shipped pack of a process. */
export function packOf(process: string): ProcessPack {
  const found = packs.find((each) => each.process === process);
  if (found === undefined) throw new Error(`no pack ${process}`);
  return found;
}

/** A judge of a shipped pack's phase. */
export function judgeOf<B extends PackJudge["by"]>(process: string, by: B, phase = 0): Extract<PackJudge, { by: B }> {
  const found = packOf(process).phases[phase]?.judges.find((judge) => judge.by === by);
  if (found === undefined) throw new Error(`no judge by ${by}`);
  return found as Extract<PackJudge, { by: B }>;
}

/** Values by their paths, such as `{ "phases.0.id": "x" }`; undefined takes a member out. */
export type Edits = Readonly<Record<string, unknown>>;

/** A value as JSON has it, with members changed at any depth, to whatever no type allows. */
export function edited(value: unknown, edits: Edits): Uint8Array {
  const top = { value: JSON.parse(JSON.stringify(value)) as unknown };
  for (const [path, to] of Object.entries(edits)) {
    const steps = `value${path === "" ? "" : "."}${path}`.split(".");
    let at = top as Record<string, unknown>;
    for (const step of steps.slice(0, -1)) {
      const next = at[step];
      if (typeof next !== "object" || next === null) throw new Error(`no member ${step} of ${path}`);
      at = next as Record<string, unknown>;
    }
    const last = steps.at(-1) ?? "";
    if (to === undefined) delete at[last];
    else at[last] = to;
  }
  return new TextEncoder().encode(JSON.stringify(top.value));
}
