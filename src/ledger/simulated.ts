/** What a record says of simulated machines. */

/** The words that stand on everything shown of a record in which a machine was simulated. */
export const simulatedWords = "SIMULATED, not for human use";

/** Whether a body says, anywhere in it, that something was simulated. */
export function saysSimulated(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([key, member]) => (key === "simulated" && member === true) || saysSimulated(member),
  );
}
