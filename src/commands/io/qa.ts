/** `cellward qa`: set up central QA, enrol cells, decide, verify what is held, invite people. */
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { isIdentifier } from "../../kernel/names.ts";
import { type DecisionReason, decisionReasons } from "../../ledger/decision.ts";
import { checkSignature } from "../../ledger/io/crypto.ts";
import { formatKey } from "../../ledger/note.ts";
import { qaJsonSchema } from "../../qa/config.ts";
import {
  type Action,
  actions,
  signDecision,
  type TargetKind,
  targetKinds,
  targetOf,
  wrongAsk,
  wrongTarget,
} from "../../qa/decide.ts";
import { createOffice } from "../../qa/office.ts";
import { isKnown } from "../../qa/review.ts";
import { type HeldReport, verifyHeld } from "../../qa/verify.ts";
import { exitCode } from "../exit-code.ts";
import { evidenceFiles, handRecipient, makeEvidenceKeys } from "./evidence-keys.ts";
import { readWitnesses } from "./given-keys.ts";
import { createQaKeys, enrolCell, openQaKeys, qaFiles } from "./qa-keys.ts";
import { withQa } from "./qa-set-up.ts";
import { systemClock, systemIds } from "./system.ts";
import type { Terminal } from "./terminal.ts";

export interface InitOptions {
  readonly keys: string;
  readonly name: string;
  readonly brokerHost: readonly string[];
  /** Names under which cells reach central's evidence endpoint. */
  readonly evidenceHost: readonly string[];
}

/** `cellward qa init`: cosigning key, decision key, and the installation's authority with the broker's certificate. */
export async function initQa(terminal: Terminal, options: InitOptions): Promise<number> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]{0,100}$/.test(options.name)) {
    const remedy = "Use letters, digits, dot, underscore, hyphen, slash, like qa.hospital.example/witness.";
    return terminal.trouble(
      { code: "no-name", what: `"${options.name}" cannot be a witness's name.`, remedy },
      exitCode.usage,
    );
  }
  const made = await createQaKeys(options.keys, options.name, options.brokerHost);
  if (!made.ok) return terminal.trouble(made.error, exitCode.refused);
  const evidence = await makeEvidenceKeys(options.keys, options.evidenceHost, "hybrid");
  if (!evidence.ok) return terminal.trouble(evidence.error, exitCode.refused);
  const { recipient } = evidence.value;
  const witness = formatKey(made.value.witness.key);
  const decision = formatKey(made.value.decision.key);
  terminal.result(
    { ok: true, name: options.name, witness, decision, recipient, keys: options.keys },
    `Central QA's keys stand in ${options.keys}.\nEvery cell is to trust these two:\n  cosigner   ${witness}\n  decisions  ${decision}\n` +
      `The broker is given ${qaFiles.authority}, ${qaFiles.broker} and ${qaFiles.brokerKey}.\n` +
      `Evidence is sealed for ${evidenceFiles.recipient}; ${evidenceFiles.identity} alone reads it: keep it on another computer.`,
  );
  return exitCode.ok;
}

/** `cellward qa enrol CELL`: a certificate and key for one cell's identity on the broker. */
export async function enrol(terminal: Terminal, cell: string, keys: string, out: string): Promise<number> {
  if (!isIdentifier(cell)) {
    const remedy = "Use the id that the cell's configuration has.";
    return terminal.trouble({ code: "no-such-cell", what: `"${cell}" cannot be a cell's id.`, remedy }, exitCode.usage);
  }
  const made = await enrolCell(keys, cell, out);
  if (!made.ok) return terminal.trouble(made.error, exitCode.refused);
  const recipient = await handRecipient(keys, out);
  const files = recipient === null ? made.value : [...made.value, recipient];
  terminal.result(
    { ok: true, cell, out, files },
    `For the cell ${cell}, in ${out}: ${files.join(", ")}.\nHand the folder over in person; the key in it opens the cell's topics to whoever has it.`,
  );
  return exitCode.ok;
}

export interface DecideOptions {
  readonly config: string;
  readonly data: string;
  readonly keys: string;
  readonly cell: string;
  readonly action: string;
  readonly target: string;
  readonly reason: string;
}

/** `cellward qa decide`: signs a decision and keeps it; a running central sends it until the cell's record holds it. */
export async function decide(terminal: Terminal, options: DecideOptions): Promise<number> {
  const { action, reason } = options;
  const [kind = "", id = ""] = options.target.split(/:(.*)/s);
  const wrong = wrongWords(action, kind, id, reason);
  if (wrong !== null) {
    const remedy = "See `cellward qa decide --help`.";
    return terminal.trouble({ code: "usage", what: wrong, remedy }, exitCode.usage);
  }
  const keys = await openQaKeys(options.keys);
  if (!keys.ok) return terminal.trouble(keys.error, exitCode.refused);
  return withQa(terminal, options, async ({ cells }, store) => {
    const cell = cells.find((each) => each.id === options.cell);
    if (!cell) {
      const remedy = `Name one of ${cells.map((each) => each.id).join(", ")}.`;
      return terminal.trouble(
        { code: "no-such-cell", what: `No cell ${options.cell} is registered.`, remedy },
        exitCode.usage,
      );
    }
    const target = targetOf(kind as TargetKind, id, cell);
    if (target === null) {
      const what = `The cell itself is named ${cell.id}, not ${id}.`;
      return terminal.trouble({ code: "usage", what, remedy: `Say --target cell:${cell.id}.` }, exitCode.usage);
    }
    const asked = {
      origin: cell.origin,
      action: action as Action,
      target,
      reason: reason as DecisionReason,
      person: null,
    };
    const signed = await signDecision(asked, keys.value.decision, systemClock.now(), systemIds.next);
    await store.keepDecision(signed);
    const office = createOffice({ store, cells: [cell], now: systemClock.now, breathe: () => setImmediate() });
    const known = isKnown((await office.view(cell.id))?.known ?? new Set(), target);
    const doubt = known ? "" : `\nNo entry of this cell names the ${kind} ${id}: is it the right one?`;
    terminal.result(
      { ok: true, id: signed.id, cell: cell.id, known, envelope: signed.envelope },
      `Decision ${signed.id} is signed: ${action} ${kind} ${id} at ${cell.title}. It is sent until the cell's own record holds it.${doubt}`,
    );
    return exitCode.ok;
  });
}

function wrongWords(action: string, kind: string, id: string, reason: string): string | null {
  if (!(actions as readonly string[]).includes(action))
    return `There is no action ${action}; there are ${actions.join(", ")}.`;
  if (!(targetKinds as readonly string[]).includes(kind) || id === "") {
    return `"${kind}:${id}" is no target; one is kind:id, of the kinds ${targetKinds.join(", ")}.`;
  }
  const misnamed = wrongTarget(kind as TargetKind, id);
  if (misnamed !== null) return misnamed;
  if (!Object.hasOwn(decisionReasons, reason))
    return `There is no reason ${reason}; there are ${Object.keys(decisionReasons).join(", ")}.`;
  return wrongAsk({ action: action as Action, reason: reason as DecisionReason }, kind as TargetKind);
}

/** `cellward qa verify`: every entry, checkpoint and cosignature held, again, against the configured keys. */
export function verifyQa(
  terminal: Terminal,
  options: { readonly config: string; readonly data: string; readonly keys: string },
): Promise<number> {
  return withQa(terminal, options, async ({ cells }, store) => {
    const given = await readWitnesses(join(options.keys, qaFiles.witness));
    if (!given.ok) {
      const what = `There is no cosigner's key in ${options.keys}.`;
      return terminal.trouble({ code: "no-key", what, remedy: "Name central's key folder." }, exitCode.usage);
    }
    const judges = { witnesses: given.value, check: checkSignature };
    const logs: HeldReport[] = [];
    for (const cell of cells) {
      for (const past of cell.ancestors) logs.push(await verifyHeld(store, { id: cell.id, ...past }, judges));
      logs.push(await verifyHeld(store, cell, judges));
    }
    const sound = logs.every(({ ok }) => ok);
    terminal.result({ ok: sound, logs }, logs.map(sentence).join("\n"));
    return sound ? exitCode.ok : exitCode.verificationFailed;
  });
}

function sentence({ cell, origin, ok, entries, heads, cosigned, frozen, findings }: HeldReport): string {
  const state = `${entries} entries under ${heads} checkpoints, ${cosigned} of them cosigned${frozen ? "; FROZEN" : ""}`;
  const wrong = findings.map(({ rule, what, remedy }) => `\n- ${what} [${rule}]\n  ${remedy}`);
  return `${cell} (${origin}): ${ok ? "VERIFIED" : "NOT VERIFIED"}, ${state}${wrong.join("")}`;
}

/** `cellward qa schema`: the configuration's JSON Schema. */
export function printQaSchema(): void {
  console.log(JSON.stringify(qaJsonSchema(), null, 2));
}
