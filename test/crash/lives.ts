/** The lives that are recorded and then stopped at every point. */
import { join } from "node:path";
import { type Recording, recordProgram, root } from "./record.ts";
import type { weaknesses } from "./weaknesses.ts";

/** A ledger is made in the empty `home` and written to over three starts, by the real program or by a weakened one. */
export function ledgerLife(home: string, weakness: keyof typeof weaknesses | null): Promise<Recording> {
  const program = [join(root, "test/crash/ledger-child.ts"), home];
  if (weakness === null) return recordProgram(home, program);
  const weakened = ["--import", join(root, "test/crash/weakened.ts")];
  return recordProgram(home, [...weakened, ...program], { WEAKENED: weakness });
}
