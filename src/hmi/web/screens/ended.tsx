/** How a job or an attempt ended, who did what, and what still has to happen. */
import { useSignal } from "@preact/signals";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { LayersKey } from "../parts/layers-key.tsx";
import { Pager } from "../parts/pager.tsx";
import { Strip } from "../parts/strip.tsx";
import { set } from "../set.ts";
import { attempt, go, home, job, undecided } from "../store.ts";
import { clock, jobWord, qaWords } from "../words.ts";

const perPage = 4;
const outcomes: Readonly<Record<string, string>> = {
  Completed: "The step was done.",
  Rejected: "It finished, and its results are not good.",
  Aborted: "It was stopped.",
  Failed: "It failed.",
  OutcomeUnknown: "Nobody can know what the machine did.",
  NotBegun: "The machine did not begin.",
};

/** The last screen of a job. */
export function EndedScreen() {
  const page = useSignal(0);
  const [view, last] = [job.value, attempt.value];
  if (!view) return <Frame title="Ended">{null}</Frame>;
  const log = view.attempts.flatMap(({ id, step, log: lines }) => lines.map((line) => ({ ...line, id, step })));
  const left = view.route.filter(({ state }) => state !== "done").map(({ title }) => title);
  const pages = Math.max(1, Math.ceil(log.length / perPage));
  const at = Math.min(page.value, pages - 1);
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={home} />
      <LayersKey />
      <span class="spring" />
      {undecided.value ? (
        <Button size="primary" kind="act" wide label="Something waits for a decision" onPress={() => go("hold")} />
      ) : view.ended ? null : (
        <Button size="primary" kind="act" wide label="Go on with the job" onPress={() => go("job")} />
      )}
    </>
  );
  return (
    <Frame title={`${view.id} · ${view.title} — ${jobWord(view)}`} actions={actions}>
      <div class="columns">
        <section class="panel">
          <h2>{last?.outcome ? (outcomes[last.outcome] ?? last.outcome) : "It has not ended."}</h2>
          <p>{view.ended?.what ?? last?.outcomeWhat ?? ""}</p>
          {last?.kind === "build" ? <Strip attempt={last} /> : null}
          {last?.results.length ? <p>{last.results.length} results, shown with their limits on the job.</p> : null}
          <h2>Still to do</h2>
          <p>{left.length === 0 ? "Nothing: the route is gone to its end." : `${left.join(", ")}.`}</p>
          {view.ended ? <p class={view.qa.withQa ? "" : "quiet"}>{qaWords(view.qa)}</p> : null}
        </section>
        <section class="panel">
          <h2>Who did what</h2>
          <ul class="log">
            {log.slice(at * perPage, (at + 1) * perPage).map((line) => (
              <li key={`${line.id}/${line.at}/${line.what}`}>
                <time>{clock(line.at)}</time> {line.step} · <strong>{line.who ?? "The cell"}</strong> {line.what}
              </li>
            ))}
          </ul>
          <Pager page={at} pages={pages} onPage={(to) => set(page, to)} what="Log" />
        </section>
      </div>
    </Frame>
  );
}
