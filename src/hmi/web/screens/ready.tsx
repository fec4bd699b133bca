/** Start, second step: plate, presence and every gate; then press and hold. The same for going on after a hold. */
import type { ComponentChildren } from "preact";
import { Button, HoldButton } from "../parts/button.tsx";
import { Foreign, foreignAt } from "../parts/foreign.tsx";
import { Frame } from "../parts/frame.tsx";
import { Gates, gateSummary } from "../parts/gates.tsx";
import { isPresent, Presence } from "../parts/presence.tsx";
import { act, attempt, cell, go, home, job } from "../store.ts";

/** Everything between a waiting job and its start. */
export function ReadyScreen() {
  const view = job.value;
  if (!view) return <Frame title="Start">{null}</Frame>;
  const start = async () => {
    if (!view.next) return;
    if (await act(`/api/jobs/${view.id}/start`, { operation: view.next.id }, "Started.")) go("live");
  };
  const shut = view.gates.filter((gate) => gate.state === "shut");
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={home} />
      {shut.some(({ gate }) => gate === "material") ? (
        <Button size="primary" label="Load material" onPress={() => go("materials")} />
      ) : null}
      <span class="spring" />
      <HoldButton wide label="Start printing" disabled={shut.length > 0} onHeld={() => void start()} />
    </>
  );
  return (
    <Frame title={`${view.id} · ${view.title}: ready to start?`} actions={actions}>
      <div class="columns ready">
        <section class="panel">
          <h2>{gateSummary(view.gates)}</h2>
          <Gates gates={view.gates} perPage={3} />
        </section>
        <div class="stack">
          <Step done={view.identity !== null} title="Patient">
            {view.identity ? `Confirmed by ${view.identity.by}.` : "Two identifiers and the side."}
            {view.identity ? null : <Button label="Type the identifiers" onPress={() => go("identity")} />}
          </Step>
          <Plate />
          <Presence />
        </div>
      </div>
    </Frame>
  );
}

function Plate() {
  const machine = cell.value?.machines.find((each) => each.id === job.value?.next?.equipment);
  if (!machine) return null;
  if (machine.foreign !== null) return <Foreign equipment={machine.id} what={machine.foreign} />;
  return (
    <Step done={machine.plate === "clear"} title="Plate">
      {machine.plateWhat}
      {machine.plate === "occupied" ? (
        <Button deed label="The plate is clear" onPress={() => void act(`/api/machines/${machine.id}/plate-clear`)} />
      ) : null}
    </Step>
  );
}

interface StepProps {
  readonly done: boolean;
  readonly title: string;
  readonly children: ComponentChildren;
}

function Step({ done, title, children }: StepProps) {
  return (
    <section class={done ? "panel step done" : "panel step"}>
      <h2>
        {done ? "✓ " : ""}
        {title}
      </h2>
      <div class="step-body">{children}</div>
    </section>
  );
}

/** Everything between a held job and its going on. */
export function ResumeScreen() {
  const held = attempt.value;
  if (!held) return <Frame title="Go on">{null}</Frame>;
  const resume = async () => {
    if (await act(`/api/attempts/${held.id}/resume`, {}, "It goes on.")) go("live");
  };
  const shut = held.resumeGates.some((gate) => gate.state === "shut");
  const foreign = foreignAt(held.equipment);
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("hold")} />
      <span class="spring" />
      <HoldButton
        wide
        label={held.kind === "build" ? "Go on printing" : "Go on with the step"}
        disabled={shut || !held.hold || !isPresent()}
        onHeld={() => void resume()}
      />
    </>
  );
  return (
    <Frame title={`${job.value?.id}: go on after the hold?`} actions={actions}>
      <div class="columns ready">
        <section class="panel">
          <h2>{shut ? "It cannot go on yet." : "It can go on."}</h2>
          <Gates gates={held.resumeGates} perPage={3} />
        </section>
        <div class="stack">
          {foreign === null ? (
            <section class="panel">
              <h2>Why it was held</h2>
              <p>{held.hold?.what ?? "It is not on hold any more."}</p>
            </section>
          ) : (
            <Foreign equipment={held.equipment} what={foreign} />
          )}
          <Presence />
        </div>
      </div>
    </Frame>
  );
}
