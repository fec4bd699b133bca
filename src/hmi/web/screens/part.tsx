/** The part between machines: its tag is put on and scanned, and scanned again at each machine before that one may start. */
import { useEffect } from "preact/hooks";
import type { JobView } from "../../api.ts";
import { Button, HoldButton } from "../parts/button.tsx";
import { Foreign, foreignAt } from "../parts/foreign.tsx";
import { Frame } from "../parts/frame.tsx";
import { Gates, gateSummary } from "../parts/gates.tsx";
import { isPresent, Presence } from "../parts/presence.tsx";
import { ScanBox, type Scanning, TypeCode, useScanning } from "../parts/scan.tsx";
import { Steps } from "../parts/steps.tsx";
import { act, ask, cell, go, job } from "../store.ts";
import { inHand } from "./job.tsx";

/** Binds a fresh tag to the printed part. */
export function TagScreen() {
  const view = job.value;
  const scanning = useScanning(
    (code) => ask(`/api/jobs/${view?.id}/tag`, { code }),
    () => "The tag belongs to this part from now on. It stays on it through all steps.",
  );
  if (!view) return <Frame title="Tag">{null}</Frame>;
  const asked = "Put a new tag on the part, then scan the tag.";
  if (scanning.typing.value) return <TypeCode ask={asked} scanning={scanning} />;
  const tag = inHand(view)?.tag;
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("job")} />
      <span class="spring" />
      <Button size="primary" kind="act" wide label="To the machine" disabled={!tag} onPress={() => go("station")} />
    </>
  );
  return (
    <Frame title={`${view.id} · copy ${view.unit}: tag the part`} actions={actions}>
      <Steps route={view.route} />
      <ScanBox ask={tag ? `This part has the tag ${tag}.` : asked} scanning={scanning} />
    </Frame>
  );
}

/** A machine's step: the part first, then everything else, then press and hold. */
export function StationScreen() {
  const view = job.value;
  const machine = cell.value?.machines.find((each) => each.id === view?.next?.equipment);
  const confirmed = isConfirmed(view);
  const scanning = useScanning(
    (code) => ask(`/api/jobs/${view?.id}/part`, { code, equipment: view?.next?.equipment }),
    (_, code) => `${code} is the part that is next at ${machine?.title ?? "this machine"}.`,
    !confirmed,
  );
  const started = view?.attempts.some(({ phase }) => phase !== "ended") ?? false;
  useEffect(() => {
    if (started) go("live");
  }, [started]);
  if (!view?.next) return <Frame title="Start">{null}</Frame>;
  const asked = `Put the part into ${machine?.title ?? "the machine"}, then scan its tag ${inHand(view)?.tag ?? ""}.`;
  if (scanning.typing.value) return <TypeCode ask={asked} scanning={scanning} />;
  return confirmed ? (
    <Ready view={view} scanning={scanning} />
  ) : (
    <PartFirst view={view} ask={asked} scanning={scanning} />
  );
}

/** By the gate, which also knows when a scan has grown too old. */
function isConfirmed(view: JobView | null): boolean {
  return view?.gates.find(({ gate }) => gate === "part")?.state === "open";
}

interface PartProps {
  readonly view: JobView;
  readonly scanning: Scanning;
}

function PartFirst({ view, scanning, ask: asked }: PartProps & { readonly ask: string }) {
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("job")} />
      <span class="spring" />
    </>
  );
  return (
    <Frame title={`${view.id} · ${view.next?.title}: is it the right part?`} actions={actions}>
      <Steps route={view.route} />
      <ScanBox ask={asked} scanning={scanning} />
    </Frame>
  );
}

function Ready({ view, scanning }: PartProps) {
  const shut = view.gates.filter((gate) => gate.state === "shut");
  const wants = shut.some(({ gate }) => gate === "material");
  const title = view.next?.title ?? "";
  const foreign = foreignAt(view.next?.equipment);
  const start = async () => {
    if (await act(`/api/jobs/${view.id}/start`, { operation: view.next?.id }, "Started.")) go("live");
  };
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("job")} />
      {wants ? <Button size="primary" label="Load material" onPress={() => go("materials")} /> : null}
      <span class="spring" />
      <HoldButton
        wide
        label={`Start: ${title}`}
        disabled={shut.length > 0 || !isPresent()}
        onHeld={() => void start()}
      />
    </>
  );
  return (
    <Frame title={`${view.id} · ${title}: ready to start?`} actions={actions}>
      <div class="columns ready">
        <section class="panel">
          <h2>{gateSummary(view.gates)}</h2>
          <Gates gates={view.gates} perPage={3} />
        </section>
        <div class="stack">
          {foreign === null ? (
            <section class="panel step done">
              <h2>✓ Part {inHand(view)?.tag}</h2>
              <p>
                {scanning.outcome.value?.typed ? "Typed, not scanned. " : ""}It is the one that is next. Keep it in the
                machine.
              </p>
            </section>
          ) : (
            <Foreign equipment={view.next?.equipment ?? ""} what={foreign} />
          )}
          <Presence />
        </div>
      </div>
    </Frame>
  );
}
