/** The exit codes of every command. */
export const exitCode = {
  ok: 0,
  usage: 2,
  notReady: 3,
  verificationFailed: 4,
  deviceUnreachable: 6,
  refused: 7,
  configuration: 78,
} as const;
