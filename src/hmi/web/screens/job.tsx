/** One job: its route as a strip, what is next, and what belongs to the copy in hand. */
import type { JobView } from "../../api.ts";
import type { UnitView } from "../../api-route.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Gates, gateSummary } from "../parts/gates.tsx";
import { LayersKey } from "../parts/layers-key.tsx";
import { Steps } from "../parts/steps.tsx";
import { attempt, go, home, job, type Screen, undecided } from "../store.ts";
import { jobWord, qaWords } from "../words.ts";

/** Where the next step of a job is done. */
export function stepScreen(view: JobView): Screen {
  const { next } = view;
  if (!next) return "ended";
  if (next.kind === "build") return view.identity ? "ready" : "identity";
  if (next.kind === "task") return inHand(view)?.tag ? "station" : "tag";
  return next.kind;
}

/** The copy in hand. */
export function inHand(view: JobView): UnitView | undefined {
  return view.units.find(({ number }) => number === view.unit);
}

const deeds = {
  build: "Start it",
  task: "To the machine",
  label: "Print the label",
  handover: "Hand it over",
  release: "To the release",
} as const;

/** Everything of a job that is not at work. */
export function JobScreen() {
  const view = job.value;
  if (!view) return <Frame title="Job">{null}</Frame>;
  const measured = view.route.some(({ results }) => results.length > 0);
  const running = attempt.value !== null && attempt.value.phase !== "ended";
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={home} />
      {measured ? <Button size="primary" label="Results" onPress={() => go("results")} /> : null}
      {view.attempts.length > 0 ? <Button size="primary" label="Who did what" onPress={() => go("ended")} /> : null}
      <LayersKey />
      <span class="spring" />
      <Onward view={view} running={running} />
    </>
  );
  return (
    <Frame title={`${view.id} · ${view.title} · case ${view.pseudonym}`} actions={actions}>
      <Steps route={view.route} />
      <div class="columns ready">
        <Next view={view} />
        <Copy view={view} />
      </div>
    </Frame>
  );
}

function Onward({ view, running }: { readonly view: JobView; readonly running: boolean }) {
  if (undecided.value) {
    return <Button size="primary" kind="act" wide label="Something waits for a decision" onPress={() => go("hold")} />;
  }
  if (running) return <Button size="primary" kind="act" wide label="Look at the machine" onPress={() => go("live")} />;
  if (!view.next) return null;
  return <Button size="primary" kind="act" wide label={deeds[view.next.kind]} onPress={() => go(stepScreen(view))} />;
}

function Next({ view }: { readonly view: JobView }) {
  if (view.ended) {
    return (
      <section class="panel">
        <h2>{jobWord(view)}</h2>
        <p class="big">{view.ended.what}</p>
        <p class={view.qa.withQa ? "" : "quiet"}>{qaWords(view.qa)}</p>
      </section>
    );
  }
  return (
    <section class="panel">
      <h2>
        Next: {view.next?.title ?? "nothing"}. {gateSummary(view.gates)}
      </h2>
      <Gates gates={view.gates.filter(({ state }) => state === "shut")} perPage={1} />
    </section>
  );
}

/** What belongs to the copy. */
function Copy({ view }: { readonly view: JobView }) {
  const unit = inHand(view);
  const label = unit?.labels.find(({ state }) => state !== "voided");
  const handed = unit?.handovers.at(-1);
  const rows: readonly (readonly [string, string])[] = [
    ["Tag", unit?.tag ?? "none yet"],
    ["Material", unit?.materials.map(({ title, batch }) => `${title}, lot ${batch}`).join("; ") || "none yet"],
    ["Label", label ? `${label.state} · ${label.text}` : "none yet"],
    ["Handed over", handed ? `to ${handed.to} in ${handed.container}, by ${handed.by}` : "not yet"],
    ["Made", `copy ${view.unit} of ${view.copies}${unit ? `: ${unit.state.replace("-", " ")}` : ""}`],
  ];
  return (
    <section class="panel facts copy">
      <h2>Copy {view.unit}</h2>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
