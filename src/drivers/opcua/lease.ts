/** The lock of a machine (OPC 10000-100, 7): one controller at a time, and whoever loses it says so. */

/** Status that InitLock, RenewLock and ExitLock return where it was done. */
export const lockDone = 0;

/** What is to be done about a lock that somebody has already. */
export type Claim =
  /** It is this cell's own, of a process that is gone or of the connection before. */
  { readonly kind: "ours" } | { readonly kind: "foreign"; readonly by: string };

/** Whose a lock is, by the ApplicationUri that the machine gives for its owner. */
export function claimOf(lockingClient: string, lockingUser: string, ownUri: string): Claim {
  if (lockingClient === ownUri) return { kind: "ours" };
  const by = [lockingClient, lockingUser].filter((name) => name !== "").join(" as ");
  return { kind: "foreign", by: by === "" ? "somebody who is not named" : by };
}

/** What the machine is told of the one who locks it: which cell, and since when; two epochs of one cell differ. */
export function contextOf(ownUri: string, epoch: number): string {
  return `${ownUri} epoch ${epoch}`;
}

/** What does not hold while the lock is another's, to follow "the machine says that". */
export const lockTitles = {
  foreign: (by: string) => `${by} has locked it for itself`,
  lost: (by: string) => `its lock was taken away from this cell (now: ${by})`,
  refused: (status: string) => `this cell may not lock it for itself (${status})`,
} as const;

/** How often a lock is renewed, in milliseconds: three times before it would end by itself, and at least every `most`. */
export function renewEvery(maxInactive: number | null, most: number): number {
  return Math.max(100, Math.min(most, (maxInactive ?? most * 3) / 3));
}
