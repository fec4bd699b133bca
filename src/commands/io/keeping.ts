/** `cellward retention` and `cellward clock`: what QA signs about the record itself, at the running cell. */
import type { KeepingView, ShownView } from "../../hmi/api-route.ts";
import type { Stretch } from "../../jobs/clock.ts";
import type { TimeSupport } from "../../jobs/keeping-event.ts";
import { dayOf } from "../../jobs/retention.ts";
import type { Result } from "../../kernel/result.ts";
import { utcText } from "../../ledger/page.ts";
import { exitCode } from "../exit-code.ts";
import { type DeskConsole, openDesk, readSigners, type Signer } from "./desk.ts";
import type { Terminal, Trouble } from "./terminal.ts";

/** Opens the desk for as many signers as are asked for, and lets go of it. */
export async function atDesk(
  terminal: Terminal,
  config: string,
  count: number,
  act: (desk: DeskConsole, signers: readonly Signer[]) => Promise<number>,
): Promise<number> {
  const signers = await readSigners(count);
  if (!signers.ok) return terminal.trouble(signers.error, exitCode.usage);
  const [first] = signers.value;
  if (first === undefined) return exitCode.usage;
  const desk = await openDesk(config, first);
  if (!desk.ok) return terminal.trouble(desk.error, codeOf(desk.error));
  try {
    return await act(desk.value, signers.value);
  } finally {
    await desk.value.leave();
  }
}

/** The exit code of what the desk, or the way to it, refused. */
export function codeOf({ code }: Trouble): number {
  if (code === "configuration") return exitCode.configuration;
  return code === "no-cell" ? exitCode.notReady : exitCode.refused;
}

/** `cellward retention show JOB`: until when it is kept, and what was held, erased or dropped. */
export function showRetention(terminal: Terminal, config: string, job: string): Promise<number> {
  return atDesk(terminal, config, 1, async (desk) => {
    const found = await desk.get<KeepingView>(`/api/keeping/${encodeURIComponent(job)}`);
    if (!found.ok) return terminal.trouble(found.error, codeOf(found.error));
    terminal.result({ ok: true, ...found.value }, wordsOf(found.value));
    return exitCode.ok;
  });
}

function wordsOf({ job, until, picturesUntil, hold, erased, dropped }: KeepingView): string {
  const lines =
    until === null || picturesUntil === null
      ? [`Order ${job} has not ended: nothing of it may go.`]
      : [
          `Order ${job}: record and texts are kept until ${dayOf(until)}, pictures of layers that passed until ${dayOf(picturesUntil)}.`,
        ];
  if (hold) lines.push(`LEGAL HOLD${hold.ofCell ? " on the whole cell" : ""} since ${dayOf(hold.since)}. ${hold.why}`);
  if (erased) {
    const key = erased.destroyed ? "their key is destroyed" : "their key is NOT destroyed yet";
    lines.push(`Names were erased on ${dayOf(erased.at)} by ${erased.by}; ${key}.`);
  }
  if (dropped > 0) lines.push(`${dropped} files were dropped by policy.`);
  return lines.join("\n");
}

export interface Deed {
  readonly deed: "hold" | "lift" | "erase" | "drop-pictures" | "drop-everything";
  readonly about: { readonly about: "job" | "lot"; readonly id: string } | { readonly about: "cell" };
  readonly reason?: string;
}

/** Signs one deed about how long something is kept; prints what the signature was bound to. */
export function keep(terminal: Terminal, config: string, { deed, about, reason }: Deed): Promise<number> {
  return atDesk(terminal, config, 1, async (desk, [signer]) => {
    const what = { deed, ...about, ...(reason !== undefined && { reason }) };
    const shown = await desk.get<ShownView>(`/api/keeping?${new URLSearchParams(what as Record<string, string>)}`);
    if (!shown.ok) return terminal.trouble(shown.error, codeOf(shown.error));
    const done = await desk.post("/api/keeping", { what, shown: shown.value.digest, ...signer });
    return said(terminal, done, shown.value);
  });
}

/** Tells that it is signed, and what the signature is bound to. */
export function said(
  terminal: Terminal,
  done: Result<unknown, Trouble>,
  { facts, digest, meaning }: ShownView,
): number {
  if (!done.ok) return terminal.trouble(done.error, codeOf(done.error));
  const lines = Object.entries(facts)
    .filter(([name]) => name !== "meaning")
    .map(([name, value]) => `  ${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`);
  terminal.result({ ok: true, signed: facts, digest }, [`Signed and recorded: “${meaning}”`, ...lines].join("\n"));
  return exitCode.ok;
}

interface ClockView {
  readonly at: number;
  readonly highest: number;
  readonly ahead: readonly Stretch[];
  readonly support: TimeSupport | null;
}

/** `cellward clock show`: what the clock says, by what it is borne out, and which entries were written ahead of it. */
export function showClock(terminal: Terminal, config: string): Promise<number> {
  return atDesk(terminal, config, 1, async (desk) => {
    const found = await desk.get<ClockView>("/api/clock");
    if (!found.ok) return terminal.trouble(found.error, codeOf(found.error));
    const { at, highest, ahead, support } = found.value;
    const lines = [
      `The clock says ${utcText(at)} UTC; ${support ? `${support.by} bears it out` : "nothing bears it out"}.`,
      `Orders and lots expire by ${utcText(Math.max(at, highest))} UTC, the highest reading that counts.`,
      ...ahead.map(({ from, to, highest: said }) => `- entries ${from} to ${to} say up to ${utcText(said)}: ahead`),
      ...(ahead.length === 0
        ? []
        : ["Where the clock was wrong: `cellward clock correct --from A --to B`, signed by two."]),
    ];
    terminal.result({ ok: true, ...found.value }, lines.join("\n"));
    return exitCode.ok;
  });
}

/** `cellward clock correct`: QA and a second person sign that the clock was wrong while these entries were written. */
export function correctClock(terminal: Terminal, config: string, from: string, to: string): Promise<number> {
  return atDesk(terminal, config, 2, async (desk, [first, second]) => {
    const shown = await desk.get<ShownView>(`/api/clock/correction?${new URLSearchParams({ from, to })}`);
    if (!shown.ok) return terminal.trouble(shown.error, codeOf(shown.error));
    const body = { from: Number(from), to: Number(to), shown: shown.value.digest, first, second };
    return said(terminal, await desk.post("/api/clock/correction", body), shown.value);
  });
}
