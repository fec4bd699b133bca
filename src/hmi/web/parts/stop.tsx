/** The one way to end an attempt from the page: a press and hold, apart from everything else (R3, R4). */
import type { ReasonCode } from "../../reasons.ts";
import { act, go } from "../store.ts";
import { HoldButton } from "./button.tsx";

interface StopProps {
  readonly attempt: string;
  readonly label?: string;
}

/** Ends the attempt for good. */
export function StopButton({ attempt: id, label = "Stop this print" }: StopProps) {
  const stop = async () => {
    if (
      await act(
        `/api/attempts/${id}/stop`,
        { why: "stopped-at-panel" satisfies ReasonCode<"stop"> },
        "Stopped. The machine is told to stop and cool.",
      )
    ) {
      go("ended");
    }
  };
  return <HoldButton kind="stop" label={label} onHeld={() => void stop()} />;
}
