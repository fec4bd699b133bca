/** One condition with its two sentences: how it is said when it holds, and how when it does not (law 8). */
import type { Gate } from "./refusal.ts";

/** `null` leaves the gate open: the question cannot be asked yet (nobody is signed in). */
export function gate(
  name: string,
  holdsTrue: boolean | null,
  open: string,
  shut: string,
  remedy: string,
  owner: Gate["owner"],
): Gate {
  const isOpen = holdsTrue ?? true;
  return {
    gate: name,
    state: isOpen ? "open" : "shut",
    what: isOpen ? open : shut,
    remedy: isOpen ? "" : remedy,
    owner,
  };
}

/** The gates that are shut. */
export function shutOf(gates: readonly Gate[]): Gate[] {
  return gates.filter(({ state }) => state === "shut");
}

/** A condition that this version does not ask; shown, so that nobody takes it for asked. */
export function notBuilt(name: string, what: string): Gate {
  return { gate: name, state: "not-built", what, remedy: "Check it by hand.", owner: "technician" };
}
