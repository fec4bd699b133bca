/** The overview: the job that needs somebody most, why it can or cannot start, and the state of the cell. */
import type { AttemptView, CellView, JobView } from "../../api.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Gates, gateSummary } from "../parts/gates.tsx";
import { Strip } from "../parts/strip.tsx";
import { Temperatures } from "../parts/temperatures.tsx";
import { act, attempt, cell, go, job, open, say } from "../store.ts";
import { clean } from "../wake.ts";
import { clock, jobWord } from "../words.ts";
import { screenOf } from "./jobs.tsx";

/** The first screen after signing in. */
export function CellScreen() {
  const view = cell.value;
  if (!view) return <Frame title="Cell">{<p>Asking the controller…</p>}</Frame>;
  const actions = (
    <>
      <Button size="primary" kind="act" wide label="Start a patient job" onPress={startJob} />
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

function startJob(): void {
  const waiting = cell.value?.jobs.filter((each) => each.state === "Ready") ?? [];
  const only = waiting.length === 1 ? waiting[0] : undefined;
  const confirmed = job.value?.id === only?.id && job.value?.identity;
  if (only) void open(only.id, confirmed ? "ready" : "identity");
  else if (waiting.length > 1) go("jobs");
  else say({ code: "none", what: "No job waits in this cell.", remedy: "The design authority sends orders." });
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
        <Button label="Look at the job" onPress={() => void open(view.id, "ended")} />
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

function Running({ view, attempt: running }: { readonly view: JobView; readonly attempt: AttemptView }) {
  return (
    <>
      <div class="figures">
        <div>
          <span class="name">Layer</span>
          <strong class="big">
            {running.accepted} of {running.planned}
          </strong>
        </div>
        <div>
          <span class="name">State</span>
          <strong class="big">{running.hold ? "On hold" : "Printing"}</strong>
        </div>
        <div>
          <span class="name">Started {clock(running.startedAt)} by</span>
          <strong>{running.startedBy}</strong>
        </div>
      </div>
      <Strip attempt={running} />
      {running.hold ? <p class="abnormal">{running.hold.what}</p> : null}
      <div class="deeds">
        <Button
          size="primary"
          label={running.hold ? "Look at the hold" : "Live layer"}
          onPress={() => void open(view.id, screenOf(view))}
        />
        {running.hold ? null : (
          <Button
            size="primary"
            deed
            label="Hold job"
            onPress={() => void act(`/api/attempts/${running.id}/hold`, { why: "Held at the panel." })}
          />
        )}
      </div>
    </>
  );
}

function Side({ view }: { readonly view: CellView }) {
  const waiting = view.jobs.filter((each) => each.state === "Ready").length;
  return (
    <div class="stack">
      {view.machines.map((machine) => (
        <section class="panel" key={machine.id}>
          <h2>
            {machine.title} — {machine.online ? (machine.attempt ? "At work" : "Idle") : "No answer"}
          </h2>
          {machine.online ? (
            <Temperatures machine={machine} />
          ) : (
            <p class="abnormal">{machine.fault?.what ?? "It has not answered yet."}</p>
          )}
          {machine.attempt ? null : <p class="quiet">Plate: {machine.plateWhat}</p>}
        </section>
      ))}
      <section class="panel">
        <h2>Inspection — {view.inspection.ready ? "Ready" : "Not ready"}</h2>
        <p class={view.inspection.ready ? "quiet" : "abnormal"}>{view.inspection.what}</p>
      </section>
      <section class="panel">
        <h2>Waiting jobs</h2>
        <p>
          {waiting === 0
            ? "None."
            : waiting === 1
              ? "1 job approved for this cell."
              : `${waiting} jobs approved for this cell.`}
        </p>
      </section>
      <section class="panel">
        <h2>Records to QA</h2>
        <p>Not built yet.</p>
      </section>
    </div>
  );
}
