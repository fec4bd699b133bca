/** `cellward repair`: the cell's ledger brought back from central QA's copy, recorded, and gone on with only if nothing signed is missing. */
import { doubts } from "../../jobs/ancestor.ts";
import type { Event } from "../../jobs/event.ts";
import { evolve } from "../../jobs/evolve.ts";
import { emptyState, type State } from "../../jobs/state.ts";
import { textDraft } from "../../ledger/chain.ts";
import type { Row } from "../../ledger/chain-check.ts";
import type { EntryDraft, JsonObject } from "../../ledger/entry.ts";
import { repairFolder, type Undertaken } from "../../ledger/io/repair.ts";
import { exitCode } from "../exit-code.ts";
import { systemClockState } from "./clock-state.ts";
import { type SignedBy, signAtConsole } from "./console.ts";
import { readWitnesses } from "./given-keys.ts";
import { systemClock } from "./system.ts";
import type { Terminal } from "./terminal.ts";

export interface RepairCommand {
  readonly data: string;
  readonly keys: string;
  readonly copy: string;
  readonly witness: string;
}

/** Rebuilds the ledger; an engineer signs for it at the console. */
export async function repair(terminal: Terminal, { data, keys, copy, witness }: RepairCommand): Promise<number> {
  const witnesses = await readWitnesses(witness);
  if (!witnesses.ok) return terminal.trouble(witnesses.error, exitCode.usage);
  terminal.progress(`The ledger in ${data} is to be brought back from ${copy}.`);
  const signed = await signAtConsole(keys, ["engineer"]);
  if (!signed.ok) return terminal.trouble(signed.error, exitCode.refused);
  const [engineer] = signed.value;
  if (engineer === undefined) return exitCode.refused;
  const done = await repairFolder({
    ...{ dataDir: data, keysDir: keys, copy, witnesses: witnesses.value },
    drafts: (undertaken) => draftsOf(engineer, undertaken).map(textDraft),
    onProgress: (entries) => terminal.progress(`${entries} entries`),
  });
  if (!done.ok) return terminal.trouble(done.error, exitCode.refused);
  const { size, from, to, viewOnly } = done.value;
  const brought =
    from < to ? `Entries ${from} to ${to - 1} came from central QA's copy` : "Central QA's copy held nothing new";
  if (viewOnly === null) {
    terminal.result(
      { ok: true, size, from, to, goesOn: true },
      `${brought}. The record is whole; the cell goes on under its name.`,
    );
    return exitCode.ok;
  }
  const remedy =
    "It can be verified and exported. To work again, two people continue it: `cellward continue`, docs/restore.md.";
  return terminal.trouble(
    { code: "view-only", what: `${brought}; ${size} entries are here. ${viewOnly}`, remedy },
    exitCode.notReady,
  );
}

/** The repair, and where the cell's last second may be missing what that makes doubtful. */
function draftsOf({ person, at }: SignedBy, { cause, rebuilt, isEndKnown, entries }: Undertaken): EntryDraft[] {
  const { from, to, head, boot } = rebuilt;
  const around = {
    at,
    mono: Math.floor(systemClock.monotonic()),
    clockState: systemClockState(),
    boot: boot + 1,
  };
  const body = { cause, from, to, head: { size: head.size, root: head.root }, isEndKnown, person };
  const open = isEndKnown ? [] : doubts(fold(entries));
  return [
    { ...around, job: null, actorId: person, type: "RecordRepaired", body },
    ...open.map(({ type, ...rest }) => {
      const facts = rest as unknown as JsonObject;
      return { ...around, job: rest.job, actorId: null, type, body: facts };
    }),
  ];
}

function fold(entries: Iterable<Row>): State {
  let state = emptyState;
  for (const { entry, body } of entries) {
    const { at, type } = JSON.parse(Buffer.from(entry).toString("utf8")) as { at: number; type: string };
    state = evolve(state, { ...(JSON.parse(Buffer.from(body).toString("utf8")) as object), type } as Event, at);
  }
  return state;
}
