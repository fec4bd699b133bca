/** The two temperatures of a printer, live. */
import type { MachineView } from "../../api.ts";
import { LiveValue } from "./age.tsx";

/** Nozzle and bed, each with target and age. */
export function Temperatures({ machine }: { readonly machine: MachineView | undefined }) {
  const telemetry = machine?.telemetry ?? null;
  const shown = (heat: { readonly actual: number; readonly target: number } | null | undefined) =>
    heat ? `${heat.actual.toFixed(1)} °C of ${heat.target.toFixed(0)}` : null;
  return (
    <div class="lives">
      <LiveValue label="Nozzle" value={shown(telemetry?.hotend)} at={telemetry?.at ?? null} />
      <LiveValue label="Bed" value={shown(telemetry?.bed)} at={telemetry?.at ?? null} />
    </div>
  );
}
