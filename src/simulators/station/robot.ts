/** The robot beside the station, as its safety controller tells of it (OPC 40010-1, SafetyStateType). */

/** OperationalModeEnumeration of OPC 40010-1, by its numbers. */
export const operationalModes = {
  OTHER: 0,
  MANUAL_REDUCED_SPEED: 1,
  MANUAL_HIGH_SPEED: 2,
  AUTOMATIC: 3,
  AUTOMATIC_EXTERNAL: 4,
} as const;
export type OperationalMode = keyof typeof operationalModes;

/** What the safety controller says. */
export interface SafetyState {
  readonly emergencyStop: boolean;
  readonly protectiveStop: boolean;
  readonly operationalMode: OperationalMode;
}

export interface Robot {
  safety(): SafetyState;
  set(change: Partial<SafetyState>): void;
}

/** A robot that is ready for somebody else's program, with nothing stopped. */
export function createRobot(): Robot {
  let safety: SafetyState = { emergencyStop: false, protectiveStop: false, operationalMode: "AUTOMATIC_EXTERNAL" };
  return {
    safety: () => safety,
    set: (change) => {
      safety = { ...safety, ...change };
    },
  };
}
