/** A machine's step at work: its state, live values with their age, its alarms; and results when it has finished. */
import type { AttemptView, MachineView } from "../../api.ts";
import type { ReasonCode } from "../../reasons.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Readings } from "../parts/readings.tsx";
import { Results } from "../parts/results.tsx";
import { Steps } from "../parts/steps.tsx";
import { StopButton } from "../parts/stop.tsx";
import { act, cell, go, home, job } from "../store.ts";
import { clock } from "../words.ts";

/** One attempt at a machine's step. */
export function TaskScreen({ running }: { readonly running: AttemptView }) {
  const machine = cell.value?.machines.find((each) => each.id === running.equipment);
  return (
    <Frame
      title={`${job.value?.id} · ${running.step} at ${machine?.title ?? running.equipment}`}
      actions={<Deeds running={running} />}
    >
      <Steps route={job.value?.route ?? []} />
      {running.phase === "ended" ? <Over running={running} /> : <AtWork running={running} machine={machine} />}
    </Frame>
  );
}

interface AtWorkProps {
  readonly running: AttemptView;
  readonly machine: MachineView | undefined;
}

function AtWork({ running, machine }: AtWorkProps) {
  const state = running.phase === "starting" ? "Starting" : running.hold ? "On hold" : "At work";
  const own = (cell.value?.alarms ?? []).filter((alarm) => alarm.where === machine?.title);
  const [worst] = own;
  return (
    <section class="panel task">
      <div class="figures">
        <div>
          <span class="name">Step</span>
          <strong class="big">{state}</strong>
        </div>
        <div>
          <span class="name">Part</span>
          <strong class="big">{running.part ?? "—"}</strong>
        </div>
        <div>
          <span class="name">Started {clock(running.startedAt)} by</span>
          <strong>{running.startedBy}</strong>
        </div>
      </div>
      {running.hold ? <p class="abnormal">{running.hold.what}</p> : null}
      {worst ? (
        <p class="abnormal">
          {worst.what}
          {own.length > 1 ? ` ${own.length - 1} more alarms of it.` : ""}
        </p>
      ) : null}
      {machine?.online === false ? (
        <p class="abnormal">{machine.fault?.what ?? "The machine does not answer."}</p>
      ) : null}
      <Readings machine={machine} most={running.hold || worst || machine?.online === false ? 4 : 8} />
      <p class="quiet safety">In danger use the machine's own stop.</p>
    </section>
  );
}

function Over({ running }: { readonly running: AttemptView }) {
  const isGood = running.outcome === "Completed";
  return (
    <section class="panel">
      <h2 class={isGood ? "" : "abnormal-text"}>
        {isGood ? "✓ Done. " : "✕ "}
        {running.outcomeWhat ?? running.outcome}
      </h2>
      <Results results={running.results} perPage={4} />
    </section>
  );
}

function Deeds({ running }: { readonly running: AttemptView }) {
  const why: { readonly why: ReasonCode<"hold"> } = { why: "held-at-panel" };
  if (running.phase === "ended") {
    return (
      <>
        <Button size="primary" label="Back" onPress={home} />
        <span class="spring" />
        <Button size="primary" kind="act" wide label="Go on with the job" onPress={() => go("job")} />
      </>
    );
  }
  return (
    <>
      <Button size="primary" label="Back" onPress={home} />
      {running.hold ? (
        <Button size="primary" kind="act" wide label="Look at the hold" onPress={() => go("hold")} />
      ) : (
        <Button
          size="primary"
          kind="act"
          deed
          wide
          label="Hold"
          onPress={() => void act(`/api/attempts/${running.id}/hold`, why, "The machine is told to wait.")}
        />
      )}
      <span class="apart">
        <StopButton attempt={running.id} label="Stop this step" />
      </span>
    </>
  );
}
