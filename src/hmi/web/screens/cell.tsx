/** The overview: the job that needs somebody most, why it can or cannot start, and the state of the cell. */
import type { AttemptView, CellView, JobView } from "../../api.ts";
import type { ReasonCode } from "../../reasons.ts";
import { Button } from "../parts/button.tsx";
import { EvidenceLine } from "../parts/evidence.tsx";
import { Frame } from "../parts/frame.tsx";
import { Gates, gateSummary } from "../parts/gates.tsx";
import { Readings } from "../parts/readings.tsx";
import { Strip } from "../parts/strip.tsx";
import { act, attempt, cell, go, job, open } from "../store.ts";
import { clean } from "../wake.ts";
import { clock, jobWord, plateWords, qaWords, syncWords } from "../words.ts";
import { stepScreen } from "./job.tsx";
import { screenOf } from "./jobs.tsx";

/** The first screen after signing in. */
export function CellScreen() {
  const view = cell.value;
  if (!view) return <Frame title="Cell">{<p>Asking the controller…</p>}</Frame>;
  const actions = (
    <>
      <Button size="primary" kind="act" wide label={onward()} disabled={waitingJobs().length === 0} onPress={goOn} />
      <Button size="primary" label="Challenge…" onPress={() => go("challenge")} />
      <Button size="primary" label="Clean screen" onPress={clean} />
    </>
  );
  return (
    <Frame title="Cell" actions={actions}>
      <div class="columns overview">
        <JobPanel />
        <Side view={view} />
      </div>
    </Frame>
  );
}

const waitingJobs = () => cell.value?.jobs.filter((each) => each.state === "Ready") ?? [];

/** What the large button leads to, or why it leads nowhere: said for as long as it is so, and no longer. */
function onward(): string {
  const [only, ...others] = waitingJobs();
  if (!only && cell.value?.jobs.some(({ attempt: open }) => open !== null)) return "No other job waits";
  if (!only) return "No job waits: the design authority sends orders";
  if (others.length > 0 || !only.next) return "Start a patient job";
  if (only.undecided > 0) return "Something waits for a decision";
  if (only.next.kind === "build") return "Start a patient job";
  return `Go on: ${only.next.title}`;
}

function goOn(): void {
  const [only, ...others] = waitingJobs();
  if (others.length > 0) return go("jobs");
  if (!only) return;
  if (only.undecided > 0) return void open(only.id, "hold");
  const view = job.value;
  void open(only.id, view?.id === only.id ? stepScreen(view) : "job");
}

function JobPanel() {
  const view = job.value;
  if (!view) {
    return (
      <section class="panel">
        <h2>No job</h2>
        <p>No order has come to this cell yet.</p>
      </section>
    );
  }
  const running = attempt.value?.phase === "ended" ? null : attempt.value;
  return (
    <section class="panel">
      <h2>
        {view.id} — {jobWord(view)}
      </h2>
      <p>
        {view.title} · case <strong>{view.pseudonym}</strong>
      </p>
      {running ? <Running view={view} attempt={running} /> : <Waiting view={view} />}
    </section>
  );
}

function Waiting({ view }: { readonly view: JobView }) {
  if (view.ended) {
    return (
      <>
        <p class="big">{view.ended.what}</p>
        <p class={view.qa.withQa ? "" : "quiet"}>{qaWords(view.qa)}</p>
        <Button label="Look at the job" onPress={() => void open(view.id, "job")} />
      </>
    );
  }
  return (
    <>
      <p class="summary">{gateSummary(view.gates)}</p>
      <Gates gates={view.gates} perPage={2} />
    </>
  );
}

function stepOf({ route }: JobView): string {
  const at = route.findIndex(({ state }) => state === "running");
  return `Step ${at + 1} of ${route.length}, at ${route[at]?.equipment ?? "the machine"}.`;
}

const held: { readonly why: ReasonCode<"hold"> } = { why: "held-at-panel" };

function Running({ view, attempt: running }: { readonly view: JobView; readonly attempt: AttemptView }) {
  return (
    <>
      <div class="figures">
        {running.kind === "build" ? (
          <div>
            <span class="name">Layer</span>
            <strong class="big">
              {running.accepted} of {running.planned}
            </strong>
          </div>
        ) : null}
        <div>
          <span class="name">{running.step}</span>
          <strong class="big">{running.hold ? "On hold" : running.kind === "build" ? "Printing" : "At work"}</strong>
        </div>
        <div>
          <span class="name">Started {clock(running.startedAt)} by</span>
          <strong>{running.startedBy}</strong>
        </div>
      </div>
      {running.kind === "build" ? <Strip attempt={running} /> : <p>{stepOf(view)}</p>}
      {running.hold ? <p class="abnormal">{running.hold.what}</p> : null}
      <div class="deeds">
        <Button
          size="primary"
          label={running.hold ? "Look at the hold" : running.kind === "build" ? "Live layer" : "Look at the machine"}
          onPress={() => void open(view.id, screenOf(view))}
        />
        {running.hold ? null : (
          <Button
            size="primary"
            deed
            label="Hold job"
            onPress={() => void act(`/api/attempts/${running.id}/hold`, held)}
          />
        )}
      </div>
    </>
  );
}

/** What is wrong has two lines here (one where three machines need the room); the rest of it stands in Alarms. */
function Side({ view }: { readonly view: CellView }) {
  const isTight = view.machines.length > 2;
  const isOpen = view.inspection.ready && view.challenge.suspended === null;
  return (
    <div class={isTight ? "stack tight" : "stack"}>
      {view.machines.slice(0, 3).map((machine) => (
        <section class="panel" key={machine.id} data-machine={machine.id}>
          <h2>
            {machine.title} — {machine.online ? (machine.attempt ? "At work" : "Idle") : "No answer"}
            {machine.attempt || !machine.builds ? null : (
              <span class="quiet"> · Plate: {plateWords[machine.plate]}</span>
            )}
          </h2>
          {machine.online ? (
            <Readings machine={machine} most={isTight ? 1 : 2} />
          ) : (
            <p class="abnormal">{machine.fault?.what ?? "It has not answered yet."}</p>
          )}
        </section>
      ))}
      <section class="panel">
        <h2>Inspection — {isOpen ? "Ready" : "Not ready"}</h2>
        <p class={isOpen ? "quiet" : "abnormal"}>
          {view.inspection.ready ? (view.challenge.suspended ?? view.inspection.what) : view.inspection.what}
        </p>
      </section>
      <section class="panel">
        <h2>Records to QA — {syncWords[view.sync.state]}</h2>
        <p class={view.sync.alarm ? "abnormal" : "quiet"}>{view.sync.what}</p>
        <EvidenceLine />
      </section>
    </div>
  );
}
