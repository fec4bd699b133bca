/** The hand-over: the device leaves the cell in a named container. */
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { ScanBox, TypeCode, useScanning } from "../parts/scan.tsx";
import { Steps } from "../parts/steps.tsx";
import { ask, go, job } from "../store.ts";

/** Scans the container that the device goes into. */
export function HandoverScreen() {
  const view = job.value;
  const to = view?.next?.title ?? "Hand over";
  const scanning = useScanning(
    (code) => ask(`/api/jobs/${view?.id}/handover`, { code }),
    (_, code) => `Handed over in ${code}.`,
    view?.next?.kind === "handover",
  );
  if (!view) return <Frame title="Hand over">{null}</Frame>;
  const asked = "Put the device into its tray or bag. Then scan the code on it.";
  if (scanning.typing.value) return <TypeCode ask={asked} scanning={scanning} />;
  const isDone = view.next?.kind !== "handover";
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("job")} />
      <span class="spring" />
      <Button size="primary" kind="act" wide label="Go on with the job" disabled={!isDone} onPress={() => go("job")} />
    </>
  );
  return (
    <Frame title={isDone ? `${view.id}: handed over` : `${view.id} · copy ${view.unit}: ${to}`} actions={actions}>
      <Steps route={view.route} />
      <ScanBox ask={asked} scanning={scanning} hint="The device is not sterile when it leaves; its label says so." />
    </Frame>
  );
}
