/** `cellward limits list|approve|withdraw`: the limit sets in force, and what people sign about them at the running cell. */
import { readFile } from "node:fs/promises";
import type { ShownView } from "../../hmi/api-route.ts";
import { isLimitEvent } from "../../jobs/limit-event.ts";
import { afterLimitEvent, type KnownLimitSet, type LimitSets } from "../../jobs/limit-sets.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { readRows } from "../../ledger/io/read-rows.ts";
import { limitFactLines } from "../describe-limits.ts";
import { exitCode } from "../exit-code.ts";
import { atDesk, codeOf, said } from "./keeping.ts";
import type { Terminal, Trouble } from "./terminal.ts";

/** No limit set is longer. */
const mostBytes = 12_000;

/** `cellward limits list`: exit code 0, 4 where entries cannot be read, 3 where there is no record. */
export function listLimits(terminal: Terminal, { data }: { readonly data: string }): number {
  let sets: LimitSets = {};
  const read = readRows(data, ({ entry, body }) => {
    const event = { ...body, type: entry.type };
    if (isLimitEvent(event)) sets = afterLimitEvent(sets, event);
  });
  if (!read.ok) return terminal.trouble(read.error, exitCode.notReady);
  const known = Object.values(sets);
  const { unreadInAll: unread } = read.value;
  const lines = [
    ...(known.length === 0 ? ["No limit set is in force: every layer is judged by its recipe's own limits."] : []),
    ...known.map((set) =>
      [`${set.set}  signed by ${set.by.join(" and ")}`, ...limitFactLines(set).map((line) => `  ${line}`)].join("\n"),
    ),
    ...(unread === 0
      ? []
      : [`THIS MAY BE WRONG: ${unread} entries cannot be read as written. Run \`cellward verify\`.`]),
  ];
  terminal.result({ ok: unread === 0, sets: known, unread }, lines.join("\n"));
  return unread === 0 ? exitCode.ok : exitCode.verificationFailed;
}

/** `cellward limits approve FILE`: QA, then an engineer, sign for a proposed set. */
export async function approveLimits(
  terminal: Terminal,
  file: string,
  { config }: { readonly config: string },
): Promise<number> {
  const set = await readProposal(file);
  if (!set.ok) return terminal.trouble(set.error, exitCode.usage);
  return atDesk(terminal, config, 2, async (desk, [first, second]) => {
    const shown = await desk.post<ShownView>("/api/limits/proposal", { set: set.value });
    if (!shown.ok) return terminal.trouble(shown.error, codeOf(shown.error));
    const body = { set: set.value, shown: shown.value.digest, first, second };
    return said(terminal, await desk.post("/api/limits/approval", body), shown.value);
  });
}

async function readProposal(file: string): Promise<Result<object, Trouble>> {
  const wrong = (what: string): Result<never, Trouble> =>
    err({ code: "limit-set-invalid", what, remedy: "Name a file that `cellward limits propose --out` has written." });
  try {
    const text = await readFile(file, "utf8");
    if (text.length > mostBytes) return wrong(`${file} is too long for a limit set.`);
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? ok(value)
      : wrong(`${file} holds no limit set.`);
  } catch (problem) {
    const why = problem instanceof SyntaxError ? "it is no JSON" : (problem as NodeJS.ErrnoException).code;
    return wrong(`${file} cannot be read: ${why}.`);
  }
}

/** `cellward limits withdraw SET`: QA signs that the recipe's own limits count again. */
export function withdrawLimits(
  terminal: Terminal,
  name: string,
  { config, reason }: { readonly config: string; readonly reason: string },
): Promise<number> {
  return atDesk(terminal, config, 1, async (desk, [signer]) => {
    const known = await desk.get<{ readonly sets: readonly KnownLimitSet[] }>("/api/limits");
    if (!known.ok) return terminal.trouble(known.error, codeOf(known.error));
    const found = known.value.sets.filter(({ set }) => name.length >= 8 && set.startsWith(name));
    const [only] = found;
    if (only === undefined || found.length > 1) {
      const what = `${found.length > 1 ? "More than one" : "No"} limit set in force begins with ${name.slice(0, 64)}.`;
      const remedy = "Name it by its digest, as `cellward limits list` prints it.";
      return terminal.trouble({ code: "unknown-limits", what, remedy }, exitCode.neverNamed);
    }
    const what = { set: only.set, reason };
    const shown = await desk.get<ShownView>(`/api/limits/withdrawal?${new URLSearchParams(what)}`);
    if (!shown.ok) return terminal.trouble(shown.error, codeOf(shown.error));
    const body = { what, shown: shown.value.digest, ...signer };
    return said(terminal, await desk.post("/api/limits/withdrawal", body), shown.value);
  });
}
