/** Names of plate checks: a check answers only for what it was asked about. */
import type { AttemptId } from "../kernel/names.ts";

/** The camera's last look between the press of start and the machine's begin (law 5: a proven clear plate). */
export function lastLookAtPlate(attempt: AttemptId): string {
  return `plate-${attempt}`;
}
