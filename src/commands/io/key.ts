/** `cellward key`: which keys the cell's log has, and handing its signing key on, recorded under the old and the new. */
import type { KeyAlgorithm } from "../../ledger/io/key-file.ts";
import { openKeys } from "../../ledger/io/keys.ts";
import { handKeyOn } from "../../ledger/io/succession.ts";
import { formatTrustedKey } from "../../ledger/trusted-key.ts";
import { exitCode } from "../exit-code.ts";
import { readClockState } from "./clock-state.ts";
import { signAtConsole } from "./console.ts";
import { systemClock } from "./system.ts";
import type { Terminal } from "./terminal.ts";

export interface HandoverOptions {
  readonly data: string;
  readonly keys: string;
  readonly reason: string;
  readonly algorithm: KeyAlgorithm;
  readonly program?: readonly string[] | undefined;
}

/** `cellward key show`: the lines that whoever verifies is to trust. */
export async function showKeys(terminal: Terminal, data: string, keys: string): Promise<number> {
  const opened = await openKeys(keys, data);
  if (!opened.ok) return terminal.trouble(opened.error, exitCode.refused);
  const { trusted, signer, next } = opened.value;
  const lines = trusted.map(formatTrustedKey);
  const waits = next === null ? "" : "\nA key waits to follow: run `cellward key rotate` (or `key revoke`) once more.";
  terminal.result(
    { ok: true, origin: signer.key.name, present: signer.key.id, keys: lines, pending: next !== null },
    `${lines.join("\n")}${waits}`,
  );
  return exitCode.ok;
}

/** `cellward key rotate` and `cellward key revoke`: an engineer signs, both keys sign up to the entry that says so. */
export async function handKeyOver(
  terminal: Terminal,
  verb: "rotate" | "revoke",
  options: HandoverOptions,
): Promise<number> {
  const { data, keys, reason } = options;
  const opened = await openKeys(keys, data);
  if (!opened.ok) return terminal.trouble(opened.error, exitCode.refused);
  const { name, id } = opened.value.signer.key;
  terminal.progress(
    `The signing key ${id} of ${name} is to be ${verb === "rotate" ? "replaced" : "revoked"} (${reason}).`,
  );
  const signed = await signAtConsole(keys, ["engineer"]);
  const [engineer] = signed.ok ? signed.value : [];
  if (!signed.ok || engineer === undefined) {
    return signed.ok ? exitCode.refused : terminal.trouble(signed.error, exitCode.refused);
  }
  const clockState = await readClockState();
  const done = await handKeyOn(
    { dataDir: data, keysDir: keys },
    {
      source: options.program ?? options.algorithm,
      revoked: verb === "revoke",
      draft: (boot) => ({
        job: null,
        actorId: engineer.person,
        type: verb === "rotate" ? "KeyRotated" : "KeyRevoked",
        body: { reason, person: engineer.person },
        at: engineer.at,
        mono: Math.floor(systemClock.monotonic()),
        clockState,
        boot,
      }),
    },
  );
  if (!done.ok) return terminal.trouble(done.error, exitCode.refused);
  const { size, lines } = done.value;
  terminal.result(
    { ok: true, origin: name, size, keys: lines },
    `The new key signs from ${size} entries on; both have signed up to there.\nGive these lines to central QA and to whoever verifies records, in place of those before:\n  ${lines.join("\n  ")}`,
  );
  return exitCode.ok;
}
