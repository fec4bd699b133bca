/** The exit codes of every command. */
export const exitCode = {
  ok: 0,
  usage: 2,
  notReady: 3,
  verificationFailed: 4,
  /** What was asked for stands in no record: perhaps it was misspelt. */
  neverNamed: 5,
  deviceUnreachable: 6,
  refused: 7,
  configuration: 78,
} as const;
